"""Whether scores of systems may stand in one table: the same sentences, gold, types and kind of score."""

from collections.abc import Iterable, Sequence

from cnerkit.errors import UsageError
from cnerkit.text import Sentence
from cnerkit.workflows.members import Member
from cnerkit.workflows.scored import Scored
from cnerkit.workflows.wording import counted

ON_ONE = "compare their checkpoints on one corpus with --on SOURCE [--split P], or train them on the same one"
SHOWN = 40
"""Characters of a sentence that a message quotes."""


def refuse_incomparable(members: Sequence[Member]) -> None:
    """Refuse models whose scores do not compare.

    Args:
        members: Of all systems.

    Raises:
        UsageError: Two of them differ in the kind of score, the sentences, their gold or the types; how is told.
    """
    first = members[0]
    for other in members[1:]:
        _refuse_other_score(first, other)
        _refuse_other_gold(first, other)
    predicting = [member for member in members if member.types is not None]
    for other in predicting[1:]:
        _refuse_other_types(predicting[0], other)


def _refuse_other_score(one: Member, other: Member) -> None:
    if one.types_spans != other.types_spans:
        given, finding = (one, other) if one.types_spans else (other, one)
        raise UsageError(
            f"{given.system} is given spans and scored on their types, and {finding.system} finds entities in text",
            where=str(other.path),
            fix="compare systems with the same kind of score",
        )


def _refuse_other_gold(one: Member, other: Member) -> None:
    if not one.scored.same_gold(other.scored):
        raise UsageError(
            f"{one.system} and {other.system} are not scored on the same: {_difference(one.scored, other.scored)}",
            where=str(other.path),
            fix=ON_ONE,
        )


def _refuse_other_types(one: Member, other: Member) -> None:
    if one.types != other.types:
        raise UsageError(
            f"{one.system} and {other.system} know other types: {_only(one.types or (), other.types or ())}",
            where=str(other.path),
            fix="compare models of the same types; data.types of a recipe maps those of a corpus",
        )


def _difference(one: Scored, other: Scored) -> str:
    """The first of all ways in which they differ that says the most."""
    if one.corpus != other.corpus:
        return f"{one.corpus} and {other.corpus}"
    if one.split != other.split:
        return f"{one.split} and {other.split}, as one has no test"
    if (types := _types(one.sentences)) != (others := _types(other.sentences)):
        return f"other types, {_only(types, others)}"
    if len(one.sentences) != len(other.sentences):
        return f"{counted(len(one.sentences), 'sentence')} of {one.split} and {len(other.sentences)}"
    pairs = enumerate(zip(one.sentences, other.sentences, strict=True), start=1)
    number, (left, right) = next((n, pair) for n, pair in pairs if _known(pair[0]) != _known(pair[1]))
    if left.tokens != right.tokens or left.joiner != right.joiner:
        return f"sentence {number} of {one.split} is {_quoted(left)} and {_quoted(right)}"
    return f"sentence {number} of {one.split} has other gold entities, {_quoted(left)}"


def _types(sentences: Iterable[Sentence]) -> frozenset[str]:
    return frozenset(entity.type for sentence in sentences for entity in sentence.entities or ())


def _only(one: Iterable[str], other: Iterable[str]) -> str:
    """What each of two inventories has alone."""
    left, right = sorted(set(one) - set(other)), sorted(set(other) - set(one))
    told = {"only the first has": left, "only the second has": right}
    return "; ".join(f"{what} {', '.join(types)}" for what, types in told.items() if types)


def _known(sentence: Sentence) -> tuple[object, ...]:
    return sentence.tokens, sentence.joiner, sentence.entities


def _quoted(sentence: Sentence) -> str:
    text = sentence.text
    return repr(text[:SHOWN] + "…" * (len(text) > SHOWN))
