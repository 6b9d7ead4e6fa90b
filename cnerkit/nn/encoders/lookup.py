"""Ids of tokens at the speed of a dictionary."""

from collections.abc import Callable, Mapping, Sequence
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
"""Numbers of vocabulary items, or counts and places that index them."""

_ABSENT = -1


class Lookup:
    """Tokens to ids through a table, which grows by the single code points that it is asked for.

    Longer tokens are worked out each time, so that no text, however long, makes the table larger than Unicode.

    Args:
        known: Ids of tokens that need no working out.
        work_out: Id of any other token.
    """

    def __init__(self, known: Mapping[str, int], work_out: Callable[[str], int]) -> None:
        self._known, self._work_out = dict(known), work_out

    def ids(self, tokens: Sequence[str]) -> Ids:
        """One id per token."""
        ids = np.fromiter(map(self._known.get, tokens, repeat(_ABSENT)), np.int64, len(tokens))
        for place in np.flatnonzero(ids == _ABSENT).tolist():
            ids[place] = self._one(tokens[place])
        return ids

    def _one(self, token: str) -> int:
        found = self._known.get(token)
        if found is None:
            found = self._work_out(token)
            if len(token) == 1:
                self._known[token] = found
        return found
