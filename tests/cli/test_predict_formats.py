"""``cnerkit predict`` into brat and HTML, and into files: what is written, what is refused, what is left after a mistake."""

import json
import re
from html import unescape
from io import StringIO

import pytest

from cnerkit.text import Fragment
from cnerkit.workflows.lines import Line
from cnerkit.workflows.predict import FoundEntity, PredictedLine
from cnerkit.workflows.prediction_output import brat_folder
from cnerkit.workflows.prediction_page import prediction_page

TEXT = "昨天，王小明从北京飞往上海。\r\n\n𠮷田<b>在 江南大学&amp;读书。\n王小明"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "news.txt"
    path.write_bytes(TEXT.encode())
    return path


@pytest.fixture
def predict(cnerkit, tiny_run):
    def run(*arguments):
        return cnerkit("predict", "-m", tiny_run / "best.pt", "--gpus", "0", *arguments)

    return run


def records(content):
    return [json.loads(line) for line in content.splitlines()]


def drawn(page):
    """The text of each sentence on a page, and how many entities are named in it."""
    found = re.findall(r'<p class="sentence".*?</p>', page, re.DOTALL)
    return [(unescape(re.sub("<[^>]*>", "", each)), each.count("<i ")) for each in found]


def test_a_page_has_the_text_of_each_line_in_order_and_names_what_jsonl_names(predict, source):
    page = predict(source, "--format", "html")
    assert page.code == 0, page.err
    lines = records(predict(source, "--format", "jsonl").out)
    assert drawn(page.out) == [(line["text"], len(line["entities"])) for line in lines]
    total = sum(len(line["entities"]) for line in lines)
    counts = re.findall(r'<li><span class="type c\d+">[^<]+</span> (\d+)</li>', page.out)
    assert total == sum(map(int, counts)) > 0
    assert f"<h1>Entities in {source}</h1>" in page.out
    assert not re.search(r"(src|href)=|url\(|@import|<script", page.out)
    assert "4 lines read." in page.out


def test_a_folder_of_brat_has_the_text_and_every_entity_at_its_place_in_it(predict, source, tmp_path):
    done = predict(source, "--format", "brat", "-o", tmp_path / "out")
    assert (done.code, done.out) == (0, "")
    assert (tmp_path / "out" / "news.txt").read_bytes().decode() == TEXT
    found = []
    for line in (tmp_path / "out" / "news.ann").read_text(encoding="utf-8").splitlines():
        _, what, surface = line.split("\t")
        type_, start, end = what.split(" ")
        assert TEXT[int(start) : int(end)] == surface
        found.append((type_, surface))
    expected = records(predict(source, "--format", "jsonl").out)
    assert found == [(entity["label"], entity["text"]) for line in expected for entity in line["entities"]]


def test_each_input_has_its_own_files_an_empty_one_too(predict, source, tmp_path):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    assert predict(source, tmp_path / "empty.jsonl", "--format", "brat", "-o", tmp_path / "out").code == 0
    sizes = {path.name: path.stat().st_size > 0 for path in (tmp_path / "out").iterdir()}
    assert sizes == {"news.txt": True, "news.ann": True, "empty.txt": False, "empty.ann": False}


def test_what_brat_holds_converts_to_the_same_entities_nested_and_discontinuous_ones_included(cnerkit, tmp_path):
    def entity(label, *parts):
        fragments = tuple(Fragment(*part) for part in parts)
        return FoundEntity(fragments, label, "", 1.0)

    first = Line("x.txt", 1, "\U00020bb7左臂和右臂麻木", end="\r\n")
    second = Line("x.txt", 2, "北京大学医院", end="")
    lines = [
        PredictedLine(first, (entity("症状", (1, 3), (6, 8)), entity("症状", (4, 8)), entity("身体", (1, 3)))),
        PredictedLine(second, (entity("机构", (0, 6)), entity("机构", (0, 4)), entity("地名", (0, 2)))),
    ]
    with brat_folder(tmp_path / "out", ["x.txt"], force=False) as write:
        write(lines[:1])
        write(lines[1:])
    done = cnerkit("convert", tmp_path / "out", "--scheme", "span", "--format", "jsonl", "-o", "-")
    [document] = records(done.out)
    text = document["text"]
    assert text == f"{first.text}\r\n{second.text}"
    found = {
        (each["label"], *map(tuple, each.get("fragments", [[each["start"], each["end"]]]))) for each in document["entities"]
    }
    expected = {
        (each.label, *((part.start + start, part.end + start) for part in each.fragments))
        for line, start in zip(lines, (0, len(first.text) + 2), strict=True)
        for each in line.entities
    }
    assert found == expected


