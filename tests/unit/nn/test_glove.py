import math
import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from cnerkit.nn.cooccurrence import Cooccurrences
from cnerkit.nn.glove import Glove, GloveSettings, train_glove

SMALL = GloveSettings(dim=8, epochs=3)


def corpus(n_sentences=60):
    """Two circles of friends: tokens of one never stand near those of the other."""
    rng = random.Random(0)
    return [
        [rng.choice(circle) for _ in range(rng.randint(1, 12))] for _ in range(n_sentences) for circle in ("abcde", "vwxyz")
    ]


def pairs_of(n_tokens, n_pairs):
    rng = np.random.default_rng(0)
    places = rng.permutation(n_tokens**2)[:n_pairs]
    rows, columns = np.divmod(places.astype(np.int32), np.int32(n_tokens))
    return Cooccurrences(rows, columns, rng.uniform(0.2, 30, n_pairs))


def in_float64(n_tokens, settings):
    glove = Glove(n_tokens, settings, np.random.default_rng(0))
    glove.vectors, glove.contexts = 3 * glove.vectors.double(), 3 * glove.contexts.double()
    glove.vectors[:, -1] = glove.contexts[:, -2] = 1
    return glove


def by_definition(glove, pairs):
    """Equation 8 as a plain loop."""
    total, dim = 0.0, glove.settings.dim
    for row, column, count in zip(pairs.rows, pairs.columns, pairs.counts, strict=True):
        product = sum(float(glove.vectors[row, at]) * float(glove.contexts[column, at]) for at in range(dim))
        model = product + float(glove.vectors[row, dim]) + float(glove.contexts[column, dim + 1])
        total += min(1.0, (count / glove.settings.x_max) ** 0.75) * (model - math.log(count)) ** 2
    return total


@pytest.mark.parametrize("x_max", [10.0, 100.0])
def test_the_objective_is_that_of_a_plain_loop(x_max):
    glove, pairs = in_float64(7, replace(SMALL, x_max=x_max)), pairs_of(7, 30)
    assert glove.objective(pairs).item() == pytest.approx(by_definition(glove, pairs), rel=1e-12)


def test_a_step_is_adagrad_along_half_of_the_gradient():
    glove, pairs = in_float64(7, SMALL), pairs_of(7, 30)
    glove._squares = tuple(torch.ones_like(each) for each in (glove.vectors, glove.contexts))
    oracle = in_float64(7, SMALL)
    learned = [oracle.vectors.requires_grad_(), oracle.contexts.requires_grad_()]
    squares = [1.0, 1.0]
    for _ in range(3):
        gradients = torch.autograd.grad(oracle.objective(pairs) / 2, learned)
        gradients[0][:, -1] = gradients[1][:, -2] = 0
        squares = [total + gradient**2 for total, gradient in zip(squares, gradients, strict=True)]
        for values, gradient, total in zip(learned, gradients, squares, strict=True):
            values.data -= SMALL.lr * gradient / total.sqrt()
        glove.step(pairs)
    torch.testing.assert_close(glove.vectors, learned[0].detach(), rtol=0, atol=1e-12)
    torch.testing.assert_close(glove.contexts, learned[1].detach(), rtol=0, atol=1e-12)


def test_a_token_without_pairs_stays_where_it_is():
    glove = Glove(4, SMALL, np.random.default_rng(0))
    before = glove.vectors.clone()
    glove.step(Cooccurrences(np.array([1, 1], np.int32), np.array([2, 3], np.int32), np.array([1.0, 4.0])))
    assert (glove.vectors != before).any(1).tolist() == [False, True, False, False]


def test_the_objective_falls_with_every_epoch():
    glove, pairs = Glove(10, SMALL, np.random.default_rng(0)), pairs_of(10, 60)
    found = [glove.objective(pairs).item()]
    for _ in range(30):
        glove.step(pairs)
        found.append(glove.objective(pairs).item())
    assert all(later < earlier for earlier, later in pairwise(found))
    assert found[-1] < 0.5 * found[0]


