"""Spans of tokens put together so that all of them are read at once and nothing that they share is read twice.

The state of an LSTM that starts at one end of a span depends on the tokens up to there alone. So there is one state for each
distinct beginning of all spans, and for each distinct end. Beginnings of one length are a level; each continues one of the
level before. All spans of at most eight tokens that begin at one place thus take eight states rather than 36. Where a token has
the same vector wherever it stands, equal strings are one span.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from cnerkit.text import Fragment

_Ids = NDArray[np.int64]
_Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Beginnings:
    """The distinct beginnings of all spans, in whichever direction they are read: the states of an LSTM.

    Attributes:
        rows: Which of the distinct tokens stands last in each, (state,), level by level.
        sizes: Number of states of each level.
        parents: For each level after the first, the places in the level before that its states continue.
    """

    rows: Tensor
    sizes: tuple[int, ...]
    parents: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class SameLength:
    """The distinct spans of one length: for each token, the states of those who have read as far as it, (span, token)."""

    rightward: Tensor
    leftward: Tensor


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans as one calculation over all of them wants them; made by ``at`` or ``between``, on the host.

    Put all spans of a sentence into one: what they share is then read once.

    Attributes:
        sentences: For each distinct token in all spans, its sentence in the batch, (row,).
        tokens: And its place in the sentence, (row,).
        rightward: Distinct beginnings, read from the first token on.
        leftward: Distinct ends, read from the last token on.
        groups: Distinct spans by length, the shortest first.
        asked: For each span asked for, in their order, its place among the distinct ones, (span,).
        n_sentences: How many sentences there have to be.
        n_tokens: How many tokens they have to have.
    """

    sentences: Tensor
    tokens: Tensor
    rightward: Beginnings
    leftward: Beginnings
    groups: tuple[SameLength, ...]
    asked: Tensor
    n_sentences: int
    n_tokens: int

    def __len__(self) -> int:
        return len(self.asked)

    @classmethod
    def at(
        cls,
        places: Sequence[tuple[int, Sequence[Fragment]]],
        device: torch.device | str = "cpu",
        *,
        alike: Sequence[Sequence[str]] | None = None,
    ) -> "Spans":
        """Spans of one fragment or several, which are read one after the other.

        Args:
            places: For each span the number of its sentence in the batch, and its fragments.
            device: Where vectors live.
            alike: The tokens of the sentences, if those that are equal have equal vectors.

        Raises:
            ValueError: A span has no fragment, or is not in the sentences of ``alike``.
        """
        tokens = [list(chain.from_iterable(range(each.start, each.end) for each in parts)) for _, parts in places]
        lengths = np.fromiter(map(len, tokens), np.int64, len(tokens))
        table = np.zeros((len(tokens), lengths.max(initial=0)), np.int64)
        table[_real(table, lengths)] = np.fromiter(chain.from_iterable(tokens), np.int64, lengths.sum())
        sentences = np.fromiter((number for number, _ in places), np.int64, len(places))
        return _packed(sentences, table, lengths, alike, torch.device(device))

    @classmethod
    def between(
        cls,
        sentences: ArrayLike,
        starts: ArrayLike,
        ends: ArrayLike,
        device: torch.device | str = "cpu",
        *,
        alike: Sequence[Sequence[str]] | None = None,
    ) -> "Spans":
        """Spans of the tokens from each start up to its end, which is exclusive; for very many of them.

        Args:
            sentences: For each span the number of its sentence in the batch.
            starts: Its first token.
            ends: One past its last.
            device: Where vectors live.
            alike: The tokens of the sentences, if those that are equal have equal vectors.

        Raises:
            ValueError: A span has no token, or begins before the first one, or is not in the sentences of ``alike``.
        """
        first = np.asarray(starts, np.int64)
        lengths = np.asarray(ends, np.int64) - first
        table = first[:, None] + np.arange(lengths.max(initial=0))
        return _packed(np.asarray(sentences, np.int64), table, lengths, alike, torch.device(device))


