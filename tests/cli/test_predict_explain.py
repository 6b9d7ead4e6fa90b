"""``cnerkit predict --explain``: what classes attend to, as JSON lines and as pictures."""

import json
import re
import struct
import sys
from xml.etree import ElementTree as ET

import pytest
import torch

from cnerkit.nn.batch import Batch
from cnerkit.testing import example_sentences
from cnerkit.workflows.cell_picture import SCALE
from cnerkit.workflows.model import restore

FLAT = frozenset({"flat"})
TEXT = "赵<小>兰在&北京"


@pytest.fixture
def explained(cnerkit, tmp_path):
    def run(model, lines, *options):
        (tmp_path / "in.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return cnerkit("predict", "-m", model, tmp_path / "in.txt", "--gpus", "0", "--explain", "attention", *options)

    return run


def test_each_line_has_the_weight_of_each_character_for_each_class(checkpoint, explained):
    model = checkpoint()
    done = explained(model, [TEXT, "", "钱"])
    assert done.code == 0, done.err
    found = [json.loads(line) for line in done.out.splitlines()]
    assert [record["text"] for record in found] == [TEXT, "", "钱"]
    first, empty, single = (record["attention"] for record in found)
    assert first["classes"] == ["LOC", "PER"]
    assert first["tokens"] == list(TEXT)
    [sentence] = (one for one in example_sentences(FLAT) if one.text == "钱")
    restored = restore(model, gpus=0).model
    with torch.inference_mode():
        [expected] = restored.attention(Batch.of([sentence]))
    assert single["weights"] == [[round(weight, 4) for weight in row] for row in expected.weights] == [[1.0], [1.0]]
    assert empty == {"classes": ["LOC", "PER"], "tokens": [], "weights": [[], []]}
    for row in first["weights"]:
        assert sum(row) == pytest.approx(len(TEXT), abs=1e-3)


def test_a_text_longer_than_a_window_has_a_weight_for_each_character(checkpoint, explained):
    text = "今天没有人来，" * 150
    [record] = (json.loads(line) for line in explained(checkpoint(), [text]).out.splitlines())
    assert [len(row) for row in record["attention"]["weights"]] == [len(text)] * 2


def test_the_entities_are_those_without_explaining(checkpoint, explained, cnerkit, tmp_path):
    model = checkpoint()
    found = [json.loads(line) for line in explained(model, [TEXT]).out.splitlines()]
    plain = cnerkit("predict", "-m", model, tmp_path / "in.txt", "--gpus", "0", "--format", "jsonl").out
    assert [{key: value for key, value in record.items() if key != "attention"} for record in found] == [json.loads(plain)]


def test_the_picture_has_a_row_for_each_class_and_a_column_for_each_character(checkpoint, explained, tmp_path):
    explained(checkpoint(), ["", TEXT, "钱"], "--explain-plot", tmp_path / "a.svg")
    root = ET.parse(tmp_path / "a.svg").getroot()
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[: len(TEXT)] == list(TEXT)
    assert texts[len(TEXT) : -1] == ["LOC", "PER"]
    assert texts[-1].startswith("weight of each token for each class, mean over heads; white is 0, the darkest ")
    titles = [each.text for each in root.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == 2 * len(TEXT)
    assert titles[1].startswith("LOC < ")


def test_a_page_has_the_picture_in_it(checkpoint, explained, tmp_path):
    explained(checkpoint(), [TEXT], "--explain-plot", tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<title>赵&lt;小&gt;兰在&amp;北京</title>" in page
    assert page.count("<rect ") == 1 + 2 * len(TEXT)


def test_a_png_is_as_large_as_the_svg_times_its_scale(checkpoint, explained, tmp_path):
    model = checkpoint()
    for suffix in ("svg", "png"):
        explained(model, ["a<b"], "--explain-plot", tmp_path / f"a.{suffix}")
    root, content = ET.parse(tmp_path / "a.svg").getroot(), (tmp_path / "a.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    size = [float(root.get(side)) for side in ("width", "height")]
    assert struct.unpack(">II", content[16:24]) == pytest.approx([SCALE * side for side in size], abs=2)


def test_a_png_without_matplotlib_is_refused_before_the_model_is_read(cnerkit, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = cnerkit("predict", "-m", "nowhere.pt", "--explain", "attention", "--explain-plot", "a.png")
    assert done.code == 5
    assert "drawn with matplotlib, which is not installed" in done.err
    assert "pip install 'cnerkit[plots]'" in done.err


def test_a_page_of_predictions_has_the_picture_of_each_line_beside_it(checkpoint, explained):
    model = checkpoint()
    done = explained(model, [TEXT, "", "钱"], "--format", "html")
    assert done.code == 0, done.err
    first, second = re.findall(r'<figure tabindex="0".*?</figure>', done.out, re.DOTALL)
    assert first.count("<rect ") == 1 + 2 * len(TEXT)
    assert second.count("<rect ") == 1 + 2
    assert "<title>LOC &lt; " in first
    assert "<figure" not in explained(model, [TEXT], "--format", "jsonl").out


def test_nothing_to_draw_is_told(checkpoint, explained, tmp_path):
    done = explained(checkpoint(), [""], "--explain-plot", tmp_path / "a.svg")
    assert done.code == 0
    assert "a.svg is not written: no line has any text" in done.err
    assert not (tmp_path / "a.svg").exists()


def test_a_line_that_cannot_be_read_has_no_attention(checkpoint, cnerkit, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"text": "钱"}\n{"text": 1}\n', encoding="utf-8")
    done = cnerkit("predict", "-m", checkpoint(), tmp_path / "in.jsonl", "--gpus", "0", "--explain", "attention")
    assert done.code == 3
    assert "attention" not in json.loads(done.out.splitlines()[1])


def test_a_model_without_classes_that_attend_is_refused_and_those_that_have_some_are_named(checkpoint, explained):
    done = explained(checkpoint("bert_crf"), [TEXT])
    assert done.code == 2
    assert "the model 'bert_crf' has no attention of classes to show" in done.err
    assert "give a checkpoint of classattn" in done.err


def test_a_checkpoint_without_the_layer_is_refused(checkpoint, explained):
    done = explained(checkpoint(layer="self-attention"), [TEXT])
    assert done.code == 2
    assert "was trained without the part in which classes attend" in done.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--explain", "attention", "--format", "conll"], "--format conll has no place for weights"),
        (["--explain-plot", "a.svg"], "--explain-plot draws what --explain shows"),
        (["--explain", "attention", "--explain-plot", "a.pdf"], "the picture is an SVG, HTML or PNG file, and a.pdf is called"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_is_read(cnerkit, options, message):
    done = cnerkit("predict", "-m", "nowhere.pt", *options)
    assert done.code == 2
    assert message in done.err
