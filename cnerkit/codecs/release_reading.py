"""BIOES tags as the authors' release of SoftFiNE reads them: to compare with its scores, never to score by.

Its decoder differs from the definition of an entity in three ways. A B that arrives while an entity is open loses both. An E of
another type is passed over, so that ``B-a E-b E-a`` is an entity over all three. An S drops the open entity but not its length,
so that a B right after it is lost.
"""

from collections.abc import Sequence

from cnerkit.codecs.tag_reading import Span


def release_spans(tags: Sequence[str]) -> list[Span]:
    """Spans ``(start, end, type)`` of one sentence in order, with offsets in tokens and exclusive ends."""
    spans: list[Span] = []
    open_: tuple[int, str] | None = None
    length = 0
    for place, tag in enumerate(tags):
        letter, _, type_ = tag.partition("-")
        if letter == "S":
            spans.append((place, place + 1, type_))
            open_ = None
        elif letter == "B" and not length:
            open_, length = (place, type_), 1
        elif letter == "I" and open_:
            length = length + 1 if type_ == open_[1] else 0
        elif letter == "E" and open_ and length:
            if type_ == open_[1]:
                spans.append((open_[0], place + 1, type_))
                open_, length = None, 0
        else:
            open_, length = None, 0
    return spans
