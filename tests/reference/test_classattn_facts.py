"""Classification Attention against the facts of its specification: class vectors, readings, merges, the layer, the folding."""

import numpy as np
import pytest
import torch
from torch import nn

from cnerkit.codecs.schemes import Scheme
from cnerkit.codecs.tags import entities_from_tags
from cnerkit.nn.class_vectors import ClassStatistics, Moments, class_statistics, mention_vectors, removed, top_direction
from cnerkit.nn.classification_attention import ClassificationAttention, weights_of
from cnerkit.text import Sentence

READINGS = ("chars_scaled", "chars", "classes", "sigmoid", "literal")
MERGES = ("mean", "sum", "max", "concat")
LINEARS = {"query": "q", "key": "k", "value": "v"}
FOLLOW_UP = {"attended": "o", "expand": "i", "contract": "p"}
NORMS = {"first_norm": "ln1", "second_norm": "ln2"}


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def close(found, expected, case):
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    np.testing.assert_allclose(found, expected, case["tolerance"]["rtol"], case["tolerance"]["atol"])


def statistics_of(mentions, classes, n_classes):
    """Counted one by one, as a pass over a corpus would."""
    moments = Moments.zero(n_classes, mentions.shape[1])
    for mention, number in zip(mentions, classes, strict=True):
        moments.add(mention[None], torch.tensor([number]))
    return ClassStatistics.of(moments)


def set_linear(linear, weight, bias):
    with torch.no_grad():
        linear.weight.copy_(tensor(weight).T)
        linear.bias.copy_(tensor(bias))


def layer_of(case, reading="chars_scaled", merge="mean"):
    """The layer with the weights of a case, in eval mode."""
    vectors, params = tensor(case["inputs"]["class_embeddings"]), case["params"]
    names = [f"c{number}" for number in range(len(vectors))]
    present = torch.ones(len(vectors), dtype=torch.bool)
    n_heads = case["options"]["heads"]
    layer = ClassificationAttention(names, vectors, present, n_heads=n_heads, reading=reading, merge=merge).double().eval()
    layer.vectors.copy_(vectors)
    for name, letter in LINEARS.items():
        if f"W{letter}" in params:
            set_linear(getattr(layer, name), params[f"W{letter}"], params[f"b{letter}"])
    if merge == "concat":
        set_linear(layer.join, params["W_merge"], params["b_merge"])
    if "Wo" in params:
        set_follow_up(layer.follow_up, params)
    return layer


def set_follow_up(follow_up, params):
    """The dense layers of a case are 6 wide in between, not 4 times the width."""
    for name, letter in FOLLOW_UP.items():
        weight = tensor(params[f"W{letter}"])
        setattr(follow_up, name, nn.Linear(*weight.shape, dtype=torch.float64))
        set_linear(getattr(follow_up, name), params[f"W{letter}"], params[f"b{letter}"])
    for name, short in NORMS.items():
        norm = getattr(follow_up, name)
        with torch.no_grad():
            norm.weight.copy_(tensor(params[f"{short}_w"]))
            norm.bias.copy_(tensor(params[f"{short}_b"]))


def sentence_of(case):
    """Hidden states and mask of a case as a batch of one, and the number of real characters."""
    mask = torch.tensor([case["inputs"]["mask"]], dtype=torch.bool)
    return tensor([case["inputs"]["x"]]), mask, int(mask.sum())


def values_of(layer, hidden):
    return layer.value(hidden).unflatten(2, (layer.n_heads, -1))


