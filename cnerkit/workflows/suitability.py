"""Whether a model and a corpus fit together, told before the first step."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from cnerkit.errors import DataError
from cnerkit.registry import Kind, ModelSpec, Task
from cnerkit.text import LabelSet, Sentence

Splits = Mapping[str, Sequence[Sentence]]


def task_of(splits: Splits, hierarchy_separator: str | None) -> Task:
    """The task that a corpus sets: the types of train, and the kinds of entities of every split.

    Raises:
        DataError: Train has no entity, or the splits join their tokens in different ways.
    """
    types = LabelSet.of(entity.type for sentence in splits["train"] for entity in sentence.entities or ())
    if not types:
        raise DataError("train has no entity", fix="check the column and the scheme that the corpus is read with")
    joiners = sorted({sentence.joiner for split in splits.values() for sentence in split})
    if len(joiners) > 1:
        raise DataError(
            f"the splits join their tokens in different ways: {joiners}", fix="bring all splits as characters, or all as words"
        )
    kinds = frozenset[Kind]({"flat"}).union(*map(kinds_of, splits.values()))
    return Task(types, kinds, joiners[0], hierarchy_separator)


def kinds_of(sentences: Iterable[Sentence]) -> frozenset[Kind]:
    """The kinds of entities that occur besides flat ones."""
    return frozenset[Kind]().union(*map(_kinds, sentences))


def _kinds(sentence: Sentence) -> frozenset[Kind]:
    entities = sentence.entities or frozenset()
    found: set[Kind] = set()
    if any(not entity.is_contiguous for entity in entities):
        found.add("discontinuous")
    parts = sorted(fragment for entity in entities for fragment in entity.fragments)
    if any(one.end > other.start for one, other in pairwise(parts)):
        found.add("nested")
    return frozenset(found)


def refuse_unsupported(spec: ModelSpec, task: Task, splits: Splits) -> None:
    """Refuse a corpus with entities of a kind that the model cannot predict, and does not count as missed.

    Raises:
        DataError: It has some; the first is named, and they are counted.
    """
    for kind in sorted(task.kinds - spec.handles - spec.misses):
        guilty = [sentence for split in splits.values() for sentence in split if kind in _kinds(sentence)]
        have = "sentence has" if len(guilty) == 1 else "sentences have"
        raise DataError(
            f"the model {spec.name!r} cannot predict {kind} entities, and {len(guilty)} {have} some",
            where=guilty[0].id,
            fix=f"choose a model that handles {kind} entities: `cnerkit model list` says which do",
        )
