"""Rows of pieces that a BERT takes at once, and where in them the vector of each token will be."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cnerkit.nn.encoders.lookup import Ids
from cnerkit.nn.encoders.vocabulary import Pieces, Vocabulary
from cnerkit.nn.encoders.windows import windows_over


@dataclass(frozen=True, slots=True)
class Rows:
    """Pieces between ``[CLS]`` and ``[SEP]``: a sentence per row, or several rows for one that is longer than the encoder.

    Attributes:
        ids: (row, piece), padded.
        lengths: (row,) pieces of each row, the two special ones counted.
        first: (batch, token) place of each token's first piece when the rows are laid end to end; 0 for padding.
        per_token: (batch, token) number of pieces of each token; 0 for padding.
        plain: Whether row i is sentence i with one piece per token, so that tokens simply start at column 1.
    """

    ids: Ids
    lengths: Ids
    first: Ids
    per_token: Ids
    plain: bool


def rows_of(pieces: Pieces, lengths: Ids, vocabulary: Vocabulary, *, capacity: int, overlap: int) -> Rows:
    """Lay out the pieces of a batch.

    Args:
        pieces: Pieces of all sentences, one sentence after the other.
        lengths: (batch,) tokens of each sentence.
        vocabulary: Has the ids of the special items.
        capacity: Pieces that the encoder takes at once, the two special ones not counted.
        overlap: Tokens that neighbouring windows of a long sentence share.
    """
    offsets = np.concatenate(([0], np.cumsum(pieces.per_token)))
    borders = np.concatenate(([0], np.cumsum(lengths)))
    runs = _runs(offsets, borders, capacity, overlap)
    begins = offsets[runs.starts]
    n_pieces = offsets[runs.ends] - begins
    width = int(n_pieces.max()) + 2
    row_of_token = np.repeat(np.arange(len(begins)), runs.owned)
    first = row_of_token * width + 1 + offsets[:-1] - begins[row_of_token]
    return Rows(
        ids=_filled(pieces.ids, begins, n_pieces, vocabulary),
        lengths=n_pieces + 2,
        first=padded(first, lengths),
        per_token=padded(pieces.per_token, lengths),
        plain=len(begins) == len(lengths) and len(pieces.ids) == len(pieces.per_token),
    )


def padded(values: Ids, lengths: Ids) -> Ids:
    """Values of all tokens, one sentence after the other, to (batch, token) with 0 as padding."""
    table = np.zeros((len(lengths), int(lengths.max())), np.int64)
    table[_up_to(lengths, table.shape[1])] = values
    return table


def _up_to(lengths: Ids, width: int) -> NDArray[np.bool_]:
    """(row, column) True in as many first columns as each length says."""
    return np.arange(width) < lengths[:, None]


@dataclass(frozen=True, slots=True)
class _Runs:
    """For each row its first token, its end, and how many tokens take their vectors from it; tokens counted over the batch."""

    starts: Ids
    ends: Ids
    owned: Ids


def _runs(offsets: Ids, borders: Ids, capacity: int, overlap: int) -> _Runs:
    if np.diff(offsets[borders]).max() <= capacity:
        return _Runs(borders[:-1], borders[1:], np.diff(borders))
    found = [
        (start + window.start, start + window.end, window.own_end - window.own_start)
        for start, end in pairwise(borders.tolist())
        for window in windows_over(offsets[start : end + 1], capacity, overlap)
    ]
    return _Runs(*np.array(found).T)


def _filled(ids: Ids, starts: Ids, lengths: Ids, vocabulary: Vocabulary) -> Ids:
    """``[CLS]``, the run of ids that starts and is as long as told, ``[SEP]`` and padding, for each row."""
    width = int(lengths.max())
    table = np.full((len(starts), width + 2), vocabulary.pad, np.int64)
    table[:, 0] = vocabulary.start
    real = _up_to(lengths, width)
    table[:, 1:-1][real] = ids[(starts[:, None] + np.arange(width))[real]]
    table[np.arange(len(starts)), lengths + 1] = vocabulary.end
    return table
