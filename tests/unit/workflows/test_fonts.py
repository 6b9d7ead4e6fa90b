"""Fonts that have what is to be written."""

import sys

import pytest
from matplotlib.font_manager import findfont

from cnerkit.errors import MissingError
from cnerkit.workflows import fonts
from cnerkit.workflows.fonts import font_with, refuse_without_matplotlib


def test_matplotlib_s_own_font_is_taken_for_what_it_has():
    assert font_with("aé") == findfont("DejaVu Sans")


def test_a_font_that_cannot_be_read_or_lacks_a_character_is_passed_over(monkeypatch, tmp_path):
    broken, latin = tmp_path / "broken.ttf", findfont("DejaVu Sans")
    broken.write_bytes(b"no font")
    monkeypatch.setattr(fonts, "_fonts", lambda: iter([str(broken), str(tmp_path / "gone.ttf"), latin]))
    assert font_with("a") == latin
    assert font_with("a京") is None


def test_without_matplotlib_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingError, match="drawn with matplotlib, which is not installed") as caught:
        refuse_without_matplotlib()
    assert caught.value.fix == "pip install 'cnerkit[plots]'"
