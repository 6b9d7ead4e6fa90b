"""Spans of sentences of any length, asked about in batches and windows."""

from typing import Literal

import pytest
import torch
from torch import nn

from cnerkit.engine.typing_spans import type_probabilities_in
from cnerkit.text import Entity, Sentence

CPU = torch.device("cpu")


class FirstToken(nn.Module):
    """Answers with the number that the first token of a span is, and how many tokens the span has."""

    told_types = ("first", "length")
    window_tokens, cost = 12, "tokens"

    def __init__(self):
        super().__init__()
        self.seen = []

    def type_probabilities(self, batch, spans):
        self.seen += [(len(sentence), sentence.entities) for sentence in batch.sentences]
        return torch.tensor([[float(batch.sentences[at].tokens[start]), end - start] for at, start, end in spans])


class GivenSpans(FirstToken):
    """The same of a model that reads spans."""

    reads_spans: Literal[True] = True


def numbers(count):
    return Sentence("n", tuple(map(str, range(count))), frozenset({Entity.span(0, 1, "first")}))


def asked(model, sentences, spans, batch_tokens=40):
    return type_probabilities_in(model, sentences, spans, batch_tokens=batch_tokens, device=CPU)


@pytest.mark.parametrize("batch_tokens", [1, 12, 1000])
def test_each_span_of_each_sentence_has_its_own_answer_whatever_the_batches(batch_tokens):
    spans = [[(0, 2), (29, 30), (7, 9)], [], [(1, 2)], [(4, 5), (4, 6)]]
    found = asked(FirstToken(), [numbers(30), numbers(3), numbers(2), numbers(9)], spans, batch_tokens)
    assert found == [[(float(start), float(end - start)) for start, end in row] for row in spans]


def test_a_span_that_the_window_of_its_first_token_does_not_hold_has_no_answer():
    (found,) = asked(FirstToken(), [numbers(40)], [[(5, 9), (5, 30)]])
    assert found == [(5.0, 4.0), None]


def test_a_model_never_sees_entities_nor_text_that_is_not_asked_about():
    model = FirstToken()
    asked(model, [numbers(40), numbers(5), numbers(3)], [[(20, 21)], [], [(0, 3)]])
    assert {entities for _, entities in model.seen} == {None}
    assert sorted(length for length, _ in model.seen) == [3, 12]


def test_a_model_that_reads_spans_gets_sentences_whole():
    model = GivenSpans()
    assert asked(model, [numbers(40)], [[(5, 30)]]) == [[(5.0, 25.0)]]
    assert [length for length, _ in model.seen] == [40]


def test_nothing_asked_is_nothing_computed():
    model = FirstToken()
    assert asked(model, [numbers(4)], [[]]) == [[]]
    assert model.seen == []
