"""The best tag path of each sentence, by max-sum recursion; nothing leaves the device before the paths are known."""

import math

import torch
from torch import Tensor

from cnerkit.nn.crf_chain import MASK_MISTAKE, Chain, valid_rows

_LANES = 16
"""Single-precision numbers in the widest vector register of a processor."""

_MANY_PATHS = 300_000
"""Sums in one step of the recursion (from, batch, to) above which a processor gains by looking for those it can leave out."""


def best_paths(chain: Chain) -> list[list[int]]:
    """Tags of the best path of each sentence, of its length.

    A virtual tag stands on all padding and on one token more: a path enters it with the end score and stays, so that
    sentences of any length step together. Of paths with equal scores, the one whose tags, compared from the last
    token back, are lowest wins.

    Args:
        chain: Scores; forbidden transitions as low finite numbers, so that there always is a path.

    Raises:
        ValueError: The mask is not right padding of at least one token, or a score is not a number or infinite.
    """
    scores, moves = _with_virtual_tag(chain)
    virtual = chain.start.numel()
    _forward_maxima(scores, moves, virtual)
    tags = _walk_back(scores, moves, virtual)
    total = scores[-1, :, virtual]
    usable = torch.stack([valid_rows(chain.mask, chain.lengths), total.isfinite(), chain.lengths])
    table = torch.cat([usable, tags[:-1]]).t().tolist()  # the one transfer
    if not all(valid for valid, *_ in table):
        raise ValueError(MASK_MISTAKE)
    if not all(finite for _, finite, *_ in table):
        raise ValueError("emissions or transitions are not finite: there is no best path; look for a loss that diverged")
    return [path[:length] for _, _, length, *path in table]


def _with_virtual_tag(chain: Chain) -> tuple[Tensor, Tensor]:
    """Emissions (token + 1, batch, width) with start scores added to the first, and transitions (width, width).

    The width is the number of tags and the virtual one, rounded up: a row that fills whole vector registers is added in
    half the time.
    """
    n_sentences, n_tokens, n_tags = chain.emissions.shape
    width = (n_tags + _LANES) // _LANES * _LANES
    scores = chain.emissions.new_full((n_tokens + 1, n_sentences, width), -math.inf)
    on_padding = torch.zeros_like(scores[:-1, :, 0]).masked_fill_(~chain.mask.t(), -math.inf)
    torch.add(chain.emissions.transpose(0, 1), on_padding.unsqueeze(2), out=scores[:-1, :, :n_tags])
    scores[0, :, :n_tags] += chain.start
    scores[:-1, :, n_tags].masked_fill_(~chain.mask.t(), 0)
    scores[-1, :, n_tags] = 0
    moves = chain.transitions.new_full((width, width), -math.inf)
    moves[:n_tags, :n_tags], moves[:n_tags, n_tags], moves[n_tags, n_tags] = chain.transitions, chain.end, 0
    return scores, moves


def _forward_maxima(scores: Tensor, moves: Tensor, virtual: int) -> None:
    """Add to each emission, in place, the score of the best path that arrives there."""
    by_source = moves.unsqueeze(1)  # (from, 1, to)
    paths = scores.new_empty(moves.shape[0], *scores.shape[1:])  # (from, batch, to)
    best = torch.empty_like(scores[0])
    advantage = _largest_advantage(moves, virtual)
    selective = scores.device.type == "cpu" and paths.numel() >= _MANY_PATHS
    here, sources = scores.unbind(), scores.transpose(1, 2).unsqueeze(3).unbind()  # sources: (from, batch, 1)
    for before, source, after in zip(here, sources, here[1:], strict=False):
        rivals = _rivals(before, advantage) if selective else None
        if rivals is None or 2 * len(rivals) > len(moves):
            found = torch.add(source, by_source, out=paths)
        else:
            found = torch.add(source[rivals], by_source[rivals], out=paths[: len(rivals)])
        torch.amax(found, 0, out=best)
        after.add_(best)


def _largest_advantage(moves: Tensor, virtual: int) -> Tensor:
    """By how much at most each tag's transition to some tag is better than another tag's transition to the same, (tag)."""
    real = moves[:virtual, : virtual + 1]
    advantage = moves.new_zeros(len(moves))
    advantage[:virtual] = (real - real.amin(0)).nan_to_num(nan=math.inf).amax(1)
    return advantage


def _rivals(before: Tensor, advantage: Tensor) -> Tensor:
    """Tags from which the best path to some tag can come, in any sentence: not so far behind the leader that no move helps.

    Exact, and worth its time where there are many tags and it costs no wait for a device.
    """
    beaten = before + advantage < before.amax(1, keepdim=True)
    return (~beaten.all(0)).nonzero().squeeze(1)


def _walk_back(scores: Tensor, moves: Tensor, virtual: int) -> Tensor:
    """Tags of the best paths, (token + 1, batch).

    Which tag came before is looked for only along the path: cheaper than to keep it for every tag.
    """
    by_target = moves.t().contiguous()
    tags = scores.new_full(scores.shape[:2], virtual, dtype=torch.long)
    row = torch.empty_like(scores[0])
    here, chosen = scores.unbind(), tags.unbind()
    for step in range(len(here) - 1, 0, -1):
        torch.index_select(by_target, 0, chosen[step], out=row)
        row.add_(here[step - 1])
        torch.argmax(row, 1, out=chosen[step - 1])
    return tags
