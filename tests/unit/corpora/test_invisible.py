"""Characters that cannot be seen or stand for others are told, each with its reason; all usual text has none."""

import pytest

from cnerkit.corpora.invisible import Oddity, name_of, odd_characters, oddity_of


@pytest.mark.parametrize(
    ("character", "oddity"),
    [
        pytest.param("\ufffd", Oddity.REPLACEMENT, id="destroyed"),
        pytest.param("\x07", Oddity.CONTROL, id="bell"),
        pytest.param("\x85", Oddity.CONTROL, id="next-line"),
        pytest.param("\u2028", Oddity.CONTROL, id="line-separator"),
        pytest.param("\ue000", Oddity.PRIVATE, id="private-use"),
        pytest.param("\U00100000", Oddity.PRIVATE, id="private-use-plane"),
        pytest.param("\u200b", Oddity.ZERO_WIDTH, id="zero-width-space"),
        pytest.param("\u200e", Oddity.ZERO_WIDTH, id="direction-mark"),
        pytest.param("\ufeff", Oddity.ZERO_WIDTH, id="byte-order-mark"),
        pytest.param("\xad", Oddity.ZERO_WIDTH, id="soft-hyphen"),
        pytest.param("\u3164", Oddity.ZERO_WIDTH, id="hangul-filler-that-is-printable"),
        pytest.param("\ufe0f", Oddity.SELECTOR, id="emoji-selector"),
        pytest.param("\U000e0101", Oddity.SELECTOR, id="ideographic-selector"),
        pytest.param("\ufdd0", Oddity.NONCHARACTER, id="noncharacter"),
        pytest.param("\U0001ffff", Oddity.NONCHARACTER, id="end-of-a-plane"),
    ],
)
def test_odd_characters_are_found_wherever_they_stand(character, oddity):
    assert oddity_of(character) is oddity
    assert [(each.at, each.oddity) for each in odd_characters(f"江南{character}")] == [(2, oddity)]


@pytest.mark.parametrize("text", ["江南春早，“花”开。", "Ａ１ a1\t\r\n\u3000\xa0é", "😀𠮷", ""])
def test_usual_text_has_no_odd_characters(text):
    assert list(odd_characters(text)) == []


def test_a_character_is_called_by_number_and_name():
    assert name_of("\u200b") == "U+200B ZERO WIDTH SPACE"
    assert name_of("\ue000") == "U+E000"