def test_tokens_with_the_same_neighbours_get_vectors_that_are_near():
    found = train_glove(corpus(), GloveSettings(dim=8, epochs=40, window=3), seed=1)
    unit = found.values - found.values.mean(0)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    first = np.array([token in "abcde" for token in found.tokens])
    assert (unit @ unit.T)[np.ix_(first, first)].mean() > 0.5 > -0.5 > (unit @ unit.T)[np.ix_(first, ~first)].mean()


def test_tokens_are_in_the_order_of_how_often_they_occur():
    found = train_glove([["国", "中", "国"], ["国", "中"], ["人"], ["大"]], SMALL, seed=1)
    assert found.tokens == ("国", "中", "人", "大")
    assert found.values.shape == (4, 8)
    assert found.values.dtype == np.float32
    assert np.isfinite(found.values).all()


def test_vectors_are_those_of_the_seed_whatever_else_is_drawn():
    torch.manual_seed(3)
    first = train_glove(corpus(), SMALL, seed=1)
    state = torch.get_rng_state()
    torch.manual_seed(4)
    np.testing.assert_array_equal(train_glove(iter(corpus()), SMALL, seed=1).values, first.values)
    assert not np.array_equal(train_glove(corpus(), SMALL, seed=2).values, first.values)
    torch.manual_seed(3)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("changed", [{"window": 1}, {"epochs": 4}, {"lr": 0.02}, {"x_max": 1e3}, {"dim": 9}, {"min_count": 2}])
def test_each_setting_matters(changed):
    text = [*corpus(), ["a", "rare"]]
    usual, other = (train_glove(text, settings, seed=1).values for settings in (SMALL, replace(SMALL, **changed)))
    assert usual.shape != other.shape or not np.array_equal(usual, other)


def test_rare_tokens_are_left_out_as_if_they_were_not_there():
    found = train_glove([["a", "rare", "b"], ["a", "b"]], replace(SMALL, min_count=2, window=1), seed=1)
    without = train_glove([["a", "b"], ["a", "b"]], replace(SMALL, window=1), seed=1)
    assert found.tokens == without.tokens == ("a", "b")
    np.testing.assert_array_equal(found.values, without.values)


@pytest.mark.parametrize("text", [corpus(), [["a", "b"]]], ids=["many-pairs", "two-pairs"])
def test_progress_is_told_in_steps_up_to_all_pairs_of_all_epochs(text):
    told = []
    train_glove(text, SMALL, seed=1, progress=lambda done, total: told.append((done, total)))
    done, totals = zip(*told, strict=True)
    assert set(totals) == {done[-1]}
    assert all(later > earlier for earlier, later in pairwise(done))
    assert {epoch * done[-1] // SMALL.epochs for epoch in range(1, SMALL.epochs + 1)} <= set(done)
    assert len(done) >= 2 * SMALL.epochs


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        pytest.param([], "at least 2 tokens that occur 2 times or more; 0 of 0 do", id="no-sentence"),
        pytest.param([["a", "a", "b"]], "at least 2 tokens that occur 2 times or more; 1 of 2 do", id="one-is-frequent"),
        pytest.param([["a"], ["b"], ["a"], ["b"]], "no two of the 2 tokens stand in one sentence", id="no-neighbours"),
    ],
)
def test_text_without_neighbours_is_refused(sentences, message):
    with pytest.raises(ValueError, match=message):
        train_glove(sentences, replace(SMALL, min_count=2), seed=1)


@pytest.mark.parametrize("changed", [{"dim": 0}, {"window": 0}, {"min_count": 0}, {"epochs": 0}, {"lr": 0.0}, {"x_max": -1.0}])
def test_settings_that_are_none_are_refused(changed):
    with pytest.raises(ValueError, match=rf"have to be positive, got .*{next(iter(changed))}={next(iter(changed.values()))}"):
        replace(SMALL, **changed)
