"""How sure a score is: intervals and tests of micro F1 by drawing sentences again, over one seed or several.

All functions work on the counts of each sentence, of which F1 is a ratio of sums. Sentences with the same counts are drawn as
one group: a bootstrap sample is then a multinomial draw over the groups, of the same distribution as drawing sentences one by
one, with no array of samples by sentences. What comes out does not depend on the order of the sentences.

**One seed.** Sentences are drawn with replacement (Efron and Tibshirani 1993, ch. 6); in comparisons the same ones for both
systems.

**Several seeds.** Runs that differ in their seed share the test sentences, so that one draw of sentences serves all of them
(as in the multi-bootstrap, Sellam et al. 2022); the statistic is the mean of F1 over seeds. Drawing the seeds with replacement
as well, as that design does, supposes many of them. With 3 seeds and 100 sentences, its test of no difference rejected 0.4 % of
true nulls at the level of 5 % when seeds differed only by chance from sentence to sentence, which either drawing counts, and
22 % when they differed much as a whole, since three seeds drawn from three vary too little (``bench_resampling``). Therefore
the two parts are added as an analysis of variance adds them. The deviation of a sample from what was observed is
``shrink * (m - M) + s / sqrt(S) * t``, where

- M and m are the means over the S seeds, as observed and of the drawn sentences;
- s is the sample standard deviation over seeds, as observed, and t a draw from Student's distribution with S - 1 degrees of
  freedom: the interval of the mean of S runs as textbooks have it (with two seeds it is wide, as it must be);
- shrink leaves of the sentences' part what s does not hold already: its square is 1 - W / V, at least 0, with V the variance of
  m and W, 1 / S of the variance with which single seeds vary about m in the drawn sentences.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnerkit.errors import DataError
from cnerkit.scoring.exact import paired
from cnerkit.text import Entity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counted = NDArray[np.int64]
    Real = NDArray[np.float64]

_AT_ONCE = 2_000_000
"""Cells of an array that is held at a time."""
_TIE = 1e-12
"""Differences of F1 that are less apart are the same but for rounding."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A score and where it lies, 0 to 1."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """Plain data."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """By how much one system scores higher than another, -1 to 1, and the p-value of no difference."""

    difference: float
    low: float
    high: float
    p: float

    def to_json(self) -> dict[str, float]:
        """Plain data."""
        return {"difference": self.difference, "low": self.low, "high": self.high, "p": self.p}


def counts_of(gold: Iterable[Iterable[Entity]], predicted: Iterable[Iterable[Entity]]) -> "Counted":
    """What exact match counts in each sentence.

    Args:
        gold: The entities of each sentence.
        predicted: Those that a system finds, for the same sentences in the same order.

    Returns:
        True positives, predicted and gold entities, (sentence, 3). Runs of several seeds are stacked: (seed, sentence, 3).

    Raises:
        DataError: One of the two has more sentences than the other.
    """
    import numpy as np

    pairs = ((set(right), set(found)) for right, found in paired(gold, predicted))
    rows = [(len(right & found), len(found), len(right)) for right, found in pairs]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def interval(counts: "Counted", *, samples: int = 10_000, seed: int = 0, level: float = 0.95) -> Interval:
    """The percentile interval of micro F1, or of its mean over seeds (see the module).

    Args:
        counts: Of one run, (sentence, 3), or of several seeds over the same sentences, (seed, sentence, 3).
        samples: How many are drawn.
        seed: Of the draws.
        level: How much of their distribution the interval holds.

    Raises:
        DataError: There is no sentence.
        ValueError: The counts have another shape, or ``samples`` or ``level`` is out of range.
    """
    _check_draws(samples, level)
    by_seed = _by_seed(counts)
    generator = _generator(seed)
    observed = _f1(by_seed.sum(axis=1))
    drawn = _f1(_drawn_sums(by_seed, samples, generator))
    value = float(observed.mean())
    low, high = _quantiles(value + _deviations(drawn, observed, generator), level)
    return Interval(value, max(0.0, low), min(1.0, high))


def paired_difference(
    one: "Counted", other: "Counted", *, samples: int = 10_000, seed: int = 0, level: float = 0.95
) -> PairedDifference:
    """Micro F1 of one system minus that of another, with its percentile interval and a p-value.

    In each sample both systems have the same sentences. The seeds are paired as well, in their order: the same seed means the
    same order of the data, so that what it does to both cancels; where it does nothing to both, pairing does no harm.

    The p-value is that of the shifted bootstrap (Efron and Tibshirani 1993, ch. 16; Berg-Kirkpatrick et al. 2012), two-sided:
    (r + 1) / (samples + 1), r the number of samples whose deviation from the observed difference, times the root of n / (n - 1)
    because n sentences drawn from n vary that much too little, is at least as large as that difference. It is never 0; it is 1
    where the systems do not differ, and of a single sentence. Counting how often a sample changes its sign instead rejects
    more true nulls in small corpora, where the distribution is skewed. The interval is neither shifted nor widened, so that at
    the very edge it may leave 0 out while p is just above ``1 - level``, or the other way round.

    Args:
        one: The counts of one system, (sentence, 3) or (seed, sentence, 3).
        other: Those of the other, of the same sentences and seeds.
        samples: How many are drawn.
        seed: Of the draws.
        level: How much of their distribution the interval holds.

    Raises:
        DataError: There is no sentence.
        ValueError: The two differ in shape or gold, or ``samples`` or ``level`` is out of range.
    """
    import numpy as np

    _check_draws(samples, level)
    both = _side_by_side(one, other)
    n_seeds, n_sentences, generator = both.shape[0] // 2, both.shape[1], _generator(seed)
    scores = _f1(both.sum(axis=1))
    drawn = _f1(_drawn_sums(both, samples, generator))
    observed = scores[:n_seeds] - scores[n_seeds:]
    deviations = _deviations(drawn[:, :n_seeds] - drawn[:, n_seeds:], observed, generator)
    difference = float(observed.mean())
    low, high = _quantiles(difference + deviations, level)
    widened = np.abs(deviations) * np.sqrt(n_sentences / max(1, n_sentences - 1))
    p = _p_value(widened, difference) if n_sentences > 1 else 1.0
    return PairedDifference(difference, max(-1.0, low), min(1.0, high), p)


def approximate_randomisation(one: "Counted", other: "Counted", *, samples: int = 10_000, seed: int = 0) -> float:
    """The two-sided p-value that two systems differ in micro F1 only by which of them said what (Noreen 1989; Yeh 2000).

    In each sample what the systems say of a sentence is exchanged with a probability of a half; p is (r + 1) / (samples + 1), r
    the number of samples that differ at least as much as the systems do. Of several seeds, a sentence is exchanged in all of
    them together, and the statistic is the mean over seeds. It compares the models as they were trained: as no seed is drawn,
    nothing follows for other seeds, for which ``paired_difference`` is meant.

    Args:
        one: The counts of one system, (sentence, 3) or (seed, sentence, 3).
        other: Those of the other, of the same sentences and seeds.
        samples: How many are drawn.
        seed: Of the draws.

    Raises:
        DataError: There is no sentence.
        ValueError: The two differ in shape or gold, or ``samples`` is out of range.
    """
    import numpy as np

    _check_draws(samples)
    both = _side_by_side(one, other)
    n_seeds, generator = both.shape[0] // 2, _generator(seed)
    groups, sizes = _groups(both)
    totals = both.sum(axis=1)
    gain = (groups[:, :n_seeds] - groups[:, n_seeds:]).reshape(len(groups), -1).astype(np.float64)
    exchanged: list[Real] = []
    for n_drawn in _chunks(samples, len(groups)):
        moved = (generator.binomial(sizes, 0.5, (n_drawn, len(sizes))) @ gain).reshape(n_drawn, n_seeds, 3)
        exchanged.append(_f1(totals[:n_seeds] - moved) - _f1(totals[n_seeds:] + moved))
    observed = _f1(totals[:n_seeds]) - _f1(totals[n_seeds:])
    return _p_value(np.abs(np.concatenate(exchanged).mean(axis=1)), float(observed.mean()))


def _drawn_sums(counts: "Counted", samples: int, generator: "np.random.Generator") -> "Real":
    """The counts of each run added up over as many sentences as there are, drawn with replacement: (sample, run, 3)."""
    import numpy as np

    n_runs, n_sentences, _ = counts.shape
    groups, sizes = _groups(counts)
    rows = groups.reshape(len(groups), -1).astype(np.float64)  # whole numbers below 2**53: products and sums are exact
    drawn = [
        generator.multinomial(n_sentences, sizes / n_sentences, n_drawn) @ rows for n_drawn in _chunks(samples, len(groups))
    ]
    return np.concatenate(drawn).reshape(samples, n_runs, 3)


def _deviations(drawn: "Real", observed: "Real", generator: "np.random.Generator") -> "Real":
    """How far the mean over seeds lies from the observed one in each sample (see the module).

    Args:
        drawn: The statistic of each seed over the drawn sentences, (sample, seed).
        observed: The statistic of each seed, (seed,).
        generator: Draws the seeds' part.
    """
    import numpy as np

    n_seeds = len(observed)
    means = drawn.mean(axis=1)
    by_sentences: Real = means - observed.mean()
    if n_seeds == 1:
        return by_sentences
    about_mean = (drawn - means[:, None]) - (observed - observed.mean())
    shared = (about_mean**2).sum(axis=1).mean() / (n_seeds - 1) / n_seeds
    variance = (by_sentences**2).mean()
    shrink = np.sqrt(max(0.0, 1 - shared / variance)) if variance else 0.0
    by_seeds = observed.std(ddof=1) / np.sqrt(n_seeds) * generator.standard_t(n_seeds - 1, len(drawn))
    return np.asarray(shrink * by_sentences + by_seeds)


def _groups(counts: "Counted") -> "tuple[Counted, Counted]":
    """The distinct sentences, by what all runs count in them: (group, run, 3), and how many sentences each stands for."""
    import numpy as np

    n_runs, n_sentences, _ = counts.shape
    rows = np.ascontiguousarray(counts.transpose(1, 0, 2)).reshape(n_sentences, -1)
    groups, sizes = np.unique(rows, axis=0, return_counts=True)
    return groups.reshape(-1, n_runs, 3), sizes


def _chunks(samples: int, n_groups: int) -> Iterator[int]:
    """How many samples to draw at a time."""
    at_once = max(1, _AT_ONCE // n_groups)
    for start in range(0, samples, at_once):
        yield min(at_once, samples - start)


def _f1(sums: "Real | Counted") -> "Real":
    """Micro F1 of true positives, predicted and gold entities on the last axis; 0 of nothing."""
    import numpy as np

    present = sums[..., 1] + sums[..., 2]
    return np.asarray(2 * sums[..., 0] / np.maximum(present, 1))


def _p_value(deviations: "Real", difference: float) -> float:
    at_least = int((deviations >= abs(difference) - _TIE).sum())
    return (at_least + 1) / (len(deviations) + 1)


def _quantiles(values: "Real", level: float) -> tuple[float, float]:
    import numpy as np

    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _by_seed(counts: "Counted") -> "Counted":
    """Counts as (seed, sentence, 3)."""
    if counts.ndim not in {2, 3} or counts.shape[-1] != 3 or not counts.shape[0]:
        if counts.ndim == 2 and counts.shape == (0, 3):
            raise _nothing()
        raise ValueError(f"counts are (sentence, 3) or (seed, sentence, 3), and these are {counts.shape}")
    by_seed = counts if counts.ndim == 3 else counts[None]
    if not by_seed.shape[1]:
        raise _nothing()
    return by_seed


def _side_by_side(one: "Counted", other: "Counted") -> "Counted":
    """The runs of one system, then those of the other: (run, sentence, 3)."""
    import numpy as np

    if one.shape != other.shape:
        raise ValueError(f"paired systems have the same seeds and sentences, and these have {one.shape} and {other.shape}")
    both = np.concatenate([_by_seed(one), _by_seed(other)])
    differs = (both[..., 2] != both[0, :, 2]).any(axis=0)
    if differs.any():
        place = int(differs.argmax())
        raise ValueError(f"paired systems have the same gold, and sentence {place} has {both[:, place, 2]} gold entities")
    return both


def _nothing() -> DataError:
    return DataError("there is no sentence to draw from", fix="score a split that has sentences")


def _check_draws(samples: int, level: float = 0.95) -> None:
    if samples < 1:
        raise ValueError(f"at least 1 sample is drawn, not {samples}")
    if not 0 < level < 1:
        raise ValueError(f"a level is between 0 and 1, and {level} is not")


def _generator(seed: int) -> "np.random.Generator":
    import numpy as np

    return np.random.default_rng(seed)
