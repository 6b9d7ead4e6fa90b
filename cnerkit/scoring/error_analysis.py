"""The errors of a system over a corpus: how many of each class, of which types and where, and which types stand for which."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from cnerkit.scoring.error_classes import Finding, Kind, find_errors
from cnerkit.scoring.exact import paired
from cnerkit.text import Entity


@dataclass(frozen=True, slots=True)
class Located:
    """An error and the sentence that it is in, whose number counts from 0."""

    sentence: int
    finding: Finding

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"sentence": self.sentence, **self.finding.to_json()}


@dataclass(frozen=True, slots=True)
class TypeErrors:
    """What one class has of one type.

    Attributes:
        type: That of the first gold entity of an error, or of the predicted one when there is no gold.
        times: How often.
        sentences: The numbers of the sentences, each once and in order; none are kept of what is correct.
    """

    type: str
    times: int
    sentences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClassErrors:
    """What a class has.

    Attributes:
        kind: The class.
        gold: Gold entities in it.
        predicted: Predicted entities in it.
        types: What it has of each type, most first.
    """

    kind: Kind
    gold: int
    predicted: int
    types: tuple[TypeErrors, ...]

    @property
    def times(self) -> int:
        """How often; a split or merged entity is one error of several entities."""
        return sum(entry.times for entry in self.types)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "class": self.kind.value,
            "meaning": self.kind.meaning,
            "times": self.times,
            "gold": self.gold,
            "predicted": self.predicted,
            "types": [{"type": entry.type, "times": entry.times, "sentences": list(entry.sentences)} for entry in self.types],
        }


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often entities of one type stand where the other has one of another type, or none.

    Over all confusions of a type, gold adds up to its gold entities and predicted to its predicted ones.
    """

    gold: str | None
    predicted: str | None
    times: int

    def to_json(self) -> dict[str, Any]:
        """Plain data; null is none."""
        return {"gold": self.gold, "predicted": self.predicted, "times": self.times}


@dataclass(frozen=True, slots=True)
class ErrorAnalysis:
    """The errors of a system over some sentences.

    Attributes:
        sentences: How many there were.
        classes: Those that occur, in the order of ``Kind``. Their gold and predicted entities add up to all there are.
        confusions: Most first, with those of a type with itself.
        errors: All, in the order of sentences.
    """

    sentences: int
    classes: tuple[ClassErrors, ...]
    confusions: tuple[Confusion, ...]
    errors: tuple[Located, ...]

    @property
    def gold(self) -> int:
        """Gold entities."""
        return sum(entry.gold for entry in self.classes)

    @property
    def predicted(self) -> int:
        """Predicted entities."""
        return sum(entry.predicted for entry in self.classes)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "sentences": self.sentences,
            "gold": self.gold,
            "predicted": self.predicted,
            "classes": [entry.to_json() for entry in self.classes],
            "confusions": [entry.to_json() for entry in self.confusions],
            "errors": [entry.to_json() for entry in self.errors],
        }


def analyse_errors(gold: Iterable[Collection[Entity]], predicted: Iterable[Collection[Entity]]) -> ErrorAnalysis:
    """The class of each gold and predicted entity; ``error_classes`` defines them.

    Args:
        gold: The entities of each sentence; one that is given twice counts once.
        predicted: Those that a system finds, for the same sentences in the same order.

    Raises:
        DataError: One of the two has more sentences than the other.
    """
    correct: Counter[str] = Counter()
    errors: list[Located] = []
    sentences = 0
    for sentences, (one, other) in enumerate(paired(gold, predicted), 1):
        right, found = set(one), set(other)
        correct.update([entity.type for entity in right & found])
        errors += [Located(sentences - 1, finding) for finding in find_errors(right, found)]
    return ErrorAnalysis(sentences, _classes(correct, errors), _confusions(correct, errors), tuple(errors))


def _classes(correct: Counter[str], errors: Iterable[Located]) -> tuple[ClassErrors, ...]:
    found = defaultdict[Kind, list[Located]](list)
    for error in errors:
        found[error.finding.kind].append(error)
    right = tuple(TypeErrors(type_, times, ()) for type_, times in _most_first(correct))
    rows = [ClassErrors(Kind.CORRECT, correct.total(), correct.total(), right)] if correct else []
    return (*rows, *(_class(kind, found[kind]) for kind in Kind if kind in found))


def _class(kind: Kind, errors: Collection[Located]) -> ClassErrors:
    places = defaultdict[str, list[int]](list)
    for error in errors:
        places[error.finding.type].append(error.sentence)
    times = Counter({type_: len(sentences) for type_, sentences in places.items()})
    return ClassErrors(
        kind,
        gold=sum(len(error.finding.gold) for error in errors),
        predicted=sum(len(error.finding.predicted) for error in errors),
        types=tuple(TypeErrors(type_, n, tuple(dict.fromkeys(places[type_]))) for type_, n in _most_first(times)),
    )


def _most_first(times: Counter[str]) -> list[tuple[str, int]]:
    return sorted(times.items(), key=lambda entry: (-entry[1], entry[0]))


def _confusions(correct: Counter[str], errors: Iterable[Located]) -> tuple[Confusion, ...]:
    times: Counter[tuple[str | None, str | None]] = Counter({(type_, type_): n for type_, n in correct.items()})
    for error in errors:
        times.update(error.finding.confusions())
    ordered = sorted(times.items(), key=lambda entry: (-entry[1], entry[0][0] or "", entry[0][1] or ""))
    return tuple(Confusion(gold, predicted, n) for (gold, predicted), n in ordered)
