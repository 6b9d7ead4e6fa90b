"""How much one hierarchical label is worth when another is the truth: the fixed matrix that SoftFiNE learns from.

A label is ``O``, or a segment letter and a path of category names such as ``B`` and ``work, video, movie``. Its components are
the letter and the names. For a truth i and a candidate j (Yang et al. 2023, section 4.2, read as its own worked examples do):

    miss(i, j)  = max(levels of i - levels of j, 0)
    wrong(i, j) = components of j that i does not have
    y(i, j)     = beta ^ -(miss + gamma * wrong);  1 for i = j;  0 when one of them is O

With the gate ``related``, y is 0 as well for labels that agree in no place: neither in the letter nor at any level.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from cnerkit.codecs.schemes import OUTSIDE
from cnerkit.errors import DataError
from cnerkit.text import TypeHierarchy

if TYPE_CHECKING:
    import numpy as np

Gate = Literal["related", "none"]
Match = Literal["set", "level"]
SEGMENTS = "BIES"
_WRONG = 2
DEEPEST = 3
"""Levels of a category, at most."""


@dataclass(frozen=True, slots=True)
class HierarchicalLabel:
    """A segment letter and a category; both empty for O."""

    segment: str = ""
    path: tuple[str, ...] = ()

    @property
    def level(self) -> int:
        """Names in the path; the segment letter is no level."""
        return len(self.path)

    @property
    def components(self) -> frozenset[tuple[int | str, str]]:
        """The letter and the names, each marked as one or the other so that a category called S is no letter."""
        names = {("name", name) for name in self.path}
        return frozenset({*names, *([("segment", self.segment)] if self.segment else [])})

    @property
    def places(self) -> frozenset[tuple[int | str, str]]:
        """The components, each with the level at which it stands; the letter, or that there is none, is at level 0."""
        return frozenset(enumerate((self.segment, *self.path)))

    @classmethod
    def parse(cls, label: str, hierarchy: TypeHierarchy | None) -> "HierarchicalLabel":
        """The label that a tag such as ``B-work/video`` is; without a hierarchy a type is a single name."""
        if label == OUTSIDE:
            return cls()
        segment, _, type_ = label.partition("-")
        return cls(segment, hierarchy.path(type_) if hierarchy else (type_,))


@dataclass(frozen=True)
class SoftLabels:
    """The labels of an inventory of types, and what each is worth when another is the truth.

    Attributes:
        types: The categories, in the order that numbers their labels.
        hierarchy: How a type is a path; None for flat types.
        beta: Base of the decay, more than 1.
        gamma: Weight of a wrong component against a missing level, more than 1 in the paper.
        gate: ``related`` gives labels that agree in no place a worth of 0, as the authors ran it; ``none`` follows the formula.
        match: ``set`` compares names wherever they stand, ``level`` at their level.

    Raises:
        DataError: A type is deeper than three levels.
    """

    types: Sequence[str]
    hierarchy: TypeHierarchy | None = None
    beta: float = 4.0
    gamma: float = 2.0
    gate: Gate = "related"
    match: Match = "set"
    labels: tuple[HierarchicalLabel, ...] = field(init=False)

    def __post_init__(self) -> None:
        paths = [self.hierarchy.path(type_) if self.hierarchy else (type_,) for type_ in self.types]
        for type_, path in zip(self.types, paths, strict=True):
            if len(path) > DEEPEST:
                fix = f"map it to a type of at most {DEEPEST} levels with data.types"
                raise DataError(f"the type {type_!r} has {len(path)} levels", fix=fix)
        labels = (HierarchicalLabel(segment, path) for path in paths for segment in SEGMENTS)
        object.__setattr__(self, "labels", (HierarchicalLabel(), *labels))

    def refuse_ambiguous(self) -> None:
        """Refuse an inventory for which comparing sets of names takes different categories for the same.

        Raises:
            DataError: Names are compared wherever they stand, and one stands at two levels.
        """
        levels: dict[str, set[int]] = {}
        for label in self.labels:
            for level, name in enumerate(label.path, start=1):
                levels.setdefault(name, set()).add(level)
        for name, found in levels.items():
            if len(found) > 1 and self.match == "set":
                where = " and ".join(map(str, sorted(found)))
                fix = "give one of the two another name with data.types"
                raise DataError(f"the category name {name!r} stands at the levels {where} of the hierarchy", fix=fix)

    @cached_property
    def miss(self) -> "np.ndarray":
        """Levels that the candidate lacks; (truth, candidate)."""
        import numpy as np

        levels = np.array([label.level for label in self.labels])
        found: np.ndarray = np.maximum(levels[:, None] - levels[None, :], 0)
        return found

    @cached_property
    def wrong(self) -> "np.ndarray":
        """Components of the candidate that the truth does not have; (truth, candidate)."""
        import numpy as np

        sets = [label.components if self.match == "set" else label.places for label in self.labels]
        shared = _shared(sets)
        found: np.ndarray = np.array([len(each) for each in sets])[None, :] - shared
        return found

    @cached_property
    def related(self) -> "np.ndarray":
        """Whether truth and candidate agree in a place, the letter or the name at some level; (truth, candidate)."""
        found: np.ndarray = _shared([label.places for label in self.labels]) > 0
        return found

    @cached_property
    def worth(self) -> "np.ndarray":
        """y, float64, (truth, candidate). Rows are not normalised."""
        import numpy as np

        found: np.ndarray = self.beta ** np.where(self._ruled_out, -np.inf, -(self.miss + self.gamma * self.wrong))
        return found

    @cached_property
    def ranks(self) -> "np.ndarray":
        """What ranking losses order by: -(miss + 2 wrong), 0 for the truth, minus infinity for what is worth nothing."""
        import numpy as np

        return np.where(self._ruled_out, -np.inf, -(self.miss + _WRONG * self.wrong).astype(float))

    @cached_property
    def _ruled_out(self) -> "np.ndarray":
        import numpy as np

        size = len(self.labels)
        out = np.zeros((size, size), dtype=bool) if self.gate == "none" else ~self.related
        out[0, :] = out[:, 0] = True
        np.fill_diagonal(out, val=False)
        return out


def _shared(sets: Sequence[frozenset[tuple[int | str, str]]]) -> "np.ndarray":
    """How many members each two sets share: the product of the membership matrix with itself."""
    import numpy as np

    columns = {member: number for number, member in enumerate(sorted(frozenset().union(*sets), key=str))}
    membership = np.zeros((len(sets), max(1, len(columns))))
    for row, each in enumerate(sets):
        membership[row, [columns[member] for member in each]] = 1
    return (membership @ membership.T).astype(int)
