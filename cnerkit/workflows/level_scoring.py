"""Scores of a tagger at each level of its hierarchy of types."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from cnerkit.codecs.release_reading import release_spans
from cnerkit.codecs.tags import Repair, Scheme, Span, spans_from_tags
from cnerkit.scoring.exact import Report
from cnerkit.scoring.levels import LevelScores, Mention, TypeLevels, score_level
from cnerkit.text import Entity, LabelSet, Prediction, TypeHierarchy

BY_TAGS = "tags are cut to their prefix and the first names of their type, then read; only well-formed entities count"
BY_ENTITIES = "entities are read first, then their types are cut to their first names"
RELEASE = "whole tags, read as the authors' release of SoftFiNE reads them"


@dataclass(frozen=True, slots=True)
class LevelEvaluation:
    """Scores at each level, and the same system counted in other ways.

    Attributes:
        scores: With tags cut before they are read as entities; of a model that gives no tags, with types cut after.
        cut_after: With types cut after.
        release: At the deepest level, of BIOES tags.
    """

    scores: LevelScores
    cut_after: LevelScores
    release: Report | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        release = self.release and {"definition": RELEASE, **self.release.to_json()["micro"]}
        return {**self.scores.to_json(), "compared": {"types_cut": self.cut_after.to_json(), "release": release}}


def evaluate_levels(
    gold: Sequence[frozenset[Entity]],
    predictions: Sequence[Prediction],
    *,
    types: LabelSet,
    hierarchy_separator: str | None,
    scheme: Scheme | None,
) -> LevelEvaluation:
    """Score predictions at each level of the types.

    Args:
        gold: The entities of each sentence.
        predictions: Of the same sentences.
        types: What the model knows; gold may have others besides.
        hierarchy_separator: What stands between the names of a type; None for flat types.
        scheme: Of the predictions' tags; None for a model that gives no tags.

    Raises:
        DataError: A type has a level without a name.
    """
    levels = TypeLevels(TypeHierarchy(hierarchy_separator) if hierarchy_separator else None)
    deepest = levels.deepest({*types, *(entity.type for entities in gold for entity in entities)})

    def scored(definition: str, found: Callable[[int], Iterator[set[Mention]]]) -> LevelScores:
        return LevelScores(definition, tuple(score_level(gold, found(level), levels, level) for level in range(deepest + 1)))

    after = scored(BY_ENTITIES, lambda level: (levels.cut_entities(each.entities, level) for each in predictions))
    if scheme is None:
        return LevelEvaluation(after, after)
    tags, read = [each.tags or () for each in predictions], partial(spans_from_tags, scheme=scheme, repair=Repair.DROP)
    before = scored(BY_TAGS, lambda level: _cut_before(tags, read, levels, level))
    if scheme is not Scheme.BIOES:
        return LevelEvaluation(before, after)
    release = score_level(gold, _cut_before(tags, release_spans, levels, deepest), levels, deepest)
    return LevelEvaluation(before, after, release)


def _cut_before(
    tags: Sequence[Sequence[str]], read: Callable[[Sequence[str]], list[Span]], levels: TypeLevels, level: int
) -> Iterator[set[Mention]]:
    """What the tags of each sentence say once they are cut."""
    cut = {tag: _cut_tag(tag, levels, level) for tag in set(chain.from_iterable(tags))}
    for row in tags:
        yield {(((start, end),), type_) for start, end, type_ in read([cut[tag] for tag in row])}


def _cut_tag(tag: str, levels: TypeLevels, level: int) -> str:
    prefix, dash, type_ = tag.partition("-")
    return f"{prefix}-{levels.cut(type_, level)}" if dash else tag
