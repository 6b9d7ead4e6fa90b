import pytest

from cnerkit.engine.optimisation import new_optimizer, rate_at, set_rates
from cnerkit.recipe.schema import TrainingSettings

SETTINGS = TrainingSettings(lr=0.1, encoder_lr=0.01, weight_decay=0.3, warmup=0.25)


def test_pretrained_and_new_parameters_learn_at_their_own_rates_and_vectors_do_not_decay(new_toy):
    model = new_toy()
    groups = {
        id(parameter): (group["peak_lr"], group["weight_decay"])
        for group in new_optimizer(model, SETTINGS).param_groups
        for parameter in group["params"]
    }
    assert groups[id(model.embedding.weight)] == (0.01, 0.3)
    assert groups[id(model.score.weight)] == (0.1, 0.3)
    assert groups[id(model.score.bias)] == (0.1, 0.0)
    assert len(groups) == 3


def test_encoder_rate_of_zero_freezes_the_pretrained_parameters(new_toy):
    model = new_toy()
    optimizer = new_optimizer(model, SETTINGS.model_copy(update={"encoder_lr": 0.0}))
    assert not model.embedding.weight.requires_grad
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 2


def test_rate_rises_evenly_then_falls_evenly_to_zero_behind_the_last_step():
    rates = [rate_at(step, 12, SETTINGS) for step in range(13)]
    assert rates == pytest.approx([1 / 4, 2 / 4, 3 / 4, *(1 - step / 9 for step in range(10))])


def test_constant_schedule_stays_at_the_peak_after_the_rise():
    constant = SETTINGS.model_copy(update={"schedule": "constant"})
    assert [rate_at(step, 8, constant) for step in range(8)] == pytest.approx([1 / 3, 2 / 3, 1, 1, 1, 1, 1, 1])


def test_every_rate_of_a_run_is_positive_without_warmup():
    assert min(rate_at(step, 5, TrainingSettings(warmup=0.0)) for step in range(5)) > 0
    assert rate_at(0, 5, TrainingSettings(warmup=0.0)) == 1


def test_set_rates_scales_each_group_from_its_own_peak(new_toy):
    optimizer = new_optimizer(new_toy(), SETTINGS)
    set_rates(optimizer, 0.5)
    set_rates(optimizer, 0.5)
    assert {group["lr"] for group in optimizer.param_groups} == {0.05, 0.005}
