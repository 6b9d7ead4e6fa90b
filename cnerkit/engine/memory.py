"""How much memory training will take: told from the weights, and from one forward pass over the largest batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cnerkit.engine.stepping import Stepper, translated_memory_errors
from cnerkit.nn.batch import Batch
from cnerkit.text import Sentence


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """Bytes that training keeps at the same time on one device."""

    weights: int
    optimizer: int
    """Gradients and the two averages of AdamW."""
    activations: int
    """What the forward pass over the largest batch keeps for the backward pass."""

    @property
    def total(self) -> int:
        """All of it; what a library or a driver takes for itself comes on top."""
        return self.weights + self.optimizer + self.activations


def estimate_memory(stepper: Stepper, largest: Sequence[Sentence]) -> MemoryEstimate:
    """Estimate from a forward pass over the largest batch; weights and buffers stay as they are.

    Raises:
        CnerkitError: Not even that pass fits.
    """
    weights = {tensor.data_ptr(): _size(tensor) for tensor in (*stepper.model.parameters(), *stepper.model.buffers())}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    device = stepper.accelerator.device
    buffers = [(buffer, buffer.clone()) for buffer in stepper.model.buffers()]
    stepper.model.train()
    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with translated_memory_errors(largest), hooks, stepper.accelerator.autocast():
        terms = stepper.model.loss(Batch.of(largest, device))
        del terms
    for buffer, before in buffers:
        buffer.data.copy_(before)
    trained = sum(map(_size, stepper.trained))
    activations = sum(size for place, size in kept.items() if place not in weights)
    return MemoryEstimate(sum(weights.values()), 3 * trained, activations)


def _size(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
