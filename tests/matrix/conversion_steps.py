"""One step of a conversion: sentences are written in a format as ``convert`` writes them, read back, and accounted for.

What comes back has to be what was written but for the losses that were counted: tokens, joiner and entities of each sentence
are compared one by one, and the entities that lack must be as many of each type as the losses say. Whatever is left over is a
mistake of the toolkit.
"""

import io
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile
from pathlib import Path

from cnerkit.cli.reading import read_options
from cnerkit.codecs.overlap import Overlap
from cnerkit.corpora.formats import FORMATS, Format
from cnerkit.errors import CnerkitError, DataError
from cnerkit.text import Entity, Fragment, Sentence
from cnerkit.workflows.losses import Losses
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.reading import Reading, open_corpus_file
from cnerkit.workflows.writing import GRID, SPAN, Target, Writing

DIVIDED = "tokens with white space in them, divided by --tokens spaces"
UNSAID = "mistake: "
"""What the name of an outcome begins with that nothing accounts for."""

_SHOWN = 3
_VALUES = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|U\+[0-9A-F]+|\d+")
_SPANS = re.compile(r"\S+ \[…, …\)")

Passage = tuple[int, Sentence]
"""A sentence, and its place in the dataset."""
Outcome = Counter[str]
"""What was counted on the way, by its name; nothing where everything came back."""


@dataclass(slots=True)
class Step:
    """What came back from a format.

    Attributes:
        passages: The sentences, with the ids that they went with.
        outcome: What was lost or refused, each counted.
        flags: What had to be said when they were read, since the file did not tell.
        overlooked: What the reader counted.
        fields: What sentences brought back besides, for a writer of the same format.
        keeps_ids: True when the ids came back as well.
        mistakes: What nothing accounts for, in words.
    """

    passages: list[Passage] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Counter)
    flags: tuple[str, ...] = ()
    overlooked: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    keeps_ids: bool = True
    mistakes: list[str] = field(default_factory=list)

    def blame(self, kind: str, shown: object, count: int = 1) -> None:
        """Count a mistake, and show the first ones."""
        self.outcome[UNSAID + kind] += count
        if sum(each.startswith(kind) for each in self.mistakes) < _SHOWN:
            self.mistakes.append(f"{kind}: {shown}")

    def take_over(self, other: "Step") -> None:
        """What came back, beside what was counted before."""
        self.passages, self.keeps_ids = other.passages, other.keeps_ids
        self.outcome.update(other.outcome)
        self.overlooked.update(other.overlooked)
        self.fields.update(other.fields)
        self.mistakes += other.mistakes


def named(kind: str, error: DataError) -> str:
    """The name of an outcome: an error's text, with the values that differ from sentence to sentence left out."""
    return f"{kind}: {_SPANS.sub('…', _VALUES.sub('…', error.what))}"


def target_of(name: str, *, scheme: str = "bio", grid: str = "crener") -> Target:
    """A format as a target; where it cannot hold entities together the outermost stay."""
    format_ = FORMATS[name]
    held = scheme if format_.has_tags else GRID if name == GRID else SPAN
    return Target(held, format_, Overlap.OUTERMOST, grid)


def take_step(passages: Sequence[Passage], target: Target, source: str) -> Step:
    """Write sentences in a format and read them back.

    Args:
        passages: The sentences.
        target: How they are written.
        source: The format that they come from, which alone may hold what they have besides text and entities.
    """
    step = Step()
    if not passages:
        return step
    with tempfile.TemporaryDirectory() as folder:
        written = _written(passages, target, source, Path(folder) / "written")
        step.outcome.update(written.refused)
        if not written.passages:
            return step
        is_words = any(sentence.joiner for _, sentence in written.passages)
        _read_back(written, target, is_words=is_words, step=step)
    return step


@dataclass(slots=True)
class _Written:
    """What was written: the sentences that were not refused, and their file or folder."""

    passages: Sequence[Passage]
    content: bytes | Path
    losses: Losses
    refused: Outcome = field(default_factory=Counter)