def naive(layer, hidden, mask):
    """The definition: queries made, a weight times a value for every class, the outputs merged last."""
    batch, token, dim = hidden.shape
    heads = layer.n_heads
    query, values = layer.query(hidden).view(batch, token, heads, -1), values_of(layer, hidden)
    keys = layer.key(layer.vectors).view(len(layer.vectors), heads, -1)
    scores = torch.einsum("blhk,chk->blhc", query, keys) / (dim // heads) ** 0.5
    weights = weights_of(scores, mask, layer.present, layer.reading) * mask[:, :, None, None] * layer.present
    outputs = weights.unsqueeze(4) * values.unsqueeze(3)  # (batch, token, head, class, dim / head)
    if layer.merge == "concat":
        side_by_side = outputs.permute(0, 1, 3, 2, 4).flatten(2)
        return layer.join(side_by_side)
    outputs = outputs[:, :, :, layer.present]
    merged = {"mean": outputs.mean(3), "sum": outputs.sum(3), "max": outputs.amax(3)}[layer.merge]
    return merged.flatten(2)


def merged(layer, hidden, mask):
    return layer.merged(layer.weights(hidden, mask), values_of(layer, hidden))


@pytest.mark.paper_cases("classattn", "mention_embedding")
def test_a_mention_is_the_mean_over_all_of_its_characters(case):
    hidden = tensor([case["inputs"]["hidden"]])
    first, last = torch.tensor(case["inputs"]["spans"]).T
    found = mention_vectors(hidden, torch.zeros_like(first), first, last + 1)
    close(found, case["expected"]["mean"], case)
    for row, (start, end), printed in zip(found, case["inputs"]["spans"], case["expected"]["literal"], strict=True):
        if printed is None:
            assert start == end  # the printed divisor is 0
        else:
            close(row * (end - start + 1) / (end - start), printed, case)


@pytest.mark.paper_cases("classattn", "top_singular_vector")
def test_the_top_direction_is_the_first_singular_vector_and_as_good_as_that_of_the_mean(case):
    mentions, expected = tensor(case["inputs"]["embeddings"]), case["expected"]
    found = top_direction(mentions.T @ mentions)
    close(found, expected["u"], case)
    close(torch.linalg.norm(mentions @ found), expected["sigma_1"], case)
    close(torch.linalg.svdvals(mentions)[1], expected["sigma_2"], case)
    mean = mentions.mean(0)
    close((found @ mean).abs() / mean.norm(), expected["cos_u_mean"], case)


@pytest.mark.paper_cases("classattn", "projection_removal")
def test_removal_of_a_direction_from_mentions_and_from_their_mean(case):
    mentions, expected, alpha = tensor(case["inputs"]["embeddings"]), case["expected"], case["options"]["alpha"]
    each = removed(mentions, top_direction(mentions.T @ mentions), alpha)
    close(each, expected["removed"], case)
    close(each.mean(0), expected["class_embedding"], case)
    for scope in ("class", "all"):
        [vector] = statistics_of(mentions, [0] * len(mentions), 1).vectors(alpha, scope)
        close(vector, expected["via_mean_first"], case)


class Told(nn.Module):
    """An encoder that says what it is told of each sentence."""

    def __init__(self, states):
        super().__init__()
        self.states, self.dim = states, len(states["0"][0])
        self.idle = nn.Parameter(torch.zeros(1, dtype=torch.float64))

    def forward(self, batch):
        rows = [tensor(self.states[sentence.id]) for sentence in batch.sentences]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=float("nan"))


@pytest.mark.paper_cases("classattn", "class_embeddings")
def test_class_vectors_of_a_small_corpus(case):
    inputs, expected = case["inputs"], case["expected"]
    entities = [entities_from_tags(tags, Scheme.BMES) for tags in inputs["tags"]]
    spans = [[[entity.start, entity.end - 1, entity.type] for entity in sorted(group)] for group in entities]
    assert spans == expected["spans"]
    texts = [Sentence(str(number), tuple("字" * len(inputs["tags"][number])), group) for number, group in enumerate(entities)]
    encoder = Told({str(number): rows for number, rows in enumerate(inputs["hidden"])})
    types = inputs["types"]
    found = class_statistics(encoder, texts, types, {type_: type_ for type_ in types}, lambda *_: None)
    assert found.counts.tolist() == expected["counts"]
    assert found.present.tolist() == expected["present"]
    close(found.vectors(case["options"]["alpha"], case["options"]["scope"]), expected["embeddings"], case)


