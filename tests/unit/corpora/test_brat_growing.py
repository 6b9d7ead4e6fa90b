"""A brat document that is written part by part is read back as one with every entity at its place."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.brat import GrowingDocument
from cnerkit.corpora.brat_document import document_of
from cnerkit.corpora.problems import Problems
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment

TYPES = ("地名", "PER.NAM")


@st.composite
def parts(draw):
    """A line with what ends it, and entities over it, nested, crossing and discontinuous ones among them."""
    text = draw(st.text(st.sampled_from("北京\U00020bb7\ufeff\r \u2028a"), max_size=8)) + draw(
        st.sampled_from(["\n", "\r\n", ""])
    )
    edges = st.lists(st.integers(0, len(text)), min_size=2, max_size=6, unique=True).map(sorted)
    fragments = edges.map(lambda found: tuple(Fragment(*found[at : at + 2]) for at in range(0, len(found) - 1, 2)))
    entities = st.frozensets(st.builds(Entity, fragments, st.sampled_from(TYPES)), max_size=4)
    return text, draw(entities) if len(text) > 1 else frozenset()


def moved(entity, by):
    return Entity(tuple(Fragment(part.start + by, part.end + by) for part in entity.fragments), entity.type)


@given(st.lists(parts(), max_size=4))
def test_every_part_is_read_back_with_its_entities_whatever_ends_its_lines(lines):
    growing, txt, ann, text, expected = GrowingDocument(), "", "", "", set()
    for part, entities in lines:
        content, records = growing.grow(part, entities)
        expected |= {moved(entity, len(text)) for entity in entities}
        txt, ann, text = txt + content, ann + records, text + part
    problems, notes = Problems("a.ann"), Counter()
    document = document_of("a", txt, ann, None, problems, notes)
    assert (document.text, document.entities) == (text, expected)
    assert (notes, document.extra) == ({}, None)  # as brat itself would have counted, and nothing out of order
    assert len({line.split("\t")[0] for line in ann.splitlines() if line.startswith("T")}) == len(expected)


@pytest.mark.parametrize(
    ("text", "entity", "what"),
    [("a\0", Entity.span(0, 1, "X"), "holds a NUL"), ("ab", Entity.span(0, 1, "X Y"), "cannot hold the type 'X Y'")],
    ids=["nul", "blank"],
)
def test_what_brat_cannot_hold_is_refused(text, entity, what):
    with pytest.raises(DataError, match=what):
        GrowingDocument().grow(text, [entity])
