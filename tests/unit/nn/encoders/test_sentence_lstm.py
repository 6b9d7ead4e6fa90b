"""Spans that are cut out of what an LSTM made of their sentence."""

import pytest
import torch

from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders.frozen import FrozenEncoder
from cnerkit.nn.encoders.sentence_lstm import SentenceLstm
from cnerkit.nn.encoders.static import random_vectors
from cnerkit.nn.span_model import SpanClassifier
from cnerkit.nn.spans import Spans
from cnerkit.text import Fragment, Sentence

SENTENCES = (Sentence("a", tuple("云河大学在云河")), Sentence("b", tuple("云河")))
PLACES = [
    *[(number, (Fragment(a, b),)) for number, n in ((1, 2), (0, 7)) for a in range(n) for b in range(a + 1, n + 1)],
    (0, (Fragment(0, 2), Fragment(4, 5))),
]


def made(encoder="bilstm", attention="dot"):
    inner = random_vectors(SENTENCES, dim=5, min_count=1, dropout=0.0)
    reader = SentenceLstm(FrozenEncoder(inner), 4, from_both_ends=encoder == "bilstm").double()
    return reader, SpanClassifier(reader.dim, 4, 3, encoder=encoder, attention=attention, context="sentence").double()


def read(cell, vectors):
    """The states of an LSTM, one token after the other: equations 6 to 11 of the paper."""
    hidden = memory = vectors.new_zeros(cell.hidden_size)
    states = []
    for vector in vectors:
        gates = cell.weight_ih_l0 @ vector + cell.bias_ih_l0 + cell.weight_hh_l0 @ hidden + cell.bias_hh_l0
        enter, forget, new, leave = gates.chunk(4)
        memory = forget.sigmoid() * memory + enter.sigmoid() * new.tanh()
        hidden = leave.sigmoid() * memory.tanh()
        states.append(hidden)
    return torch.stack(states)


def scored(reader, classifier, number, fragments):
    """One span by a plain loop: attention of its last state from the left and its first from the right to its own states."""
    vectors = reader.encoder(Batch.of(SENTENCES[number : number + 1]))[0]
    if reader.from_both_ends:
        onward, back = read(reader.lstm.rightward[0], vectors), read(reader.lstm.leftward[0], vectors.flip(0)).flip(0)
    else:
        onward, back = read(reader.lstm, vectors), vectors[:, :0]
    tokens = [token for part in fragments for token in range(part.start, part.end)]
    outputs, final = torch.cat([onward, back], 1)[tokens], torch.cat([onward[tokens[-1]], back[tokens[0]]])
    shares = [outputs.new_tensor([(state @ final).exp() for state in outputs]), outputs.new_ones(len(tokens))]
    weights = shares[classifier.attention == "mean"]
    context = final if classifier.attention == "none" else (weights / weights.sum()) @ outputs
    return classifier.project(context).log_softmax(0)


@pytest.mark.parametrize(
    ("encoder", "attention"), [("bilstm", "dot"), ("bilstm", "mean"), ("bilstm", "none"), ("lstm", "dot"), ("lstm", "none")]
)
def test_spans_of_a_batch_are_those_of_a_plain_loop_over_their_sentences(encoder, attention):
    reader, classifier = made(encoder, attention)
    with torch.no_grad():
        found = classifier(reader(Batch.of(SENTENCES)), Spans.at(PLACES))
        for row, (number, fragments) in zip(found, PLACES, strict=True):
            torch.testing.assert_close(row, scored(reader, classifier, number, fragments), rtol=0, atol=1e-12)


def test_equal_spans_differ_by_what_stands_around_them():
    reader, classifier = made()
    found = classifier(reader(Batch.of(SENTENCES)), Spans.between([0, 0, 1], [0, 5, 0], [2, 7, 2]))
    assert torch.pdist(found).min() > 1e-4


def test_the_lstm_learns_and_is_no_pretrained_part():
    reader, _ = made()
    reader(Batch.of(SENTENCES)).sum().backward()
    assert reader.pretrained_parameters() == []
    assert all(weight.grad.any() for weight in reader.lstm.parameters())
    assert reader.description() == reader.encoder.description()
    reader.add_marks(["\ufdd0"])
    assert reader.description()["vocabulary"][-1] == "\ufdd0"


def test_vectors_that_are_no_states_of_that_width_are_refused():
    with pytest.raises(ValueError, match="states of 2 directions of width 4 have 8 numbers, got 5"):
        SpanClassifier(5, 4, 3, context="sentence")
