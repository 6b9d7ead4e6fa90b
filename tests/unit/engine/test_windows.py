"""Windows over long text: they cover it, own it once, and lose no entity that fits their context."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.engine.windows import Window, merge, windows
from cnerkit.text import Entity, Fragment, Prediction, Sentence

TEXT = st.text(alphabet="一二三。，x ", min_size=1, max_size=200)


@given(TEXT, st.integers(5, 40), st.integers(0, 2))
def test_every_token_is_owned_by_exactly_one_window(text, limit, context):
    found = windows(text, limit, context)
    assert [place for window in found for place in range(window.own_start, window.own_end)] == list(range(len(text)))


@given(TEXT, st.integers(5, 40), st.integers(0, 2))
def test_no_window_is_longer_than_the_limit_and_each_sees_its_context(text, limit, context):
    for window in windows(text, limit, context):
        assert window.end - window.start <= limit
        assert window.start <= max(0, window.own_start - context)
        assert window.end >= min(len(text), window.own_end + context)


def test_windows_are_cut_after_the_last_sentence_end():
    text = "今天下雨。明天也下，后天不下"
    assert windows(text, 8, 0)[0] == Window(0, 5, 0, 5)


def test_without_a_sentence_end_a_pause_will_do_and_without_a_pause_the_limit():
    assert windows("一二三四，六七八九十", 6, 0)[0].own_end == 5
    assert windows("一二三四五六七八九十", 6, 0)[0].own_end == 6


def test_a_context_that_leaves_no_room_is_refused():
    with pytest.raises(ValueError, match="windows of 4 tokens cannot have 2 tokens of context"):
        windows("一二三四五", 4, 2)


@given(TEXT)
def test_entities_no_longer_than_the_context_survive_cutting(text):
    """A model that finds exactly the runs of x finds the same runs through windows."""
    context, limit = 4, 20
    text = text.replace("xxxxx", "xxxx一")
    sentence = Sentence("s", tuple(text))
    parts = [(window, runs_of_x(window.of(sentence))) for window in windows(text, limit, context)]
    expected = [entity for entity in runs_of_x(sentence).entities if entity.end - entity.start <= context]
    found = merge(sentence, parts).entities
    assert [entity for entity in found if entity.end - entity.start <= context and is_a_whole_run(text, entity)] == expected


def runs_of_x(sentence):
    entities, start = [], None
    for place, token in enumerate([*sentence.tokens, "。"]):
        if token == "x" and start is None:
            start = place
        elif token != "x" and start is not None:
            entities.append(Entity.span(start, place, "X"))
            start = None
    return Prediction(sentence.id, tuple(entities), (1.0,) * len(entities))


def is_a_whole_run(text, entity):
    return f"。{text}。"[entity.start] != "x" and f"。{text}。"[entity.end + 1] != "x"


def test_where_two_windows_disagree_over_their_border_the_earlier_entity_stays():
    sentence = Sentence("s", tuple("一二三四五六七八"))
    first = (Window(0, 6, 0, 4), Prediction("s", (Entity.span(3, 6, "A"),), (0.9,)))
    second = (Window(2, 8, 4, 8), Prediction("s", (Entity.span(3, 5, "B"), Entity.span(5, 6, "C")), (0.8, 0.7)))
    assert merge(sentence, [first, second]) == Prediction("s", (Entity.span(3, 6, "A"), Entity.span(7, 8, "C")), (0.9, 0.7))


def test_where_entities_may_overlap_both_stay_and_each_counts_once():
    sentence = Sentence("s", tuple("一二三四五六七八"))
    outer, broken = Entity.span(3, 6, "A"), Entity((Fragment(2, 3), Fragment(5, 6)), "B")
    first = (Window(0, 6, 0, 4), Prediction("s", (broken, outer, outer), (0.5, 0.9, 0.9)))
    second = (
        Window(2, 8, 4, 8),
        Prediction("s", (Entity((Fragment(2, 3), Fragment(5, 6)), "C"), Entity.span(1, 4, "A")), (0.8, 0.7)),
    )
    inner = Entity((Fragment(4, 5), Fragment(7, 8)), "C")
    assert merge(sentence, [first, second], flat=False) == Prediction("s", (broken, outer, inner), (0.5, 0.9, 0.8))


@st.composite
def annotated(draw, context):
    """A sentence of any length with entities of every kind, none of which reaches over more tokens than the context."""
    text = draw(TEXT)
    entities = set()
    for _ in range(draw(st.integers(0, 8)) if context else 0):
        start = draw(st.integers(0, len(text) - 1))
        edges = sorted(draw(st.sets(st.integers(start, min(len(text), start + context)), max_size=6)))
        edges = edges[: len(edges) // 2 * 2]
        if edges:
            parts = tuple(Fragment(*edges[place : place + 2]) for place in range(0, len(edges), 2))
            entities.add(Entity(parts, draw(st.sampled_from("AB"))))
    return Sentence("s", tuple(text), frozenset(entities))


@given(st.data(), st.integers(0, 9), st.integers(1, 30))
def test_nothing_that_fits_the_context_is_lost_doubled_or_moved_whatever_its_kind(data, context, room):
    """An oracle finds all entities that lie within the text that it sees."""
    sentence = data.draw(annotated(context))
    parts = [(window, seen_by(window, sentence)) for window in windows(sentence.tokens, room + 2 * context, context)]
    found = merge(sentence, parts, flat=False)
    assert sorted(found.entities) == sorted(sentence.entities)
    assert len(found.entities) == len(found.scores)


def seen_by(window, sentence):
    inside = [entity for entity in sorted(sentence.entities) if window.start <= entity.start and entity.end <= window.end]
    entities = tuple(
        Entity(tuple(Fragment(part.start - window.start, part.end - window.start) for part in entity.fragments), entity.type)
        for entity in inside
    )
    return Prediction(sentence.id, entities, (1.0,) * len(entities))


def test_tags_come_from_the_window_that_owns_their_token_and_are_none_when_a_window_has_none():
    sentence = Sentence("s", tuple("一二三四五六七八"))
    first = (Window(0, 6, 0, 4), Prediction("s", (), (), tuple("abcdef")))
    second = (Window(2, 8, 4, 8), Prediction("s", (), (), tuple("CDEFGH")))
    assert merge(sentence, [first, second]).tags == tuple("abcdEFGH")
    assert merge(sentence, [first, (second[0], Prediction("s", (), ()))]).tags is None
