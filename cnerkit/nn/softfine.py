"""SoftFiNE: a tagger that learns from soft targets and from a copy of each sentence without its entities' characters.

Yang et al. (2023), sections 4.2 to 4.4. While predicting it is a plain softmax tagger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from cnerkit.nn.batch import Batch
from cnerkit.nn.ner import Codec, Ner
from cnerkit.nn.precision import at_least_float32
from cnerkit.nn.protocols import Encoder
from cnerkit.nn.tag_heads import SoftmaxHead, padded_tags
from cnerkit.text import Sentence

Reduction = Literal["token_mean", "sum"]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """The second pass, over a copy of the sentence in which a mark stands for each character of an entity.

    Attributes:
        marks: For each tag, the mark that stands for its characters; "" for O, whose characters stay.
        weight: Of the copy's own loss, alpha_aug.
        feature_weight: Of the distance between the features of both passes, alpha_fea.
        from_epoch: The first epoch with a second pass, from 1.
        detach_target: Whether the features of the plain pass are held fixed in that distance.
        skip_empty: Whether sentences without entities, whose copy is the same, get no second pass.
    """

    marks: tuple[str, ...]
    weight: float
    feature_weight: float
    from_epoch: int = 1
    detach_target: bool = False
    skip_empty: bool = False


class SoftFine(Ner):
    """The tagger; a ``Model``.

    Args:
        encoder: It knows the marks of the augmentation.
        head: Scores of tags.
        codec: Tags to entities and back.
        worth: What each tag is worth when another is the truth, (truth, candidate); the identity gives one-hot targets.
        augmentation: None for a single pass.
        reduction: Over the real tokens of a batch.
    """

    worth: Tensor

    def __init__(
        self,
        encoder: Encoder,
        head: SoftmaxHead,
        codec: Codec,
        worth: Tensor,
        augmentation: Augmentation | None,
        reduction: Reduction,
    ) -> None:
        super().__init__(encoder, [], head, codec)
        self.register_buffer("worth", worth, persistent=False)
        self.augmentation, self.reduction, self.epoch = augmentation, reduction, 1

    def begin_epoch(self, epoch: int) -> None:
        """Told before each epoch which one it is, from 1."""
        self.epoch = epoch

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """``soft``, and while there is a second pass ``augmented`` and ``features``; weighted, so that their sum is eq. 8."""
        augmentation, targets = self.augmentation, [self.codec.encode(sentence) for sentence in batch.sentences]
        if augmentation is None or self.epoch < augmentation.from_epoch:
            tags = padded_tags(targets, batch.mask)[batch.mask]
            return {"soft": self._soft(self.encoder(batch)[batch.mask], tags)}
        return self._two_passes(batch, targets, augmentation)

    def _two_passes(self, batch: Batch, targets: list[list[int]], augmentation: Augmentation) -> dict[str, Tensor]:
        """All terms from one batch of twice the size: its rows are independent, so that this is two passes at once."""
        copied = [place for place, row in enumerate(targets) if any(row) or not augmentation.skip_empty]
        copies = [augmented(batch.sentences[place], targets[place], augmentation.marks) for place in copied]
        mask = torch.cat([batch.mask, batch.mask[copied]])
        hidden = self.encoder(Batch((*batch.sentences, *copies), mask))
        plain, copy = hidden[: len(targets)], hidden[len(targets) :]
        tags = padded_tags(targets, batch.mask)
        copy_mask = batch.mask[copied]
        terms = {"soft": self._soft(plain[batch.mask], tags[batch.mask])}
        if augmentation.weight and copied:
            terms["augmented"] = augmentation.weight * self._soft(copy[copy_mask], tags[copied][copy_mask])
        if augmentation.feature_weight:
            inside = copy_mask & (tags[copied] != 0)
            distance = feature_distance(plain[copied][inside], copy[inside], detach_target=augmentation.detach_target)
            terms["features"] = augmentation.feature_weight * self._reduced(distance)
        return terms

    def _soft(self, hidden: Tensor, tags: Tensor) -> Tensor:
        """The soft cross-entropy of some tokens, reduced; hidden (token, dim), tags (token)."""
        return self._reduced(soft_cross_entropy(self.head(hidden, tags), self.worth[tags]))

    def _reduced(self, per_token: Tensor) -> Tensor:
        """The sum, or the mean, which is 0 over nothing and still hangs on the graph."""
        total = per_token.sum()
        return total if self.reduction == "sum" else total / max(1, len(per_token))


def soft_cross_entropy(scores: Tensor, worth: Tensor) -> Tensor:
    """Eq. 3 and 4 for each token: minus the log-probability of every candidate, weighted by what it is worth.

    The weights are not normalised: a token weighs as much as its row sums to, and at the best the truth has the probability
    1 over that sum. Computed in float32 at least.

    Args:
        scores: (token, tag), unnormalised.
        worth: (token, tag), a row of the matrix for the truth of each token.

    Returns:
        (token).
    """
    precise = at_least_float32(scores)
    return -(worth.to(precise.dtype) * functional.log_softmax(precise, dim=-1)).sum(-1)


def feature_distance(plain: Tensor, copy: Tensor, *, detach_target: bool) -> Tensor:
    """KL(softmax(plain) || softmax(copy)) over the features of each token: what the copy's features lack (section 4.3).

    Args:
        plain: Hidden states of entity characters, (token, dim).
        copy: Those of the marks that stand for them, (token, dim).
        detach_target: Whether ``plain`` gets no gradient.

    Returns:
        (token), in float32 at least.
    """
    target = functional.log_softmax(at_least_float32(plain.detach() if detach_target else plain), dim=-1)
    found = functional.log_softmax(at_least_float32(copy), dim=-1)
    return functional.kl_div(found, target, reduction="none", log_target=True).sum(-1)


def augmented(sentence: Sentence, tags: Sequence[int], marks: Sequence[str]) -> Sentence:
    """The sentence with a mark for each token whose tag has one."""
    tokens = tuple(marks[tag] or token for token, tag in zip(sentence.tokens, tags, strict=True))
    return Sentence(sentence.id, tokens, None, sentence.joiner)
