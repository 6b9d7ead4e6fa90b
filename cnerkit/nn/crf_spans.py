"""How probable it is that a span of a tag path is exactly one entity, by forward and backward messages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cnerkit.nn.crf_chain import Chain, Sweep


@dataclass(frozen=True, slots=True)
class Spans:
    """Half-open spans of tokens of a batch, one entry each, in the order of the sentences; all (span) int64."""

    sentence: Tensor
    start: Tensor
    end: Tensor

    @classmethod
    def of(cls, spans: Sequence[Sequence[tuple[int, int]]], lengths: Sequence[int], device: torch.device) -> "Spans":
        """Flatten one list of ``[start, end)`` per sentence of ``lengths`` tokens.

        Raises:
            ValueError: A span is empty or leaves its sentence.
        """
        flat = [(sentence, start, end) for sentence, row in enumerate(spans) for start, end in row]
        for sentence, start, end in flat:
            if not 0 <= start < end <= lengths[sentence]:
                raise ValueError(f"span [{start}, {end}) is empty or leaves sentence {sentence} of {lengths[sentence]} tokens")
        columns = torch.tensor(flat, dtype=torch.long).reshape(-1, 3).t().to(device)
        return cls(*columns)


def span_probabilities(sweep: Sweep, tags: Tensor, continues: Tensor, spans: Spans) -> Tensor:
    """Probability, over all paths of the chain, of the tags on each span and of an entity that is no longer than it.

    The paths that are summed have these tags on the span, before it no tag that the span's first continues, and after it
    no tag that continues the span's last; a sentence without a legal path gives 0.

    Args:
        sweep: Both recursions, best in float64: sums along a whole sentence are subtracted from one another.
        tags: (batch, token) int64, valid on padding too.
        continues: ``continues[i, j]``, whether tag j right after tag i goes on with the same entity.
        spans: Within the sentences.

    Returns:
        (span), each within [0, 1].
    """
    chain, sentence, first, last = sweep.chain, spans.sentence, spans.start, spans.end - 1
    head, tail = tags[sentence, first], tags[sentence, last]
    enter = sweep.forward_at(sentence, (first - 1).clamp(min=0)) + chain.transitions[:, head].t()  # (span, tag before)
    enter = enter.masked_fill(continues[:, head].t(), -math.inf).logsumexp(1)
    after = spans.end.clamp(max=tags.shape[1] - 1)
    leave = sweep.backward_at(sentence, after) + chain.transitions[tail]  # (span, tag after)
    leave = leave.masked_fill(continues[tail], -math.inf).logsumexp(1)
    before = torch.where(first == 0, chain.start[head], enter)
    beyond = torch.where(spans.end == chain.lengths[sentence], chain.end[tail], leave)
    total = sweep.log_partition()[sentence]
    log_probs = before + _along(chain, tags, spans) + beyond - total
    return torch.where(total == -math.inf, 0.0, log_probs.exp()).clamp(max=1)


def _along(chain: Chain, tags: Tensor, spans: Spans) -> Tensor:
    """Summed emissions and transitions within each span, (span); -inf where a transition in it is forbidden."""
    emitted = chain.emissions.gather(2, tags.unsqueeze(2)).squeeze(2)
    moved = torch.zeros_like(emitted)
    moved[:, 1:] = chain.transitions[tags[:, :-1], tags[:, 1:]]
    forbidden = moved == -math.inf  # counted apart: minus infinities of other spans must not meet in a difference
    score = (emitted + moved.masked_fill(forbidden, 0)).cumsum(1)
    breaks = forbidden.cumsum(1)
    sentence, first, last = spans.sentence, spans.start, spans.end - 1
    inside = score[sentence, last] - score[sentence, first] + emitted[sentence, first]
    return inside.masked_fill(breaks[sentence, last] > breaks[sentence, first], -math.inf)
