"""Which sentences are computed together: batches of similar length within a budget, in an order fixed by seed and epoch."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

POOL_BATCHES = 32
"""Batches' worth of sentences that are sorted by length together: more wastes less padding, fewer mixes better."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much goes into one batch: padded tokens, and sentences and cells where a limit is given.

    Attributes:
        tokens: Tokens, padding included.
        sentences: However short they are.
        cells: Pairs of tokens, padding included: the square of the longest length for each sentence.
    """

    tokens: int
    sentences: int | None = None
    cells: int | None = None

    def holds(self, n_sentences: int, longest: int) -> bool:
        """Whether so many sentences, padded to the longest, fit. A single one always does: it cannot be cut here."""
        return n_sentences == 1 or (
            n_sentences * longest <= self.tokens
            and (self.sentences is None or n_sentences <= self.sentences)
            and (self.cells is None or n_sentences * longest**2 <= self.cells)
        )

    def fills(self, n_sentences: int, tokens: int, cells: int, *, times: int) -> bool:
        """Whether so much is enough for this many batches."""
        return (
            tokens >= times * self.tokens
            or (self.sentences is not None and n_sentences >= times * self.sentences)
            or (self.cells is not None and cells >= times * self.cells)
        )


def epoch_batches(lengths: Sequence[int], budget: Budget, *, seed: int, epoch: int) -> list[tuple[int, ...]]:
    """Every non-empty sentence once, in batches of similar length and in random order.

    Shuffled, sorted by length within pools, cut, and the batches shuffled. The order follows from the arguments alone, so that
    a resumed run meets the batches that it would have met.

    Args:
        lengths: Tokens of each sentence; empty sentences go into no batch.
        budget: What a batch may hold.
        seed: The run's seed.
        epoch: The epoch, counted from 0.

    Returns:
        For each batch, the places of its sentences in ``lengths``.
    """
    order = [place for place, length in enumerate(lengths) if length]
    rng = random.Random(f"batches {seed} {epoch}")  # noqa: S311 - shuffling, not secrets
    rng.shuffle(order)
    batches = [batch for pool in _pools(order, lengths, budget) for batch in cut_by_length(pool, lengths, budget)]
    rng.shuffle(batches)
    return batches


def cut_by_length(places: Iterable[int], lengths: Sequence[int], budget: Budget) -> list[tuple[int, ...]]:
    """The given sentences, from the longest to the shortest, in as few runs as the budget allows."""
    batches: list[tuple[int, ...]] = []
    batch: list[int] = []
    for place in sorted(places, key=lambda place: -lengths[place]):
        if batch and not budget.holds(len(batch) + 1, lengths[batch[0]]):
            batches.append(tuple(batch))
            batch = []
        batch.append(place)
    return [*batches, tuple(batch)] if batch else batches


def grouped(batches: Sequence[tuple[int, ...]], size: int) -> list[Sequence[tuple[int, ...]]]:
    """Consecutive batches in groups of ``size``; the last may be smaller."""
    return [batches[start : start + size] for start in range(0, len(batches), size)]


def _pools(order: Sequence[int], lengths: Sequence[int], budget: Budget) -> Iterator[list[int]]:
    pool: list[int] = []
    tokens = cells = 0
    for place in order:
        pool.append(place)
        tokens += lengths[place]
        cells += lengths[place] ** 2
        if budget.fills(len(pool), tokens, cells, times=POOL_BATCHES):
            yield pool
            pool, tokens, cells = [], 0, 0
    if pool:
        yield pool
