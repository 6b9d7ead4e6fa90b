"""Conversions as a whole: what is written where, what is refused before anything is written, and nothing lost on the way."""

import io
import json
import re
import stat
import tempfile
from contextlib import contextmanager
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.overlap import Overlap
from cnerkit.codecs.tags import Repair
from cnerkit.errors import CnerkitError, DataError, MissingError, UsageError
from cnerkit.text import Entity
from cnerkit.workflows.convert import SCHEMES, Conversion, convert
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.reading import open_corpus_file

BIO = "李\tB-PER\n白\tI-PER\n爱\tO\n\n长\tB-LOC\n"
BIOES = "李\tB-PER\n白\tE-PER\n爱\tO\n\n长\tS-LOC\n\n"
ORPHANS = "李\tI-PER\n白\tI-PER\n\n" + "长\tB-LOC\n\n" * 4


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text(BIO, encoding="utf-8")
    return path


def run(source, stdin=b"", **asked):
    out = io.StringIO()
    result = convert(Conversion(str(source), **asked), stdin=io.BytesIO(stdin), stdout=out)
    return result, out.getvalue()


def test_a_file_goes_to_stdout(source):
    assert run(source, scheme="bioes")[1] == BIOES


def test_stdin_goes_to_stdout():
    assert run("-", BIO.encode(), scheme="bioes")[1] == BIOES


def test_spans_are_json_lines_with_character_offsets(source):
    lines = [json.loads(line) for line in run(source, scheme="span")[1].splitlines()]
    assert lines == [
        {"id": "corpus-1", "text": "李白爱", "entities": [{"start": 0, "end": 2, "label": "PER"}]},
        {"id": "corpus-2", "text": "长", "entities": [{"start": 0, "end": 1, "label": "LOC"}]},
    ]


def test_cluener_is_written_when_asked_for(source):
    (first, _) = run(source, scheme="span", format="cluener")[1].splitlines()
    assert json.loads(first)["label"] == {"PER": {"李白": [[0, 1]]}}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, BIO + "\n", id="own-scheme"),
        pytest.param({"format": "conll"}, BIO + "\n", id="own-scheme-in-columns"),
    ],
)
def test_without_a_scheme_the_sources_own_is_kept(source, asked, expected):
    assert run(source, **asked)[1] == expected


def test_without_a_scheme_a_format_of_spans_means_spans(source):
    assert '"label": {"PER"' in run(source, format="cluener")[1]


def test_one_file_is_written_where_asked_and_nothing_to_stdout(source, tmp_path):
    result, out = run(source, scheme="bioes", output=tmp_path / "new" / "out.conll")
    assert out == ""
    assert (tmp_path / "new" / "out.conll").read_text(encoding="utf-8") == BIOES
    assert f"wrote {tmp_path / 'new' / 'out.conll'}" in result.notes()


def test_a_dataset_goes_to_a_folder_with_one_file_per_split(tmp_path):
    result, out = run("sample", scheme="bmes")
    assert out == ""
    assert sorted(path.name for path in (tmp_path / "sample.bmes").iterdir()) == ["dev.conll", "test.conll", "train.conll"]
    assert [part.split for part in result.parts] == ["train", "dev", "test"]


def test_one_split_of_a_dataset_goes_to_stdout(tmp_path):
    result, out = run("sample", scheme="span", split="dev")
    assert out.count("\n") == result.parts[0].reading.counts.sentences
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output", ["out.conll", "report.json"])
def test_nothing_is_replaced_without_being_told_to(source, tmp_path, output):
    (tmp_path / output).write_text("mine", encoding="utf-8")
    asked = {"scheme": "bioes", "output": tmp_path / "out.conll", "report": tmp_path / "report.json"}
    with pytest.raises(UsageError, match=f"{output} is there already\nfix: say --force"):
        run(source, **asked)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["corpus.txt", output])
    run(source, **asked, force=True)
    assert (tmp_path / "out.conll").read_text(encoding="utf-8") == BIOES


def test_every_file_that_is_there_is_counted():
    run("sample", scheme="bio")
    with pytest.raises(UsageError, match=r"train\.conll is there already, as are 2 more"):
        run("sample", scheme="bio")


