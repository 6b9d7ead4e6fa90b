"""Inventories of entity types: which there are, in which order, and how they nest."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cnerkit.errors import DataError


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Entity types in a fixed order; a type's label is its place."""

    types: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.types)) != len(self.types):
            raise ValueError(f"a type occurs twice in {self.types}")

    @classmethod
    def of(cls, types: Iterable[str]) -> "LabelSet":
        """The distinct types, sorted, so that the order never depends on the data's."""
        return cls(tuple(sorted(set(types))))

    def __len__(self) -> int:
        return len(self.types)

    def __iter__(self) -> Iterator[str]:
        return iter(self.types)

    def __contains__(self, type_: object) -> bool:
        return type_ in self.types


@dataclass(frozen=True, slots=True)
class TypeHierarchy:
    """Types that are paths, such as ``/work/video/movie`` with the separator ``/``."""

    separator: str

    def path(self, type_: str) -> tuple[str, ...]:
        """The names from the top level down; a leading separator is not a level.

        Raises:
            DataError: A level has no name.
        """
        path = tuple(type_.removeprefix(self.separator).split(self.separator))
        if not all(path):
            raise DataError(
                f"the type {type_!r} has a level without a name", fix=f"write it as a{self.separator}b{self.separator}c"
            )
        return path

    def cut(self, type_: str, level: int) -> str:
        """The type at a level (1 is the top), or the whole of it when it is not that deep."""
        return self.separator.join(self.path(type_)[:level])
