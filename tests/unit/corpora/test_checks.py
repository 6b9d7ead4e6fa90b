"""What can be wrong with one sentence is found, at its token, and nothing is found in a usual one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.checks import sentence_hits
from cnerkit.corpora.findings import Example, Finding, Findings, Kind, Position, Severity, excerpt
from cnerkit.text import Entity, Fragment, Sentence

REMARK = Kind("odd", Severity.REMARK, "odd thing", "odd things", "look at it")
PROBLEM = Kind("wrong", Severity.PROBLEM, "wrong thing", "wrong things", "put it right")


def sentence(text, *entities):
    return Sentence("s", tuple(text), frozenset(entities))


def words(*tokens):
    return Sentence("s", tokens, frozenset(), joiner=" ")


def hits(found, longest=510):
    return [(hit.kind.name, hit.token, hit.count) for hit in sentence_hits(found, longest)]


def test_a_usual_sentence_has_no_hits():
    assert hits(sentence("小周在苏州看《牡丹亭》。", Entity.span(0, 2, "PER"), Entity.span(6, 11, "WORK"))) == []


@pytest.mark.parametrize("text", ["", "  ", "\u3000"])
def test_a_sentence_of_nothing_is_empty_and_not_looked_at_further(text):
    assert hits(sentence(text)) == [("empty-sentence", 0, 1)]


def test_a_sentence_over_the_limit_is_too_long_and_one_at_it_is_not():
    (hit,) = sentence_hits(sentence("长" * 11), 10)
    assert (hit.kind.name, hit.detail, hit.text.split(":")[0]) == ("long-sentence", "10 tokens", "11 tokens")
    assert hits(sentence("长" * 10), longest=10) == []


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(sentence("去\u200b苏\u200b州"), [("zero-width-character", 1, 2)], id="zero-width"),
        pytest.param(
            sentence("好\ufffd\ue001"), [("replacement-character", 1, 1), ("private-use-character", 2, 1)], id="two-kinds"
        ),
        pytest.param(sentence("心\ufe0f"), [("variation-selector", 1, 1)], id="selector"),
        pytest.param(sentence("第３号Ｂ楼，"), [("full-width-form", 1, 2)], id="full-width-but-no-punctuation"),
        pytest.param(sentence("cafe\u0301"), [("not-nfc", 3, 1)], id="not-composed"),
        pytest.param(sentence("\uf900"), [("not-nfc", 0, 1)], id="compatibility-ideograph"),
        pytest.param(sentence("苏 州"), [("whitespace-token", 1, 1)], id="space-token"),
        pytest.param(words("Su", "zhou\u3000", "x"), [("whitespace-in-token", 1, 1)], id="space-in-word"),
        pytest.param(words("Su", "zh\u200bou"), [("zero-width-character", 1, 1)], id="character-in-word"),
    ],
)
def test_odd_characters_are_hit_at_their_token(found, expected):
    assert hits(found) == expected


def test_in_a_running_text_only_unusual_white_space_is_a_hit():
    assert [hit.token for hit in sentence_hits(sentence("a b\n\xa0c"), 510, running=True)] == [4]
    assert [hit.count for hit in sentence_hits(sentence("a b\n\xa0c"), 510)] == [3]


@pytest.mark.parametrize(
    ("entities", "expected"),
    [
        pytest.param([Entity.span(0, 4, "ORG"), Entity.span(0, 2, "LOC")], ["nested"], id="nested"),
        pytest.param([Entity.span(0, 3, "ORG"), Entity.span(2, 4, "LOC")], ["crossing"], id="crossing"),
        pytest.param([Entity.span(0, 2, "ORG"), Entity.span(0, 2, "LOC")], ["same-span"], id="same-span"),
        pytest.param([Entity((Fragment(0, 1), Fragment(2, 3)), "ORG")], ["discontinuous"], id="discontinuous"),
        pytest.param([Entity.span(0, 2, "ORG"), Entity.span(2, 4, "LOC")], [], id="adjacent"),
    ],
)
def test_entities_in_one_another_are_remarks(entities, expected):
    found = list(sentence_hits(sentence("苏州大学", *entities), 510))
    assert [hit.kind.name for hit in found] == expected
    assert all(hit.kind.severity is Severity.REMARK for hit in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(" 苏州", ["whitespace-token", "entity-edge-whitespace"], id="space-first"),
        pytest.param("苏州，", ["entity-edge-punctuation"], id="comma-last"),
        pytest.param("。苏州", ["entity-edge-punctuation", "entity-over-sentence-end"], id="full-stop-first"),
        pytest.param("到了。苏州", ["entity-over-sentence-end"], id="over-the-end"),
        pytest.param("到了。”", [], id="end-at-the-end"),
        pytest.param("《苏州》", [], id="book-title"),
        pytest.param("“苏州”", [], id="quotes"),
    ],
)
def test_odd_ends_of_entities_are_remarks(text, expected):
    assert [hit.kind.name for hit in sentence_hits(sentence(text, Entity.span(0, len(text), "LOC")), 510)] == expected


@given(st.text(max_size=30), st.integers(0, 29), st.integers(1, 30))
def test_any_text_can_be_looked_at(text, start, length):
    entities = [Entity.span(start, start + length, "X")] if start + length <= len(text) else []
    for hit in sentence_hits(sentence(text, *entities), 20):
        assert hit.count >= 1
        assert 0 <= hit.token < max(1, len(text))


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=8), st.sampled_from(["", " "]))
def test_any_words_can_be_looked_at(tokens, joiner):
    for hit in sentence_hits(Sentence("s", tuple(tokens), frozenset(), joiner), 20):
        assert 0 <= hit.token < len(tokens)


def test_findings_are_counted_with_their_first_examples_and_problems_come_first():
    findings = Findings(examples=2)
    for number in range(3):
        findings.add(REMARK, "train", Example(f"{number}", "x"))
    findings.add(PROBLEM, "dev", count=4, detail="of a kind")
    problem, remark = findings.listed()
    assert problem == Finding(PROBLEM, "dev", 4, "of a kind")
    assert problem.what == "wrong things of a kind"
    assert (remark.count, [example.where for example in remark.examples]) == (3, ["0", "1"])
    assert Finding(REMARK, "dev", 1).what == "odd thing"


def test_a_position_is_a_line_where_lines_are_known_else_a_sentence():
    assert Position("f.txt", "s-1", [4, 5]).of(1) == "f.txt:5:1"
    assert Position("f.json", "s-1").of(0) == "f.json, sentence s-1"
    assert Position("f.json", "s-1").of(2) == "f.json, sentence s-1, token 2"


def test_an_excerpt_shows_the_place_and_says_where_it_is_cut():
    text = "".join(chr(0x4E00 + number) for number in range(100))
    assert excerpt("短句") == "'短句'"
    assert excerpt(text, 50, 6) == f"…'{text[48:54]}'…"
    assert excerpt(text, 99, 6) == f"…'{text[94:]}'"
    assert excerpt("a\u200bb") == r"'a\u200bb'"
