import random

import numpy as np
import torch

from cnerkit.engine.seeds import deterministic_algorithms, seed_everything


def draws():
    return random.random(), np.random.random(), torch.rand(()).item()  # noqa: NPY002 - the generator that is seeded


def test_same_seed_gives_the_same_draws_in_every_library():
    seed_everything(4, "step", 7)
    first = draws()
    seed_everything(4, "step", 7)
    assert draws() == first


def test_seed_step_and_process_all_matter():
    seen = set()
    for place in [(4, "step", 7, 0), (5, "step", 7, 0), (4, "step", 8, 0), (4, "step", 7, 1)]:
        seed_everything(*place)
        seen.update(draws())
    assert len(seen) == 12


def test_deterministic_algorithms_are_asked_for_within_the_block_alone():
    before = torch.are_deterministic_algorithms_enabled(), torch.utils.deterministic.fill_uninitialized_memory
    with deterministic_algorithms():
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.is_deterministic_algorithms_warn_only_enabled()
    after = torch.are_deterministic_algorithms_enabled(), torch.utils.deterministic.fill_uninitialized_memory
    assert after == before
