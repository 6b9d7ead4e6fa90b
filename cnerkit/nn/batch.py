"""What a model is given: sentences of one batch, and where their tokens are real."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cnerkit.text import Sentence


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences side by side, padded to the longest.

    ``mask`` is (batch, token) bool, True where the token is real; it lives on the device that the model computes on.
    """

    sentences: tuple[Sentence, ...]
    mask: Tensor

    @classmethod
    def of(cls, sentences: Sequence[Sentence], device: torch.device | str = "cpu") -> "Batch":
        """Pad the sentences to the longest of them.

        Raises:
            ValueError: There is no sentence, or one has no token.
        """
        lengths = [len(sentence) for sentence in sentences]
        if not lengths or min(lengths) == 0:
            raise ValueError("a batch needs at least one sentence, and each at least one token")
        mask = torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)
        return cls(tuple(sentences), mask.to(device))

    @property
    def lengths(self) -> list[int]:
        """Number of real tokens of each sentence."""
        return [len(sentence) for sentence in self.sentences]

    def without_entities(self) -> "Batch":
        """The same batch with no gold in it: what ``predict`` may see."""
        return replace(self, sentences=tuple(sentence.without_entities() for sentence in self.sentences))

    def with_types_hidden(self) -> "Batch":
        """The same batch with no type in it: what ``predict`` may see of a model that types given spans."""
        return replace(self, sentences=tuple(sentence.with_types_hidden() for sentence in self.sentences))
