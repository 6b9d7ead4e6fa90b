"""Charts, read back as XML."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.page.charts import HEIGHT, WIDTH, Curve, bar, curve, interval_bar


def parsed(markup):
    return ET.fromstring(str(markup))


@pytest.mark.parametrize(("share", "width"), [(0.0, 0.0), (0.256, 25.6), (1.0, 100.0), (1.5, 100.0)])
def test_a_bar_is_as_long_as_its_share(share, width):
    track, filled = parsed(bar(share))
    assert float(track.get("width")) == 100
    assert float(filled.get("width")) == pytest.approx(width)


def test_an_interval_stands_around_its_value():
    _, within, value = parsed(interval_bar(0.8, 0.85, 0.9))
    assert (float(within.get("x")), float(within.get("width"))) == pytest.approx((80, 10))
    assert float(value.get("x")) + float(value.get("width")) / 2 == pytest.approx(85)


def test_a_curve_says_in_words_what_it_shows():
    drawn = parsed(curve(Curve("F1 <dev>", (1, 2, 3), (50.0, 70.0, 60.0), best=2)))
    assert drawn.get("aria-label") == "F1 <dev>: 50 at epoch 1, 60 at 3, best 70 at 2"
    assert [each.get("class") for each in drawn.findall("circle")] == ["point", "best", "point"]


@given(
    st.lists(st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda value: round(value, 6)), min_size=1, max_size=9),
    st.integers(1, 50),
)
def test_every_point_of_a_curve_lies_between_the_lines_of_its_grid(values, first):
    drawn = parsed(curve(Curve("loss", range(first, first + len(values)), values)))
    heights = [float(line.get("y1")) for line in drawn.findall("line")]
    points = [tuple(map(float, point.split(","))) for point in drawn.find("polyline").get("points").split()]
    assert 2 <= len(heights) <= 12
    assert all(min(heights) <= y <= max(heights) for _, y in points)
    assert all(0 <= x <= WIDTH for x, _ in points)
    assert max(heights) < HEIGHT
    assert sorted(y for _, y in points) == [y for _, y in sorted(points, key=lambda point: point[1])]


def test_the_lines_of_a_grid_have_round_numbers():
    drawn = parsed(curve(Curve("F1", (1, 2), (52.3, 79.9))))
    numbers = [each.text for each in drawn.findall("text") if each.get("text-anchor") == "end"]
    assert numbers == ["50", "55", "60", "65", "70", "75", "80"]


def test_long_runs_name_only_some_epochs():
    drawn = parsed(curve(Curve("F1", range(1, 101), [0.5] * 100)))
    names = [each.text for each in drawn.findall("text") if each.get("text-anchor") == "middle"]
    assert names == ["1", "14", "27", "40", "53", "66", "79", "92"]


def test_a_curve_without_values_is_refused():
    with pytest.raises(ValueError, match=re.escape("a curve needs a value for each epoch, and has 0 for 1")):
        curve(Curve("F1", (1,), ()))
