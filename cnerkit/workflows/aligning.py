"""The sentences of two annotated files side by side; what does not fit together is named with its first difference."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.gold import Annotated
from cnerkit.workflows.wording import counted

SHOWN = 40
"""Characters of a text that a message quotes."""
LISTED = 5
"""Types that a note names."""


def aligned(gold: Annotated, *systems: Annotated) -> list[tuple[Sentence, ...]]:
    """Each gold sentence with what systems said of it, all over the same tokens.

    They are as they are when they have the same tokens, and over the characters of their text when only that is the same.

    Raises:
        DataError: The sentences of a system have other texts, another order, or are not as many.
    """
    for system in systems:
        pairs = zip(gold.sentences, system.sentences, strict=False)
        if len(gold.sentences) != len(system.sentences) or not all(_fit(*pair) for pair in pairs):
            _refuse(gold.sentences, system.sentences, system.source)
    rows = zip(gold.sentences, *(system.sentences for system in systems), strict=True)
    return [row if len({one.tokens for one in row}) == 1 else tuple(one.as_characters() for one in row) for row in rows]


def _fit(gold: Sentence, predicted: Sentence) -> bool:
    return gold.tokens == predicted.tokens or gold.text == predicted.text


def _refuse(gold: Sequence[Sentence], predicted: Sequence[Sentence], where: str) -> None:
    """Say how two lists of sentences part, which do."""
    pairs = enumerate(zip(gold, predicted, strict=False))
    place = next((place for place, pair in pairs if not _fit(*pair)), min(len(gold), len(predicted)))
    fix = "predict exactly the gold sentences, in their order"
    if len(gold) != len(predicted):
        what = f"there are {counted(len(gold), 'gold sentence')} and {len(predicted)} predicted ones; "
        raise DataError(what + _first_difference(gold, predicted, place), where=where, fix=fix)
    if Counter(one.text for one in gold) == Counter(one.text for one in predicted):
        there = next(number for number, one in enumerate(gold, 1) if one.text == predicted[place].text)
        what = f"the sentences are those of the gold in another order: sentence {place + 1} is number {there} of the gold"
        raise DataError(f"{what}: {_quoted(predicted[place], 0)}", where=where, fix="bring them into the order of the gold")
    raise DataError(_first_difference(gold, predicted, place), where=where, fix=fix)


def _first_difference(gold: Sequence[Sentence], predicted: Sequence[Sentence], place: int) -> str:
    if place == len(predicted):
        return f"the predicted ones end before {_quoted(gold[place], 0)}"
    if place == len(gold):
        return f"the gold ends before {_quoted(predicted[place], 0)}"
    return _difference(gold[place], predicted[place], place + 1)


def _difference(gold: Sentence, predicted: Sentence, number: int) -> str:
    """Where two sentences part whose texts differ."""
    if gold.joiner != predicted.joiner:
        gold, predicted = gold.as_characters(), predicted.as_characters()
    pairs = zip(gold.tokens, predicted.tokens, strict=False)
    shorter = min(len(gold), len(predicted))
    place = next((place for place, (one, other) in enumerate(pairs) if one != other), shorter)
    return (
        f"sentence {number} differs from the gold at token {place + 1}: "
        f"{_quoted(predicted, place)} instead of {_quoted(gold, place)}"
    )


def _quoted(sentence: Sentence, place: int) -> str:
    rest = sentence.joiner.join(sentence.tokens[place:])
    return repr(rest[:SHOWN] + "…" * (len(rest) > SHOWN)) if rest else "the end of the sentence"


def notes_on_types(gold: Sequence[Collection[Entity]], predicted: Sequence[Collection[Entity]]) -> Iterator[str]:
    """Types that only one side has, each with its entities and the first sentence, and a side that has no entity at all."""
    right, found = (Counter(entity.type for entities in side for entity in entities) for side in (gold, predicted))
    if not right:
        yield "the gold has no entity" + (", so that every predicted one is wrong" if found else "")
    elif foreign := {type_: times for type_, times in found.items() if type_ not in right}:
        yield f"predicted types that the gold never has: {_listed(foreign)}; {_first(predicted, foreign)}"
    if not found:
        yield "nothing is predicted"
    elif lacking := {type_: times for type_, times in right.items() if type_ not in found}:
        yield f"gold types that are never predicted: {_listed(lacking)}; {_first(gold, lacking)}"


def _listed(types: Mapping[str, int]) -> str:
    ordered = sorted(types.items(), key=lambda entry: (-entry[1], entry[0]))
    more = f" and {len(ordered) - LISTED} more" if len(ordered) > LISTED else ""
    return ", ".join(f"{type_} ({times})" for type_, times in ordered[:LISTED]) + more


def _first(side: Sequence[Collection[Entity]], types: Mapping[str, int]) -> str:
    number = next(number for number, entities in enumerate(side, 1) if any(entity.type in types for entity in entities))
    return f"the first is in sentence {number}"
