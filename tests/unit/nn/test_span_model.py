import itertools

import pytest
import torch

from cnerkit.nn.span_model import SpanClassifier
from cnerkit.nn.spans import Spans
from cnerkit.text import Fragment

WAYS = [
    pytest.param({}, id="bilstm"),
    pytest.param({"attention": "mean"}, id="mean-of-states"),
    pytest.param({"attention": "none"}, id="last-states"),
    pytest.param({"encoder": "lstm"}, id="from-the-left"),
    pytest.param({"encoder": "bag"}, id="bag"),
]
DISCONTINUOUS = (Fragment(0, 2), Fragment(4, 5), Fragment(6, 8))


def every_span(n_tokens, max_length):
    return [(a, b) for a in range(n_tokens) for b in range(a + 1, min(n_tokens, a + max_length) + 1)]


def alone(model, vectors, **options):
    """One span read by torch's own LSTM: the definition, (token, dim) to log-probabilities."""
    encoder, attention = options.get("encoder", "bilstm"), options.get("attention", "dot")
    if encoder == "bag":
        return model.project(vectors.mean(0)).log_softmax(0)
    oracle = torch.nn.LSTM(vectors.shape[1], model.dim // len(model.directions), bidirectional=encoder == "bilstm").double()
    for direction, suffix in zip(model.directions, ("_l0", "_l0_reverse"), strict=False):
        for name, value in direction.cell.state_dict().items():
            getattr(oracle, name + suffix).data.copy_(value)
    outputs, (final, _) = oracle(vectors)
    weights = {"dot": (outputs @ final.flatten()).softmax(0), "mean": outputs.new_full((len(vectors),), 1 / len(vectors))}
    context = final.flatten() if attention == "none" else weights[attention] @ outputs
    return model.project(context).log_softmax(0)


@pytest.mark.parametrize("options", WAYS)
def test_each_span_of_a_batch_has_the_types_it_has_alone(options):
    model, vectors = SpanClassifier(5, 4, 3, **options).double(), torch.randn(2, 8, 5, dtype=torch.float64)
    places = [(number, (Fragment(*span),)) for number in (1, 0) for span in every_span(8, 6)] + [(1, DISCONTINUOUS)]
    found = model(vectors, Spans.at(places))
    for row, (number, fragments) in zip(found, places, strict=True):
        own = torch.cat([vectors[number, each.start : each.end] for each in fragments])
        torch.testing.assert_close(row, alone(model, own, **options), rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", WAYS)
def test_gradients_are_those_of_spans_read_one_by_one(options):
    model, vectors = SpanClassifier(5, 4, 3, **options).double(), torch.randn(2, 8, 5, dtype=torch.float64, requires_grad=True)
    spans, weights = every_span(8, 8), torch.randn(36, 3, dtype=torch.float64)
    inputs = [vectors, *model.parameters()]
    together = torch.autograd.grad((model(vectors, Spans.between([1] * 36, *zip(*spans, strict=True))) * weights).sum(), inputs)
    singly = sum((model(vectors, Spans.between([1], [a], [b])) * weights[[n]]).sum() for n, (a, b) in enumerate(spans))
    for found, expected in zip(together, torch.autograd.grad(singly, inputs), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_gradients_are_those_of_finite_differences():
    model = SpanClassifier(3, 2, 2).double()
    spans = Spans.at([(0, (Fragment(0, 1),)), (0, (Fragment(0, 3),)), (0, (Fragment(1, 2), Fragment(3, 4)))])
    names = [name for name, _ in model.named_parameters()]

    def scored(vectors, *parameters):
        return torch.func.functional_call(model, dict(zip(names, parameters, strict=True)), (vectors, spans))

    vectors = torch.randn(1, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(scored, (vectors, *model.parameters()))


@pytest.mark.parametrize("options", WAYS)
def test_padding_and_tokens_outside_reach_no_span(options):
    model, vectors = SpanClassifier(5, 4, 3, **options), torch.randn(2, 4, 5)
    spans = Spans.between([0, 1, 1], [1, 0, 0], [3, 2, 4])
    wider = torch.full((3, 9, 5), torch.nan)
    wider[0, 1:3], wider[1, :4] = vectors[0, 1:3], vectors[1]
    torch.testing.assert_close(model(wider, spans), model(vectors, spans), rtol=0, atol=1e-6)


def test_spans_come_back_in_the_order_they_are_asked_for_also_twice():
    model, vectors = SpanClassifier(5, 4, 3), torch.randn(1, 6, 5)
    asked = [(4, 6), (0, 1), (2, 6), (0, 1), (1, 3)]
    found = model(vectors, Spans.between([0] * 5, *zip(*asked, strict=True)))
    for row, (start, end) in zip(found, asked, strict=True):
        torch.testing.assert_close(row, model(vectors, Spans.between([0], [start], [end]))[0], rtol=0, atol=1e-6)


def test_equal_strings_are_one_span_where_tokens_that_are_equal_have_equal_vectors():
    tokens = ["abcab", "bab"]
    table = dict(zip("abc", torch.randn(3, 5), strict=True))
    vectors = torch.stack([torch.stack([table[token] for token in sentence.ljust(5, "c")]) for sentence in tokens])
    places = ([0, 0, 1, 1, 0], [0, 3, 1, 0, 0], [2, 5, 3, 2, 5])
    apart, merged = Spans.between(*places), Spans.between(*places, alike=tokens)
    model = SpanClassifier(5, 4, 3)
    torch.testing.assert_close(model(vectors, merged), model(vectors, apart), rtol=0, atol=1e-6)
    assert len(model.contexts(vectors, apart)) == 5
    assert len(model.contexts(vectors, merged)) == 3  # ab three times, ba, abcab


def test_no_state_is_computed_twice():
    spans = Spans.between([0] * 36, *zip(*every_span(8, 8), strict=True))
    assert spans.rightward.sizes == spans.leftward.sizes == (8, 7, 6, 5, 4, 3, 2, 1)
    stars = Spans.between([0] * 8, [3] * 8, range(4, 12))
    assert (sum(stars.rightward.sizes), sum(stars.leftward.sizes)) == (8, 36)


def test_types_are_probabilities():
    found = SpanClassifier(5, 4, 3)(torch.randn(1, 6, 5), Spans.between([0, 0], [0, 1], [1, 6]))
    torch.testing.assert_close(found.exp().sum(1), torch.ones(2))


def test_no_span_at_all_has_no_types_and_a_loss_that_can_be_learned_from():
    model = SpanClassifier(5, 4, 3)
    found = model(torch.randn(2, 6, 5), Spans.at([]))
    assert found.shape == (0, 3)
    found.sum().backward()
    assert not len(Spans.between([], [], []))


def test_under_autocast_states_and_types_stay_in_float32_and_are_near_those_without():
    model, vectors = SpanClassifier(16, 32, 3), torch.randn(1, 40, 16)
    spans = Spans.between([0, 0, 0], [0, 0, 5], [40, 1, 9])
    with torch.autocast("cpu", torch.bfloat16):
        found = model(vectors, spans)
        found.sum().backward()
    assert found.dtype is torch.float32
    torch.testing.assert_close(found, model(vectors, spans), rtol=0, atol=0.03)
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


def test_large_vectors_in_bfloat16_give_finite_types():
    model, vectors = SpanClassifier(16, 32, 3), 1e4 * torch.randn(1, 40, 16)
    with torch.autocast("cpu", torch.bfloat16):
        assert model(vectors, Spans.between([0], [0], [40])).isfinite().all()


def test_spans_beyond_the_vectors_are_refused():
    model, spans = SpanClassifier(5, 4, 3), Spans.between([1], [2], [7])
    with pytest.raises(ValueError, match="need 2 sentences of 7 tokens, but there are vectors for 2 of 6"):
        model(torch.randn(2, 6, 5), spans)
    with pytest.raises(ValueError, match="but there are vectors for 1 of 7"):
        model(torch.randn(1, 7, 5), spans)


def test_spans_that_are_none_are_refused():
    with pytest.raises(ValueError, match="needs at least one token, but span 1 has 0"):
        Spans.between([0, 0], [0, 3], [1, 3])
    with pytest.raises(ValueError, match="span 0 has 0"):
        Spans.at([(0, ())])
    with pytest.raises(ValueError, match="spans have sentence 0 and token -1"):
        Spans.between([0], [-1], [2])
    with pytest.raises(ValueError, match="spans have sentence -1 and token 0"):
        Spans.between([-1], [0], [2])
    with pytest.raises(ValueError, match="token 2 of sentence 1, which the tokens that are alike do not have"):
        Spans.between([0, 1], [0, 0], [3, 3], alike=["abc", "ab"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"in_dim": 0}, "at least 1, got 0, 4 and 3 types"),
        ({"n_types": 0}, "at least 1, got 5, 4 and 0 types"),
        ({"encoder": "gru"}, "encoder is one of .* got 'gru'"),
        ({"attention": "cosine"}, "attention is one of .* got 'cosine'"),
        ({"context": "document"}, "context is one of .* got 'document'"),
    ],
)
def test_models_that_are_none_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        SpanClassifier(**{"in_dim": 5, "hidden_dim": 4, "n_types": 3} | options)


@pytest.mark.parametrize(("encoder", "width"), [("bilstm", 8), ("lstm", 4), ("bag", 5)])
def test_width_of_what_is_scored(encoder, width):
    model = SpanClassifier(5, 4, 3, encoder=encoder)
    assert model.contexts(torch.randn(1, 6, 5), Spans.between([0], [0], [6])).shape == (1, width) == (1, model.dim)


def test_each_way_to_read_spans_is_another():
    vectors, spans = torch.randn(1, 6, 5), Spans.between([0], [1], [5])
    found = []
    for options in WAYS:
        torch.manual_seed(0)
        found.append(SpanClassifier(5, 4, 3, **options.values[0])(vectors, spans))
    assert not any(torch.allclose(one, other) for one, other in itertools.combinations(found, 2))
