"""Heads that give each token one tag: jointly by a CRF, or each by its own softmax."""

from collections.abc import Sequence
from typing import Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnerkit.nn.crf import Crf
from cnerkit.nn.crf_spans import Spans, span_probabilities


class TagTables(Protocol):
    """What a head must know of a tag scheme."""

    @property
    def tags(self) -> Sequence[str]:
        """The tags, by number."""
        ...

    def transitions_allowed(self) -> list[list[bool]]:
        """``[i][j]``: whether tag j may follow tag i."""
        ...

    def starts_allowed(self) -> list[bool]:
        """Whether each tag may be the first of a sentence."""
        ...

    def ends_allowed(self) -> list[bool]:
        """Whether each tag may be the last."""
        ...

    def continues(self) -> list[list[bool]]:
        """``[i][j]``: whether tag j right after tag i goes on with the same entity."""
        ...


class CrfHead(nn.Module):
    """A linear layer to emissions and a CRF over them; a ``Head``.

    Args:
        in_dim: Width of the hidden states.
        n_tags: Number of tags.
        allowed: ``allowed[i][j]``, whether the tag scheme lets tag j follow tag i.
        starts_allowed: Whether each tag may be the first of a sentence.
        ends_allowed: Whether each tag may be the last.
        continues: ``continues[i][j]``, whether tag j right after tag i goes on with the same entity.
        dropout: Share of the hidden states' numbers dropped while training.
        constrained: Whether only what the scheme allows is predicted. The loss is over all paths either way: what is never
            in the gold becomes improbable by itself, and pretrained states of pytorch-crf stay comparable.
        reduction: Of the loss over the sentences of a batch.
    """

    continues: Tensor

    def __init__(
        self,
        in_dim: int,
        n_tags: int,
        *,
        allowed: Sequence[Sequence[bool]],
        starts_allowed: Sequence[bool],
        ends_allowed: Sequence[bool],
        continues: Sequence[Sequence[bool]],
        dropout: float = 0.0,
        constrained: bool = True,
        reduction: Literal["mean", "sum"] = "mean",
    ) -> None:
        super().__init__()
        self.dropout, self.reduction = nn.Dropout(dropout), reduction
        self.emit = nn.Linear(in_dim, n_tags)
        if constrained:
            self.crf = Crf(n_tags, allowed=allowed, starts_allowed=starts_allowed, ends_allowed=ends_allowed)
        else:
            self.crf = Crf(n_tags)
        self.register_buffer("continues", torch.tensor(continues, dtype=torch.bool), persistent=False)
        if self.continues.shape != (n_tags, n_tags):
            raise ValueError(f"continues has shape {tuple(self.continues.shape)}; expected {(n_tags, n_tags)}")

    @classmethod
    def of_codec(
        cls,
        in_dim: int,
        codec: TagTables,
        *,
        dropout: float = 0.0,
        constrained: bool = True,
        reduction: Literal["mean", "sum"] = "mean",
    ) -> "CrfHead":
        """The head for the tags of a codec."""
        return cls(
            in_dim,
            len(codec.tags),
            allowed=codec.transitions_allowed(),
            starts_allowed=codec.starts_allowed(),
            ends_allowed=codec.ends_allowed(),
            continues=codec.continues(),
            dropout=dropout,
            constrained=constrained,
            reduction=reduction,
        )

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG002  # a head may look at the mask; this one need not
        """Emissions, (batch, token, tag), from hidden states (batch, token, in_dim)."""
        emissions: Tensor = self.emit(self.dropout(hidden))
        return emissions

    def loss(self, scores: Tensor, targets: Sequence[Sequence[int]], mask: Tensor) -> dict[str, Tensor]:
        """``crf``: negative log-likelihood of the tags of a sentence, mean or sum over sentences.

        Raises:
            ValueError: Targets and mask disagree on the number of sentences or of tokens.
        """
        per_sentence = -self.crf.log_likelihood(scores, padded_tags(targets, mask), mask)
        return {"crf": per_sentence.sum() if self.reduction == "sum" else per_sentence.mean()}

    def best(self, scores: Tensor, mask: Tensor) -> list[list[int]]:
        """The best tag path of each sentence, legal if the head is constrained and the sentence has a legal one."""
        return self.crf.decode(scores, mask)

    @torch.no_grad()
    def probabilities(
        self, scores: Tensor, mask: Tensor, paths: Sequence[Sequence[int]], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[list[float]]:
        """Probability that each span carries the path's tags and is a whole entity, neither part of a longer one.

        Exact, over the same paths that ``best`` searches: all, or, if the head is constrained, the legal ones.

        Raises:
            ValueError: Paths and mask disagree, or a span is empty or leaves its sentence.
        """
        if not any(spans):
            return [[] for _ in spans]
        tags = padded_tags(paths, mask)
        flat = Spans.of(spans, [len(path) for path in paths], scores.device)
        return _per_sentence(span_probabilities(self.crf.sweep(scores.double(), mask), tags, self.continues, flat), spans)


class SoftmaxHead(nn.Module):
    """A linear layer and a softmax for each token by itself; a ``Head``.

    Args:
        in_dim: Width of the hidden states.
        n_tags: Number of tags.
        dropout: Share of the hidden states' numbers dropped while training.
    """

    def __init__(self, in_dim: int, n_tags: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.emit = nn.Linear(in_dim, n_tags)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG002  # a head may look at the mask; this one need not
        """Unnormalised scores, (batch, token, tag), from hidden states (batch, token, in_dim)."""
        scores: Tensor = self.emit(self.dropout(hidden))
        return scores

    def loss(self, scores: Tensor, targets: Sequence[Sequence[int]], mask: Tensor) -> dict[str, Tensor]:
        """``cross_entropy``: negative log-probability of the tag of a token, mean over the real tokens of the batch.

        Raises:
            ValueError: Targets and mask disagree on the number of sentences or of tokens.
        """
        tags = padded_tags(targets, mask).masked_fill(~mask, _NO_TAG)
        flat = scores.float().flatten(0, 1)
        return {"cross_entropy": functional.cross_entropy(flat, tags.flatten(), ignore_index=_NO_TAG)}

    def best(self, scores: Tensor, mask: Tensor) -> list[list[int]]:
        """The best tag of each token; of equally good ones the lowest."""
        table = torch.cat([mask.sum(1, keepdim=True), scores.argmax(2)], dim=1).tolist()
        return [tags[:length] for length, *tags in table]

    def probabilities(
        self, scores: Tensor, mask: Tensor, paths: Sequence[Sequence[int]], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> list[list[float]]:
        """Probability of the path's tags on each span: the product over its tokens, which are independent.

        Raises:
            ValueError: Paths and mask disagree, or a span is empty or leaves its sentence.
        """
        return span_products(scores, mask, paths, spans)

    def tag_scores(self, scores: Tensor) -> Tensor:
        """What each tag of a token is worth by itself, unnormalised: the scores as they are."""
        return scores


_NO_TAG = -100


@torch.no_grad()
def span_products(
    scores: Tensor, mask: Tensor, paths: Sequence[Sequence[int]], spans: Sequence[Sequence[tuple[int, int]]]
) -> list[list[float]]:
    """Probability of the path's tags on each span where each token has a softmax of its own: the product over its tokens.

    Args:
        scores: (batch, token, tag), unnormalised.
        mask: (batch, token).
        paths: A tag for each real token of each sentence.
        spans: ``[start, end)`` of each sentence.

    Raises:
        ValueError: Paths and mask disagree, or a span is empty or leaves its sentence.
    """
    if not any(spans):
        return [[] for _ in spans]
    log_probs = scores.double().log_softmax(2).gather(2, padded_tags(paths, mask).unsqueeze(2)).squeeze(2)
    flat = Spans.of(spans, [len(path) for path in paths], scores.device)
    upto, last = log_probs.masked_fill(~mask, 0).cumsum(1), flat.end - 1
    inside = upto[flat.sentence, last] - upto[flat.sentence, flat.start] + log_probs[flat.sentence, flat.start]
    return _per_sentence(inside.exp().clamp(max=1), spans)


def shares_of_best(scores: Tensor) -> Tensor:
    """The probability of each tag as a share of the highest one's; scores and result (…, tag)."""
    return (scores - scores.amax(-1, keepdim=True)).exp()


def padded_tags(tags: Sequence[Sequence[int]], mask: Tensor) -> Tensor:
    """One row of tags per sentence, 0 on padding, (batch, token) int64, where the mask is.

    Raises:
        ValueError: There is not one tag per real token of each sentence. (Only the longest is looked at: to compare all would
            wait for the device.)
    """
    lengths = [len(row) for row in tags]
    if (len(lengths), max(lengths, default=0)) != tuple(mask.shape):
        raise ValueError(
            f"tags of {len(lengths)} sentences, the longest of {max(lengths, default=0)}, for a mask {tuple(mask.shape)}"
        )
    real = torch.arange(mask.shape[1]) < torch.tensor(lengths).unsqueeze(1)
    flat = torch.tensor([tag for row in tags for tag in row], dtype=torch.long)
    return torch.zeros(mask.shape, dtype=torch.long).masked_scatter_(real, flat).to(mask.device)


def _per_sentence(flat: Tensor, spans: Sequence[Sequence[tuple[int, int]]]) -> list[list[float]]:
    """Cut one value per span into one list per sentence."""
    values = iter(flat.tolist())
    return [[next(values) for _ in row] for row in spans]
