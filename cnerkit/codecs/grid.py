"""Grids as a codec: what each two tokens of a sentence are to one another, as cells that are on and as arrays for models.

A cell may have several labels: an entity of two tokens has ``NNC`` and ``HTC-y`` in one. Labels on the wrong side of the
diagonal mean nothing. CRENER (arXiv 2412.10858), section 3 and algorithm 1; W2NER (Li et al., AAAI 2022).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cnerkit.codecs.annotated import known_entities
from cnerkit.codecs.grid_labels import GridFlavour, grid_labels
from cnerkit.codecs.grid_paths import MAX_PATHS, MOST_STEPS, Edge, Overflow, Relations, Steps, entities_of, relations_of
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence

if TYPE_CHECKING:
    from numpy.typing import NDArray

Cell = tuple[int, int, int]
"""Row, column and the number of a label that is on there."""


class EdgeRule(StrEnum):
    """What makes two tokens consecutive in CRENER's grids: both ``NNC`` and ``PNC``, ``NNC`` alone, or either."""

    AND = "and"
    NNC = "nnc"
    OR = "or"


class PairRule(StrEnum):
    """What makes the ends of an entity in CRENER's grids: ``THC`` or ``HTC``, both, or ``THC`` alone."""

    OR = "or"
    AND = "and"
    THC = "thc"


_FIRST_ALONE = frozenset({EdgeRule.NNC, PairRule.THC})
_BOTH = frozenset({EdgeRule.AND, PairRule.AND})


