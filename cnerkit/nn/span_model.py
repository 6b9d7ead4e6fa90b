"""What a span is, from its own tokens or as read within its sentence: a BiLSTM, attention, and a score for each type."""

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnerkit.nn.precision import at_least_float32
from cnerkit.nn.spans import Beginnings, Spans

SpanEncoder = Literal["bilstm", "lstm", "bag"]
SpanAttention = Literal["dot", "mean", "none"]
SpanContext = Literal["span", "sentence"]


class SpanClassifier(nn.Module):
    """Log-probabilities of the types of spans, by default whatever stands around them.

    The SNG paper, section 2 (and its equations 6 to 11 for the LSTM): with states o of the tokens of a span, in both directions
    side by side, and the states q in which both directions end::

        weights[t] = softmax over t of o[t] . q        context = sum over t of weights[t] * o[t]

    All spans are read together, level by level: a step of the LSTM for all distinct beginnings of a length, and none for what
    several spans share. Vectors meet the LSTM's input weights once for each distinct row. With the context of the sentence, the
    vectors are states o already, of an LSTM over all of it, and q are those at the ends of the span.

    Args:
        in_dim: Width of the vectors.
        hidden_dim: Width of the states of one direction.
        n_types: Number of types.
        encoder: Two directions; the one from the left; or the mean of the vectors and nothing else.
        attention: As above; the mean of the states; or the states in which both directions end.
        context: Whether the LSTM reads the span alone and is part of this, or has read the sentence, as ``SentenceLstm`` does.

    Raises:
        ValueError: A width or the number of types is less than 1, ``encoder``, ``attention`` or ``context`` is none of its
            values, or the vectors are too wide or too narrow for states.
    """

    def __init__(
        self,
        in_dim: int,
        hidden_dim: int,
        n_types: int,
        *,
        encoder: SpanEncoder = "bilstm",
        attention: SpanAttention = "dot",
        context: SpanContext = "span",
    ) -> None:
        super().__init__()
        if min(in_dim, hidden_dim, n_types) < 1:
            raise ValueError(f"widths and types are at least 1, got {in_dim}, {hidden_dim} and {n_types} types")
        asked = (("encoder", encoder, SpanEncoder), ("attention", attention, SpanAttention), ("context", context, SpanContext))
        for what, value, known in asked:
            if value not in get_args(known):
                raise ValueError(f"{what} is one of {get_args(known)}; got {value!r}")
        n_directions = {"bilstm": 2, "lstm": 1, "bag": 0}[encoder]
        self.n_halves, self.attention = max(1, n_directions), attention if n_directions else "mean"
        self.dim = n_directions * hidden_dim or in_dim
        if context == "sentence" and in_dim != self.dim:
            raise ValueError(f"states of {n_directions} directions of width {hidden_dim} have {self.dim} numbers, got {in_dim}")
        n_own = n_directions if context == "span" else 0
        self.directions = nn.ModuleList(DistinctLstm(in_dim, hidden_dim) for _ in range(n_own))
        self.project = nn.Linear(self.dim, n_types)

    def forward(self, vectors: Tensor, spans: Spans) -> Tensor:
        """Log-probabilities, (span, type), in float32 at least.

        Args:
            vectors: (batch, token, in_dim).
            spans: Spans of the sentences of the batch; there may be none.

        Raises:
            ValueError: A span has tokens that are not there.
        """
        scores = at_least_float32(self.project(self.contexts(vectors, spans)))
        return functional.embedding(spans.asked, scores.log_softmax(1))

    def contexts(self, vectors: Tensor, spans: Spans) -> Tensor:
        """What is scored of each distinct span, (distinct span, dim)."""
        n_sentences, n_tokens = vectors.shape[:2]
        if spans.n_sentences > n_sentences or spans.n_tokens > n_tokens:
            wanted = f"{spans.n_sentences} sentences of {spans.n_tokens} tokens"
            raise ValueError(f"the spans need {wanted}, but there are vectors for {n_sentences} of {n_tokens}")
        if not len(spans):
            return at_least_float32(vectors.new_zeros(0, self.dim))
        used = functional.embedding(spans.sentences * n_tokens + spans.tokens, vectors.flatten(0, 1))
        if not self.directions:
            halves = used.chunk(self.n_halves, 1)
            rows = [(spans.rightward.rows[each.rightward],) * self.n_halves for each in spans.groups]
            return torch.cat([self._context(halves, each) for each in rows])
        read = (spans.rightward, spans.leftward)
        states = [lstm(used, beginnings) for lstm, beginnings in zip(self.directions, read, strict=False)]
        return torch.cat([self._context(states, (each.rightward, each.leftward)) for each in spans.groups])

    def _context(self, states: Sequence[Tensor], places: Sequence[Tensor]) -> Tensor:
        """Of spans of one length, so that nothing is padded; the states of each direction are found at its places."""
        outputs = torch.cat([_take(each, at) for each, at in zip(states, places, strict=False)], 2)
        if self.attention == "mean":
            return outputs.mean(1)
        width = outputs.shape[2] // len(states)
        last, first = outputs[:, -1, :width], outputs[:, 0, width:]  # where each direction ends; one of them may have no width
        final = torch.cat([last, first], 1)
        if self.attention == "none":
            return final
        return (attention_weights(outputs, final).unsqueeze(2) * outputs).sum(1)


class DistinctLstm(nn.Module):
    """An LSTM over sequences that share their beginnings: one step for all states of a level.

    The cell is torch's, with gates in the order input, forget, cell, output, and starts from zeros. Its states are in float32
    at least, since they add up.
    """

    def __init__(self, in_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(in_dim, hidden_dim)

    def forward(self, rows: Tensor, beginnings: Beginnings) -> Tensor:
        """The hidden state at the end of each beginning, (state, hidden_dim), from the distinct vectors, (row, in_dim)."""
        recurrent = self.cell.weight_hh
        inputs = functional.linear(rows, self.cell.weight_ih, self.cell.bias_ih + self.cell.bias_hh)
        first, *later = torch.split(functional.embedding(beginnings.rows, inputs), list(beginnings.sizes))
        hidden, cell = _step(first, None)
        states = [hidden]
        for gates, parents in zip(later, beginnings.parents, strict=True):
            before = functional.linear(functional.embedding(parents, hidden), recurrent)
            hidden, cell = _step(gates + before, functional.embedding(parents, cell))
            states.append(hidden)
        return torch.cat(states)


def attention_weights(outputs: Tensor, final: Tensor) -> Tensor:
    """How much each token of a span counts, (span, token): the softmax of unscaled products of its and the final states."""
    return (outputs * final.unsqueeze(1)).sum(2).softmax(1)


def _step(gates: Tensor, before: Tensor | None) -> tuple[Tensor, Tensor]:
    """Hidden states and those of the cell, each (state, dim); before the first token, the cell is empty."""
    enter, forget, new, leave = at_least_float32(gates).chunk(4, 1)
    cell = enter.sigmoid() * new.tanh()
    if before is not None:
        cell = torch.addcmul(cell, forget.sigmoid(), before)
    return leave.sigmoid() * cell.tanh(), cell


def _take(values: Tensor, places: Tensor) -> Tensor:
    """(row, dim) to (span, token, dim)."""
    return functional.embedding(places, values)
