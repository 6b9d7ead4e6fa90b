"""How much classes attend to the tokens of one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attention:
    """A weight for each token of a sentence by each class.

    ``weights[class][token]`` are what the model computes with; what they add up to is the model's business.
    """

    classes: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        if len(self.classes) != len(self.weights):
            raise ValueError(f"{len(self.classes)} classes but {len(self.weights)} rows of weights")

    def part(self, start: int, end: int) -> "Attention":
        """The weights of the tokens ``[start, end)``."""
        return Attention(self.classes, tuple(row[start:end] for row in self.weights))

    @classmethod
    def joined(cls, classes: tuple[str, ...], parts: "Sequence[Attention]") -> "Attention":
        """The weights of all parts of a sentence, one after the other; of none when there is no part."""
        rows = (tuple(weight for part in parts for weight in part.weights[number]) for number in range(len(classes)))
        return cls(classes, tuple(rows))
