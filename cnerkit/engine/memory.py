"""How much memory training will take: told from the weights, and from one round trip over the largest batch."""

import contextlib
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, UntypedStorage
from torch.utils._python_dispatch import TorchDispatchMode

from cnerkit.engine.stepping import Stepper
from cnerkit.text import Sentence

MAPPED = 32 * 2**20
"""Bytes from which on glibc maps memory for a tensor alone and gives it back; what is smaller lies in its heap."""
HEAP_SLACK = 0.5
"""What the heap comes to hold over steps of different lengths, beyond what it holds in one, as a share of what that one keeps
there: smaller batches leave pieces of it that larger ones cannot use.

Measured with glibc over runs of up to eight epochs, in float32 and bf16, it is between 0.25 and 0.93, and the whole estimate
between 0.90 and 1.11 of the peak (``bench_memory.py``). It needs the bounds that ``devices`` sets to caches of programs.
"""


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """Bytes that training keeps at the same time on one device."""

    weights: int
    optimizer: int
    """Gradients and the two averages of AdamW."""
    activations: int
    """What the largest batch needs besides, forward and backward, at its peak."""
    program: int
    """On the CPU what the process holds besides: interpreter, libraries, corpus, holes in its heap. 0 on a GPU, where a driver
    does not tell what it takes."""

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.optimizer + self.activations + self.program


def estimate_memory(stepper: Stepper, largest: Sequence[Sentence]) -> MemoryEstimate:
    """Estimate from a round trip over the largest batch, forward and backward; weights and buffers stay as they are.

    Raises:
        CnerkitError: Not even that fits.
    """
    on_cpu = stepper.accelerator.device.type == "cpu"
    held = [*stepper.model.parameters(), *stepper.model.buffers()]
    weights, trained = _size(held), _size(stepper.trained)
    buffers = [(buffer, buffer.clone()) for buffer in stepper.model.buffers()]
    stepper.model.train()

    def round_trip() -> None:
        if stepper.settings.accumulate != 1:  # the gradients of the batches before are there from the start
            for parameter in stepper.trained:
                parameter.grad = torch.zeros_like(parameter)
        stepper.add_gradients(largest, 1.0)

    found = _peak_on_cpu(round_trip, held) if on_cpu else _peak_on_gpu(round_trip, stepper.accelerator.device)
    stepper.optimizer.zero_grad(set_to_none=True)
    for buffer, value in buffers:
        buffer.data.copy_(value)
    program = max(0, found.resident - weights - found.tensors) + round(HEAP_SLACK * found.heap) if found.resident else 0
    return MemoryEstimate(weights, 3 * trained, max(0, found.tensors - trained), program)


class _Peak(NamedTuple):
    """Bytes of the tensors that work made, when they were most."""

    tensors: int
    heap: int = 0
    """Of them those that lay in the heap."""
    resident: int = 0
    """The most that the process held while it ran, if that is known."""


def _peak_on_gpu(work: Callable[[], None], device: torch.device) -> _Peak:
    """What work needs on a GPU, besides what is there."""
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    work()
    return _Peak(torch.cuda.max_memory_allocated(device) - before)


def _peak_on_cpu(work: Callable[[], None], held: Iterable[Tensor]) -> _Peak:
    """What work needs on the CPU."""
    alive = _LiveBytes(held)
    with contextlib.suppress(OSError):  # where it may not be written, the peak is that of the process so far
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # Linux counts the peak anew
    with alive:
        work()
    return alive.peak._replace(resident=_peak_resident())


class _LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows the memory of every tensor that an operator makes, until it is freed.

    What an operator takes for itself while it runs is not seen; the peak of the process has it.
    """

    def __init__(self, held: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now, self.in_heap, self.peak = 0, 0, _Peak(0)
        self._held = [tensor.untyped_storage() for tensor in held]
        self._alive: dict[int, weakref.ref[UntypedStorage]] = {id(one): weakref.ref(one) for one in self._held}

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operator, and follow what it made."""
        made = func(*args, **(kwargs or {}))
        for one in made if isinstance(made, tuple | list) else (made,):
            if isinstance(one, Tensor):
                self._follow(one)
        return made

    def _follow(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if id(storage) not in self._alive:
            size = storage.nbytes()
            self._alive[id(storage)] = weakref.ref(storage, partial(self._forget, id(storage), size))
            self.now += size
            self.in_heap += size if size < MAPPED else 0
            self.peak = max(self.peak, _Peak(self.now, self.in_heap))

    def _forget(self, place: int, size: int, _: object) -> None:
        del self._alive[place]
        self.now -= size
        self.in_heap -= size if size < MAPPED else 0


def _size(tensors: Iterable[Tensor]) -> int:
    """Bytes of tensors, those that share their memory once."""
    return sum({storage.data_ptr(): storage.nbytes() for tensor in tensors if (storage := tensor.untyped_storage())}.values())


def _peak_resident() -> int:
    """The most bytes of memory that this process held; 0 where the system does not tell them in the way of Linux."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0)
