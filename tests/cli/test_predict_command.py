"""``cnerkit predict``: lines in, entities out, as a user meets it."""

import gzip
import json
from importlib.resources import files as package_files

import pytest

from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.reading import open_corpus_file

TEXT = "昨天，王小明从北京飞往上海。\n\n他在江南大学读书。\n"


def records(out):
    return [json.loads(line) for line in out.splitlines()]


def test_each_line_gets_one_object_in_order_with_offsets_into_exactly_its_text(tiny_run, process):
    done = process("predict", "-m", tiny_run / "best.pt", stdin=TEXT.encode())
    assert done.code == 0, done.err
    found = records(done.out.decode("utf-8"))
    assert [record["text"] for record in found] == TEXT.splitlines()
    assert found[1] == {"text": "", "entities": []}
    for record in found:
        for entity in record["entities"]:
            assert entity["text"] == record["text"][entity["start"] : entity["end"]]
            assert 0 < entity["score"] <= 1


def test_spaces_emoji_and_marks_never_shift_an_offset(tiny_run, cnerkit, tmp_path):
    text = "\u3000昨天 👨\u200d👩\u200d👧 ❤\ufe0f\ue000 王小明Ｉｐｈｏｎｅ１２，在 北京\t见𠮷田。"
    path = tmp_path / "in.txt"
    path.write_text(text + "\n", encoding="utf-8")
    (record,) = records(cnerkit("predict", "-m", tiny_run / "best.pt", path).out)
    assert record["text"] == text
    assert all(entity["text"] == text[entity["start"] : entity["end"]] for entity in record["entities"])


def test_json_lines_keep_their_fields(tiny_run, cnerkit, tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": 7, "text": "昨天在北京", "url": "a://b"}\n', encoding="utf-8")
    (record,) = records(cnerkit("predict", "-m", tiny_run / "best.pt", path).out)
    assert (record["id"], record["url"], record["text"]) == (7, "a://b", "昨天在北京")


def test_a_model_of_words_reads_lines_in_the_words_that_it_learned_from(tiny_run_of_words, cnerkit, tmp_path):
    sample = package_files("cnerkit") / "corpora" / "sample" / "test.jsonl"
    texts = [record["text"] for record in records(sample.read_text(encoding="utf-8"))]
    (tmp_path / "in.txt").write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    done = cnerkit("predict", "-m", tiny_run_of_words / "best.pt", tmp_path / "in.txt", "--format", "conll")
    (tmp_path / "out.conll").write_text(done.out, encoding="utf-8")
    with open_corpus_file(tmp_path / "out.conll", ReadOptions(), name="out", ids="out") as reading:
        found = [(sentence.tokens, sentence.entities) for sentence in reading.sentences]
    with open_corpus_file(tiny_run_of_words / "predictions.test.jsonl", ReadOptions(), name="kept", ids="kept") as reading:
        kept = [(sentence.tokens, sentence.entities) for sentence in reading.sentences]
    assert found == kept
    assert any(len(token) > 1 for tokens, _ in found for token in tokens)


def test_the_words_of_running_text_are_what_the_user_says(tiny_run_of_words, cnerkit, tmp_path):
    (tmp_path / "in.txt").write_text("to be.\n", encoding="utf-8")
    ask = ("predict", "-m", tiny_run_of_words / "best.pt", tmp_path / "in.txt", "--format", "conll")
    for options, words in (((), 3), (("--tokens", "words"), 3), (("--tokens", "spaces"), 2)):
        assert len(cnerkit(*ask, *options).out.strip().splitlines()) == words


@pytest.mark.parametrize(
    ("run", "tokens", "what", "fix"),
    [
        ("tiny_run", "words", "the model reads characters, and not words", "leave --tokens out"),
        ("tiny_run", "spaces", "the model reads characters, and not spaces", "leave --tokens out"),
        (
            "tiny_run_of_words",
            "characters",
            "the model reads words, and not characters",
            "say --tokens spaces or --tokens words",
        ),
        ("tiny_run", "sounds", "no tokens are called 'sounds'", "choose from characters, spaces, words"),
    ],
)
def test_tokens_that_the_model_does_not_read_are_refused(request, cnerkit, run, tokens, what, fix):
    done = cnerkit("predict", "-m", request.getfixturevalue(run) / "best.pt", "--tokens", tokens)
    assert done.code == 2
    assert what in done.err
    assert fix in done.err


def test_several_files_gzip_included_are_read_one_after_the_other(tiny_run, cnerkit, tmp_path):
    (tmp_path / "a").write_text("甲\n", encoding="utf-8")
    (tmp_path / "b.gz").write_bytes(gzip.compress("乙\n".encode()))
    done = cnerkit("predict", "-m", tiny_run / "best.pt", tmp_path / "a", tmp_path / "b.gz")
    assert [record["text"] for record in records(done.out)] == ["甲", "乙"]


def test_a_line_that_is_not_utf8_is_named_and_the_rest_goes_on(tiny_run, process):
    done = process("predict", "-m", tiny_run / "best.pt", stdin="甲\n".encode() + b"\xff\n" + "乙\n".encode())
    assert done.code == 3
    assert [record["text"] for record in records(done.out.decode())] == ["甲", None, "乙"]
    assert "stdin:2: byte 1 of the line is not UTF-8 (0xff)" in done.err
    assert "1 line could not be read; all others are done" in done.err


def test_strict_stops_at_the_first_bad_line(tiny_run, cnerkit, tmp_path):
    path = tmp_path / "in.txt"
    path.write_bytes(b"\xff\n" + "乙\n".encode())
    done = cnerkit("predict", "-m", tiny_run / "best.pt", path, "--strict")
    assert done.code == 3
    assert f"{path}:1: byte 1 of the line is not UTF-8" in done.err
    assert done.out == ""


def test_columns_hold_tokens_and_tags(tiny_run, cnerkit, tmp_path):
    path = tmp_path / "in.txt"
    path.write_text("昨天\n\n天\n", encoding="utf-8")
    done = cnerkit("predict", "-m", tiny_run / "best.pt", path, "--format", "conll")
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert [row[0] for row in rows] == ["昨", "天", "", "天", ""]
    assert all(row[1] == "O" or row[1][:2] in {"B-", "I-"} for row in rows if row[0])


def test_a_text_that_columns_cannot_hold_is_named_by_its_line(tiny_run, cnerkit, tmp_path):
    path = tmp_path / "in.txt"
    path.write_text("天\n昨\t天\n", encoding="utf-8")
    done = cnerkit("predict", "-m", tiny_run / "best.pt", path, "--format", "conll")
    assert done.code == 3
    assert f"{path}:2: token 1 is" in done.err
    assert "--format jsonl" in done.err


def test_colour_keeps_the_text_and_names_the_types(tiny_run, cnerkit, tmp_path):
    path = tmp_path / "in.txt"
    path.write_text("昨天在北京[开会]\n", encoding="utf-8")
    done = cnerkit("predict", "-m", tiny_run / "best.pt", path, "--format", "color")
    (record,) = records(cnerkit("predict", "-m", tiny_run / "best.pt", path, "--format", "jsonl").out)
    expected, here = "", 0
    for entity in record["entities"]:
        expected += record["text"][here : entity["end"]] + f"[{entity['label']}]"
        here = entity["end"]
    assert done.out == expected + record["text"][here:] + "\n"


def test_a_text_longer_than_any_window_is_predicted_to_its_end(tiny_run, cnerkit, tmp_path):
    sentence = "昨天，王小明从北京飞往上海。"
    path = tmp_path / "in.txt"
    path.write_text(sentence * 300 + "\n", encoding="utf-8")
    (record,) = records(cnerkit("predict", "-m", tiny_run / "best.pt", path).out)
    assert record["text"] == sentence * 300
    assert record["entities"][-1]["end"] > len(sentence) * 299
    starts = [entity["start"] for entity in record["entities"]]
    assert starts == sorted(set(starts))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "no model is given"),
        (["-m", "none.pt"], 5, "none.pt: there is no such checkpoint"),
        (["-m", "none.pt", "none.txt"], 5, "none.txt: there is no such file"),
        (["-m", "none.pt", "--gpus", "2"], 2, "prediction uses one GPU"),
    ],
    ids=["no-model", "no-checkpoint", "no-file", "two-gpus"],
)
def test_what_is_missing_is_named(cnerkit, arguments, code, message):
    done = cnerkit("predict", *arguments)
    assert done.code == code
    assert message in done.err


