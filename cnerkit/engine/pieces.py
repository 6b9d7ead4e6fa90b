"""Sentences that are too long to train on, divided into shorter ones; no entity is cut or lost."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cnerkit.engine.windows import end_of_piece, moved
from cnerkit.text import Entity, Fragment, Sentence


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a model is trained on.

    Attributes:
        sentences: Those that were short enough, and in the places of the others their pieces.
        limit: Tokens of a piece; None when nothing was divided.
        n_divided: Sentences that were too long.
        n_pieces: What they became.
        n_longer: Pieces that are longer than the limit, because an entity fills them.
        longest: Tokens of the longest of those; 0 without any.
    """

    sentences: tuple[Sentence, ...]
    limit: int | None = None
    n_divided: int = 0
    n_pieces: int = 0
    n_longer: int = 0
    longest: int = 0


def divided(sentences: Sequence[Sentence], limit: int | None) -> Pieces:
    """Sentences to train on, none of them longer than the limit unless an entity is.

    Args:
        sentences: Annotated.
        limit: Tokens of one; None leaves all as they are.
    """
    if limit is None:
        return Pieces(tuple(sentences))
    parts = [pieces_of(sentence, limit) for sentence in sentences]
    pieces = [piece for part in parts if len(part) > 1 for piece in part]
    over = [len(piece) for part in parts for piece in part if len(piece) > limit]
    return Pieces(
        sentences=tuple(piece for part in parts for piece in part),
        limit=limit,
        n_divided=sum(len(part) > 1 for part in parts),
        n_pieces=len(pieces),
        n_longer=len(over),
        longest=max(over, default=0),
    )


def pieces_of(sentence: Sentence, limit: int) -> list[Sentence]:
    """A sentence as pieces that follow one another, each with its own entities; itself when there is nothing to cut."""
    spans = piece_spans(sentence.tokens, limit, sentence.entities or ())
    if len(spans) < 2:
        return [sentence]
    entities = sorted(sentence.entities or ())
    return [
        Sentence(
            f"{sentence.id}[{span.start}:{span.end}]",
            sentence.tokens[span.start : span.end],
            None if sentence.entities is None else frozenset(moved(entity, -span.start) for entity in _within(entities, span)),
            sentence.joiner,
        )
        for span in spans
    ]


def piece_spans(tokens: Sequence[str], limit: int, entities: Iterable[Entity] = ()) -> list[Fragment]:
    """Where a sentence is cut.

    A cut that ``end_of_piece`` would make inside an entity, gaps included, is made where the entity starts. A piece that would
    be empty then goes on to the end of the entity instead, and is longer than the limit.
    """
    extents = _extents(entities)
    found, start = [], 0
    while start < len(tokens):
        end = _between_entities(end_of_piece(tokens, start, limit), start, extents)
        found.append(Fragment(start, end))
        start = end
    return found


def _extents(entities: Iterable[Entity]) -> list[Fragment]:
    """What entities cover from the first to the last token, those that overlap joined."""
    joined: list[Fragment] = []
    for entity in sorted(entities, key=lambda entity: entity.start):
        if joined and entity.start < joined[-1].end:
            joined[-1] = Fragment(joined[-1].start, max(joined[-1].end, entity.end))
        else:
            joined.append(Fragment(entity.start, entity.end))
    return joined


def _between_entities(cut: int, start: int, extents: Sequence[Fragment]) -> int:
    """A cut, or where it is in an extent the start of that; failing that, as the piece would be empty, the end of it."""
    place = bisect_left(extents, cut, key=lambda extent: extent.start) - 1
    if place < 0 or extents[place].end <= cut:
        return cut
    return extents[place].start if extents[place].start > start else extents[place].end


def _within(entities: Sequence[Entity], span: Fragment) -> Sequence[Entity]:
    """Of sorted entities those that start in a span."""
    first = bisect_left(entities, span.start, key=lambda entity: entity.start)
    return entities[first : bisect_left(entities, span.end, key=lambda entity: entity.start)]
