"""Entities in text: lines in, one result for each line out, in order and in constant memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from cnerkit.codecs.schemes import Scheme
from cnerkit.codecs.tags import tags_from_entities
from cnerkit.engine.devices import Precision, prediction_batch
from cnerkit.engine.inference import predict_sentences
from cnerkit.text import Entity, Prediction, Sentence
from cnerkit.workflows.lines import Form, Line, chunks, is_live, read_lines, sentence_of, tokenize
from cnerkit.workflows.model import RestoredModel

DIGITS = 4
"""Decimals of a score; what lies beyond them depends on how lines were put into batches."""


@dataclass(frozen=True, slots=True)
class FoundEntity:
    """An entity in a line of text: code points ``[start, end)``, exactly of the text that came in."""

    start: int
    end: int
    label: str
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class PredictedLine:
    """A line of input and the entities found in it; none when the line could not be read."""

    line: Line
    entities: tuple[FoundEntity, ...]

    def as_record(self) -> dict[str, Any]:
        """The line as one JSON object: its text, its entities, and the other fields it came with."""
        if self.line.problem:
            return {"text": None, "entities": [], "error": self.line.problem}
        return {
            **(self.line.fields or {}),
            "text": self.line.text,
            "entities": [
                {"start": found.start, "end": found.end, "label": found.label, "text": found.text, "score": found.score}
                for found in self.entities
            ],
        }


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
    joiner = restored.task.joiner
    predictions = predict_sentences(
        restored.model,
        [sentence_of(line, joiner) for line in lines],
        batch_tokens=batch_tokens or prediction_batch(restored.device),
        device=restored.device,
        precision=precision,
        read_ahead=len(lines) or 1,
    )
    return [
        PredictedLine(line, tuple(_found(line.text, joiner, prediction)))
        for line, prediction in zip(lines, predictions, strict=True)
    ]


def as_tagged(predicted: PredictedLine, joiner: str, scheme: Scheme) -> tuple[Sentence, list[str]]:
    """The line as a sentence with its entities, and their tags.

    Raises:
        DataError: The scheme cannot write the entities.
    """
    tokens, starts = tokenize(predicted.line.text, joiner)
    first = {start: place for place, start in enumerate(starts)}
    end = {start + len(token): place for place, (start, token) in enumerate(zip(starts, tokens, strict=False), start=1)}
    entities = frozenset(Entity.span(first[found.start], end[found.end], found.label) for found in predicted.entities)
    sentence = Sentence(f"{predicted.line.source}:{predicted.line.number}", tokens, entities, joiner)
    return sentence, tags_from_entities(entities, len(tokens), scheme)


def _found(text: str, joiner: str, prediction: Prediction) -> Iterator[FoundEntity]:
    if not prediction.entities:
        return
    tokens, starts = tokenize(text, joiner)
    for entity, score in zip(prediction.entities, prediction.scores, strict=True):
        start, end = _characters(entity, tokens, starts)
        yield FoundEntity(start, end, entity.type, text[start:end], round(score, DIGITS))


def _characters(entity: Entity, tokens: tuple[str, ...], starts: list[int]) -> tuple[int, int]:
    last = entity.end - 1
    return starts[entity.start], starts[last] + len(tokens[last])
