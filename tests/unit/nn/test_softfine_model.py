import pytest
import torch

from cnerkit import registry
from cnerkit.nn.batch import Batch
from cnerkit.nn.softfine import augmented, feature_distance, soft_cross_entropy
from cnerkit.registry import Task
from cnerkit.testing import example_encoder
from cnerkit.text import Entity, LabelSet, Sentence

FLAT = frozenset({"flat"})
TASK = Task(LabelSet(("loc/city", "loc/site", "person", "person/sport")), FLAT, hierarchy_separator="/")
SENTENCES = (
    Sentence("a", tuple("赵小兰在北京上班"), frozenset({Entity.span(0, 3, "person/sport"), Entity.span(4, 6, "loc/city")})),
    Sentence("b", tuple("今天没有人来"), frozenset()),
    Sentence("c", tuple("钱"), frozenset({Entity.span(0, 1, "person")})),
)


@pytest.fixture(autouse=True)
def _same_numbers_whatever_the_order():
    torch.manual_seed(0)


@pytest.fixture
def new_model():
    """Makes the tagger in float64, with dropout as given and none in the encoder."""

    def make(**params):
        torch.manual_seed(3)
        spec = registry.get("softfine")
        params = spec.params.model_validate({"dropout": 0.0, **params})
        return spec.build(params, task=TASK, encoder=example_encoder(FLAT), prepared=None).double().eval()

    return make


def two_passes(model, sentences, *, weight=0.1, feature_weight=0.1):
    """The terms of the loss by two passes one after the other, each sentence alone."""
    soft, copied, distances = [], [], []
    for sentence in sentences:
        tags = model.codec.encode(sentence)
        copy = augmented(sentence, tags, model.augmentation.marks)
        plain, marked = (model.encoder(Batch.of([each]))[0] for each in (sentence, copy))
        worth, inside = model.worth[tags], torch.tensor(tags) != 0
        soft.append(soft_cross_entropy(model.head(plain, None), worth))
        copied.append(soft_cross_entropy(model.head(marked, None), worth))
        distances.append(feature_distance(plain[inside], marked[inside], detach_target=False))
    soft, copied, distances = map(torch.cat, (soft, copied, distances))
    return {
        "soft": soft.mean(),
        "augmented": weight * copied.mean(),
        "features": feature_weight * distances.sum() / max(1, len(distances)),
    }


