"""What is updated, how fast, and with which decay."""

import torch
from torch import nn

from cnerkit.nn.protocols import Model
from cnerkit.recipe.schema import TrainingSettings


def new_optimizer(model: Model, settings: TrainingSettings) -> torch.optim.AdamW:
    """AdamW over the parameters that learn, in up to four groups; each group keeps its peak rate as ``peak_lr``.

    What comes pretrained learns at ``encoder_lr`` and the rest at ``lr``; biases, normalisation weights and other vectors do
    not decay. An ``encoder_lr`` of 0 freezes the pretrained parameters: they get no gradient and no place in the optimizer.
    """
    assert isinstance(model, nn.Module), "a model is a torch module"
    pretrained = {id(parameter) for parameter in model.pretrained_parameters()}
    if settings.encoder_lr == 0:
        for parameter in model.parameters():
            parameter.requires_grad_(parameter.requires_grad and id(parameter) not in pretrained)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            rate = settings.encoder_lr if id(parameter) in pretrained else settings.lr
            decay = settings.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": parameters, "lr": rate, "peak_lr": rate, "weight_decay": decay}
            for (rate, decay), parameters in groups.items()
        ],
        fused=True,
    )


def rate_at(step: int, n_steps: int, settings: TrainingSettings) -> float:
    """The share of the peak rate at a step, counted from 0.

    It rises evenly over the first ``warmup`` of the steps, then falls evenly to 0 behind the last step, or stays.
    """
    n_rising = round(settings.warmup * n_steps)
    if step < n_rising:
        return (step + 1) / (n_rising + 1)
    if settings.schedule == "constant":
        return 1.0
    return (n_steps - step) / (n_steps - n_rising)


def set_rates(optimizer: torch.optim.Optimizer, share: float) -> None:
    """Give each group this share of its peak rate."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak_lr"] * share
