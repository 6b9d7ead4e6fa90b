import pytest
import torch

from cnerkit.engine.batching import Budget
from cnerkit.engine.capacity import Capacity, capacity_of

CELLS = Capacity(window_tokens=128, cost="cells", training_tokens=128)


def test_a_model_that_says_nothing_affords_any_length_and_pays_by_the_token():
    assert capacity_of(torch.nn.Identity()) == Capacity(window_tokens=510, cost="tokens", training_tokens=None)


def test_a_model_says_how_long_its_sentences_are_and_what_it_pays_for():
    model = torch.nn.Identity()
    model.window_tokens, model.cost = 128, "cells"
    assert capacity_of(model) == CELLS


def test_only_a_model_of_cells_has_a_limit_of_them_without_being_told():
    assert CELLS.budget(100, 8) == Budget(100, 8, 6400)
    assert CELLS.budget(100, 8, 50) == Capacity().budget(100, 8, 50) == Budget(100, 8, 50)
    assert Capacity().budget(100, 8) == Budget(100, 8, None)


def test_a_batch_costs_its_padded_tokens_or_the_square_of_the_longest_for_each():
    assert (Capacity().size(3, 10), CELLS.size(3, 10)) == (30, 300)


@pytest.mark.parametrize(
    ("capacity", "asked", "pieces"),
    [(Capacity(), None, None), (Capacity(), 40, 40), (CELLS, None, 128), (CELLS, 40, 40), (CELLS, 400, 128)],
)
def test_train_is_divided_where_the_recipe_or_the_model_says(capacity, asked, pieces):
    assert capacity.piece_tokens(asked) == pieces


@pytest.mark.parametrize(("window", "context"), [(510, 64), (256, 64), (128, 32), (3, 0), (1, 0)])
def test_at_least_half_of_a_window_is_its_own(window, context):
    assert Capacity(window_tokens=window).context_tokens == context