def test_a_plugin_s_checkpoint_needs_the_plugin_s_file(tmp_path, process):
    (tmp_path / "line.jsonl").write_text(
        '{"text": "王五去沪", "entities": [{"start": 0, "end": 2, "label": "PER"}]}\n', encoding="utf-8"
    )
    (tmp_path / "own.yaml").write_text(
        "title: t\npaper: none\ndata: {train: line.jsonl, dev: line.jsonl}\n"
        "encoder: {kind: static, dim: 8}\nmodel: {name: plugged}\ntraining: {epochs: 1}\n",
        encoding="utf-8",
    )
    (tmp_path / "plugged.py").write_text(
        "from dataclasses import replace\nfrom cnerkit import registry\n"
        "MODEL = replace(registry.get('bert_softmax'), name='plugged')\n",
        encoding="utf-8",
    )
    plugin = ("--plugin", tmp_path / "plugged.py")
    trained = process("train", tmp_path / "own.yaml", "-o", tmp_path / "run", "--gpus", "0", *plugin)
    assert trained.code == 0, trained.err
    checkpoint = ("-m", tmp_path / "run" / "best.pt")
    refused = process("predict", *checkpoint, stdin=b"a\n")
    assert refused.code == 5
    assert "the checkpoint's model 'plugged' cannot be loaded" in refused.err
    assert process("predict", *checkpoint, *plugin, stdin=b"a\n").code == 0
    assert process("evaluate", *checkpoint, *plugin, tmp_path / "line.jsonl").code == 0


def test_a_broken_archive_is_named(tiny_run, cnerkit, tmp_path):
    path = tmp_path / "in.gz"
    path.write_bytes(gzip.compress("甲\n".encode() * 1000)[:30])
    done = cnerkit("predict", "-m", tiny_run / "best.pt", path)
    assert done.code == 3
    assert f"{path}: the gzip data is damaged" in done.err
