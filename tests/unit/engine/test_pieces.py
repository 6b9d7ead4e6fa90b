"""Sentences of train in pieces: every token once, every entity whole."""

from hypothesis import given
from hypothesis import strategies as st

from cnerkit.engine.pieces import divided, piece_spans, pieces_of
from cnerkit.text import Entity, Fragment, Sentence


@st.composite
def annotated(draw, longest=80):
    """Sentences with flat, nested, crossing and discontinuous entities."""
    text = draw(st.text(alphabet="一二三四五六。，", min_size=1, max_size=longest))
    entities = set()
    for _ in range(draw(st.integers(0, 6))):
        edges = sorted(draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=4)))
        edges = edges[: len(edges) // 2 * 2]
        parts = tuple(Fragment(*edges[place : place + 2]) for place in range(0, len(edges), 2))
        entities.add(Entity(parts, draw(st.sampled_from("AB"))))
    return Sentence("s", tuple(text), frozenset(entities))


@given(annotated(), st.integers(1, 30))
def test_pieces_hold_every_token_and_every_entity_once(sentence, limit):
    spans, pieces = piece_spans(sentence.tokens, limit, sentence.entities), pieces_of(sentence, limit)
    assert [token for piece in pieces for token in piece.tokens] == list(sentence.tokens)
    back = [
        Entity(tuple(Fragment(part.start + span.start, part.end + span.start) for part in entity.fragments), entity.type)
        for span, piece in zip(spans, pieces, strict=True)
        for entity in piece.entities
    ]
    assert sorted(back) == sorted(sentence.entities)


@given(annotated(), st.integers(1, 30))
def test_a_piece_is_longer_than_the_limit_only_where_entities_leave_no_place_to_cut(sentence, limit):
    for span in piece_spans(sentence.tokens, limit, sentence.entities):
        if len(range(span.start, span.end)) > limit:
            inside = {place for e in sentence.entities for place in range(e.start + 1, e.end)}
            assert inside.issuperset(range(span.start + 1, span.end))


def test_a_cut_that_would_fall_into_an_entity_comes_before_it():
    sentence = Sentence(
        "s", tuple("今天下雨大家都去了北京大学"), frozenset({Entity.span(9, 13, "ORG"), Entity.span(0, 2, "T")})
    )
    first, second = pieces_of(sentence, 11)
    assert (first.id, first.text, second.id, second.text) == ("s[0:9]", "今天下雨大家都去了", "s[9:13]", "北京大学")
    assert (first.entities, second.entities) == ({Entity.span(0, 2, "T")}, {Entity.span(0, 4, "ORG")})


def test_the_gap_of_a_discontinuous_entity_is_not_cut_either():
    broken = Entity((Fragment(1, 2), Fragment(6, 8)), "D")
    pieces = pieces_of(Sentence("s", tuple("一二三四。六七八九十"), frozenset({broken})), 6)
    assert [piece.text for piece in pieces] == ["一", "二三四。六七八", "九十"]
    assert pieces[1].entities == {Entity((Fragment(0, 1), Fragment(5, 7)), "D")}


def test_what_was_divided_and_what_stays_longer_is_counted():
    whole = Sentence("a", tuple("一二三"), frozenset())
    long = Sentence("b", tuple("一二三四五六七八九十"), frozenset({Entity.span(0, 7, "X")}))
    found = divided([whole, long], 4)
    assert [piece.id for piece in found.sentences] == ["a", "b[0:7]", "b[7:10]"]
    assert (found.n_divided, found.n_pieces, found.n_longer, found.longest) == (1, 2, 1, 7)
    assert divided([whole, long], None).sentences == (whole, long)


def test_a_sentence_that_is_not_annotated_stays_so():
    assert [piece.entities for piece in pieces_of(Sentence("s", tuple("一二三四五")), 3)] == [None, None]
