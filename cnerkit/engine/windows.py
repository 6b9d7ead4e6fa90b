"""Text of any length as overlapping windows, cut at sentence ends, and the windows' entities put together again.

Each token is owned by exactly one window, which sees some context on either side of what it owns. An entity counts where the
window that owns its first token finds it, so none is counted twice and none is lost that is shorter than the context.
"""

from collections.abc import Sequence
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
    """Windows of at most ``limit`` tokens over the whole of a sentence.

    A window ends what it owns after the last sentence end in its second half, failing that after the last pause there, failing
    that where it is full.

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
        end = _cut(tokens, here, room)
        found.append(Window(max(0, here - context), min(len(tokens), end + context), here, end))
        here = end
    return found


def merge(sentence: Sentence, parts: Sequence[tuple[Window, Prediction]]) -> Prediction:
    """The entities of all windows of a sentence, each from the one that owns its first token, with the tags of what each owns.

    Where an entity reaches into the next window's own tokens and that window finds another one over it, the earlier stays.
    """
    if len(parts) == 1:
        return parts[0][1]
    kept: list[tuple[Entity, float]] = []
    for window, prediction in parts:
        border = [entity for entity, _ in kept if entity.end > window.own_start]
        for entity, score in zip(prediction.entities, prediction.scores, strict=True):
            moved = _moved(entity, window.start)
            owned = window.own_start <= moved.start < window.own_end
            if owned and not any(moved.start < other.end for other in border):
                kept.append((moved, score))
    return Prediction(sentence.id, tuple(entity for entity, _ in kept), tuple(score for _, score in kept), _own_tags(parts))


def _own_tags(parts: Sequence[tuple[Window, Prediction]]) -> tuple[str, ...] | None:
    """What each window says of the tokens that it owns, in a row; None when one says nothing."""
    tags: list[str] = []
    for window, prediction in parts:
        if prediction.tags is None:
            return None
        tags += prediction.tags[window.own_start - window.start : window.own_end - window.start]
    return tuple(tags)


def _cut(tokens: Sequence[str], start: int, room: int) -> int:
    end = start + room
    if end >= len(tokens):
        return len(tokens)
    for marks in (SENTENCE_ENDS, PAUSES):
        for position in range(end, start + room // 2, -1):
            if tokens[position - 1] in marks:
                return position
    return end


def _moved(entity: Entity, offset: int) -> Entity:
    if not offset:
        return entity
    return Entity(tuple(Fragment(part.start + offset, part.end + offset) for part in entity.fragments), entity.type)
