"""The picture of scores: its marks, its axis, and that nothing lies on something else or outside."""

import itertools
import xml.etree.ElementTree as ET

import pytest

from cnerkit.workflows.scores_picture import WIDTH, Bar, picture
from cnerkit.workflows.svg import CHAR, width_of

SVG = "{http://www.w3.org/2000/svg}"
FULL = Bar("full model", 68.6, 66.1, 70.4, (68.1, 69.9, 67.8), 68.6)
WITHOUT = Bar("without reduced-bias", 67.2, 64.0, 69.9, (67.0, 67.4, 67.2), None)
CHINESE = Bar("去掉移动平均与门控注意力机制，静态字向量，不用预训练编码器" * 3, 21.5, 12.0, 33.0, (20.0, 23.0), 66.6)
SINGLE = Bar("ema.heads=8 <&> \x00", 68.0, None, None, (68.0,), 67.08)
PERFECT = Bar("all", 100.0, 100.0, 100.0, (100.0, 100.0), 100.0)
NOTHING = Bar("none", 0.0, 0.0, 0.0, (0.0,), None)

SETS = {
    "usual": [FULL, WITHOUT, SINGLE],
    "long-and-wide": [FULL, CHINESE, SINGLE],
    "one": [WITHOUT],
    "one-number": [NOTHING],
    "equal": [PERFECT, PERFECT],
    "whole-scale": [PERFECT, NOTHING],
    "widest": [Bar("长" * 50, 100.0, 0.0, 100.0, (), None)],
    "close": [Bar(f"head {n}", 94.28 + n / 1000, None, None, (), None) for n in range(3)],
    "many": [FULL] * 40,
}


def drawn(bars, title="scores"):
    return ET.fromstring(picture(bars, title=title))


def classed(root, name):
    return [node for node in root.iter() if node.get("class") == name]


def box(text):
    """Left, right, top and bottom of a text."""
    x, y, width = float(text.get("x")), float(text.get("y")), CHAR * width_of(text.text)
    left = {"start": x, "middle": x - width / 2, "end": x - width}[text.get("text-anchor")]
    return left, left + width, y - 10, y + 3


def ticks(root):
    """The pixel of each tick and its number."""
    return [
        (float(line.get("x1")), float(text.text)) for line, text in zip(classed(root, "grid"), axis_texts(root), strict=True)
    ]


def axis_texts(root):
    return classed(root, "soft")[: len(classed(root, "grid"))]


@pytest.mark.parametrize("bars", SETS.values(), ids=list(SETS))
def test_texts_lie_inside_and_not_on_one_another(bars):
    root = drawn(bars, title="命名实体识别 " * 20)
    _, _, width, height = map(float, root.get("viewBox").split())
    assert width == WIDTH
    boxes = [box(text) for text in root.iter(f"{SVG}text")]
    assert all(left >= 0 and right <= width and top >= 0 and bottom <= height for left, right, top, bottom in boxes)
    for one, other in itertools.combinations(boxes, 2):
        beside = one[1] <= other[0] or other[1] <= one[0]
        assert beside or one[3] <= other[2] or other[3] <= one[2]


@pytest.mark.parametrize("bars", SETS.values(), ids=list(SETS))
def test_marks_lie_where_the_axis_has_their_numbers_and_between_the_columns_of_text(bars):
    root = drawn(bars)
    (first, low), *_, (last, high) = ticks(root)

    def at(value):
        return first + (value - low) / (high - low) * (last - first)

    means = [float(node.get("cx")) for node in classed(root, "mean")]
    assert means[: len(bars)] == pytest.approx([at(bar.mean) for bar in bars], abs=0.1)
    intervals = [(float(node.get("x1")), float(node.get("x2"))) for node in classed(root, "within")]
    expected = [(at(bar.low), at(bar.high)) for bar in bars if bar.low != bar.high]
    assert intervals[: len(expected)] == [pytest.approx(pair, abs=0.1) for pair in expected]
    for x in (*means[: len(bars)], *itertools.chain(*intervals[: len(expected)])):
        assert first - 0.1 <= x <= last + 0.1
    rows = [[box(text) for text in group.iter(f"{SVG}text")] for group in root.iter(f"{SVG}g")]
    assert max(label[1] for label, _ in rows) + 7 <= first
    assert last + 7 <= min(figures[0] for _, figures in rows)


@pytest.mark.parametrize(
    ("bars", "expected"),
    [
        pytest.param(SETS["usual"], [64, 65, 66, 67, 68, 69, 70, 71], id="usual"),
        pytest.param(SETS["whole-scale"], [0, 20, 40, 60, 80, 100], id="whole-scale"),
        pytest.param(SETS["one-number"], [-0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6], id="one-number"),
    ],
)
def test_ticks_are_round_and_start_near_the_numbers(bars, expected):
    assert [number for _, number in ticks(drawn(bars))] == expected


def test_each_row_has_its_label_figures_and_marks():
    root = drawn([FULL, WITHOUT, SINGLE])
    groups = list(root.iter(f"{SVG}g"))
    assert [[text.text for text in group.iter(f"{SVG}text")] for group in groups] == [
        ["full model", "68.60 [66.10, 70.40]"],
        ["without reduced-bias", "67.20 [64.00, 69.90]"],
        ["ema.heads=8 <&> \ufffd", "68.00"],
    ]
    assert [len(classed(group, "run")) for group in groups] == [3, 3, 0]
    assert [len(classed(group, "published")) for group in groups] == [1, 0, 1]
    assert [len(classed(group, "within")) for group in groups] == [1, 1, 0]


def test_a_long_label_keeps_its_beginning_its_end_and_all_of_it_for_who_points_at_it():
    (group,) = drawn([CHINESE]).iter(f"{SVG}g")
    label = group.find(f"{SVG}text").text
    head, tail = label.split("…")
    assert head
    assert tail
    assert CHINESE.label.startswith(head)
    assert CHINESE.label.endswith(tail)
    title = group.find(f"{SVG}title").text
    assert title == f"{CHINESE.label}: 21.50 [12.00, 33.00]; runs: 20.00, 23.00; published: 66.60"


@pytest.mark.parametrize(
    ("bars", "expected"),
    [
        pytest.param([FULL], ["F1 (%)", "mean and interval", "single run", "published"], id="all"),
        pytest.param([NOTHING], ["F1 (%)", "mean"], id="only-means"),
    ],
)
def test_the_legend_has_the_marks_that_occur(bars, expected):
    root = drawn(bars)
    assert [text.text for text in classed(root, "soft")[len(classed(root, "grid")) :]] == expected


def test_the_picture_says_what_it_shows_has_its_colours_for_light_and_dark_and_needs_nothing_else():
    text = picture([FULL], title="hreb <Weibo>", unit="recall")
    root = ET.fromstring(text)
    assert root.find(f"{SVG}title").text == "hreb <Weibo>"
    assert root.find(f"{SVG}desc").text == "full model: 68.60 [66.10, 70.40]; runs: 68.10, 69.90, 67.80; published: 68.60"
    assert "recall (%)" in [node.text for node in root.iter(f"{SVG}text")]
    assert "@media (prefers-color-scheme: dark)" in text
    assert text.count("http") == 1, "nothing but the name of the namespace"


def test_no_bar_and_scores_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="at least 1 bar, not 0"):
        picture([], title="none")
    with pytest.raises(ValueError, match=r"those of 'bad' are \(nan,\)"):
        picture([Bar("bad", float("nan"), None, None, (), None)], title="bad")
    with pytest.raises(ValueError, match="scores are percent"):
        picture([Bar("huge", 1e305, 0.0, 1e305, (), None)], title="huge")
