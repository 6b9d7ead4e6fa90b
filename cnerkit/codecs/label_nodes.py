"""Hierarchical labels as paths through levels of nodes: what a multi-label classifier such as HMCN-F tells apart.

Level 0 has a node for O and for each segment letter; each further level has one for "nothing at this level" and one for each
distinct beginning of that length among the paths of the inventory. A label switches on one node of each level: ``B-work/video``
the nodes B, work, work/video and, on a third level, nothing. The nodes of all levels are numbered in a row, level 0 first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cnerkit.codecs.soft_labels import SEGMENTS, HierarchicalLabel

Node = tuple[str, ...]
"""A segment letter, or the names of a path down to the node's level; empty for O and for nothing at a level."""
NOTHING: Node = ()


@dataclass(frozen=True)
class LabelNodes:
    """The nodes of an inventory of labels.

    Attributes:
        labels: The inventory; O is the first.
        levels: The nodes of each level, ``NOTHING`` first, the others in order of first appearance.
        label_index: For each label the number of its node of each level.
        child_parent: The numbers of each node of level 2 or deeper and of the node above it; segment letters are not above any.
    """

    labels: Sequence[HierarchicalLabel]
    levels: tuple[tuple[Node, ...], ...] = field(init=False)
    label_index: tuple[tuple[int, ...], ...] = field(init=False)
    child_parent: tuple[tuple[int, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        deepest = max(label.level for label in self.labels)
        letters = (NOTHING, *((letter,) for letter in SEGMENTS))
        levels = [letters, *(self._beginnings(length) for length in range(1, deepest + 1))]
        starts = [sum(map(len, levels[:level])) for level in range(len(levels))]
        numbers = [
            {node: start + place for place, node in enumerate(level)} for start, level in zip(starts, levels, strict=True)
        ]
        pairs = (
            (numbers[level][node], numbers[level - 1][node[:-1]])
            for level in range(2, len(levels))
            for node in levels[level]
            if node
        )
        object.__setattr__(self, "levels", tuple(levels))
        object.__setattr__(self, "label_index", tuple(_nodes_of(label, numbers) for label in self.labels))
        object.__setattr__(self, "child_parent", tuple(pairs))

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many nodes each level has."""
        return tuple(map(len, self.levels))

    def _beginnings(self, length: int) -> tuple[Node, ...]:
        paths = (label.path[:length] for label in self.labels if label.level >= length)
        return (NOTHING, *dict.fromkeys(paths))


def _nodes_of(label: HierarchicalLabel, numbers: Sequence[dict[Node, int]]) -> tuple[int, ...]:
    """The number of the label's node of each level."""
    segment = numbers[0][(label.segment,) if label.segment else NOTHING]
    beginnings = ((label.path[:level] if level <= label.level else NOTHING) for level in range(1, len(numbers)))
    return (segment, *(known[node] for known, node in zip(numbers[1:], beginnings, strict=True)))
