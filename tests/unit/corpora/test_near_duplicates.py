"""Nearly the same texts are found: all of them, no others, and without comparing every pair."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.near_duplicates import NearDuplicates, nearly_same, word_pairs

_SHORT = st.text(alphabet="甲乙丙", max_size=12)


def jaccard(one, other):
    a, b = ({text[at : at + 2] for at in range(len(text) - 1)} for text in (one, other))
    return len(a & b) / len(a | b) if a | b else 0.0


@given(st.lists(_SHORT, max_size=12), _SHORT)
def test_a_text_is_found_exactly_when_one_shares_at_least_four_fifths_of_all_pairs(texts, text):
    index = NearDuplicates(texts)
    found = index.find(text)
    assert (found is not None) == any(jaccard(text, each) >= 0.8 for each in texts)
    assert found is None or jaccard(text, found) >= 0.8
    assert index.unfinished == 0


@given(_SHORT, _SHORT)
def test_the_measure_is_that_of_the_definition(one, other):
    assert nearly_same(word_pairs(one), word_pairs(other)) == (jaccard(one, other) >= 0.8)


@pytest.mark.parametrize(
    ("length", "found"), [pytest.param(18, False, id="too-much-of-18"), pytest.param(19, True, id="little-of-19")]
)
def test_one_changed_character_is_near_from_19_characters_on(length, found):
    text = "".join(chr(0x4E00 + number) for number in range(length))
    changed = text[:5] + "换" + text[6:]
    assert (NearDuplicates([text]).find(changed) is not None) == found


@pytest.mark.parametrize("other", ["他在苏州, 住了３年!", "他在苏州住了 3 年", "「他在苏州住了3年」"])
def test_width_spaces_and_marks_make_no_difference(other):
    assert NearDuplicates(["他在苏州，住了3年。"]).find(other) == "他在苏州，住了3年。"


def test_what_is_not_written_in_han_characters_is_compared_by_words():
    text = " ".join(f"word{number}" for number in range(19))
    assert word_pairs("He saw 3 lakes 在苏州") == {"he saw", "saw 3", "3 lakes", "lakes 在", "在 苏", "苏 州"}
    assert NearDuplicates([text]).find(text.replace("word5", "other")) == text
    assert NearDuplicates([text]).find(text.replace("word5", "other").replace("word9", "other")) is None


@pytest.mark.parametrize("text", ["", "！", "啊", "啊！", "word"])
def test_what_has_no_pair_of_words_is_near_nothing(text):
    assert NearDuplicates([text, "啊啊"]).find(text) is None


def test_countless_variants_of_one_text_are_not_all_compared():
    chance = random.Random(0)
    base = "春天的时候大家一起去看海边的日出然后慢慢走回来"

    def variant():
        return "".join(chance.choice("东南西北") if chance.random() < 0.2 else character for character in base)

    index = NearDuplicates(variant() for _ in range(3000))
    assert index.find(base[:-1] + "东") is None or index.unfinished == 0
    for _ in range(100):
        index.find(variant())
    assert 0 < index.unfinished <= 101
