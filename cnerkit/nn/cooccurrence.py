"""How often tokens stand near one another, counted over a whole corpus at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Cooccurrences:
    """The ordered pairs of tokens that occur near one another, each once, sorted.

    Attributes:
        rows: First token of each pair, (pair,).
        columns: Second token.
        counts: How often, each time weighed by one over the distance; float64.
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    counts: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.counts)

    def some(self, places: NDArray[np.int64]) -> "Cooccurrences":
        """The pairs at these places."""
        return Cooccurrences(self.rows[places], self.columns[places], self.counts[places])


def count_cooccurrences(tokens: NDArray[np.int32], lengths: NDArray[np.int64], window: int) -> Cooccurrences:
    """Count each pair of tokens of a sentence that are at most ``window`` apart, in both orders.

    A pair that is d tokens apart counts 1 / d, as in GloVe (Pennington et al. 2014, section 4.2). A token that stands near
    itself is counted in both orders too. One distance is counted after the other, so that what is in memory besides the result
    is a few numbers for each token of the corpus.

    Args:
        tokens: Those of all sentences one after the other, (token,), each a number from 0.
        lengths: Tokens of each sentence.
        window: The greatest distance.

    Raises:
        ValueError: The window is less than 1, or the lengths do not add up to the tokens.
    """
    if window < 1 or lengths.sum() != len(tokens):
        found = f"a window of {window}, and lengths of {lengths.sum()} for {len(tokens)} tokens"
        raise ValueError(f"expected a window of at least 1 and lengths that add up to the tokens, got {found}")
    n_tokens = int(tokens.max(initial=-1)) + 1
    sentence = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    keys, counts = np.zeros(0, np.int64), np.zeros(0)
    for distance in range(1, min(window, int(lengths.max(initial=1)) - 1) + 1):
        together = sentence[distance:] == sentence[:-distance]
        one, other = tokens[:-distance][together], tokens[distance:][together]
        pairs = np.minimum(one, other).astype(np.int64) * n_tokens + np.maximum(one, other)
        distinct, times = np.unique(pairs, return_counts=True)
        keys, counts = _summed(np.concatenate([keys, distinct]), np.concatenate([counts, times / distance]))
    rows, columns = np.divmod(keys, max(1, n_tokens))
    return _in_both_orders(rows.astype(np.int32), columns.astype(np.int32), counts)


def _summed(keys: NDArray[np.int64], counts: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Each key once, sorted, with the sum of its counts; two sorted runs are merged in linear time by a stable sort."""
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    firsts = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[firsts], np.add.reduceat(counts[order], firsts) if len(firsts) else counts


def _in_both_orders(rows: NDArray[np.int32], columns: NDArray[np.int32], counts: NDArray[np.float64]) -> Cooccurrences:
    """From pairs whose first token has the smaller number."""
    mixed = rows != columns
    first, second = np.concatenate([rows, columns[mixed]]), np.concatenate([columns, rows[mixed]])
    both = np.concatenate([np.where(mixed, counts, 2 * counts), counts[mixed]])
    order = np.lexsort((second, first))
    return Cooccurrences(first[order], second[order], both[order])
