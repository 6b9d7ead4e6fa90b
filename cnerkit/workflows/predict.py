"""Entities in text: lines in, one result for each line out, in order and in constant memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from cnerkit.codecs.schemes import Scheme
from cnerkit.codecs.tags import tags_from_entities
from cnerkit.engine.devices import Precision, prediction_batch
from cnerkit.engine.inference import predict_sentences
from cnerkit.errors import DataError
from cnerkit.text import Attention, Entity, Fragment, Prediction, Sentence
from cnerkit.workflows.division import Tokens
from cnerkit.workflows.lines import Form, Line, chunks, is_live, read_lines, sentence_of, tokenize
from cnerkit.workflows.model import RestoredModel

DIGITS = 4
"""Decimals of a score or a weight; what lies beyond them depends on how lines were put into batches."""


@dataclass(frozen=True, slots=True)
class FoundEntity:
    """An entity in a line of text: code points ``[start, end)``, exactly of the text that came in.

    ``fragments`` are all its pieces; the ``text`` of a discontinuous one is theirs, joined by a space.
    """

    fragments: tuple[Fragment, ...]
    label: str
    text: str
    score: float

    @property
    def start(self) -> int:
        """First code point."""
        return self.fragments[0].start

    @property
    def end(self) -> int:
        """One past the last code point."""
        return self.fragments[-1].end

    def as_record(self) -> dict[str, Any]:
        """The entity as in span JSON, with ``fragments`` only when there are several."""
        where: dict[str, Any] = {"start": self.start, "end": self.end, "label": self.label, "text": self.text}
        if len(self.fragments) > 1:
            where["fragments"] = [[part.start, part.end] for part in self.fragments]
        return {**where, "score": self.score}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The tokens of a line, and how much each class attends to each of them."""

    tokens: tuple[str, ...]
    attention: Attention

    def as_record(self) -> dict[str, Any]:
        """The classes, the tokens, and a row of weights for each class."""
        rows = [[round(weight, DIGITS) for weight in row] for row in self.attention.weights]
        return {"classes": list(self.attention.classes), "tokens": list(self.tokens), "weights": rows}


@dataclass(frozen=True, slots=True)
class PredictedLine:
    """A line of input and the entities found in it; none when the line could not be read.

    ``explanation`` is there when it was asked for.
    """

    line: Line
    entities: tuple[FoundEntity, ...]
    explanation: Explanation | None = None

    def as_record(self) -> dict[str, Any]:
        """The line as one JSON object: its text, its entities, its explanation, and the other fields it came with."""
        if self.line.problem:
            return {"text": None, "entities": [], "error": self.line.problem}
        return {
            **(self.line.fields or {}),
            "text": self.line.text,
            "entities": [found.as_record() for found in self.entities],
            **({"attention": self.explanation.as_record()} if self.explanation else {}),
        }

    def as_sentence(self) -> Sentence:
        """The line's text, character by character, with its entities."""
        entities = frozenset(Entity(found.fragments, found.label) for found in self.entities)
        return Sentence(self.line.place, tuple(self.line.text), entities)


def predict_stream(
    restored: RestoredModel,
    stream: BinaryIO,
    source: str,
    *,
    form: Form | None = None,
    batch_tokens: int | None = None,
    precision: Precision = "fp32",
) -> Iterator[list[PredictedLine]]:
    """Entities of each line of a stream, in groups as they are done.

    Args:
        restored: The model, on its device.
        stream: Text, or JSON lines with a ``text``; see ``read_lines``.
        source: What to call the stream in messages.
        form: Which of the two, when it shall not be told from the first line.
        batch_tokens: Padded tokens in a batch, at most; None leaves it to the device.
        precision: Number format of the layers that allow bfloat16.
    """
    for chunk in chunks(read_lines(stream, source, form), live=is_live(stream)):
        yield predict_lines(restored, chunk, batch_tokens=batch_tokens, precision=precision)


def predict_lines(
    restored: RestoredModel, lines: Iterable[Line], *, batch_tokens: int | None, precision: Precision
) -> list[PredictedLine]:
    """Entities of each line, in order."""
    lines = list(lines)
    predictions = predict_sentences(
        restored.model,
        [sentence_of(line, restored.tokens) for line in lines],
        batch_tokens=batch_tokens or prediction_batch(restored.device),
        kinds=restored.task.kinds,
        device=restored.device,
        precision=precision,
        read_ahead=len(lines) or 1,
    )
    return [
        PredictedLine(line, tuple(_found(line.text, restored.tokens, prediction)))
        for line, prediction in zip(lines, predictions, strict=True)
    ]


def as_tagged(predicted: PredictedLine, kind: Tokens, scheme: Scheme) -> tuple[Sentence, list[str]]:
    """The line as a sentence with its entities, and their tags.

    Raises:
        DataError: The scheme cannot write the entities, because two overlap or one is discontinuous.
    """
    name = predicted.line.place
    tokens, starts = tokenize(predicted.line.text, kind)
    first = {start: place for place, start in enumerate(starts)}
    end = {start + len(token): place for place, (start, token) in enumerate(zip(starts, tokens, strict=False), start=1)}
    entities = frozenset(
        Entity(tuple(Fragment(first[part.start], end[part.end]) for part in found.fragments), found.label)
        for found in predicted.entities
    )
    try:
        tags = tags_from_entities(entities, len(tokens), scheme)
    except DataError as error:
        raise DataError(error.what, where=name, fix="use --format jsonl, which holds entities of any kind") from error
    return Sentence(name, tokens, entities, kind.joiner), tags


def _found(text: str, kind: Tokens, prediction: Prediction) -> Iterator[FoundEntity]:
    if not prediction.entities:
        return
    tokens, starts = tokenize(text, kind)
    for entity, score in zip(prediction.entities, prediction.scores, strict=True):
        fragments = tuple(_characters(part, tokens, starts) for part in entity.fragments)
        surface = " ".join(text[part.start : part.end] for part in fragments)
        yield FoundEntity(fragments, entity.type, surface, round(score, DIGITS))


def _characters(part: Fragment, tokens: tuple[str, ...], starts: list[int]) -> Fragment:
    last = part.end - 1
    return Fragment(starts[part.start], starts[last] + len(tokens[last]))