def test_after_an_error_no_file_and_no_folder_is_left(source, tmp_path):
    source.write_text(BIO + "爱\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"corpus\.txt:6:2: expected 2 columns"):
        run(source, scheme="bioes", output=tmp_path / "new" / "out.conll", report=tmp_path / "report.json")
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.txt"]


def test_after_an_error_what_was_to_be_replaced_is_as_it_was(source, tmp_path):
    target = tmp_path / "out.conll"
    target.write_text("mine", encoding="utf-8")
    source.write_text(BIO + "爱\n", encoding="utf-8")
    with pytest.raises(DataError):
        run(source, scheme="bioes", output=target, force=True)
    assert target.read_text(encoding="utf-8") == "mine"


def test_after_an_error_stdout_has_got_nothing(source):
    source.write_text(BIO + "\n爱\n", encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(DataError):
        convert(Conversion(str(source), scheme="bioes"), stdin=io.BytesIO(), stdout=out)
    assert out.getvalue() == ""


def test_a_file_can_be_converted_in_its_place(source):
    run(source, scheme="bioes", output=source, force=True)
    assert source.read_text(encoding="utf-8") == BIOES


def test_a_folder_that_cannot_be_written_is_an_error(source, tmp_path):
    (tmp_path / "shut").write_text("a file", encoding="utf-8")
    with pytest.raises(CnerkitError, match="cannot write"):
        run(source, scheme="bioes", output=tmp_path / "shut" / "out.conll")


class FullDisk(io.StringIO):
    def write(self, _):
        raise OSError(28, "No space left on device")


class ClosedPipe(io.StringIO):
    def write(self, _):
        raise BrokenPipeError


def test_a_full_disk_behind_stdout_is_named(source):
    with pytest.raises(CnerkitError, match="stdout: the disk is full"):
        convert(Conversion(str(source), scheme="bioes"), stdin=io.BytesIO(), stdout=FullDisk())


def test_a_full_disk_behind_what_is_held_back_for_stdout_is_named(source, monkeypatch):
    @contextmanager
    def full(*_, **__):
        yield FullDisk()

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", full)
    with pytest.raises(CnerkitError, match="the disk is full"):
        run(source, scheme="bioes")


def test_a_closed_pipe_is_left_to_the_program(source):
    with pytest.raises(BrokenPipeError):
        convert(Conversion(str(source), scheme="bioes"), stdin=io.BytesIO(), stdout=ClosedPipe())


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        pytest.param({"scheme": "bieos"}, "no scheme is called 'bieos'\nfix: did you mean bios", id="scheme"),
        pytest.param({"scheme": "gird"}, "no scheme is called 'gird'\nfix: did you mean grid", id="grid-scheme"),
        pytest.param({"grid": "w2nre"}, "no grid is called 'w2nre'\nfix: did you mean w2ner", id="grid"),
        pytest.param({"format": "jsonlines"}, "no format to write is called 'jsonlines'\nfix: did you mean jsonl", id="format"),
        pytest.param(
            {"read": ReadOptions(format="conl")}, "no format to read is called 'conl'\nfix: did you mean conll", id="from"
        ),
        pytest.param(
            {"read": ReadOptions(scheme="boi")}, "no tag scheme is called 'boi'\nfix: did you mean bio", id="from-scheme"
        ),
        pytest.param(
            {"scheme": "bio", "format": "jsonl"}, "jsonl holds spans, not bio tags\nfix: say --scheme span", id="spans"
        ),
        pytest.param(
            {"scheme": "span", "format": "conll"}, "conll holds tags, not spans\nfix: say --scheme bioes, or leave", id="tags"
        ),
        pytest.param(
            {"scheme": "bio", "format": "grid"}, "grid holds a grid, not bio tags\nfix: say --scheme grid", id="grid-of-tags"
        ),
        pytest.param(
            {"scheme": "bio", "overlap": Overlap.LAYERS, "format": "conll"},
            "--overlap layers writes a column for each level, and conll has none\nfix: leave --format out",
            id="layers",
        ),
        pytest.param({"split": "dev"}, "--split dev is for datasets of the catalogue", id="split-of-a-file"),
    ],
)
def test_what_does_not_fit_together_is_refused(source, asked, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        run(source, **asked)


def test_spans_become_bio_tags_in_columns_without_a_scheme():
    spans = b'{"text": "ab", "entities": [{"start": 0, "end": 2, "label": "X"}]}\n'
    assert run("-", spans, format="conll")[1] == "a\tB-X\nb\tI-X\n\n"


def test_sources_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no dataset is called 'smaple'\nfix: did you mean sample"):
        run("smaple", scheme="bio")
    with pytest.raises(MissingError, match=r"none/at/all\.txt: there is no such file"):
        run("none/at/all.txt", scheme="bio")
    with pytest.raises(UsageError, match="sample has no spring split"):
        run("sample", scheme="bio", split="spring")
    assert list(tmp_path.iterdir()) == []


def test_outputs_of_the_wrong_kind_are_refused(source, tmp_path):
    with pytest.raises(UsageError, match="this is a folder, and one file is to be written"):
        run(source, scheme="bio", output=tmp_path)
    with pytest.raises(UsageError, match=r"corpus\.txt: this is a file, and a folder is needed"):
        run("sample", scheme="bio", output=source)
    with pytest.raises(
        UsageError, match="sample has several splits, which stdout would mix\nfix: choose one with --split: train, dev"
    ):
        run("sample", scheme="bio", output=type(source)("-"))


def test_what_a_target_cannot_carry_is_named_with_its_sentence():
    nested = b'{"text": "a", "entities": []}\n{"text": "abc", "id": 7, "entities": ['
    nested += b'{"start": 0, "end": 2, "label": "X"}, {"start": 1, "end": 3, "label": "X"}]}\n'
    with pytest.raises(DataError, match=r"stdin, sentence 7: the entities X \[0, 2\) and X \[1, 3\) overlap"):
        run("-", nested, scheme="bioes")
    with pytest.raises(DataError, match="stdin, sentence stdin-1: it is not annotated"):
        run("-", b'{"text": "a"}\n', scheme="bio")
    with pytest.raises(DataError, match=r"stdin, sentence stdin-1: token 1 is '\\n', which a line cannot hold"):
        run("-", b'{"text": "a\\nb", "entities": []}\n', scheme="bio")
    with pytest.raises(
        DataError, match=r"sentence stdin-1: the entities X \[0, 1\) and X \[1, 2\) touch, and io would join them"
    ):
        run("-", b"a\tB-X\nb\tB-X\n", scheme="io")


@pytest.mark.parametrize(
    ("repair", "expected"),
    [
        pytest.param(Repair.DROP, "李\tO\n白\tO\n", id="drop"),
        pytest.param(Repair.CONLLEVAL, "李\tB-PER\n白\tE-PER\n", id="conlleval"),
    ],
)
def test_malformed_tags_are_repaired_as_asked_and_reported(repair, expected, tmp_path):
    read = ReadOptions(scheme="bio", repair=repair)
    result, out = run("-", ORPHANS.encode(), scheme="bioes", read=read, report=tmp_path / "report.json")
    assert out.startswith(expected)
    fate = "read as O" if repair is Repair.DROP else "read as entities"
    assert "5 sentences, 6 tokens, 4 entities (5 as conlleval reads malformed tags)" in result.notes()
    assert f"1 malformed run of tags (1 without a beginning, 0 without an end) over 2 tokens {fate}" in result.notes()
    (part,) = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["parts"]
    assert part["entities"] == {"written": result.parts[0].entities, "strict": 4, "conlleval": 5}
    assert part["malformed"] == {"repair": repair, "orphan": 1, "unfinished": 0, "tokens": 2}


def test_a_report_says_what_was_recognised_and_written(source, tmp_path):
    run(source, scheme="span", types={"PER": "NAME", "LOC": ""}, output=tmp_path / "o.jsonl", report=tmp_path / "r.json")
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["types"] == [{"old": "PER", "new": "NAME", "entities": 1}, {"old": "LOC", "new": None, "entities": 1}]
    (part,) = report["parts"]
    assert (part["input"]["format"], part["input"]["scheme"]) == ("conll", "bio")
    assert any("separated by a tab" in line for line in part["input"]["evidence"])
    assert part["output"] == {"name": str(tmp_path / "o.jsonl"), "format": "jsonl", "scheme": "span", "overlap": "error"}
    assert (part["sentences"], part["tokens"], part["entities"]["written"]) == (2, 4, {"NAME": 1})


def test_notes_say_what_was_recognised_and_how_types_were_mapped(source):
    result, _ = run(source, scheme="bio", types={"PER": "NAME"})
    evidence = "tokens in column 1 and tags in column 2 of 2, separated by a tab; 2 B-, 1 I- in the first sentences"
    assert result.notes() == [
        f"{source} read as conll, bio ({evidence})",
        "2 sentences, 4 tokens, 2 entities",
        "PER → NAME: 1 entity",
    ]


def test_types_that_no_entity_has_are_refused_and_nothing_is_written(source, tmp_path):
    with pytest.raises(UsageError, match="no entity has the type 'PRE', which is to be mapped\nfix: did you mean PER"):
        run(source, scheme="bio", types={"PRE": "NAME"}, output=tmp_path / "out.conll")
    assert not (tmp_path / "out.conll").exists()


def test_a_type_that_a_dataset_has_in_another_split_is_no_mistake():
    _, out = run("sample", scheme="span", split="dev", types={"DATE": ""})
    assert '"label": "DATE"' not in out


def test_written_files_have_the_usual_permissions(source, tmp_path):
    run(source, scheme="bio", output=tmp_path / "out.conll")
    assert stat.S_IMODE((tmp_path / "out.conll").stat().st_mode) & 0o600 == 0o600


texts = st.text(st.characters(exclude_characters="\t\n\0", exclude_categories=["Cs"]), min_size=1, max_size=9)
types = st.sampled_from(["PER", "LOC.NAM", "/work/影片", "a-b"])


@st.composite
def corpora(draw):
    """Sentences of characters with flat entities, as span JSON lines; some entity makes the scheme recognisable."""
    lines = [{"text": "李白", "entities": [{"start": 0, "end": 2, "label": "PER"}]}]
    for text in draw(st.lists(texts, max_size=4)):
        cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
        spans = draw(st.permutations(list(pairwise(cuts))))[: draw(st.integers(0, 4))]
        lines.append({"text": text, "entities": [{"start": a, "end": b, "label": draw(types)} for a, b in sorted(spans)]})
    return "".join(json.dumps(line) + "\n" for line in lines)


def read_as(scheme):
    """How a file that was written in a scheme is read."""
    without_tags = {"span": "jsonl", "grid": "grid"}
    return ReadOptions(format=without_tags.get(scheme, "conll"), scheme=None if scheme in without_tags else scheme)


def entities_of(data, scheme):
    with open_corpus_file(io.BytesIO(data), read_as(scheme)) as reading:
        return [(sentence.tokens, sentence.entities) for sentence in reading.sentences]


@given(corpus=corpora(), order=st.permutations([scheme for scheme in SCHEMES if scheme != "io"]))
def test_a_way_through_all_schemes_loses_nothing(corpus, order):
    data, scheme = corpus.encode(), "span"
    expected = entities_of(data, scheme)
    for target in [*order, "span"]:
        data, scheme = run("-", data, scheme=target, read=read_as(scheme))[1].encode(), target
        assert entities_of(data, scheme) == expected


@given(corpus=corpora())
def test_cluener_and_spans_hold_the_same(corpus):
    cluener = run("-", corpus.encode(), scheme="span", format="cluener", read=ReadOptions(format="jsonl"))[1]
    back = run("-", cluener.encode(), scheme="span", read=ReadOptions(format="cluener"))[1]
    assert entities_of(back.encode(), "span") == entities_of(corpus.encode(), "span")


def test_the_entities_of_a_conversion_are_those_of_its_definition(source):
    assert entities_of(run(source, scheme="bilou")[1].encode(), "bilou") == [
        (("李", "白", "爱"), {Entity.span(0, 2, "PER")}),
        (("长",), {Entity.span(0, 1, "LOC")}),
    ]