def _written(passages: Sequence[Passage], target: Target, source: str, folder: Path) -> _Written:
    """All sentences that are not refused, as one file; a conversion of all would be refused with the first of the others."""
    refused: Outcome = Counter()
    while True:
        found = _attempt(passages, target, source, folder)
        if isinstance(found, _Written):
            found.refused = refused
            return found
        kept: list[Passage] = []
        start = 0
        while isinstance(found, _Refused):
            alike = _refused_alike(passages, found.place, target)
            refused[named("sentences refused", found.error)] += alike
            kept += passages[start : found.place]
            start = found.place + alike
            found = _attempt(passages, target, source, folder, start)
        passages = [*kept, *passages[start:]]


def _refused_alike(passages: Sequence[Passage], place: int, target: Target) -> int:
    """How many from a place on are refused for the reason of the first: all in a row that are not annotated, and have to be."""
    if passages[place][1].entities is not None or target.format.unannotated:
        return 1
    return sum(1 for _ in takewhile(lambda each: each[1].entities is None, islice(passages, place, None)))


@dataclass(frozen=True, slots=True)
class _Refused:
    """The first sentence that a target refuses, by its place in the list, and why."""

    place: int
    error: DataError


def _attempt(passages: Sequence[Passage], target: Target, source: str, folder: Path, start: int = 0) -> _Written | _Refused:
    """Write the sentences from a place on, up to the first that is refused."""
    place = start

    def sentences() -> Iterator[Sentence]:
        nonlocal place
        for place in range(start, len(passages)):
            yield passages[place][1]

    writing = Writing(target, source, "the dataset", Losses())
    try:
        content = _content(writing, sentences(), folder)
    except DataError as error:
        return _Refused(place, error)
    return _Written(passages, content, writing.losses)


def _content(writing: Writing, sentences: Iterable[Sentence], folder: Path) -> bytes | Path:
    if writing.target.format.kind != "folder":
        return "".join(writing.texts(sentences)).encode()
    folder.mkdir(exist_ok=True)
    for path, content in writing.files(sentences):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8", newline="")
    return folder


def _read_back(written: _Written, target: Target, *, is_words: bool, step: Step) -> None:
    """Read with no more said than is needed, and account for what comes."""
    name = target.format.name
    said = {"tokens": "spaces"} if is_words and target.format.units == "characters" else {}
    while True:
        try:
            reading, found = _read(written.content, read_options(**said))
        except CnerkitError as error:
            if not (answer := _answer(error, target, said)):
                step.blame("what was written cannot be read", error)
                break
            said |= answer
            continue
        trial = Step()
        _account(written, reading, found, target, trial)
        if reading.format == name or not trial.mistakes:
            step.take_over(trial)
            break
        step.blame(f"{name} is read as {reading.format} without a word", trial.mistakes[0])
        said["from_"] = name
    step.flags = tuple(f"{_flag(option)} {value}" for option, value in said.items())
    if step.passages and reading.format != name:
        step.flags += (f"(read as {reading.format})",)


def _read(content: bytes | Path, options: ReadOptions) -> tuple[Reading, list[Sentence]]:
    source = content if isinstance(content, Path) else io.BytesIO(content)
    with open_corpus_file(source, options, name="what was written", ids="s") as reading:
        return reading, list(reading.sentences)


def interned(sentence: Sentence) -> Sentence:
    """The sentence with equal tokens as one value, which takes a tenth of the memory."""
    return replace(sentence, tokens=tuple(map(sys.intern, sentence.tokens)))


def _answer(error: CnerkitError, target: Target, said: Mapping[str, str]) -> dict[str, str]:
    """The option of ``convert`` that an error asks for and that was not said yet; nothing when it asks for none.

    Texts without annotations, in one file or in a folder of them, are told from other files by nobody but the user.
    """
    name = target.format.name
    if name in ("text", "brat") and "from_" not in said:
        return {"from_": name}
    every_column = max(re.findall(r"--columns ([\d,]+\d)", error.fix or ""), key=len, default=None)
    answers = {
        "from_scheme": target.scheme if target.format.has_tags else None,
        "from_": name,
        "columns": every_column,
        "offsets": "utf-16" if name == "doccano" else "code-points",
        "ends": "inclusive",
        "repair": "drop",
    }
    for option, value in answers.items():
        if value and option not in said and re.search(rf"{_flag(option)}(?![\w-])", error.fix or ""):
            return {option: value}
    return {}


