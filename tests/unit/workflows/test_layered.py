"""Layers of tags to entities and back: repairs, places, repeated entities, and nesting of any depth."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.repair import Repairs
from cnerkit.codecs.tags import Repair, Scheme
from cnerkit.corpora.columns import Layout
from cnerkit.corpora.layer_layout import layered_layout
from cnerkit.corpora.layers import LayerReader
from cnerkit.corpora.source import TextSource
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment, Sentence
from cnerkit.workflows.layered import LayeredReading, layer_texts
from cnerkit.workflows.tagged import ReadCounts

THREE = Layout("\t", 4, more_tags=(2, 3))


def reading_of(text, scheme=Scheme.BIO, repair=Repair.STRICT, layout=THREE, counts=None):
    rows = LayerReader(TextSource(io.BytesIO(text.encode()), "x"), layout)
    return LayeredReading("x", rows, scheme, repair, "x", counts or ReadCounts())


NESTED = "北\tB-地\tB-校\tO\n京\tI-地\tI-校\tO\n大\tO\tI-校\tO\n学\tO\tI-校\tO\n\n沪\tB-地\tO\tO\n"


def test_the_entities_are_those_of_all_layers():
    reading = reading_of(NESTED)
    first, second = reading
    assert (first.id, first.tokens, first.spans) == ("x-1", tuple("北京大学"), [(0, 2, "地"), (0, 4, "校")])
    assert (second.id, second.tokens, second.spans) == ("x-2", ("沪",), [(0, 1, "地")])
    counts = reading.counts
    assert (counts.sentences, counts.tokens, counts.strict, counts.conlleval) == (2, 5, 3, 3)


def test_an_entity_in_several_layers_is_counted_once_and_noted():
    reading = reading_of("北\tB-地\tB-地\tB-地\n京\tI-地\tI-地\tO\n")
    (sentence,) = reading
    assert sentence.spans == [(0, 1, "地"), (0, 2, "地")]
    assert (reading.counts.strict, reading.counts.conlleval) == (2, 2)
    assert reading.counts.overlooked == {"entities in several layers, counted once": 1}


MALFORMED = "北\tB-地\tO\tO\n京\tI-地\tI-校\tO\n大\tO\tI-校\tI-城\n"


@pytest.mark.parametrize(
    ("repair", "spans"),
    [
        pytest.param(Repair.CONLLEVAL, [(0, 2, "地"), (1, 3, "校"), (2, 3, "城")], id="conlleval"),
        pytest.param(Repair.DROP, [(0, 2, "地")], id="drop"),
    ],
)
def test_malformed_runs_of_every_layer_are_repaired_and_counted(repair, spans):
    reading = reading_of(MALFORMED, repair=repair)
    assert [sentence.spans for sentence in reading] == [spans]
    assert (reading.counts.strict, reading.counts.conlleval) == (1, 3)
    assert reading.counts.malformed == Repairs(orphan=2, tokens=3)


def test_a_malformed_run_is_refused_with_its_line_and_the_column_of_its_layer():
    what = (
        r"^x:2:8: 'I-校' cannot begin an entity after 'O' "
        r"\(the first of 2 problems in the file: malformed runs of bio tags: 2\)"
    )
    with pytest.raises(DataError, match=what) as caught:
        list(reading_of("北\tB-地\tO\tO\n京京\tI-地\tI-校\tO\n大\tO\tI-校\tI-城\n"))
    assert "say --repair conlleval" in caught.value.fix


def test_an_unknown_tag_is_refused_in_any_layer_whatever_the_repair():
    for repair in Repair:
        with pytest.raises(DataError, match=r"^x:1:7: 'X-校' is not a tag of the scheme bio"):
            list(reading_of("北\tB-地\tX-校\tO\n", repair=repair))


def test_a_run_that_a_broken_line_cuts_is_no_second_mistake():
    with pytest.raises(DataError, match=r"^x:2:2: expected 4 columns separated by a tab, got 1: '京'\n"):
        list(reading_of("北\tO\tB-校\tO\n京\n大\tO\tI-校\tO\n\n沪\tO\tO\tO\n"))
    with pytest.raises(DataError, match=r"^x:1:2: expected 4 columns separated by a tab, got 1: '京'\n"):
        list(reading_of("京\n大\tO\tI-校\tO\n"))


def test_who_watches_is_told_of_each_layer_and_gets_every_sentence():
    seen = []
    counts = ReadCounts(watch=lambda name, scheme, rows: seen.append((name, scheme, list(rows.tags))))
    sentences = list(reading_of("北\tO\tI-校\tO\n\n沪\tB-地\tO\tO\n", counts=counts))
    assert [sentence.spans for sentence in sentences] == [[], [(0, 1, "地")]]
    assert seen == [("x", "bio", [tag]) for tag in ("O", "I-校", "O", "B-地", "O", "O")]


@st.composite
def nested_sentences(draw):
    """A sentence of characters with entities that overlap in any way."""
    length = draw(st.integers(1, 8))
    places = st.tuples(st.integers(0, length - 1), st.integers(1, length), st.sampled_from(["地", "校", "a-b"]))
    spans = [(start, min(length, start + size), type_) for start, size, type_ in draw(st.lists(places, max_size=6))]
    return Sentence("x", tuple("字" * length), frozenset(Entity.span(*span) for span in spans))


@given(
    sentences=st.lists(nested_sentences(), min_size=1, max_size=4),
    scheme=st.sampled_from([scheme for scheme in Scheme if scheme is not Scheme.IO]),
)
def test_entities_that_overlap_in_any_way_are_read_as_they_were_written_in_any_scheme(sentences, scheme):
    text = "".join(layer_texts(sentences, scheme))
    layout, _ = layered_layout(text.split("\n"), known=True)
    found = [each.sentence("") for each in reading_of(text, scheme, layout=layout)]
    assert [each.entities for each in found] == [each.entities for each in sentences]
    assert [each.tokens for each in found] == [each.tokens for each in sentences]


def test_the_innermost_entities_are_in_the_first_column():
    sentence = Sentence("x", tuple("北京大学"), frozenset({Entity.span(0, 4, "校"), Entity.span(0, 2, "地")}))
    other = Sentence("y", ("沪",), frozenset())
    assert "".join(layer_texts([sentence, other], Scheme.BIOES)) == (
        "北\tB-地\tB-校\n京\tE-地\tI-校\n大\tO\tI-校\n学\tO\tE-校\n\n沪\tO\tO\n\n"
    )


def test_nesting_three_hundred_deep_takes_as_many_columns():
    entities = frozenset(Entity.span(0, depth, "层") for depth in range(1, 301))
    text = "".join(layer_texts([Sentence("x", ("字",) * 300, entities)], Scheme.BIO))
    layout, _ = layered_layout(text.split("\n")[:300], known=True)
    assert len(layout.tags) == 300
    (sentence,) = reading_of(text, layout=layout)
    assert sentence.sentence("").entities == entities


@pytest.mark.parametrize(
    ("entities", "what", "fix"),
    [
        pytest.param(None, "it is not annotated", "give every sentence its entities", id="not-annotated"),
        pytest.param(
            {Entity((Fragment(0, 1), Fragment(2, 3)), "病")},
            "the 病 entity over [0, 1) and [2, 3) is discontinuous, which bio cannot write",
            "write spans",
            id="discontinuous",
        ),
        pytest.param(
            {Entity.span(0, 1, str(number)) for number in range(2000)},
            "its entities need 2000 layers, and a file in columns holds 1999",
            "say --overlap outermost or innermost",
            id="too-deep",
        ),
    ],
)
def test_what_layers_cannot_hold_is_refused(entities, what, fix):
    sentence = Sentence("x", tuple("北京人"), entities and frozenset(entities))
    with pytest.raises(DataError, match=f"^{re.escape(what)}") as caught:
        list(layer_texts([sentence], Scheme.BIO))
    assert fix in caught.value.fix
