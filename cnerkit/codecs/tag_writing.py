"""Spans to tags, refusing what one tag per token cannot carry."""

from collections.abc import Iterable

from cnerkit.codecs.schemes import OUTSIDE, Scheme
from cnerkit.codecs.tag_reading import Span
from cnerkit.errors import DataError


def tags_from_spans(spans: Iterable[Span], length: int, scheme: Scheme) -> list[str]:
    """The tags of a sentence of ``length`` tokens whose entities are ``(start, end, type)``.

    Raises:
        DataError: Two spans overlap, one ends after the sentence, or two touch that the scheme cannot tell apart.
    """
    tags = [OUTSIDE] * length
    before: Span = (0, 0, "")
    for span in sorted(spans):
        start, end, type_ = span
        touching = start == before[1] and type_ == before[2]
        if start < before[1] or end > length or (touching and not scheme.shape.tells_neighbours_apart):
            raise _refusal(before, span, length, scheme)
        tags[start:end] = [f"{prefix}-{type_}" for prefix in scheme.shape.prefixes_of(end - start, touching)]
        before = span
    return tags


def _refusal(before: Span, span: Span, length: int, scheme: Scheme) -> DataError:
    """The error about a span that cannot be written after the one before it."""
    if span[1] > length:
        return DataError(
            f"the entity {_name(span)} ends after the sentence, which has {length} tokens",
            fix="offsets count tokens from 0 and end is exclusive",
        )
    if span[0] < before[1]:
        return DataError(
            f"the entities {_name(before)} and {_name(span)} overlap, and {scheme} gives each token one tag",
            fix="write spans, which hold entities of any kind",
        )
    return DataError(
        f"the entities {_name(before)} and {_name(span)} touch, and {scheme} would join them to one",
        fix=f"choose a scheme that marks where an entity begins, such as {Scheme.BIO}",
    )


def _name(span: Span) -> str:
    start, end, type_ = span
    return f"{type_} [{start}, {end})"