def _flag(option: str) -> str:
    return "--" + option.rstrip("_").replace("_", "-")


def _account(written: _Written, reading: Reading, found: Sequence[Sentence], target: Target, step: Step) -> None:
    """Compare each sentence with what was written, and the entities that lack with the losses that were counted.

    The step goes on with the values that were compared where they are equal, which takes no memory for a second corpus.
    """
    if target.format.kind == "folder":
        found = _in_order(found, written.passages)
    if len(found) != len(written.passages):
        step.blame("another number of sentences", f"{len(written.passages)} written, {len(found)} read", len(found))
        return
    lacking: Counter[str] = Counter()
    for (place, sentence), came in zip(written.passages, found, strict=True):
        wanted = _expected(sentence, target.format, step.outcome)
        step.keeps_ids &= came.id == sentence.id
        step.fields.update((came.extra or {}).keys())
        if (came.tokens, came.joiner, came.entities) != (wanted.tokens, wanted.joiner, wanted.entities):
            lacking.update(_lacking(wanted, came, target.format, step))
            wanted = replace(wanted, entities=came.entities)
        step.passages.append((place, replace(wanted, extra=came.extra) if came.extra or wanted.extra else wanted))
    step.overlooked.update(reading.counts.overlooked)
    counted: Counter[str] = Counter()
    for (why, type_), count in [*written.losses.counts.items(), *reading.losses.counts.items()]:
        counted[type_] += count
        step.outcome[f"entities left out, {why}"] += count
    if counted != lacking:
        step.blame("entities lost that are not counted, or counted that are not lost", f"{lacking=} {counted=}")


def _in_order(found: Sequence[Sentence], passages: Sequence[Passage]) -> list[Sentence]:
    """Documents of a folder, which has an order of its own, in the order in which they were written."""
    by_id = {sentence.id: sentence for sentence in found}
    return [by_id.get(sentence.id, Sentence(sentence.id, ())) for _, sentence in passages]


def _lacking(wanted: Sentence, came: Sentence, format_: Format, step: Step) -> Iterator[str]:
    """The types of the entities that did not come back."""
    if came.tokens != wanted.tokens or came.text != wanted.text:
        step.blame("the tokens or what stands between them changed", f"{wanted} came back as {came}")
    elif came.entities is None and format_.name != "text":
        if wanted.entities is not None:
            step.blame("no longer annotated", wanted)
    elif added := (came.entities or frozenset()) - (wanted.entities or frozenset()):
        step.blame("entities that were not there", f"{sorted(added)} in {wanted}")
    elif wanted.entities is None:
        step.blame("annotated now", came)
    for entity in (wanted.entities or frozenset()) - (came.entities or frozenset()):
        yield entity.type


def _expected(sentence: Sentence, format_: Format, outcome: Outcome) -> Sentence:
    """A sentence as a format with these units gives it back, when nothing is lost."""
    if format_.units == "tokens":
        return sentence
    if not sentence.joiner:
        return sentence.as_characters()
    pieces = [token.split() for token in sentence.tokens]
    n_divided = sum(piece != [token] for piece, token in zip(pieces, sentence.tokens, strict=True))
    if not n_divided:
        return sentence
    outcome[DIVIDED] += n_divided
    starts = [0]
    for piece in pieces:
        starts.append(starts[-1] + len(piece))
    entities = sentence.entities and frozenset(_moved(entity, starts) for entity in sentence.entities)
    return replace(sentence, tokens=tuple(word for piece in pieces for word in piece), entities=entities)


def _moved(entity: Entity, starts: Sequence[int]) -> Entity:
    return Entity(tuple(Fragment(starts[part.start], starts[part.end]) for part in entity.fragments), entity.type)
