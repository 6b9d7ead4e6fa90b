"""What the probabilities say that a model gives the classes of spans that are entities: the diagnostics of the SNG paper.

Its sections 3.3 to 3.5 look at the outputs of a model for gold entities alone: their principal components, how probable the
true type is where the model is right and where it is wrong, and how far the true type is behind the most probable class.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from cnerkit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Tag = Literal["Up", "Stable", "Down"]
SMALLEST = 1e-12
"""What the probability of a true type is taken for at least, so that ratios to it are numbers."""
DIGITS = 6
"""Significant digits of plain data."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """How far the true class of a span is behind the most probable one (the SNG paper, section 3.5).

    Attributes:
        ratio: The highest probability to that of the true class; 1 where the true class is the most probable.
        spread: The variance of all probabilities, as of a whole population, to the probability of the true class: the
            paper's D.
    """

    ratio: float
    spread: float

    @property
    def log2_ratio(self) -> float:
        """The paper's horizontal axis."""
        return math.log2(self.ratio)

    @property
    def tag(self) -> Tag:
        """The paper's name of the case: the ratio is above 1, is 1, or is below; never below where it is of one model."""
        if self.ratio > 1:
            return "Up"
        return "Stable" if self.ratio == 1 else "Down"


@dataclass(frozen=True, slots=True)
class SpanOutput:
    """What a model says of one span that is an entity.

    Attributes:
        truth: The type that it has.
        answer: The class that is most probable; the first of several.
        probability: Of its true type.
        place: In the plane of the principal components.
        discrepancy: How far its true type is behind.
    """

    truth: str
    answer: str
    probability: float
    place: tuple[float, float]
    discrepancy: Discrepancy

    @property
    def is_right(self) -> bool:
        """Whether no class is more probable than the true type."""
        return self.discrepancy.tag == "Stable"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "truth": self.truth,
            "answer": self.answer,
            "right": self.is_right,
            "probability": _short(self.probability),
            "place": [_short(value) for value in self.place],
            "ratio": _short(self.discrepancy.ratio),
            "log2_ratio": _short(self.discrepancy.log2_ratio),
            "D": _short(self.discrepancy.spread),
            "tag": self.discrepancy.tag,
        }


@dataclass(frozen=True, slots=True)
class Component:
    """A principal component of the probabilities.

    Attributes:
        direction: A unit vector over the classes; its longest part, the first of several, is positive.
        share: Of the variance of all classes, 0 to 1.
    """

    direction: tuple[float, ...]
    share: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """How probable some spans' true types are, by their number, mean and quartiles from the lowest to the highest."""

    count: int
    mean: float
    quartiles: tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """The outputs of a model for spans that are entities.

    Attributes:
        classes: What each span was one of to the model, in the order of its probabilities.
        spans: What it says of each span.
        components: The first two principal components; the second is empty where the model tells no two classes apart.
    """

    classes: tuple[str, ...]
    spans: tuple[SpanOutput, ...]
    components: tuple[Component, Component]

    def distribution(self, *, right: bool) -> Distribution | None:
        """How probable the true types are where the model is right, or where it is wrong; None where it never is."""
        import numpy as np

        values = [span.probability for span in self.spans if span.is_right == right]
        if not values:
            return None
        lowest, low, median, high, highest = np.quantile(values, (0, 0.25, 0.5, 0.75, 1)).tolist()
        return Distribution(len(values), math.fsum(values) / len(values), (lowest, low, median, high, highest))

    def tags(self) -> dict[Tag, int]:
        """How many spans have each of the paper's tags."""
        found = Counter(span.discrepancy.tag for span in self.spans)
        return {tag: found[tag] for tag in get_args(Tag)}

    def to_json(self) -> dict[str, Any]:
        """Everything but the spans, as plain data."""
        groups = {"right": self.distribution(right=True), "wrong": self.distribution(right=False)}
        return {
            "classes": list(self.classes),
            "components": [
                {"share": _short(each.share), "direction": [_short(part) for part in each.direction]}
                for each in self.components
            ],
            "probability_of_the_truth": {name: group and asdict(group) for name, group in groups.items()},
            "tags": self.tags(),
        }


def diagnose(
    probabilities: "Sequence[Sequence[float]] | NDArray[Any]", truths: Sequence[int], classes: Iterable[str]
) -> Diagnostics:
    """The diagnostics of a model's probabilities.

    Args:
        probabilities: (span, class), not negative, with a sum of 1 for each span.
        truths: The number of each span's true class.
        classes: Their names.

    Raises:
        DataError: There is no span.
    """
    import numpy as np

    table = np.asarray(probabilities, dtype=np.float64)
    if not len(table):
        raise DataError("there is no entity to look at", fix="give gold with entities of the types that the model knows")
    classes = tuple(classes)
    components = principal_components(table)
    places = (table - table.mean(0)) @ np.array([each.direction for each in components]).T
    spans = (
        SpanOutput(
            truth=classes[truth],
            answer=classes[row.argmax()],
            probability=float(row[truth]),
            place=(float(place[0]), float(place[1])),
            discrepancy=discrepancy(row, truth),
        )
        for row, truth, place in zip(table, truths, places, strict=True)
    )
    return Diagnostics(classes, tuple(spans), components)


def principal_components(table: "NDArray[Any]") -> tuple[Component, Component]:
    """The two directions in which outputs differ most: the SNG paper, section 3.3.

    They are eigenvectors of the covariance of the centred outputs. Without a second class there is no second one: it is 0.

    Args:
        table: (output, class), at least one of each.
    """
    import numpy as np

    centred = table - table.mean(0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(table))
    values, total = values.clip(min=0), values.clip(min=0).sum()
    found = [
        Component(tuple(_turned(vectors[:, at]).tolist()), float(values[at] / total) if total else 0.0)
        for at in range(table.shape[1] - 1, -1, -1)[:2]  # the greatest eigenvalue is the last
    ]
    first, second = [*found, Component((0.0,) * table.shape[1], 0.0)][:2]
    return first, second


def discrepancy(row: "Sequence[float] | NDArray[Any]", truth: int) -> Discrepancy:
    """How far the true class is behind the most probable one: the SNG paper, section 3.5.

    Args:
        row: The probability of each class.
        truth: The number of the true class; its probability is taken for ``SMALLEST`` at least.
    """
    import numpy as np

    of_truth = max(float(row[truth]), SMALLEST)
    return Discrepancy(ratio=float(np.max(row)) / of_truth, spread=float(np.var(row)) / of_truth)


def _turned(vector: "NDArray[Any]") -> "NDArray[Any]":
    """The vector, or its opposite: an eigenvector's sign says nothing, and is to be the same on every machine."""
    import numpy as np

    longest = int(np.argmax(np.abs(vector).round(9)))  # parts that differ by rounding alone are equally long
    return vector if vector[longest] >= 0 else -vector


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