def _packed(sentences: _Ids, table: _Ids, lengths: _Ids, alike: Sequence[Sequence[str]] | None, device: torch.device) -> Spans:
    """Spans from their tokens, (span, token), of which the first ``lengths`` are real."""
    real = _real(table, lengths)
    _refuse_nonsense(sentences, table[real], lengths)
    n_sentences, n_tokens = int(sentences.max(initial=-1)) + 1, int(table[real].max(initial=-1)) + 1
    flat = np.where(real, sentences[:, None] * n_tokens + table, 0)
    rows, places = np.unique(flat[real], return_inverse=True)
    if alike is not None:
        rows, places = _merged(rows, places, n_tokens, alike)
    flat[real] = places
    rightward, beginnings = _levels(flat, real)
    firsts, asked = _distinct(beginnings[np.arange(len(lengths)), lengths - 1], lengths)
    turned = np.where(real, lengths[:, None] - 1 - np.arange(table.shape[1]), 0)
    leftward, ends = _levels(np.take_along_axis(flat, turned, 1), real)
    return Spans(
        sentences=_tensor(rows // max(1, n_tokens), device),
        tokens=_tensor(rows % max(1, n_tokens), device),
        rightward=rightward.on(device),
        leftward=leftward.on(device),
        groups=tuple(_groups(beginnings[firsts], ends[firsts], lengths[firsts], device)),
        asked=_tensor(asked, device),
        n_sentences=n_sentences,
        n_tokens=n_tokens,
    )


def _real(table: _Ids, lengths: _Ids) -> _Mask:
    """Where the table of tokens of each span holds one."""
    return np.arange(table.shape[1]) < lengths[:, None]


def _refuse_nonsense(sentences: _Ids, tokens: _Ids, lengths: _Ids) -> None:
    if lengths.min(initial=1) < 1:
        raise ValueError(f"a span needs at least one token, but span {lengths.argmin()} has {lengths.min()}")
    if sentences.min(initial=0) < 0 or tokens.min(initial=0) < 0:
        lowest = f"sentence {sentences.min()} and token {tokens.min()}"
        raise ValueError(f"sentences and tokens are counted from 0, but spans have {lowest}")


def _merged(rows: _Ids, places: _Ids, n_tokens: int, alike: Sequence[Sequence[str]]) -> tuple[_Ids, _Ids]:
    """The first of the rows of each distinct token, and the places of all tokens among these."""
    firsts: dict[str, int] = {}
    kept: list[int] = []
    number_of = np.empty_like(rows)
    for number, row in enumerate(rows.tolist()):
        sentence, token = divmod(row, n_tokens)
        if sentence >= len(alike) or token >= len(alike[sentence]):
            raise ValueError(f"a span has token {token} of sentence {sentence}, which the tokens that are alike do not have")
        number_of[number] = firsts.setdefault(alike[sentence][token], len(firsts))
        if len(firsts) > len(kept):
            kept.append(row)
    return np.array(kept, np.int64), number_of[places]


def _groups(beginnings: _Ids, ends: _Ids, lengths: _Ids, device: torch.device) -> Iterator[SameLength]:
    """Spans that are sorted by length, cut where it changes."""
    for length in np.unique(lengths).tolist():
        here = slice(*np.searchsorted(lengths, [length, length + 1]))
        yield SameLength(_tensor(beginnings[here, :length], device), _tensor(ends[here, :length][:, ::-1], device))


@dataclass(frozen=True, slots=True)
class _Levels:
    """``Beginnings`` before they are on the device."""

    rows: _Ids
    sizes: tuple[int, ...]
    parents: tuple[_Ids, ...]

    def on(self, device: torch.device) -> Beginnings:
        return Beginnings(_tensor(self.rows, device), self.sizes, tuple(_tensor(level, device) for level in self.parents))


def _levels(table: _Ids, real: _Mask) -> tuple[_Levels, _Ids]:
    """The distinct beginnings of the rows of a table, and for each token of each span the one that ends with it."""
    n_rows = int(table.max(initial=0)) + 1
    states = np.zeros_like(table)
    rows: list[_Ids] = []
    parents: list[_Ids] = []
    sizes: list[int] = []
    within = np.zeros(len(table), np.int64)  # the level before, as if all spans continued one beginning without tokens
    for here in range(table.shape[1]):
        left = np.flatnonzero(real[:, here])
        keys, inverse = np.unique(within[left] * n_rows + table[left, here], return_inverse=True)
        within[left] = inverse
        states[left, here] = sum(sizes) + inverse
        rows.append(keys % n_rows)
        parents.append(keys // n_rows)
        sizes.append(len(keys))
    return _Levels(np.concatenate(rows or [within]), tuple(sizes), tuple(parents[1:])), states


def _distinct(last: _Ids, lengths: _Ids) -> tuple[_Ids, _Ids]:
    """One span for each of those that end in the same state, by length; and for every span, which of these it is."""
    _, firsts, inverse = np.unique(last, return_index=True, return_inverse=True)
    order = np.argsort(lengths[firsts], kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return firsts[order], place[inverse]


def _tensor(values: _Ids, device: torch.device) -> Tensor:
    return torch.from_numpy(values.copy()).to(device)  # torch knows no negative strides
