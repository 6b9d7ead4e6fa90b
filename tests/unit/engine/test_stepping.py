import pytest
import torch

from cnerkit.engine.devices import accelerator
from cnerkit.engine.memory import estimate_memory
from cnerkit.engine.stepping import Stepper
from cnerkit.errors import CnerkitError
from cnerkit.nn.batch import Batch
from cnerkit.recipe.schema import TrainingSettings

SETTINGS = TrainingSettings(lr=0.1, encoder_lr=0.1, clip=None, warmup=0.0)


@pytest.fixture
def new_stepper(new_toy):
    with accelerator(0, "fp32") as machine:
        yield lambda settings=SETTINGS, **options: Stepper(new_toy(dropout=0.0, **options), settings, machine)


def gradients(stepper):
    return [parameter.grad.clone() for parameter in stepper.trained]


@pytest.mark.parametrize("n_batches", [1, 2, 3])
def test_gradient_of_a_step_is_that_of_the_mean_loss_of_its_batches(new_stepper, toy_corpus, n_batches):
    batches = [toy_corpus[1:4], toy_corpus[10:12], toy_corpus[15:20]][:n_batches]
    stepper, reference = new_stepper(), new_stepper()
    stepper.take(batches, step=0, n_steps=10)
    torch.stack([reference.model.loss(Batch.of(batch))["tags"] for batch in batches]).mean().backward()
    for one, other in zip(gradients(stepper), gradients(reference), strict=True):
        torch.testing.assert_close(one, other)


def test_batches_count_as_their_examples_where_the_model_counts_them(new_stepper, toy_corpus):
    stepper, reference = new_stepper(), new_stepper()
    stepper.model.n_examples = lambda sentences: sum(map(len, sentences))
    batches = [toy_corpus[1:4], toy_corpus[10:12], toy_corpus[15:20]]
    stepper.take(batches, step=0, n_steps=10)
    losses = torch.stack([reference.model.loss(Batch.of(batch))["tags"] for batch in batches])
    sizes = torch.tensor([float(sum(map(len, batch))) for batch in batches])
    mean = losses @ sizes / sizes.sum()
    mean.backward()
    torch.testing.assert_close(stepper.loss_sum, mean.detach())
    for one, other in zip(gradients(stepper), gradients(reference), strict=True):
        torch.testing.assert_close(one, other)


def test_a_step_without_any_example_changes_nothing(new_stepper, toy_corpus):
    stepper = new_stepper()
    stepper.model.n_examples = lambda _: 0
    stepper.take([toy_corpus[1:4], toy_corpus[10:12]], step=0, n_steps=10)
    assert stepper.loss_sum == 0
    assert not any(gradient.any() for gradient in gradients(stepper))


def test_loss_is_summed_over_steps_as_the_mean_of_each(new_stepper, toy_corpus):
    stepper, reference = new_stepper(), new_stepper()
    first = torch.stack([reference.model.loss(Batch.of(batch))["tags"] for batch in (toy_corpus[1:4], toy_corpus[5:9])]).mean()
    stepper.take([toy_corpus[1:4], toy_corpus[5:9]], step=0, n_steps=10)
    torch.testing.assert_close(stepper.loss_sum, first.detach())
    stepper.take([toy_corpus[1:4]], step=1, n_steps=10)
    assert stepper.loss_sum > first


def test_clipping_bounds_the_norm_of_the_gradient(new_stepper, toy_corpus):
    stepper = new_stepper(SETTINGS.model_copy(update={"clip": 1e-3}))
    stepper.take([toy_corpus[1:9]], step=0, n_steps=10)
    assert torch.cat([gradient.flatten() for gradient in gradients(stepper)]).norm() == pytest.approx(1e-3, rel=1e-3)


def test_what_a_step_draws_does_not_depend_on_what_was_drawn_before(new_toy, toy_corpus):
    with accelerator(0, "fp32") as machine:
        one, other = (Stepper(new_toy(dropout=0.5), SETTINGS, machine) for _ in range(2))
        one.take([toy_corpus[5:9]], step=3, n_steps=10)
        torch.rand(17)
        other.take([toy_corpus[5:9]], step=3, n_steps=10)
    for first, second in zip(gradients(one), gradients(other), strict=True):
        assert torch.equal(first, second)


class Gauge(torch.nn.Module):
    """Passes hidden states on, and tells how many and how large they were."""

    def forward(self, hidden):
        self.last = hidden.detach()
        return hidden

    def measures(self):
        return {"count": torch.tensor(self.last.shape[1]), "size": self.last.abs().mean()}


def test_what_modules_report_is_read_by_their_names(new_stepper, toy_corpus):
    stepper = new_stepper()
    assert stepper.measures() == {}
    model = stepper.model
    model.dropout = Gauge()
    model.measures = lambda: {"whole": torch.tensor(2.5)}
    stepper = Stepper(model, SETTINGS, stepper.accelerator)
    stepper.take([toy_corpus[1:9]], step=0, n_steps=10)
    size = pytest.approx(model.dropout.last.abs().mean().item())
    assert stepper.measures() == {"whole": 2.5, "dropout.count": 8.0, "dropout.size": size}


def test_memory_estimate_counts_weights_optimizer_and_what_the_forward_pass_keeps(new_stepper, toy_corpus):
    stepper = new_stepper()
    before = [parameter.clone() for parameter in stepper.trained]
    small, large = (estimate_memory(stepper, toy_corpus[1:end]) for end in (3, 20))
    n_weights = 17 * 8 + 8 * 2 + 2
    assert small.weights == 4 * n_weights
    assert small.optimizer == 12 * n_weights
    assert large.activations > 5 * small.activations > 0
    assert large.total == large.weights + large.optimizer + large.activations + large.program
    assert all(torch.equal(one, other) for one, other in zip(before, stepper.trained, strict=True))


def test_memory_estimate_leaves_the_statistics_of_normalisation_layers_alone(new_stepper, toy_corpus):
    stepper = new_stepper()
    stepper.model.dropout = torch.nn.BatchNorm1d(19)
    before = stepper.model.dropout.running_mean.clone()
    estimate_memory(stepper, [toy_corpus[19], toy_corpus[39]])
    assert torch.equal(stepper.model.dropout.running_mean, before)


def test_single_sentence_that_does_not_fit_is_not_told_to_lower_the_budget(new_stepper, toy_corpus):
    stepper = new_stepper()
    stepper.model.forward = lambda _batch: torch.empty(1 << 60)
    with pytest.raises(CnerkitError, match="the longest, s19, has 19 tokens") as caught:
        stepper.take([[toy_corpus[19]]], step=0, n_steps=10)
    assert caught.value.fix == "divide long sentences (--set training.max_tokens=9), or choose a smaller encoder"
