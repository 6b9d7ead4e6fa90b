"""Where a model computes: the GPUs that are asked for and there, the processes that share the work, the number format."""

import contextlib
import os
from collections.abc import Iterator
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


def device_for(gpus: int | None) -> torch.device:
    """The device of a command that runs in one process, as ``gpus_to_use`` decides."""
    return torch.device("cuda" if gpus_to_use(gpus) else "cpu")


@contextlib.contextmanager
def accelerator(gpus: int | None, precision: Precision, *, threads: int | None = None) -> Iterator[Accelerator]:
    """The device, number format and processes of one run, joined through accelerate.

    Nothing of it outlives the block: accelerate keeps its number format in a state that all runs of a process would share.

    Args:
        gpus: As for ``gpus_to_use``; in a process group each process takes one GPU, or the CPU when 0.
        precision: ``bf16`` computes the layers that allow it in bfloat16; weights stay float32.
        threads: CPU threads of this process; None leaves them as they are.
    """
    on_cpu = (gpus == 0 or not torch.cuda.is_available()) if in_process_group() else gpus_to_use(gpus) == 0
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS starts; without it sums differ between runs
    threads_before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    AcceleratorState._reset_state(reset_partial_state=not torch.distributed.is_initialized())  # noqa: SLF001
    try:
        yield Accelerator(cpu=on_cpu, mixed_precision="bf16" if precision == "bf16" else "no")
    finally:
        AcceleratorState._reset_state(reset_partial_state=not torch.distributed.is_initialized())  # noqa: SLF001
        torch.set_num_threads(threads_before)
