"""The labels of a grid's cells, as CRENER and W2NER write entities.

=========  ======================  =========  ====================================
CRENER     cell (row, column)      W2NER      written for
=========  ======================  =========  ====================================
``NNC``    (token, next token)     ``NNW``    each two consecutive tokens
``PNC``    (next token, token)                the same, mirrored
``THC-y``  (last token, first)     ``THW-y``  each entity of the type y
``HTC-y``  (first token, last)                the same, mirrored
=========  ======================  =========  ====================================
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class GridFlavour(StrEnum):
    """The kinds of grids, by the names that the command line uses."""

    CRENER = "crener"
    W2NER = "w2ner"


@dataclass(frozen=True, slots=True)
class Relation:
    """What two tokens can be to one another.

    Attributes:
        name: As labels have it.
        typed: True for the ends of an entity, whose type follows the name; False for consecutive tokens.
        forward: True when the row is the earlier of the two.
    """

    name: str
    typed: bool
    forward: bool


@dataclass(frozen=True, slots=True)
class GridLabel:
    """A label taken apart; the type is empty for consecutive tokens."""

    flavour: GridFlavour
    relation: Relation
    type: str

    def __str__(self) -> str:
        return f"{self.relation.name}-{self.type}" if self.type else self.relation.name


_RELATIONS: Mapping[GridFlavour, tuple[Relation, ...]] = {
    GridFlavour.CRENER: (
        Relation("NNC", typed=False, forward=True),
        Relation("PNC", typed=False, forward=False),
        Relation("THC", typed=True, forward=False),
        Relation("HTC", typed=True, forward=True),
    ),
    GridFlavour.W2NER: (
        Relation("NNW", typed=False, forward=True),
        Relation("THW", typed=True, forward=False),
    ),
}
_BY_NAME = {relation.name: (flavour, relation) for flavour, relations in _RELATIONS.items() for relation in relations}


def grid_labels(flavour: GridFlavour, types: Iterable[str]) -> tuple[GridLabel, ...]:
    """The labels of a grid: those of consecutive tokens, then for each further relation one of each type in order."""
    types = tuple(types)
    return tuple(
        GridLabel(flavour, relation, type_)
        for relation in _RELATIONS[flavour]
        for type_ in (types if relation.typed else ("",))
    )


def split_label(label: str) -> GridLabel | None:
    """Flavour, relation and type of a label, or None when no flavour has such a label.

    The type is all that follows the first dash, so it may hold further dashes.
    """
    name, dash, type_ = label.partition("-")
    flavour, relation = _BY_NAME.get(name, (None, None))
    if flavour is None or relation is None or not (bool(dash) == bool(type_) == relation.typed):
        return None
    return GridLabel(flavour, relation, type_)