@pytest.mark.parametrize("alpha", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_a_streaming_pass_equals_the_svd_of_all_mentions(alpha):
    torch.manual_seed(3)
    mentions = torch.randn(60, 7, dtype=torch.float64) + 2 * torch.randn(7, dtype=torch.float64)
    classes = [number % 2 for number in range(60)]
    found = statistics_of(mentions, classes, 3)
    for scope in ("class", "all"):
        vectors = found.vectors(alpha, scope)
        for number in (0, 1):
            own = mentions[torch.tensor(classes) == number]
            direction = torch.linalg.svd((own if scope == "class" else mentions).T)[0][:, 0]
            each = own - alpha * (own @ direction)[:, None] * direction
            torch.testing.assert_close(vectors[number], each.mean(0), rtol=0, atol=1e-12)
        assert not vectors[2].any()


@pytest.mark.paper_cases("classattn", "class_attention")
def test_scores_weights_and_merged_values_of_each_reading(case):
    hidden, mask, n_real = sentence_of(case)
    for merge in MERGES:
        layer = layer_of(case, case["options"]["reading"], merge)
        weights = layer.weights(hidden, mask)
        by_class = {"scores": layer.scores(hidden), "weights": weights}
        for name, table in by_class.items():
            close(table[0, :n_real].permute(2, 1, 0).detach(), case["expected"][name], case)
        close(layer.merged(weights, values_of(layer, hidden))[0, :n_real].detach(), case["expected"][merge], case)
        assert not weights[0, n_real:].any()


@pytest.mark.paper_cases("classattn", "class_attention_one_class")
def test_with_one_class_only_the_characters_tell(case):
    scores = tensor(case["inputs"]["scores"]).permute(2, 1, 0)[None]  # (batch, token, head, class)
    mask = torch.ones(scores.shape[:2], dtype=torch.bool)
    for reading, expected in case["expected"].items():
        found = weights_of(scores, mask, torch.ones(1, dtype=torch.bool), reading)
        close(found[0].permute(2, 1, 0), expected, case)


@pytest.mark.paper_cases("classattn", "gradient_norms")
def test_the_literal_reading_gives_query_and_key_no_gradient_at_all(case):
    hidden, mask, _ = sentence_of(case)
    coefficients = tensor(case["inputs"]["coef"]).flatten(1)[None]
    for reading, expected in case["expected"].items():
        layer = layer_of(case, reading)
        (coefficients * merged(layer, hidden, mask).tanh()).sum().backward()
        for name, letter in LINEARS.items():
            close(getattr(layer, name).weight.grad.norm(), expected[f"W{letter}"], case)
        is_literal = reading == "literal"
        for linear in (layer.query, layer.key):
            assert (not linear.weight.grad.any()) == is_literal
            assert not is_literal or not linear.bias.grad.any()


@pytest.mark.paper_cases("classattn", "folded_scores")
def test_scores_without_queries(case):
    layer, expected = layer_of(case), case["expected"]
    matrix, offset = layer.folded()
    close(matrix.T.detach(), expected["G"], case)
    close(offset.detach(), expected["g"], case)
    close(layer.scores(tensor([case["inputs"]["x"]]))[0].permute(2, 1, 0).detach(), expected["scores"], case)


@pytest.mark.paper_cases("classattn", "classattn_layer")
def test_the_layers_that_follow(case):
    hidden, mask, n_real = sentence_of(case)
    layer, expected = layer_of(case, case["options"]["reading"]), case["expected"]
    seen = {}
    follow_up = layer.follow_up
    follow_up.register_forward_hook(lambda _, given, out: seen.update(merged=given[0], out=out))
    follow_up.first_norm.register_forward_hook(lambda *call: seen.update(self_output=call[2]))
    follow_up.contract.register_forward_hook(lambda _, given, __: seen.update(intermediate=given[0]))
    seen["returned"] = layer(hidden, mask)
    for name, rows in (expected | {"returned": expected["out"]}).items():
        close(seen[name][0, :n_real].detach(), rows, case)


@pytest.fixture
def drawn():
    """A layer with random weights of some reading and merge, and a padded batch."""

    def draw(reading, merge="mean", present=(True, True, True), dtype=torch.float64):
        torch.manual_seed(5)
        layer = ClassificationAttention(
            ("a", "b", "c"), torch.randn(3, 12), torch.tensor(present), n_heads=3, reading=reading, merge=merge
        ).to(dtype)
        for parameter in layer.parameters():
            nn.init.normal_(parameter, std=0.5)
        mask = torch.arange(6) < torch.tensor([[6], [2], [1]])
        return layer.eval(), torch.randn(3, 6, 12, dtype=dtype), mask

    return draw


@pytest.mark.parametrize("present", [(True, True, True), (True, False, True)], ids=["all", "one-absent"])
@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("reading", READINGS)
def test_folded_and_merged_first_equals_the_definition_with_its_gradients(drawn, reading, merge, present):
    layer, hidden, mask = drawn(reading, merge, present)
    hidden.requires_grad_()
    drawn_away = torch.randn(*hidden.shape, dtype=hidden.dtype)
    trained = [hidden, *layer.query.parameters(), *layer.key.parameters(), *layer.value.parameters()]
    results = [path(layer, hidden, mask) * mask[:, :, None] for path in (merged, naive)]
    torch.testing.assert_close(*results, rtol=0, atol=1e-11)
    gradients = [torch.autograd.grad((each * drawn_away).sum(), trained) for each in results]
    for found, expected in zip(*gradients, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("reading", READINGS)
def test_folded_equals_the_definition_in_float32(drawn, reading, merge):
    layer, hidden, mask = drawn(reading, merge, dtype=torch.float32)
    found, expected = (path(layer, hidden, mask) * mask[:, :, None] for path in (merged, naive))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_the_literal_reading_merges_to_the_values_and_does_not_see_the_classes(drawn):
    layer, hidden, mask = drawn("literal")
    before = merged(layer, hidden, mask)
    torch.testing.assert_close(before[mask], layer.value(hidden)[mask], rtol=0, atol=1e-12)
    layer.vectors.normal_()
    assert torch.equal(merged(layer, hidden, mask), before)


def test_scaled_weights_of_a_sentence_sum_to_its_length_and_are_0_on_padding(drawn):
    layer, hidden, mask = drawn("chars_scaled")
    weights = layer.weights(hidden, mask)
    torch.testing.assert_close(weights.sum(1), mask.sum(1).view(-1, 1, 1).expand(3, 3, 3).double(), rtol=0, atol=1e-12)
    assert not weights[~mask].any()


@pytest.mark.parametrize("reading", READINGS)
def test_what_stands_on_padding_and_beside_a_sentence_changes_nothing(drawn, reading):
    layer, hidden, mask = drawn(reading, "concat")
    together = layer(hidden, mask)
    other = torch.where(mask[:, :, None], hidden, 7.0)
    torch.testing.assert_close(layer(other, mask)[mask], together[mask], rtol=0, atol=1e-12)
    alone = layer(hidden[1:2, :2], mask[1:2, :2])
    torch.testing.assert_close(alone[0], together[1, :2], rtol=0, atol=1e-12)


@pytest.mark.parametrize("merge", ["mean", "sum", "max"])
@pytest.mark.parametrize("reading", READINGS)
def test_the_order_of_the_classes_does_not_matter(drawn, reading, merge):
    layer, hidden, mask = drawn(reading, merge, (True, True, False))
    before = layer(hidden, mask)
    layer.vectors.copy_(layer.vectors[[2, 0, 1]].clone())
    layer.present.copy_(layer.present[[2, 0, 1]].clone())
    torch.testing.assert_close(layer(hidden, mask), before, rtol=0, atol=1e-12)