@pytest.mark.parametrize("format_", ["jsonl", "conll", "html"])
def test_a_file_holds_what_stdout_would(predict, source, tmp_path, format_):
    out = tmp_path / "new" / "out"
    done = predict(source, "--format", format_, "-o", out)
    assert (done.code, done.out) == (0, "")
    assert out.read_text(encoding="utf-8") == predict(source, "--format", format_, "-o", "-").out
    assert predict(source, "--format", format_, "-o", out).code == 2
    assert predict(source, "--format", format_, "-o", out, "--force").code == 0


@pytest.mark.parametrize("format_", ["jsonl", "brat", "html"])
def test_a_line_that_cannot_be_read_is_told_and_the_others_are_written(predict, tmp_path, format_):
    (tmp_path / "in.txt").write_bytes("甲\n".encode() + b"\xff\n" + "乙\n".encode())
    done = predict(tmp_path / "in.txt", "--format", format_, "-o", tmp_path / "out")
    assert done.code == 3
    assert "in.txt:2: byte 1 of the line is not UTF-8 (0xff); its result is empty" in done.err
    if format_ == "jsonl":
        assert [record["text"] for record in records((tmp_path / "out").read_text(encoding="utf-8"))] == ["甲", None, "乙"]
    elif format_ == "brat":
        assert (tmp_path / "out" / "in.txt").read_text(encoding="utf-8") == "甲\n\n乙\n"
    else:
        page = (tmp_path / "out").read_text(encoding="utf-8")
        assert [text for text, _ in drawn(page)] == ["甲", "乙"]
        assert "Not read: byte 1 of the line is not UTF-8 (0xff)" in page
        assert "2 lines read, 1 not read." in page


@pytest.mark.parametrize("format_", ["jsonl", "conll", "brat", "html"])
def test_strict_leaves_no_half_written_result(predict, tmp_path, format_):
    (tmp_path / "in.txt").write_bytes("甲\n".encode() + b"\xff\n")
    done = predict(tmp_path / "in.txt", "--format", format_, "-o", tmp_path / "out", "--strict")
    assert done.code == 3
    assert "in.txt:2: byte 1 of the line is not UTF-8 (0xff)\n" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["in.txt"]


def test_a_page_on_stdout_that_strict_stops_says_so_and_is_whole(predict, tmp_path):
    (tmp_path / "in.txt").write_bytes(b"\xff\n")
    done = predict(tmp_path / "in.txt", "--format", "html", "--strict")
    assert done.code == 3
    assert "This page is not complete: prediction was stopped before the first line." in done.out
    assert done.out.endswith("</html>\n")


def test_a_page_that_is_interrupted_says_after_which_line():
    out = StringIO()
    with pytest.raises(KeyboardInterrupt), prediction_page(out, ["in.txt"], "x", ["人名"]) as write:
        write([PredictedLine(Line("in.txt", 1, "甲"), ())])
        raise KeyboardInterrupt
    assert "This page is not complete: prediction was stopped after line 1 of in.txt." in out.getvalue()
    assert out.getvalue().endswith("</html>\n")


def test_a_line_that_brat_cannot_hold_is_named(predict, tmp_path):
    (tmp_path / "in.txt").write_text("甲\n乙\0\n", encoding="utf-8")
    done = predict(tmp_path / "in.txt", "--format", "brat", "-o", tmp_path / "out")
    assert done.code == 3
    assert f"{tmp_path / 'in.txt'}:2: the text holds a NUL, which text files do not" in done.err
    assert "use --format jsonl, which can hold it" in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message", "fix"),
    [
        (["--format", "brat"], "brat is a folder of files, which stdout cannot hold", "name a folder with -o"),
        (["--format", "brat", "-o", "-"], "brat is a folder of files, which stdout cannot hold", "name a folder with -o"),
        (["--format", "brat", "-o", "a.txt"], "a.txt: this is a file, and a folder is to be written", "name a folder with -o"),
        (["-o", "."], ".: this is a folder, and one file is to be written", "name a file in it with -o"),
        (["-o", "a.txt"], "a.txt is there already", "say --force to replace, or name another place with -o"),
        (["--format", "brat", "-o", "."], ". is there already", "say --force to replace, or name another place with -o"),
        (["--format", "color", "-o", "b"], "b: --format color is for a terminal", "choose --format html, or leave out -o"),
        (
            ["c/a.txt.gz", "--format", "brat", "-o", "b"],
            "c/a.txt.gz: its files would be a.txt and a.ann, as those of another input",
            "give the inputs different names, or a folder to each",
        ),
    ],
    ids=["stdout", "dash", "file-for-folder", "folder-for-file", "file-there", "folder-there", "colour", "same-name"],
)
def test_a_place_that_cannot_take_the_result_is_refused_before_the_model_is_read(
    cnerkit, tmp_path, monkeypatch, options, message, fix
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("甲\n", encoding="utf-8")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "a.txt.gz").write_bytes(b"")
    done = cnerkit("predict", "-m", "nowhere.pt", "a.txt", *options)
    assert done.code == 2
    assert message in done.err
    assert f"fix: {fix}\n" in done.err
