"""Sentences longer than an encoder: overlapping windows, and which window each token's vector is taken from."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cnerkit.nn.encoders.lookup import Ids


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens ``[start, end)`` that are encoded together; those of ``[own_start, own_end)`` take their vectors from here."""

    start: int
    end: int
    own_start: int
    own_end: int


def windows_over(offsets: Ids, capacity: int, overlap: int) -> list[Window]:
    """Cut a sentence at token borders into windows as long as the encoder allows.

    Neighbours share ``overlap`` tokens, or half a window where that is less; the last window starts early enough to be full.
    Where two share tokens, each owns the half in which its tokens have more context, so that a token's vector comes from the
    window in which it is most central. Every token is owned once.

    Args:
        offsets: Number of pieces before each token of the sentence, and of all of them last.
        capacity: Pieces that the encoder takes at once; no token may have more.
        overlap: Tokens that neighbours share.
    """
    spans = list(_spans(offsets, capacity, overlap))
    cuts = [0, *((after[0] + before[1]) // 2 for before, after in pairwise(spans)), len(offsets) - 1]
    return [Window(start, end, *own) for (start, end), own in zip(spans, pairwise(cuts), strict=True)]


def _spans(offsets: Ids, capacity: int, overlap: int) -> Iterator[tuple[int, int]]:
    n_tokens, start = len(offsets) - 1, 0
    while True:
        end = int(np.searchsorted(offsets, offsets[start] + capacity, side="right")) - 1
        if end >= n_tokens:
            yield int(np.searchsorted(offsets, offsets[-1] - capacity)), n_tokens
            return
        yield start, end
        start = max(end - overlap, (start + end + 1) // 2)