@dataclass(frozen=True)
class GridCodec:
    """Sentences to grids and back.

    Attributes:
        types: What entities can be; sorted, in whatever order they are given.
        flavour: Which labels there are.
        max_paths: When more paths over consecutive tokens join two ends, only the smallest of them is read.
        edge_rule: For CRENER; W2NER has one label for consecutive tokens.
        pair_rule: For CRENER; W2NER has one label for ends.
        labels: Their names in the order of their numbers: ``NNC PNC THC-… HTC-…`` or ``NNW THW-…``.
    """

    types: Sequence[str]
    flavour: GridFlavour = GridFlavour.CRENER
    max_paths: int = MAX_PATHS
    edge_rule: EdgeRule = EdgeRule.AND
    pair_rule: PairRule = PairRule.OR
    labels: tuple[str, ...] = field(init=False)
    _forward: tuple[bool, ...] = field(init=False, repr=False, compare=False)
    _of_type: Mapping[str, Sequence[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        types = tuple(sorted(set(self.types)))
        labels = grid_labels(self.flavour, types)
        of_type: dict[str, list[int]] = defaultdict(list)
        for number, label in enumerate(labels):
            of_type[label.type].append(number)
        object.__setattr__(self, "types", types)
        object.__setattr__(self, "labels", tuple(map(str, labels)))
        object.__setattr__(self, "_forward", tuple(label.relation.forward for label in labels))
        object.__setattr__(self, "_of_type", dict(of_type))

    def encode(self, sentence: Sentence) -> list[Cell]:
        """The cells that are on, in order; memory depends on how many there are, not on the sentence's length.

        Raises:
            DataError: The sentence is not annotated, or has an entity of another type.
        """
        return sorted(self._cells(sentence))

    def encode_array(self, sentence: Sentence) -> "NDArray[Any]":
        """The whole grid of a sentence of n tokens.

        Returns:
            For CRENER (n, n, labels) of bool. For W2NER (n, n) of int16: 0 where no label is on, else its number plus 1.

        Raises:
            DataError: As in ``encode``; or entities of two types have the same ends, which one number per cell cannot tell.
        """
        import numpy as np

        cells, shape = self._cells(sentence), self._shape(len(sentence))
        if self.flavour is GridFlavour.W2NER:
            self._refuse_shared_cells(sentence, cells)
            numbers = np.zeros(shape, dtype=np.int16)
            for row, column, label in cells:
                numbers[row, column] = label + 1
            return numbers
        n, depth = len(sentence), len(self.labels)
        grid = np.zeros(shape, dtype=np.bool_)
        grid.reshape(-1)[[(row * n + column) * depth + label for row, column, label in cells]] = True
        return grid

    def decode(self, structure: Iterable[Cell], overflows: list[Overflow] | None = None) -> frozenset[Entity]:
        """The entities of a grid from its cells that are on, in any order.

        Args:
            structure: Such cells.
            overflows: Gets the ends that more than ``max_paths`` paths join.

        Raises:
            DataError: The paths cannot be followed in some seconds.
        """
        relations = self._relations(structure)
        return entities_of(relations, max_paths=self.max_paths, overflows=overflows, steps=Steps(MOST_STEPS))

    def decode_array(self, grid: "NDArray[Any]", overflows: list[Overflow] | None = None) -> frozenset[Entity]:
        """The entities of a whole grid without padding, as ``encode_array`` makes it.

        The time that it takes is bounded by the length of the sentence.

        Raises:
            ValueError: The grid has another shape.
        """
        import numpy as np

        if grid.shape != (shape := self._shape(len(grid))):
            raise ValueError(f"a grid of {len(grid)} tokens must have the shape {shape}, not {grid.shape}")
        on = np.flatnonzero(grid)
        places = [*np.unravel_index(on, shape)]
        if self.flavour is GridFlavour.W2NER:
            places.append(grid.ravel()[on] - 1)
        cells = zip(*(each.tolist() for each in places), strict=True)
        return entities_of(self._relations(cells), max_paths=self.max_paths, overflows=overflows)

    def decode_scores(
        self, scores: "NDArray[Any]", threshold: float = 0.0, overflows: list[Overflow] | None = None
    ) -> frozenset[Entity]:
        """The entities of a grid of unnormalised scores.

        Args:
            scores: For CRENER (n, n, labels): a label is on where its score is greater than the threshold. For W2NER
                (n, n, 1 + labels): the greatest score of a cell decides, and the first is that of no label.
            threshold: For CRENER.
            overflows: Gets the ends that more than ``max_paths`` paths join.
        """
        import numpy as np

        grid = scores > threshold if self.flavour is GridFlavour.CRENER else np.argmax(scores, axis=-1)
        return self.decode_array(grid, overflows)

    def decode_weighted(
        self, cells: Sequence[Cell], weights: Sequence[float], overflows: list[Overflow] | None = None
    ) -> dict[Entity, float]:
        """The entities of a grid from its cells that are on, each with the weight of the weakest relation that it rests on.

        It rests on the edges between its tokens and on the pair of its ends. Where a rule asks for a label and its mirror
        image, the relation weighs as much as the lighter of them; where it asks for either, as much as the heavier.
        The time that it takes is bounded by the length of the sentence.

        Args:
            cells: Such cells, in any order.
            weights: Of each, such as its probability.
            overflows: Gets the ends that more than ``max_paths`` paths join.
        """
        relations = self._relations(cells)
        found = entities_of(relations, max_paths=self.max_paths, overflows=overflows)
        if not found:
            return {}
        on: dict[int, dict[Edge, float]] = defaultdict(dict)
        for (row, column, label), weight in zip(cells, weights, strict=True):
            on[label][(row, column) if self._forward[label] else (column, row)] = weight
        edges = {edge: self._weight(on, "", edge, self.edge_rule) for edge in relations.edges}
        weighed = {}
        for entity in found:
            ends = self._weight(on, entity.type, (entity.start, entity.end - 1), self.pair_rule)
            weighed[entity] = min([ends, *[edges[edge] for edge in relations_of((entity,)).edges]])
        return weighed

    def _shape(self, n: int) -> tuple[int, ...]:
        return (n, n, len(self.labels)) if self.flavour is GridFlavour.CRENER else (n, n)

    def _cells(self, sentence: Sentence) -> list[Cell]:
        relations, forward = relations_of(known_entities(sentence, self.types)), self._forward
        cells: list[Cell] = []
        for label in self._of_type[""]:
            cells += [(head, tail, label) if forward[label] else (tail, head, label) for head, tail in relations.edges]
        for (head, tail), types in relations.pairs.items():
            for type_ in types:
                cells += [(head, tail, label) if forward[label] else (tail, head, label) for label in self._of_type[type_]]
        return cells

    def _relations(self, cells: Iterable[Cell]) -> Relations:
        forward, first_typed = self._forward, len(self._of_type[""])
        on: dict[int, set[Edge]] = defaultdict(set)
        for row, column, label in cells:
            head, tail = (row, column) if forward[label] else (column, row)
            if head < tail or (head == tail and label >= first_typed):
                on[label].add((head, tail))
        pairs: dict[Edge, list[str]] = {}
        for type_ in self.types:
            for pair in self._joined(on, type_, self.pair_rule):
                pairs.setdefault(pair, []).append(type_)
        return Relations(self._joined(on, "", self.edge_rule), pairs)

    def _joined(self, on: Mapping[int, set[Edge]], type_: str, rule: EdgeRule | PairRule) -> AbstractSet[Edge]:
        """The places where a type's label is on and, as far as the rule asks and there is one, its mirror image."""
        places: list[AbstractSet[Edge]] = [on.get(label, frozenset()) for label in self._of_type[type_]]
        if len(places) == 1 or rule in _FIRST_ALONE:
            return places[0]
        return places[0] & places[1] if rule in _BOTH else places[0] | places[1]

    def _weight(self, on: Mapping[int, Mapping[Edge, float]], type_: str, place: Edge, rule: EdgeRule | PairRule) -> float:
        """What a relation weighs that ``_joined`` found, from the weights of its labels."""
        labels = self._of_type[type_][:1] if rule in _FIRST_ALONE else self._of_type[type_]
        weights = [on[label][place] for label in labels if place in on[label]]
        return min(weights) if rule in _BOTH else max(weights)

    def _refuse_shared_cells(self, sentence: Sentence, cells: Sequence[Cell]) -> None:
        seen: dict[Edge, int] = {}
        for row, column, label in cells:
            other = seen.setdefault((row, column), label)
            if other != label:
                names = " and ".join(sorted(self.labels[each] for each in (label, other)))
                raise DataError(
                    f"the cell [{row}, {column}] has the labels {names}, and a cell of w2ner's array holds one",
                    where=sentence.id,
                    fix="drop or rename one of the types with data.types, or choose a model with crener's grid",
                )
