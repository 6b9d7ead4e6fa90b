import pytest
import torch
from torch import nn

from cnerkit.nn.batch import Batch
from cnerkit.nn.truncation import Truncated, cut
from cnerkit.text import Entity, Fragment, Prediction, Sentence

TEXT = tuple("周海住在上海市区")
SENTENCE = Sentence("s", TEXT, frozenset({Entity.span(0, 2, "PER"), Entity.span(4, 7, "LOC"), Entity.span(7, 8, "X")}))


class Seeing(nn.Module):
    """A model that tells what it is shown."""

    def __init__(self, tags=True):
        super().__init__()
        self.weight, self.tagging = nn.Parameter(torch.zeros(3)), tags

    def pretrained_parameters(self):
        return [self.weight]

    def loss(self, batch):
        self.seen = batch
        return {"loss": self.weight.sum()}

    def predict(self, batch):
        self.seen = batch
        tags = [("B-X",) * len(sentence) if self.tagging else None for sentence in batch.sentences]
        return [Prediction(one.id, (), (), named) for one, named in zip(batch.sentences, tags, strict=True)]


@pytest.mark.parametrize(
    ("n_tokens", "expected"),
    [
        (2, {Entity.span(0, 2, "PER")}),
        (5, {Entity.span(0, 2, "PER"), Entity.span(4, 5, "LOC")}),
        (8, SENTENCE.entities),
        (9, SENTENCE.entities),
    ],
)
def test_entities_before_the_cut_stay_and_one_across_it_keeps_what_is_before(n_tokens, expected):
    found = cut(SENTENCE, n_tokens)
    assert found.tokens == TEXT[:n_tokens]
    assert found.entities == expected


def test_a_fragment_behind_the_cut_is_lost():
    broken = Entity((Fragment(0, 1), Fragment(3, 6)), "X")
    assert cut(Sentence("s", TEXT, frozenset({broken})), 2).entities == {Entity.span(0, 1, "X")}


def test_a_sentence_that_is_not_annotated_is_not_after_the_cut():
    assert cut(SENTENCE.without_entities(), 3).entities is None


def test_the_model_learns_and_predicts_from_the_beginnings_with_a_mask_that_fits():
    inner = Seeing()
    model, batch = Truncated(inner, 3), Batch.of([SENTENCE, Sentence("t", ("钱", "在"), frozenset())])
    for step in (model.loss, model.predict):
        step(batch)
        assert [len(sentence) for sentence in inner.seen.sentences] == [3, 2]
        assert inner.seen.mask.tolist() == [[True] * 3, [True, True, False]]


def test_tokens_behind_the_cut_are_tagged_as_outside():
    [found] = Truncated(Seeing(), 3).predict(Batch.of([SENTENCE]))
    assert found.tags == ("B-X",) * 3 + ("O",) * 5
    [found] = Truncated(Seeing(tags=False), 3).predict(Batch.of([SENTENCE]))
    assert found.tags is None


def test_pretrained_parameters_are_the_model_s():
    inner = Seeing()
    assert Truncated(inner, 3).pretrained_parameters() == [inner.weight]
