"""Sentences as the files of a format: made fit for it first, with everything counted that it cannot hold."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from cnerkit.codecs.overlap import Overlap, unfit
from cnerkit.codecs.tags import Scheme, tags_from_entities
from cnerkit.corpora import formats
from cnerkit.corpora.conll import ConllWriter
from cnerkit.corpora.formats import FORMATS, Format
from cnerkit.corpora.records import json_line
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.layered import layer_texts
from cnerkit.workflows.losses import Losses

_Piece = TypeVar("_Piece", str, tuple[str, str])

_IDS = frozenset({"id", "doc_id", "sent_id"})

GRID = "grid"
SPAN = "span"


@dataclass(frozen=True, slots=True)
class Target:
    """What is written.

    Attributes:
        scheme: A tag scheme, ``grid`` or ``span``.
        format: One that fits the scheme.
        overlap: What becomes of entities that it cannot hold.
        grid: The relations of a grid, ``crener`` or ``w2ner``.
    """

    scheme: str
    format: Format
    overlap: Overlap = Overlap.ERROR
    grid: str = "crener"

    @property
    def is_plain_columns(self) -> bool:
        """True for one tag per token in columns, which tags can be brought to without a detour over values."""
        return self.format.name == "conll"


@dataclass(slots=True)
class Writing:
    """The sentences of one file on their way into a target.

    Attributes:
        target: What is written.
        source: The format that they come from.
        name: What messages call the file that they come from.
        losses: Where what the target cannot hold is counted.
        written: Entities that were written, by type.
    """

    target: Target
    source: str
    name: str
    losses: Losses
    written: Counter[str] = field(default_factory=Counter)
    _current: str = ""

    def texts(self, sentences: Iterable[Sentence]) -> Iterator[str]:
        """The text of the target's file, piece by piece.

        Raises:
            DataError: The target cannot carry a sentence; says which.
        """
        yield from self._placed(_WRITERS.get(self.target.format.name, _records)(self._fit(sentences), self.target))

    def files(self, sentences: Iterable[Sentence]) -> Iterator[tuple[str, str]]:
        """The path and the content of each file, for a target that is a folder.

        Raises:
            DataError: The target cannot carry a sentence; says which.
        """
        module = formats.folder(self.target.format.name)
        yield from self._placed(module.files(self._fit(sentences), self.losses.others))

    def _placed(self, pieces: Iterator[_Piece]) -> Iterator[_Piece]:
        try:
            yield from pieces
        except DataError as error:
            if error.where:  # a mistake of the source, told while it was read
                raise
            where = f"{self.name}, sentence {self._current}" if self._current else self.name
            raise DataError(error.what, where=where, fix=error.fix) from error

    def _fit(self, sentences: Iterable[Sentence]) -> Iterator[Sentence]:
        for sentence in sentences:
            self._current = sentence.id
            fitting = self._fitting(sentence)
            self.written.update([entity.type for entity in fitting.entities or ()])
            yield fitting

    def _fitting(self, sentence: Sentence) -> Sentence:
        format_ = self.target.format
        if sentence.entities is None and not format_.unannotated:
            fix = "give every sentence its entities, [] where there are none; or choose a format that can hold text alone"
            raise DataError("it is not annotated", fix=fix)
        if format_.units == "characters":
            sentence = sentence.as_characters()
        if sentence.extra and format_.name != self.source:
            self.losses.fields.update(key for key, value in sentence.extra.items() if not _is_in_id(key, value, sentence.id))
            sentence = replace(sentence, extra=None)
        return self._with_fitting_entities(sentence) if sentence.entities else sentence

    def _with_fitting_entities(self, sentence: Sentence) -> Sentence:
        target, entities = self.target, sentence.entities or frozenset()
        lost: Mapping[Entity, str]
        if target.format.name == "text":
            lost = dict.fromkeys(entities, "since plain text holds none")
        elif target.format.name == GRID:
            from cnerkit.workflows.grids import grid_losses

            lost = grid_losses(sentence, target.overlap)
        else:
            lost = unfit(entities, target.overlap, target.format.carries)
        for entity, why in sorted(lost.items()):
            self.losses.add(sentence, entity, why)
        return replace(sentence, entities=entities - lost.keys()) if lost else sentence


def _is_in_id(field: str, value: object, id_: str) -> bool:
    """Whether a field only says what the sentence's id says."""
    return field in _IDS and str(value) in id_


def _columns(sentences: Iterable[Sentence], target: Target) -> Iterator[str]:
    lines = ConllWriter()
    for sentence in sentences:
        yield lines.text(sentence.tokens, _tags(sentence, target))


def _layers(sentences: Iterable[Sentence], target: Target) -> Iterator[str]:
    yield from layer_texts(sentences, Scheme(target.scheme))


def _hf(sentences: Iterable[Sentence], target: Target) -> Iterator[str]:
    module = formats.tagged(target.format.name)
    for sentence in sentences:
        yield json_line(module.record(sentence.tokens, _tags(sentence, target), sentence.id), sentence)


def _grids(sentences: Iterable[Sentence], target: Target) -> Iterator[str]:
    from cnerkit.workflows.grids import grid_record

    for sentence in sentences:
        yield json_line(grid_record(sentence, target.grid), sentence)


def _records(sentences: Iterable[Sentence], target: Target) -> Iterator[str]:
    module = formats.records(target.format.name)
    lines = (json_line(module.record(sentence), sentence) for sentence in sentences)
    yield from _array(lines) if target.format.array else lines


def _array(lines: Iterable[str]) -> Iterator[str]:
    """Objects as one JSON array, each on a line of its own."""
    before = "[\n"
    for line in lines:
        yield before + line.removesuffix("\n")
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"


def _texts(sentences: Iterable[Sentence], target: Target) -> Iterator[str]:
    yield from formats.text(target.format.name).write(sentences)


def _tags(sentence: Sentence, target: Target) -> list[str]:
    return tags_from_entities(sentence.entities or frozenset(), len(sentence), Scheme(target.scheme))


_WRITERS: Mapping[str, Callable[[Iterable[Sentence], Target], Iterator[str]]] = {
    "conll": _columns,
    "layers": _layers,
    "hf": _hf,
    "grid": _grids,
    **{each.name: _texts for each in FORMATS.values() if each.kind == "text"},
}
"""What writes a format; those not named hold records."""
