"""A corpus is checked as a whole: every mistake of every file with its place, splits against one another and known corpora."""

import io
import json
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.tags import Repair
from cnerkit.corpora.findings import Severity
from cnerkit.errors import CnerkitError, DataError, MissingError, UsageError
from cnerkit.workflows.checking import Check, check
from cnerkit.workflows.corpus import load_split
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.splits import Wanted, find_parts

CLEAN = "小\tB-PER\n周\tI-PER\n到\tO\n了\tO\n\n苏\tB-LOC\n州\tI-LOC\n真\tO\n美\tO\n\n" * 5
LINES = [
    '{"text": "小周到了", "entities": [{"start": 0, "end": 2, "label": "PER"}]}',
    '{"text": "苏州真美", "entities": [{"start": 0, "end": 2, "label": "LOC"}]}',
]


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """No corpus of the real user, and no network."""
    monkeypatch.delenv("CNERKIT_DATA", raising=False)
    monkeypatch.setenv("CNERKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CNERKIT_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path):
    def written(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return written


def checked(*sources, against=(), show=3, longest=510, **wanted):
    return check(Check(Wanted(sources, **wanted), longest, against, show))


def found(result):
    return {(each.kind.name, each.split): each for each in result.findings}


def problems(result):
    return {(each.kind.name, each.split): each.count for each in result.problems}


def test_a_clean_file_has_no_problems(write):
    result = checked(write("train.txt", CLEAN))
    assert problems(result) == {}
    (split,) = result.splits
    assert (split.name, split.format, split.scheme, split.sentences, split.entities) == ("train.txt", "conll", "bio", 10, 10)


def test_every_malformed_run_is_told_with_its_line_and_column(write):
    path = write("own.txt", CLEAN + "在\tO\n苏\tI-LOC\n州\tI-LOC\n和\tO\n杭\tI-LOC\n\n李\tB-PER\n白\tI-LOC\n\n")
    orphans = found(checked(path))["orphan-tags", "own.txt"]
    assert orphans.count == 3
    assert [(each.where, each.text) for each in orphans.examples] == [
        (f"{path}:52:3", "'I-LOC' cannot begin an entity after 'O'"),
        (f"{path}:55:3", "'I-LOC' cannot begin an entity after 'O'"),
        (f"{path}:58:3", "'I-LOC' cannot begin an entity after 'B-PER'"),
    ]
    assert len(found(checked(path, show=1))["orphan-tags", "own.txt"].examples) == 1


def test_malformed_runs_are_told_whatever_is_done_about_them(write):
    path = write("own.txt", CLEAN + "苏\tI-LOC\n州\tI-LOC\n\n")
    for repair, entities in ((None, 10), (Repair.DROP, 10), (Repair.CONLLEVAL, 11)):
        result = checked(path, read=ReadOptions(repair=repair))
        assert found(result)["orphan-tags", "own.txt"].count == 1
        assert result.splits[0].entities == entities


def test_runs_without_an_end_and_entities_cut_by_an_empty_line_are_told(write):
    path = write("own.txt", "在\tO\n苏\tB-LOC\n\n州\tE-LOC\n城\tS-LOC\n\n杭\tB-LOC\n州\tE-LOC\n\n")
    result = found(checked(path))
    assert result["unfinished-tags", "own.txt"].examples[0].where == f"{path}:2:3"
    cut = result["cut-entity", "own.txt"]
    assert (cut.count, cut.examples[0].where) == (1, f"{path}:4:3")
    assert cut.examples[0].text == "'B-LOC' at line 2 goes on as 'E-LOC'"


def test_layers_of_tags_are_no_sentences_that_follow_one_another(write):
    nested = "苏\tB-LOC\tB-ORG\n州\tI-LOC\tI-ORG\n大\tO\tI-ORG\n学\tO\tI-ORG\n\n" * 5
    path = write("own.tsv", nested + "在\tO\tI-LOC\n杭\tB-LOC\tO\n\n")
    result = checked(path, read=ReadOptions(columns=(0, 1, 2)))
    assert problems(result) == {("orphan-tags", "own.tsv"): 1}
    assert found(result)["orphan-tags", "own.tsv"].examples[0].where == f"{path}:26:5"
    assert found(result)["nested", "own.tsv"].count == 5


def test_broken_lines_and_unknown_tags_do_not_keep_the_rest_from_being_checked(write):
    broken = "小 周\tO\textra\n城\tX-LOC\n\n苏\tB-LOC\n\ufffd\tO\n州\tI-LOC\n\n"
    path = write("own.txt", CLEAN + broken)
    result = checked(path)
    assert problems(result) == {
        ("malformed-line", "own.txt"): 1,
        ("unknown-tag", "own.txt"): 1,
        ("orphan-tags", "own.txt"): 1,
        ("replacement-character", "own.txt"): 1,
    }
    line = found(result)["malformed-line", "own.txt"]
    assert line.what == "malformed line (lines with too many columns)"
    assert line.examples[0].where == f"{path}:51:7"
    assert found(result)["unknown-tag", "own.txt"].examples[0].text.startswith("'X-LOC' is not a tag of the scheme bio")
    assert found(result)["replacement-character", "own.txt"].examples[0].where == f"{path}:55:1"
    assert result.splits[0].sentences == 12


def test_records_after_a_broken_one_are_not_looked_at_and_it_is_told(write):
    path = write("own.jsonl", "\n".join([*LINES, "{broken", *LINES, "{broken"]))
    result = checked(path)
    assert problems(result) == {("unreadable", "own.jsonl"): 1}
    (example,) = found(result)["unreadable", "own.jsonl"].examples
    assert example.where == f"{path}:3:2"
    assert "the first of 2 problems in the file" in example.text


@pytest.mark.parametrize("content", ["", "\x00\x01", "\ufeff\n\n"])
def test_a_file_that_cannot_be_read_at_all_is_refused(write, content):
    with pytest.raises(DataError):
        checked(write("own.txt", content))


def test_sentences_of_json_are_told_by_their_id(write):
    path = write("own.jsonl", "\n".join([*LINES, '{"id": "x7", "text": "去\\u200b苏州", "entities": []}']))
    odd = found(checked(path))["zero-width-character", "own.jsonl"]
    assert odd.examples[0].where == f"{path}, sentence x7, token 1"


def test_several_files_are_splits_and_train_is_the_one_of_that_name(write):
    dev = write("dev.txt", "杭\tB-GPE\n州\tI-GPE\n真\tO\n美\tO\n\n小\tB-PER\n周\tI-PER\n到\tO\n了\tO\n\n")
    result = checked(dev, write("my_train.txt", CLEAN))
    assert [split.name for split in result.splits] == ["my_train.txt", "dev.txt"]
    assert problems(result) == {
        ("leak", "dev.txt"): 1,
        ("type-unseen-in-train", "dev.txt"): 1,
    }
    assert found(result)["leak", "dev.txt"].detail == "in my_train.txt"


def test_without_such_a_name_the_first_file_is_train_and_a_note_says_so(write):
    found_parts = find_parts(Wanted([write("a.txt", CLEAN), write("b.txt", CLEAN)]))
    assert (found_parts.train, list(found_parts.parts)) == ("a.txt", ["a.txt", "b.txt"])
    assert found_parts.notes == ("a.txt is taken for train, being named first",)


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path, write):
    (tmp_path / "old").mkdir()
    sources = [write("old/train.txt", CLEAN), write("train.txt", CLEAN)]
    assert list(find_parts(Wanted(sources)).parts) == sources


def test_a_file_that_is_named_twice_is_refused(write):
    path = write("train.txt", CLEAN)
    with pytest.raises(UsageError, match="is named twice"):
        find_parts(Wanted([path, path]))


def test_stdin_can_be_checked():
    result = check(Check(Wanted(["-"]), against=()), io.BytesIO(CLEAN.encode()))
    assert (result.splits[0].name, result.splits[0].sentences) == ("stdin", 10)


def test_the_documented_repair_of_a_dataset_and_all_its_splits_are_taken():
    result = checked("sample")
    assert [split.name for split in result.splits] == ["train", "dev", "test"]
    assert Counter(each.kind.severity for each in result.findings)[Severity.PROBLEM] == len(result.problems)


def test_splits_that_cannot_be_had_are_left_out_with_a_note(tmp_path):
    folder = tmp_path / "ontonotes4"
    folder.mkdir()
    (folder / "dev.char.bmes").write_text("苏 B-GPE\n州 E-GPE\n好 O\n\n", encoding="utf-8")
    result = checked("ontonotes4", data_dir=tmp_path)
    assert [split.name for split in result.splits] == ["dev"]
    assert any(note.startswith("ontonotes4 train is not here and is left out") for note in result.notes)
    with pytest.raises(MissingError, match="ontonotes4 train is not here"):
        checked("ontonotes4", split="train", data_dir=tmp_path)


def test_a_dataset_of_which_no_split_can_be_had_is_refused(tmp_path):
    with pytest.raises(MissingError, match="ontonotes4 train is not here"):
        checked("ontonotes4", data_dir=tmp_path)


def test_the_same_sentences_in_known_corpora_on_this_machine_are_told(write):
    known = load_split("sample", "dev")[0]
    path = write("own.jsonl", json.dumps({"text": known.text, "entities": []}, ensure_ascii=False) + "\n" + "\n".join(LINES))
    result = checked(path, against=None)
    assert {"sample train", "sample dev", "sample test"} <= set(result.compared)
    assert found(result)["known-corpus", "own.jsonl"].detail == "in sample dev"
    assert ("known-corpus", "own.jsonl") in found(checked(path, against=["sample"]))
    assert checked(path, against=()).compared == ()
    assert checked("sample", against=None).compared == ()


def test_a_corpus_in_another_script_is_only_compared_when_it_is_asked_for(write):
    path = write("own.jsonl", '{"text": "Lake Tai is big", "entities": []}\n{"text": "So it is", "entities": []}\n')
    result = checked(path, against=None)
    assert result.compared == ()
    assert "not compared with sample: in another script" in result.notes
    assert checked(path, against=["sample"]).compared == ("sample train", "sample dev", "sample test")


def test_an_unknown_corpus_to_compare_with_is_refused(write):
    with pytest.raises(MissingError, match="there is no such file"):
        checked(write("train.txt", CLEAN), against=["no/such.txt"])
    with pytest.raises(UsageError, match="no dataset is called 'wiebo'"):
        checked(write("train.txt", CLEAN), against=["wiebo"])


def test_sentences_without_entities_or_annotation_are_counted(write):
    path = write("own.jsonl", "\n".join([*LINES, '{"text": "下雨了", "entities": []}', '{"text": "天晴了"}']))
    result = found(checked(path))
    assert result["no-entity", "own.jsonl"].what == "sentence without any entity (33.3 % of 3)"
    assert result["partly-annotated", "own.jsonl"].kind.severity is Severity.PROBLEM
    plain = found(checked(write("plain.jsonl", '{"text": "下雨了"}\n{"text": "天晴了"}\n')))
    assert plain["unannotated", "plain.jsonl"].kind.severity is Severity.REMARK
    assert plain["unannotated", "plain.jsonl"].count == 2


def test_the_result_is_complete_for_programs(write):
    told = checked(write("train.txt", CLEAN), longest=3).as_dict()
    json.dumps(told)
    assert told["problems"] == 1
    assert told["problems"] + told["remarks"] == len(told["findings"])
    assert told["findings"][0]["kind"] == "long-sentence"
    assert told["findings"][0]["what"] == "sentences longer than 3 tokens"
    assert told["splits"][0]["tokens"] == 40


_PIECES = st.lists(
    st.sampled_from(["小", "\t", " ", "B-X", "I-X", "E-X", "O", "\n", "\n\n", "{", "}", '"', "text", ":", "[", "0", "\u200b"])
)


@given(st.one_of(st.binary(max_size=60), _PIECES.map("".join).map(str.encode)))
def test_whatever_bytes_are_checked_there_is_a_result_or_an_error_in_words(content):
    with suppress(CnerkitError):
        json.dumps(check(Check(Wanted(["-"]), against=()), io.BytesIO(content)).as_dict())
