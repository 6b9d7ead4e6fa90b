import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.release_reading import release_spans
from cnerkit.codecs.schemes import Scheme
from cnerkit.codecs.tags import Repair, spans_from_tags, tags_from_spans


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        pytest.param("B-a B-a E-a", [], id="begin-within-an-entity-loses-both"),
        pytest.param("B-a E-b E-a", [(0, 3, "a")], id="end-of-another-type-is-passed-over"),
        pytest.param("B-a S-b B-a E-a", [(1, 2, "b")], id="single-within-an-entity-loses-the-next-begin-too"),
        pytest.param("B-a I-b I-a E-a", [(0, 4, "a")], id="other-inside-forgets-the-length-and-the-same-type-goes-on"),
        pytest.param("B-a I-b E-a", [], id="end-right-after-another-inside"),
    ],
)
def test_malformed_tags_are_read_with_the_releases_quirks(tags, spans):
    assert release_spans(tags.split()) == spans


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.sampled_from(["a", "b-c", "/d/e"])), max_size=6))
def test_well_formed_tags_are_read_as_they_are(parts):
    spans, here = [], 0
    for gap, length, type_ in parts:
        spans.append((here + gap, here + gap + length, type_))
        here += gap + length
    tags = tags_from_spans(spans, here, Scheme.BIOES)
    assert release_spans(tags) == spans == spans_from_tags(tags, Scheme.BIOES, Repair.DROP)
