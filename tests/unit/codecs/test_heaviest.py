"""Which entities stay by their probabilities, against slow readings of the definitions."""

from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.overlap import heaviest, heaviest_nested
from cnerkit.text import Entity

entities = st.builds(
    lambda start, length, type_: Entity.span(start, start + length, type_),
    st.integers(0, 9),
    st.integers(1, 6),
    st.sampled_from(["地", "人"]),
)
weighted = st.dictionaries(entities, st.sampled_from([0.2, 0.5, 0.9]), max_size=9)


def disjoint(one, other):
    return one.end <= other.start or other.end <= one.start


def crossing_or_one_span(one, other):
    (a, b), (c, d) = (one.start, one.end), (other.start, other.end)
    return (a, b) == (c, d) or a < c < b < d or c < a < d < b


def greedy(weights, clash):
    stay = {}
    for entity in sorted(weights, key=lambda entity: (-weights[entity], entity.start, entity.end, entity.type)):
        if not any(clash(entity, other) for other in stay):
            stay[entity] = weights[entity]
    return stay


@given(weighted)
def test_of_flat_entities_none_that_overlap_stay_together(weights):
    assert heaviest(weights) == greedy(weights, lambda one, other: not disjoint(one, other))


@given(weighted)
def test_of_nested_entities_none_that_cross_or_have_one_span_stay_together(weights):
    assert heaviest_nested(weights) == greedy(weights, crossing_or_one_span)
