"""SNG's span model and the vectors it reads against the facts of its specification."""

import numpy as np
import pytest
import torch

from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders.static import vectors_from_file
from cnerkit.nn.encoders.vectors import Vectors
from cnerkit.nn.span_model import SpanClassifier, attention_weights
from cnerkit.nn.spans import Spans
from cnerkit.text import Entity, Fragment, Sentence


def array(fact):
    return torch.tensor(fact, dtype=torch.float64)


def close(found, expected, case):
    torch.testing.assert_close(found.detach(), array(expected), rtol=case["tolerance"]["rtol"], atol=case["tolerance"]["atol"])


def model_of(params, attention="dot"):
    """The classifier with the weights of a fact."""
    n_types, dim = len(params["W_out"]), len(params["w_hh"][0])
    model = SpanClassifier(len(params["w_ih"][0]), dim, n_types, attention=attention).double()
    names = {"weight_ih": "w_ih", "weight_hh": "w_hh", "bias_ih": "b_ih", "bias_hh": "b_hh"}
    for direction, suffix in zip(model.directions, ("", "_r"), strict=True):
        direction.cell.load_state_dict({name: array(params[fact + suffix]) for name, fact in names.items()})
    model.project.load_state_dict({"weight": array(params["W_out"]), "bias": array(params["b_out"])})
    return model


def batch_of(spans):
    """Vectors of spans, each a sentence padded with what must not be read."""
    vectors = torch.full((len(spans), max(map(len, spans)), len(spans[0][0])), torch.nan, dtype=torch.float64)
    for row, span in zip(vectors, spans, strict=True):
        row[: len(span)] = array(span)
    return vectors


def whole(spans):
    return Spans.between(range(len(spans)), [0] * len(spans), [len(span) for span in spans])


@pytest.mark.paper_cases("sng", "forward")
def test_types_of_spans_in_one_batch(case):
    spans, per_span = case["inputs"]["spans"], case["expected"]["per_span"]
    model = model_of(case["inputs"]["params"])
    found = model(batch_of(spans), whole(spans))
    close(found, array([each["logits"] for each in per_span]).log_softmax(1).tolist(), case)
    close(found.exp(), [each["probs"] for each in per_span], case)
    assert found.argmax(1).tolist() == [each["argmax"] for each in per_span]
    losses = -found[range(len(spans)), [each["target"] for each in per_span]]
    close(losses, [each["cross_entropy"] for each in per_span], case)
    close(losses.sum(), case["expected"]["sum_cross_entropy"], case)


@pytest.mark.paper_cases("sng", "forward")
def test_types_of_spans_one_by_one(case):
    model = model_of(case["inputs"]["params"])
    for span, expected in zip(case["inputs"]["spans"], case["expected"]["per_span"], strict=True):
        close(model(batch_of([span]), whole([span]))[0].exp(), expected["probs"], case)


@pytest.mark.paper_cases("sng", "forward")
def test_states_attention_and_context_of_spans(case):
    spans, per_span = case["inputs"]["spans"], case["expected"]["per_span"]
    by_attention, by_ends = (model_of(case["inputs"]["params"], attention) for attention in ("dot", "none"))
    close(by_attention.contexts(batch_of(spans), whole(spans)), [each["context"] for each in per_span], case)
    close(by_ends.contexts(batch_of(spans), whole(spans)), [each["final"] for each in per_span], case)
    for each in per_span:
        outputs, final = array([each["outputs"]]), array([each["final"]])
        close(attention_weights(outputs, final)[0], each["attn"], case)
        close((outputs @ final[0])[0], each["attn_scores"], case)


@pytest.mark.paper_cases("sng", "forward")
def test_the_states_of_a_token_are_where_spans_up_to_it_and_from_it_end(case):
    model, longest = model_of(case["inputs"]["params"], "none"), len(case["inputs"]["spans"]) - 1
    outputs = case["expected"]["per_span"][longest]["outputs"]
    vectors, n_tokens, width = batch_of(case["inputs"]["spans"]), len(outputs), len(outputs[0]) // 2
    for token in range(n_tokens):
        up_to, after = (
            model.contexts(vectors, Spans.between([longest], [a], [b]))[0] for a, b in ((0, token + 1), (token, n_tokens))
        )
        close(torch.cat([up_to[:width], after[width:]]), outputs[token], case)


@pytest.mark.paper_cases("sng", "span_slice")
def test_a_span_is_its_own_tokens(case):
    text, places = case["inputs"]["text"], case["inputs"]["spans"]
    sentence = Sentence("0", tuple(text))
    halfopen = [(first, last + 1) for first, last in places]
    assert [sentence.surface(Entity.span(start, end, "nt")) for start, end in halfopen] == case["expected"]["surface"]
    model = SpanClassifier(3, 2, 4).double()
    vectors = torch.randn(1, len(text), 3, dtype=torch.float64)
    found = model(vectors, Spans.at([(0, [Fragment(start, end)]) for start, end in halfopen]))
    for row, (start, end) in zip(found, halfopen, strict=True):
        elsewhere = torch.randn_like(vectors)
        elsewhere[0, start:end] = vectors[0, start:end]
        torch.testing.assert_close(model(elsewhere, Spans.between([0], [start], [end]))[0], row, rtol=0, atol=1e-14)


@pytest.mark.paper_cases("sng", "vocab_lookup")
def test_a_token_has_the_vector_of_its_line_and_any_other_that_of_unk(case):
    vocabulary = case["inputs"]["vocab"]
    vectors = Vectors(tuple(vocabulary), np.eye(len(vocabulary), dtype=np.float32))
    encoder = vectors_from_file(vectors, [], min_count=1, dropout=0.0)
    found = encoder(Batch.of([Sentence("0", tuple(case["inputs"]["tokens"]))]))
    assert found[0].argmax(1).tolist() == case["expected"]["ids"]
    assert (found[0].sum(1) == 1).all()


@pytest.mark.paper_cases("sng", "parameter_count")
def test_number_of_parameters(case):
    model = SpanClassifier(case["inputs"]["d_emb"], case["inputs"]["hidden"], case["inputs"]["classes"])
    found = [sum(parameter.numel() for parameter in part.parameters()) for part in (model.directions, model.project, model)]
    assert found == [case["expected"][name] for name in ("lstm", "linear", "total")]
