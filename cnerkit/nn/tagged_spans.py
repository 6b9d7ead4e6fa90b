"""How probable each type is for given spans to a head that gives tokens tags, or that a span is no entity."""

from collections.abc import Sequence

import torch
from torch import Tensor

from cnerkit.nn.protocols import Head

Place = tuple[int, int, int]
"""Sentence, start and end."""
Written = Sequence[Sequence[int]]
"""The tags with which each type is written on a span."""


def types_by_paths(head: Head, scores: Tensor, mask: Tensor, spans: Sequence[Place], written: Sequence[Written]) -> Tensor:
    """Of a head that weighs whole paths of tags: a type is as probable as an entity of it in a prediction.

    What is left is that the span is none: outside of all entities, or in one with other boundaries.

    Args:
        head: Such a head.
        scores: Its scores, (batch, token, tag).
        mask: (batch, token).
        spans: Of the sentences of the batch; they may overlap.
        written: Of each span.

    Returns:
        (span, type and none), in double.
    """
    numbers = torch.tensor([number for number, *_ in spans], device=scores.device)
    lengths = mask.sum(1)[numbers].tolist()
    rows, mask = scores[numbers, : max(lengths)], mask[numbers, : max(lengths)]
    places = [[(start, end)] for _, start, end in spans]
    columns = []
    for tags in zip(*written, strict=True):
        filled = zip(spans, tags, lengths, strict=True)  # only the tags within a span count
        paths = [[0] * start + list(inside) + [0] * (length - end) for (_, start, end), inside, length in filled]
        columns.append([value for (value,) in head.probabilities(rows, mask, paths, places)])
    found = torch.tensor(columns, dtype=torch.float64).T
    return torch.cat([found, (1 - found.sum(1, keepdim=True)).clamp(min=0)], dim=1)


def types_by_tokens(scores: Tensor, spans: Sequence[Place], written: Sequence[Written]) -> Tensor:
    """Of a head that tags each token by itself: how the tags of a type compare with those of others and with the best others.

    The products of tokens' probabilities are scaled to a sum of 1 over the types and the most probable tags that are those of
    no type. So the most probable class is what is predicted, also of a model that learned to give the truth a part of the
    probability of each token.

    Args:
        scores: Their softmax are the probabilities of tags, (batch, token, tag).
        spans: Of the sentences of the batch; they may overlap.
        written: Of each span; at no token have two types the same tag.

    Returns:
        (span, type and none), in double.
    """
    number, start, end = torch.tensor(spans, device=scores.device).T.unsqueeze(2)
    places = torch.arange(int((end - start).max()), device=scores.device)
    mask = places < end - start  # (span, token)
    log_probs = scores[number, (start + places).clamp(max=scores.shape[1] - 1)].double().log_softmax(2)
    longest = mask.shape[1]
    tags = torch.tensor([[[*each, *[0] * (longest - len(each))] for each in row] for row in written], device=scores.device)
    each = log_probs.transpose(1, 2).gather(1, tags)  # (span, type, token)
    of_types = each.masked_fill(~mask.unsqueeze(1), 0).sum(2)
    of_others = _best_other(log_probs, tags, mask, of_types.amax(1))
    return torch.cat([of_types, of_others.unsqueeze(1)], dim=1).softmax(1)


def _best_other(log_probs: Tensor, tags: Tensor, mask: Tensor, best_type: Tensor) -> Tensor:
    """The log-probability of the best tags on each span that are those of no type, (span)."""
    first, second = log_probs.topk(2, dim=2).values.unbind(2)
    best = first.masked_fill(~mask, 0).sum(1)
    step = (first - second).masked_fill(~mask, torch.inf).amin(1)  # with another tag at one token, they are of no type any more
    of_several = torch.where(best_type >= best, best - step, best)
    of_one = log_probs[:, 0].scatter(1, tags[:, :, 0], -torch.inf).amax(1)
    return torch.where(mask.sum(1) == 1, of_one, of_several)
