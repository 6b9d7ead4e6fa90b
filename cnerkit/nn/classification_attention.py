"""Attention in which constant vectors of entity classes weigh the characters of a sentence.

Classification Attention, Section 3.3. A class is a sentence of one character: each class scores each character, and the score
scales that character's value. Read to the letter the softmax then runs over a single number and every weight is 1; the readings
differ in what it runs over instead.
"""

from collections.abc import Sequence
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnerkit.nn.transformer_layer import FollowUp, draw_as_bert, refuse_uneven_heads

Reading = Literal["chars_scaled", "chars", "classes", "sigmoid", "literal"]
"""What the softmax of (C4) runs over: a sentence's characters, with weights of mean 1 or of sum 1; the classes; nothing, with a
sigmoid in its place; the key's only character."""

Merge = Literal["mean", "sum", "max", "concat"]
"""How the outputs of all classes become one."""


class ClassificationAttention(nn.Module):
    """Classes weigh characters, and a BERT layer's dense layers follow; a ``FeatureLayer``.

    The classes are the same for every sentence, so that the query is folded into them: scores are one product with a
    (dim, head * class) matrix, which is kept between one call of ``eval()`` and the next where no gradient is wanted.

    Args:
        classes: Names of the classes.
        vectors: (class, dim), one per class; not learned.
        present: (class,) bool, whether a class has one. One that has not is left out of everything.
        n_heads: Heads.
        reading: What the softmax runs over.
        merge: How the outputs of all classes become one.
        dropout: Share dropped of the weights and of the numbers before each sum while training.

    Raises:
        ValueError: Classes, vectors and ``present`` differ in number, no class has a vector, or the heads do not divide the
            width.
    """

    vectors: Tensor
    present: Tensor

    def __init__(
        self,
        classes: Sequence[str],
        vectors: Tensor,
        present: Tensor,
        *,
        n_heads: int,
        reading: Reading = "chars_scaled",
        merge: Merge = "mean",
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        if not len(classes) == len(vectors) == len(present):
            raise ValueError(f"{len(classes)} classes, {len(vectors)} vectors, and {len(present)} that may be present")
        if not present.any():
            raise ValueError(f"none of the classes {', '.join(classes)} has a vector")
        self.classes, self.dim, self.n_heads = tuple(classes), vectors.shape[1], n_heads
        refuse_uneven_heads(self.dim, n_heads)
        self.reading, self.merge = reading, merge
        self.register_buffer("vectors", vectors.to(torch.get_default_dtype()))
        self.register_buffer("present", present)
        self.query, self.key, self.value = (nn.Linear(self.dim, self.dim) for _ in range(3))
        self.join = nn.Linear(len(classes) * self.dim, self.dim) if merge == "concat" else None
        self.dropout, self.follow_up = nn.Dropout(dropout), FollowUp(self.dim, dropout)
        self._kept: tuple[Tensor, Tensor] | None = None
        self.register_load_state_dict_post_hook(_forget)  # type: ignore[no-untyped-call]
        draw_as_bert(self)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, dim) to (batch, token, dim); what stands on padding means nothing, before and after."""
        weights = self.dropout(self.weights(hidden, mask))
        values = self._by_head(self.value(hidden))
        result: Tensor = self.follow_up(self.merged(weights.to(values.dtype), values), hidden)
        return result

    def weights(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(C4): the weight of each character for each class, (batch, token, head, class); 0 on padding."""
        with torch.autocast(hidden.device.type, enabled=False):
            weights = weights_of(self.scores(hidden), mask, self.present, self.reading)
        return weights * (mask.unsqueeze(2).unsqueeze(3) & self.present)

    def scores(self, hidden: Tensor) -> Tensor:
        """Q K^T / sqrt(d_k) without ever making Q, (batch, token, head, class), in the precision of the weights."""
        matrix, offset = self.folded()
        return self._by_head(functional.linear(hidden.to(matrix.dtype), matrix, offset))

    def folded(self) -> tuple[Tensor, Tensor]:
        """The matrix (head * class, dim) and the offset (head * class,) that give scores from hidden states."""
        if self._kept is not None and not torch.is_grad_enabled():
            return self._kept
        keys = self._by_head(self.key(self.vectors)) / (self.dim // self.n_heads) ** 0.5  # (class, head, dim / head)
        matrix = torch.einsum("hkd,chk->hcd", self.query.weight.view(self.n_heads, -1, self.dim), keys)
        offset = torch.einsum("hk,chk->hc", self.query.bias.view(self.n_heads, -1), keys)
        folded = matrix.flatten(0, 1), offset.flatten()
        if not (self.training or torch.is_grad_enabled()):
            self._kept = folded
        return folded

    def merged(self, weights: Tensor, values: Tensor) -> Tensor:
        """(C5) for all classes, merged: (batch, token, dim).

        Weights are merged before they meet the values wherever that gives the same.

        Args:
            weights: (batch, token, head, class).
            values: (batch, token, head, dim / head).
        """
        if self.join is not None:
            return self._joined(weights, values, self.join)
        if self.merge == "max":
            absent = ~self.present
            highest, lowest = (weights.masked_fill(absent, -sign * torch.inf) for sign in (1, -1))
            gates = torch.where(values >= 0, highest.amax(3, keepdim=True), lowest.amin(3, keepdim=True))
        else:
            gates = weights.sum(3, keepdim=True)
            if self.merge == "mean":
                gates = gates / self.present.sum()
        merged: Tensor = (gates * values).flatten(2)
        return merged

    def _joined(self, weights: Tensor, values: Tensor, join: nn.Linear) -> Tensor:
        """The outputs of all classes side by side through one linear layer; one by one, so that they are never all there."""
        total: Tensor = join.bias
        for number, own in enumerate(torch.split(join.weight, self.dim, dim=1)):
            total = total + functional.linear((weights[..., number, None] * values).flatten(2), own)
        return total

    def _by_head(self, values: Tensor) -> Tensor:
        """(…, head * rest) to (…, head, rest)."""
        return values.view(*values.shape[:-1], self.n_heads, -1)

    def train(self, mode: bool = True) -> "ClassificationAttention":
        """As ever; what was folded before is folded anew."""
        self._kept = None
        return super().train(mode)

    def _apply(self, *arguments: Any, **keywords: Any) -> "ClassificationAttention":
        """As ever, when weights move to another device or precision; what was folded does not go with them."""
        self._kept = None
        return cast("ClassificationAttention", super()._apply(*arguments, **keywords))  # type: ignore[no-untyped-call]


def weights_of(scores: Tensor, mask: Tensor, present: Tensor, reading: Reading) -> Tensor:
    """The weights that a reading makes of scores, both (batch, token, head, class); on padding they mean nothing.

    Args:
        scores: Scaled.
        mask: (batch, token).
        present: (class,), which classes take part.
        reading: What the softmax runs over.
    """
    if reading == "literal":
        return scores.unsqueeze(4).softmax(4).squeeze(4)
    if reading == "sigmoid":
        return scores.sigmoid()
    if reading == "classes":
        return scores.masked_fill(~present, -torch.inf).softmax(3)
    shares = scores.masked_fill(~mask.unsqueeze(2).unsqueeze(3), -torch.inf).softmax(1)
    return shares if reading == "chars" else shares * mask.sum(1).view(-1, 1, 1, 1)


def _forget(module: nn.Module, _: object) -> None:
    """What was folded from other weights is not kept."""
    assert isinstance(module, ClassificationAttention), "the hook is this layer's own"
    module._kept = None  # noqa: SLF001 - its own
