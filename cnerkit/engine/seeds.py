"""Everything random, from a seed: the start of a run, and each step by itself."""

import contextlib
import hashlib
import random
from collections.abc import Iterator

import numpy as np
import torch


def seed_everything(seed: int, *more: object) -> None:
    """Seed Python's, numpy's and torch's generators, those of GPUs too.

    Args:
        seed: The run's seed.
        more: What tells this moment from others of the run, such as the step and the process. What a step draws then depends
            on nothing that came before it: a resumed run needs no generator's state, and evaluating between two steps changes
            nothing.
    """
    text = repr((seed, *more)).encode()
    number = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1
    random.seed(number)
    np.random.seed(number % 2**32)  # noqa: NPY002 - the generator that other libraries draw from
    torch.manual_seed(number)


@contextlib.contextmanager
def deterministic_algorithms() -> Iterator[None]:
    """Ask torch for algorithms that give the same bits each time, where it has them, and put things back afterwards."""
    mode = torch.get_deterministic_debug_mode()
    fill = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(mode)
        torch.utils.deterministic.fill_uninitialized_memory = fill  # type: ignore[attr-defined]
