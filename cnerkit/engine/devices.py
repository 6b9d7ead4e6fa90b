"""Where a model computes: the GPUs that are asked for and there, the processes that share the work, the number format."""

import atexit
import contextlib
import os
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Literal

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from cnerkit.errors import MissingError, UsageError

Precision = Literal["fp32", "bf16"]


def gpus_to_use(asked: int | None) -> int:
    """How many GPUs a command runs on.

    Args:
        asked: What the user asks for; 0 is the CPU, None is one GPU if there is one.

    Raises:
        MissingError: More are asked for than are there.
        UsageError: The number is negative.
    """
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if asked is None:
        return min(there, 1)
    if asked < 0:
        raise UsageError(f"--gpus {asked} is negative", fix="give the number of GPUs, or 0 for the CPU")
    if asked > there:
        raise MissingError(_shortage(asked, there), fix=f"use --gpus {there}" if there else "use --gpus 0 for the CPU")
    return asked


def _shortage(asked: int, there: int) -> str:
    seen = "no GPU is there" if there == 0 else "1 GPU is there" if there == 1 else f"{there} GPUs are there"
    if there == 0 and torch.version.cuda is None:
        seen += " (this torch is built for the CPU alone)"
    return f"--gpus {asked}: {seen}"


def in_process_group() -> bool:
    """Whether a launcher started this process as one of a group."""
    return "WORLD_SIZE" in os.environ and "RANK" in os.environ


def process_rank() -> int:
    """The place of this process in its group; 0 when it is alone."""
    return int(os.environ["RANK"]) if in_process_group() else 0


def prediction_batch(device: torch.device) -> int:
    """Padded tokens in a batch that predicts fast: small ones stay in a processor's cache, a GPU wants to be filled."""
    return 1024 if device.type == "cpu" else 16384


def device_for(gpus: int | None) -> torch.device:
    """The device of a command that runs in one process, as ``gpus_to_use`` decides."""
    _set_libraries_up()
    return torch.device("cuda" if gpus_to_use(gpus) else "cpu")


@contextlib.contextmanager
def accelerator(gpus: int | None, precision: Precision, *, threads: int | None = None) -> Iterator[Accelerator]:
    """The device, number format and processes of one run, joined through accelerate.

    Nothing of it outlives the block: accelerate keeps its number format in a state that all runs of a process would share.

    Args:
        gpus: As for ``gpus_to_use``; in a process group each process takes one GPU, or the CPU when 0.
        precision: ``bf16`` computes the layers that allow it in bfloat16; weights stay float32.
        threads: CPU threads of this process; None leaves them as they are.

    Raises:
        MissingError: There are not as many GPUs, or they do not know the number format.
        UsageError: The number of GPUs is negative.
    """
    on_cpu = (gpus == 0 or not torch.cuda.is_available()) if in_process_group() else gpus_to_use(gpus) == 0
    _set_libraries_up()
    threads_before = torch.get_num_threads()
    if precision == "bf16" and not on_cpu and not torch.cuda.is_bf16_supported():
        raise MissingError("this GPU does not compute in bf16", fix="use --precision fp32")
    _forget_earlier_runs()
    if threads is not None:
        torch.set_num_threads(threads)
    if in_process_group():
        _make_the_group_end_with_the_process()
    try:
        yield Accelerator(cpu=on_cpu, mixed_precision="bf16" if precision == "bf16" else "no")
    finally:
        _forget_earlier_runs()
        torch.set_num_threads(threads_before)


def _set_libraries_up() -> None:
    """Set what libraries read when they start, unless the user has.

    cuBLAS needs a workspace of a fixed size, without which sums differ between runs. oneDNN, and what torch has above it, keep
    the last programs that they wrote, one for each shape, with their memory: up to 1,024 each, which is gigabytes where no two
    batches have one length. A layer that comes again in the same step finds its program among the last few.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32")
    os.environ.setdefault("LRU_CACHE_CAPACITY", "32")


def _forget_earlier_runs() -> None:
    """Drop accelerate's state, but for a process group, which lasts as long as the process."""
    AcceleratorState._reset_state(reset_partial_state=not torch.distributed.is_initialized())  # noqa: SLF001


@cache
def _make_the_group_end_with_the_process() -> None:
    """See to it that the threads of a process group end before the interpreter does, which else may abort with a signal.

    The group has to be destroyed, and nothing may hold on to it: the functions of ``torch.distributed.nn`` keep the group that
    there is when they are imported as a default argument, so they are imported before there is one.
    """
    import_module("torch.distributed.nn.functional")
    atexit.register(leave_process_group)


def leave_process_group() -> None:
    """Leave the group of processes, if there is one; nothing can be shared any more."""
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
