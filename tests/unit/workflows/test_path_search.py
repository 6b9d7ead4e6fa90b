"""What a user is told of entities that relations cannot tell apart, and of paths that were too many."""

from types import SimpleNamespace

import pytest

from cnerkit.codecs.grid import GridCodec
from cnerkit.text import Entity, Fragment, Sentence
from cnerkit.workflows.path_search import count_overflows, notes_on_limits, overflows_of, remark_on_overflows

ALONE = SimpleNamespace(num_processes=1, device="cpu")
FULL, PART = Entity.span(0, 4, "DIS"), Entity((Fragment(1, 2), Fragment(3, 4)), "DIS")
TANGLED = Sentence("t", tuple("肝胆管炎"), frozenset({FULL, PART}))
PLAIN = Sentence("p", tuple("无肝炎"), frozenset({Entity.span(1, 3, "DIS")}))
EMPTY = Sentence("e", tuple("无"), frozenset())


class Searching:
    """A model of which only the codec counts."""

    overflows = 3

    def at_best(self, sentence):
        codec = GridCodec(("DIS",))
        return codec.decode(codec.encode(sentence))


def test_splits_whose_entities_relations_cannot_tell_apart_are_counted_with_the_scores_within_reach():
    [note] = notes_on_limits(Searching(), {"train": [PLAIN, EMPTY, TANGLED], "dev": [PLAIN, EMPTY]})
    assert note == (
        "train: 1 sentence with entities that relations cannot tell apart; "
        "a model without any error would score P 60.00%, R 100.00%, F1 75.00%"
    )


def test_of_a_model_that_searches_no_paths_nothing_is_said():
    assert list(notes_on_limits(object(), {"train": [TANGLED]})) == []
    assert count_overflows(object(), ALONE) == overflows_of(object()) == 0


@pytest.mark.parametrize(
    ("count", "remark"),
    [
        (0, ""),
        (1, "1 pair of ends joined by too many paths, one of which was read"),
        (12, "12 pairs of ends joined by too many paths, one of which was read"),
    ],
)
def test_pairs_joined_by_too_many_paths_are_remarked_on(count, remark):
    assert remark_on_overflows(count) == remark


def test_the_count_is_the_models():
    assert count_overflows(Searching(), ALONE) == overflows_of(Searching()) == 3