def gradients(model, loss):
    return torch.autograd.grad(loss, list(model.parameters()), allow_unused=True, materialize_grads=True)


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train-without-dropout"])
def test_one_batch_of_both_passes_is_two_passes_one_after_the_other(new_model, training):
    model = new_model().train(training)
    found, expected = model.loss(Batch.of(SENTENCES)), two_passes(model, SENTENCES)
    assert list(found) == ["soft", "augmented", "features"]
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-13)
    for one, other in zip(gradients(model, sum(found.values())), gradients(model, sum(expected.values())), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("name", ["soft", "augmented", "features"])
def test_the_gradient_of_each_term_through_the_whole_model_is_that_of_finite_differences(new_model, name):
    model, batch, step = new_model(), Batch.of(SENTENCES), 1e-6
    bias, norm = model.head.emit.bias, model.encoder.bert.embeddings.LayerNorm.weight
    for parameter in (bias, norm):
        if name == "features" and parameter is bias:
            continue
        (gradient,) = torch.autograd.grad(model.loss(batch)[name], parameter)
        for place in range(0, len(parameter), 5):
            values = []
            for sign in (1, -1):
                parameter.data[place] += sign * step
                values.append(model.loss(batch)[name].item())
                parameter.data[place] -= sign * step
            assert gradient[place].item() == pytest.approx((values[0] - values[1]) / (2 * step), rel=1e-4, abs=1e-8)


def test_the_gradients_of_the_parts_are_those_of_finite_differences(new_model):
    worth = new_model().worth[[0, 1, 6, 14]]
    scores = torch.randn(4, worth.shape[1], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda given: soft_cross_entropy(given, worth), scores)
    plain, copy = (torch.randn(3, 5, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(lambda one, other: feature_distance(one, other, detach_target=False), (plain, copy))
    assert torch.autograd.gradcheck(lambda other: feature_distance(plain, other, detach_target=True), copy)


def test_a_detached_target_gets_no_gradient_and_the_distance_is_the_same(new_model):
    plain, copy = (torch.randn(3, 5, dtype=torch.float64, requires_grad=True) for _ in range(2))
    fixed, free = (feature_distance(plain, copy, detach_target=detach).sum() for detach in (True, False))
    assert fixed.item() == free.item()
    assert torch.autograd.grad(fixed, plain, allow_unused=True) == (None,)
    batch = Batch.of(SENTENCES)
    detached, usual = (new_model(feature_loss={"detach_target": detach}) for detach in (True, False))
    torch.testing.assert_close(detached.loss(batch), usual.loss(batch))
    pairs = zip(
        gradients(detached, detached.loss(batch)["features"]), gradients(usual, usual.loss(batch)["features"]), strict=True
    )
    assert any(not torch.allclose(one, other) for one, other in pairs)


def test_the_minimum_of_the_soft_cross_entropy_gives_the_truth_one_over_the_sum_of_its_row(new_model):
    worth = new_model().worth[[14]]
    scores = worth.clamp(min=1e-300).log().requires_grad_()
    (gradient,) = torch.autograd.grad(soft_cross_entropy(scores, worth).sum(), scores)
    assert gradient.abs().max() < 1e-12
    assert scores.softmax(1)[0, 14].item() == pytest.approx(1 / worth.sum().item())


def test_without_an_entity_the_distance_is_nothing_and_hangs_on_the_graph(new_model):
    model = new_model()
    terms = model.loss(Batch.of(SENTENCES[1:2]))
    assert terms["features"].item() == 0
    assert all(gradient.isfinite().all() and not gradient.any() for gradient in gradients(model, terms["features"]))
    assert terms["augmented"].item() == pytest.approx(0.1 * terms["soft"].item(), rel=1e-12)


def test_skipping_sentences_without_entities_leaves_them_out_of_the_second_pass(new_model):
    model = new_model(augmentation={"skip_empty": True})
    found, usual = model.loss(Batch.of(SENTENCES)), two_passes(model, SENTENCES)
    copies = two_passes(model, [SENTENCES[0], SENTENCES[2]])
    expected = {"soft": usual["soft"], "augmented": copies["augmented"], "features": usual["features"]}
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-13)
    alone = model.loss(Batch.of(SENTENCES[1:2]))
    assert list(alone) == ["soft", "features"]
    assert alone["features"].item() == 0
    assert torch.isfinite(sum(alone.values()))


def test_before_its_first_epoch_there_is_no_second_pass(new_model):
    model, batch = new_model(augmentation={"from_epoch": 3}), Batch.of(SENTENCES)
    rows, usual = [], model.encoder.forward
    model.encoder.forward = lambda given: rows.append(len(given.sentences)) or usual(given)
    terms = {}
    for epoch in (1, 2, 3, 4):
        model.begin_epoch(epoch)
        terms[epoch] = list(model.loss(batch))
    assert terms == {1: ["soft"], 2: ["soft"], 3: ["soft", "augmented", "features"], 4: ["soft", "augmented", "features"]}
    assert rows == [3, 3, 6, 6]


def test_the_sum_is_the_mean_times_what_it_is_over(new_model):
    batch, n_tokens, n_inside = Batch.of(SENTENCES), sum(map(len, SENTENCES)), 3 + 2 + 1
    mean, total = new_model().loss(batch), new_model(reduction="sum").loss(batch)
    assert total["soft"].item() == pytest.approx(n_tokens * mean["soft"].item())
    assert total["augmented"].item() == pytest.approx(n_tokens * mean["augmented"].item())
    assert total["features"].item() == pytest.approx(n_inside * mean["features"].item())


def test_one_hot_targets_are_the_plain_cross_entropy(new_model):
    model, batch = new_model(soft=None, augmentation=None), Batch.of(SENTENCES)
    tags = torch.tensor([tag for sentence in SENTENCES for tag in model.codec.encode(sentence)])
    expected = torch.nn.functional.cross_entropy(model(batch)[batch.mask], tags)
    assert model.loss(batch)["soft"].item() == pytest.approx(expected.item(), rel=1e-6)


def test_the_second_pass_can_serve_the_feature_loss_alone(new_model):
    terms = new_model(augmentation={"weight": 0.0}).loss(Batch.of(SENTENCES))
    assert list(terms) == ["soft", "features"]


def test_losses_are_float32_under_bfloat16(new_model):
    model, batch = new_model().float(), Batch.of(SENTENCES)
    precise = model.loss(batch)
    with torch.autocast("cpu", torch.bfloat16):
        halved = model.loss(batch)
    assert {term.dtype for term in halved.values()} == {torch.float32}
    for name, term in halved.items():
        assert term.item() == pytest.approx(precise[name].item(), rel=0.1)


@pytest.mark.parametrize("segment_tokens", ["new", "unused"])
def test_marks_have_vectors_of_their_own_and_no_text_has_them(new_model, segment_tokens):
    model = new_model(augmentation={"segment_tokens": segment_tokens})
    usual = model.encoder.vocabulary.pieces([SENTENCES[0]], at_most=10).ids
    copy = augmented(SENTENCES[0], model.codec.encode(SENTENCES[0]), model.augmentation.marks)
    marked = model.encoder.vocabulary.pieces([copy], at_most=10).ids
    assert len(set(marked[[0, 1, 2]])) == 3
    assert (marked[0], marked[2]) == (marked[4], marked[5])
    assert set(marked[[0, 1, 2]]).isdisjoint(usual)
    assert (marked[[3, 6, 7]] == usual[[3, 6, 7]]).all()
    assert len(copy) == len(SENTENCES[0])
