"""Text of any length as overlapping windows, cut at sentence ends, and the windows' entities put together again.

Each token is owned by exactly one window, which sees some context on either side of what it owns. An entity counts where the
window that owns its first token finds it, so none is counted twice. None is lost that is no longer than the context, from its
first to its last token: what leaves the text of its window cannot be found there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cnerkit.text import Entity, Fragment, Prediction, Sentence

SENTENCE_ENDS = frozenset("。！？；!?;…\n")
PAUSES = frozenset("，、：,: \t\u3000")


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens ``[start, end)`` of a sentence, of which it owns ``[own_start, own_end)``."""

    start: int
    end: int
    own_start: int
    own_end: int

    def of(self, sentence: Sentence) -> Sentence:
        """The window's tokens as a sentence of their own, not annotated."""
        if self.end - self.start == len(sentence):
            return sentence.without_entities()
        return Sentence(sentence.id, sentence.tokens[self.start : self.end], None, sentence.joiner)


def windows(tokens: Sequence[str], limit: int, context: int) -> list[Window]:
    """Windows of at most ``limit`` tokens over the whole of a sentence; what each owns ends where ``end_of_piece`` says.

    Args:
        tokens: The sentence.
        limit: Tokens in a window, context included.
        context: Tokens that a window sees before and after what it owns.

    Raises:
        ValueError: The context leaves no room for a window to own anything.
    """
    room = limit - 2 * context
    if room < 1:
        raise ValueError(f"windows of {limit} tokens cannot have {context} tokens of context on either side")
    if len(tokens) <= limit:
        return [Window(0, len(tokens), 0, len(tokens))]
    found, here = [], 0
    while here < len(tokens):
        end = end_of_piece(tokens, here, room)
        found.append(Window(max(0, here - context), min(len(tokens), end + context), here, end))
        here = end
    return found


def end_of_piece(tokens: Sequence[str], start: int, limit: int) -> int:
    """Where a piece of at most ``limit`` tokens that begins at ``start`` ends.

    It ends with the text, or after the last sentence end in its second half, failing that after the last pause there, failing
    that where it is full.
    """
    full = start + limit
    if full >= len(tokens):
        return len(tokens)
    half = start + (limit + 1) // 2
    for marks in (SENTENCE_ENDS, PAUSES):
        for end in range(full, half - 1, -1):
            if tokens[end - 1] in marks:
                return end
    return full


def merge(sentence: Sentence, parts: Sequence[tuple[Window, Prediction]], *, flat: bool = True) -> Prediction:
    """The entities of all windows of a sentence, each from the one that owns its first token, with the tags of what each owns.

    Args:
        sentence: What was cut.
        parts: Its windows in order, and what was found in each.
        flat: Whether no two entities may overlap. Where one reaches into the next window's own tokens and that window finds
            another one over it, the earlier stays; otherwise both do.
    """
    if len(parts) == 1:
        return parts[0][1]
    kept: dict[Entity, float] = {}
    reached = 0
    for window, prediction in parts:
        border = reached if flat else 0
        for entity, score in zip(prediction.entities, prediction.scores, strict=True):
            found = moved(entity, window.start)
            owned = window.own_start <= found.start < window.own_end
            if owned and found.start >= border:
                kept.setdefault(found, score)
                reached = max(reached, found.end)
    return Prediction(sentence.id, tuple(kept), tuple(kept.values()), _own_tags(parts))


def moved(entity: Entity, offset: int) -> Entity:
    """The entity with all its fragments ``offset`` tokens further on."""
    if not offset:
        return entity
    return Entity(tuple(Fragment(part.start + offset, part.end + offset) for part in entity.fragments), entity.type)


def _own_tags(parts: Iterable[tuple[Window, Prediction]]) -> tuple[str, ...] | None:
    """What each window says of the tokens that it owns, in a row; None when one says nothing."""
    tags: list[str] = []
    for window, prediction in parts:
        if prediction.tags is None:
            return None
        tags += prediction.tags[window.own_start - window.start : window.own_end - window.start]
    return tuple(tags)
