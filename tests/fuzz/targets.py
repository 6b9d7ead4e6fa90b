"""What fuzzing asks of every input: a value or an error that a user can act upon, in time, and nothing changed silently."""

import contextlib
import io
import json
import re
import resource
import signal
import tarfile
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cnerkit.cli.reading import read_options
from cnerkit.codecs.overlap import Overlap
from cnerkit.codecs.tags import Repair, Scheme
from cnerkit.corpora import formats
from cnerkit.corpora.bundle import Member
from cnerkit.corpora.formats import FORMATS, READABLE, WRITABLE, Hints
from cnerkit.errors import CnerkitError, DataError
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.division import Cut, Division, Tokens
from cnerkit.workflows.losses import Losses
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.reading import open_corpus_file
from cnerkit.workflows.types import TypeMap, parse_types
from cnerkit.workflows.writing import GRID, SPAN, Target, Writing

HEADER = 8
"""Bytes at the beginning of an input that choose how the rest is read and written; all zero is what a user gets by default."""
SEPARATOR = b"\xff\xff"
"""Parts the names and the contents of several files in one input; no text in UTF-8 has it."""
SECONDS = 2.0
MEMORY = 1 << 30
SINGLE = tuple(name for name in READABLE if FORMATS[name].kind != "folder")
_ENCODINGS = (None,) * 25 + ("gb18030", "utf-16", "latin-1", "big5", "utf-8-sig", "hex", "\0")
_SPLITS = (None, "\t", " ")


class Finding(Exception):  # noqa: N818 - what a fuzzer looks for is called so
    """Something that must not be, with a word for its kind."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(f"{kind}: {what}")
        self.kind = kind


class Hang(BaseException):
    """The input took too long."""


@dataclass(slots=True)
class Tally:
    """What became of the inputs, and each kind of finding with its shortest input."""

    outcomes: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    findings: dict[str, tuple[str, bytes]] = field(default_factory=dict)


TALLY = Tally()


@dataclass(frozen=True, slots=True)
class Choices:
    """How an input is read, and what it is written as when it can be read."""

    options: ReadOptions = field(default_factory=ReadOptions)
    target: Target = field(default_factory=lambda: Target(SPAN, FORMATS["jsonl"]))


def limit_memory() -> None:
    """Let the process fail when it needs much more than a gigabyte."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


@contextlib.contextmanager
def in_time(seconds: float = SECONDS) -> Iterator[None]:
    """Interrupt what takes too much of the processor's time, whatever else the machine does."""

    def stop(*_: object) -> None:
        raise Hang

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    except Hang:
        raise Finding("hang", f"more than {seconds} s") from None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def choices_of(header: bytes) -> Choices:
    """What the first bytes of an input choose."""
    read, scheme, how, divide, encoding, odd, write, target = header.ljust(HEADER, b"\0")[:HEADER]
    schemes = (None, *Scheme)
    options = ReadOptions(
        format=SINGLE[read - 1] if 0 < read <= len(SINGLE) else None,
        scheme=schemes[scheme % len(schemes)],
        repair=(None, *Repair)[how & 3],
        columns=((0, 1), (1, 0), (0, 1, 2), (0, 99999))[odd >> 1 & 3] if odd & 1 else None,
        encoding=_ENCODINGS[encoding % len(_ENCODINGS)],
        division=Division(tuple(Tokens)[divide % 3], tuple(Cut)[divide // 3 % 3]) if divide < 9 else Division(),
        hints=Hints(
            offsets=(None, "code-points", "utf-16", "bytes")[how >> 2 & 3],
            labels=("O", "B-人名", "I-人名") if how >> 6 & 1 else None,
            ends=(None, "inclusive", "exclusive", None)[how >> 4 & 3],  # type: ignore[arg-type]
        ),
        sentence_end="。" if odd & 8 else "",
        mend_lines=bool(odd & 16),
        empty_tag="O" if odd & 32 else "",
        join_surrogates=bool(odd & 64) and read == 1,
    )
    return Choices(options, target_of(write, target))


def target_of(write: int, how: int) -> Target:
    """A format to write and, where it has some, the tag scheme, the treatment of overlaps and the kind of grid."""
    format_ = FORMATS[WRITABLE[write % len(WRITABLE)]]
    overlaps = (Overlap.OUTERMOST, Overlap.INNERMOST, Overlap.ERROR) + ((Overlap.LAYERS,) if format_.name == "layers" else ())
    scheme = str(tuple(Scheme)[how % len(Scheme)]) if format_.has_tags else GRID if format_.name == GRID else SPAN
    return Target(scheme, format_, overlaps[(how >> 4) % len(overlaps)], ("crener", "w2ner")[how >> 7])


def check_file(data: bytes, choices: Choices) -> str:
    """A single file of any bytes; the word for what became of it."""
    return _check_source(io.BytesIO(data), choices)


def check_bundle(data: bytes, choices: Choices, kind: str) -> str:
    """A zip or tar: of these bytes when ``kind`` is raw, else of the names and contents that they part into."""
    with tempfile.NamedTemporaryFile(prefix="fuzz-", dir=_fast_folder()) as file:
        file.write(data if kind == "raw" else archive(data, kind))
        file.flush()
        return _check_source(Path(file.name), choices)


def check_pair(text: bytes, ann: bytes | None, choices: Choices) -> str:
    """A document of brat: read, written back as it was, and written after an entity of it changed."""
    given = {"a/b.txt": text} | ({} if ann is None else {"a/b.ann": ann})
    try:
        documents = _read_brat(given, choices.options.hints)
    except CnerkitError as error:
        return _refused(error, "pair")
    _check_values(documents)
    back = {name: content.encode() for name, content in _write_brat(documents)}
    if back != given:
        raise Finding("brat is not written back as it was", f"{given} became {back}")
    _check_edited(documents[0], choices.options.hints)
    return _check_writing(documents, "brat", choices.target, choices.options.hints)


def check_sentences(sentences: Sequence[Sentence], target: Target) -> str:
    """Values that are written and read back."""
    return _check_writing(sentences, "", target)


def check_words(text: str) -> str:
    """What a user types after an option: a mapping of types, columns, labels, names; after an @, what is in a file."""
    if not text.startswith("@"):
        return _check_words(text)
    with tempfile.NamedTemporaryFile(prefix="fuzz-", dir=_fast_folder()) as file:
        file.write(text[1:].encode("utf-8", "surrogateescape"))
        file.flush()
        return _check_words(f"@{file.name}")


def _check_words(text: str) -> str:
    outcomes = []
    for option in ("from_", "from_scheme", "columns", "repair", "encoding", "offsets", "labels", "tokens", "sentences"):
        try:
            read_options(**{option: text})
            outcomes.append(option)
        except CnerkitError as error:
            check_complaint(error)
    try:
        mapping = parse_types(text)
    except CnerkitError as error:
        return _refused(error, "words")
    _check_mapping(TypeMap(mapping))
    return f"words: {' '.join(outcomes)} types" if len(outcomes) < 4 else "words"


def kind_of(error: Exception) -> str:
    """What tells one finding from another: a finding's own word, else the exception and where in the package it was raised."""
    if isinstance(error, Finding):
        return error.kind
    places = [frame for frame in traceback.extract_tb(error.__traceback__) if "cnerkit" in frame.filename]
    last = places[-1] if places else None
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.name}" if last else type(error).__name__


def check_complaint(error: CnerkitError) -> None:
    """An error says what is wrong and how to fix it, and ends the process with a code of its kind."""
    text = str(error)
    if not error.what or not error.fix:
        raise Finding("an error without advice", f"{type(error).__name__} {text[:300]}") from error
    if error.exit_code not in (2, 3, 5):
        raise Finding("an odd exit code", f"{error.exit_code}: {text[:300]}") from error


def _check_source(source: Path | io.BytesIO, choices: Choices) -> str:
    try:
        with open_corpus_file(source, choices.options, name="f.x", ids="f") as reading:
            sentences = list(reading.sentences)
    except CnerkitError as error:
        return _refused(error, "file")
    _check_values(sentences)
    counts = reading.counts
    if (counts.sentences, counts.tokens) != (len(sentences), sum(map(len, sentences))):
        raise Finding("miscounted", f"{counts} of {sentences}")
    # What brat's offsets count stays as it was, so that whoever has to say it has to say it again.
    hints = choices.options.hints if reading.format == "brat" else Hints()
    return f"{reading.format}, {_check_writing(sentences, reading.format, choices.target, hints)}"


def _refused(error: CnerkitError, what: str) -> str:
    check_complaint(error)
    TALLY.refusals[f"{what} {type(error).__name__}: {_pattern(error.what)}"] += 1
    return f"{what} refused"


def _pattern(text: str) -> str:
    return re.sub(r"'[^']*'|\"[^\"]*\"|[0-9]+", "…", text)[:80]


def _check_values(sentences: Sequence[Sentence]) -> None:
    for sentence in sentences:
        again = Sentence(sentence.id, tuple(sentence.tokens), sentence.entities, sentence.joiner)
        if again != sentence or not all(isinstance(token, str) and token for token in sentence.tokens):
            raise Finding("an odd value", repr(sentence))
        types = [entity.type for entity in sentence.entities or ()]
        try:
            "".join([sentence.text, sentence.id, *types]).encode()
        except UnicodeEncodeError:
            raise Finding("half of a surrogate pair", repr(sentence)) from None


def _check_writing(sentences: Sequence[Sentence], source: str, target: Target, hints: Hints = Hints()) -> str:  # noqa: B008
    """Entities and text are the same after writing and reading, or the loss was counted, or the writer refused.

    Args:
        sentences: What is written.
        source: The format that they come from.
        target: The format that they go to.
        hints: What a reader of brat's files has to be told once more.
    """
    name, losses = target.format.name, Losses()
    try:
        written = _write(sentences, source, target, losses)
        again = _write(sentences, source, target, Losses())
    except CnerkitError as error:
        check_complaint(error)
        TALLY.refusals[f"write {name}: {_pattern(error.what)}"] += 1
        return f"not written as {name}"
    if written != again:
        raise Finding(f"{name} is written in two ways", f"{written!r:.900} and {again!r:.900}")
    if not sentences:
        return f"nothing to write as {name}"
    back = _read_back(written, target, hints)
    _compare(sentences, back, target, losses)
    if target.format.units == "tokens" and [each.joiner for each in back] != [each.joiner for each in sentences]:
        return f"written as {name}, which tells no joiner"
    try:
        once_more = _write(back, name, target, Losses())
    except CnerkitError as error:
        raise Finding(f"{name} cannot be written again", str(error)) from error
    if _content(once_more, target) != _content(written, target):
        raise Finding(f"{name} changes when it is written again", f"{written!r:.900} to {once_more!r:.900}")
    return f"written as {name}"


def _write(sentences: Sequence[Sentence], source: str, target: Target, losses: Losses) -> dict[str, bytes]:
    writing = Writing(target, source, "f.x", losses)
    if target.format.kind == "folder":
        return {path: content.encode() for path, content in writing.files(sentences)}
    return {"": "".join(writing.texts(sentences)).encode()}


def _content(written: dict[str, bytes], target: Target) -> object:
    """What is written, but for the order of the fields of JSON objects."""
    if target.format.kind not in ("records", "tagged"):
        return written
    return json.loads(written[""]) if target.format.array else [json.loads(line) for line in written[""].splitlines()]


def _read_back(written: dict[str, bytes], target: Target, hints: Hints) -> list[Sentence]:
    name = target.format.name
    try:
        if target.format.kind == "folder":
            return _read_brat(written, hints)
        scheme = target.scheme if target.format.has_tags else None
        with open_corpus_file(io.BytesIO(written[""]), ReadOptions(format=name, scheme=scheme), name="f.x", ids="f") as reading:
            return list(reading.sentences)
    except CnerkitError as error:
        raise Finding(f"{name} cannot be read back", f"{error} in {written!r:.1500}") from error


def _compare(before: Sequence[Sentence], after: Sequence[Sentence], target: Target, losses: Losses) -> None:
    name = target.format.name
    if target.format.units == "characters":
        before = [sentence.as_characters() for sentence in before]
    if target.format.kind == "folder":
        before, after = (sorted(each, key=lambda one: (one.text, repr(one.entities))) for each in (before, after))
    if [sentence.tokens for sentence in before] != [sentence.tokens for sentence in after]:
        raise Finding(f"{name} changes the text", f"{before!r:.900} became {after!r:.900}")
    lost: Counter[Entity] = Counter()
    for one, other in zip(before, after, strict=True):
        if one.entities is None or name == "text":
            lost.update(one.entities or ())
            if other.entities is not None:
                raise Finding(f"{name} annotates", f"{one} became {other}")
        elif other.entities is None or not other.entities <= one.entities:
            raise Finding(f"{name} changes entities", f"{one} became {other}")
        else:
            lost.update(one.entities - other.entities)
    if lost != Counter(each.entity for each in losses.named) or lost.total() != losses.counts.total():
        raise Finding(f"{name} loses entities", f"{lost} but counted {losses.counts} of {before!r:.900}")


def _read_brat(files: dict[str, bytes], hints: Hints) -> list[Sentence]:
    members = [Member(path, lambda content=content: io.BytesIO(content)) for path, content in files.items()]
    return list(formats.folder("brat").read(members, hints, Counter(), "f.x"))


def _write_brat(documents: Sequence[Sentence]) -> list[tuple[str, str]]:
    try:
        return list(formats.folder("brat").files(documents))
    except CnerkitError as error:
        raise Finding("brat cannot be written back", str(error)) from error


def _check_edited(document: Sentence, hints: Hints) -> None:
    """A document without its first entity, with its last of another type, and with a new one reads as what it became."""
    if not document.entities or not document.tokens:
        return
    first, *_, last = sorted(document.entities)[:1] + sorted(document.entities)
    kept = document.entities - {first, last}
    edited = replace(document, entities=kept | {replace(last, type="其他"), Entity.span(0, 1, "新")})
    files = {name: content.encode() for name, content in _write_brat([edited])}
    try:
        (again,) = _read_brat(files, hints)
    except CnerkitError as error:
        if isinstance(error, DataError) and "in no single way" in error.what:
            return  # what is left of lines that contradicted the text may tell less
        raise Finding("brat cannot be read after an edit", f"{error} in {files}") from error
    if again != edited:
        raise Finding("brat changes after an edit", f"{edited} became {again} in {files}")


def _check_mapping(types: TypeMap) -> None:
    entities = frozenset(Entity.span(at, at + 1, old.rstrip("*") or "x") for at, old in enumerate([*types.mapping, "人名"]))
    sentence = Sentence("s", ("字",) * len(entities), entities)
    mapped = types.apply(sentence)
    dropped = sum(count for new, count in types.changes().values() if not new)
    if len(mapped.entities or ()) != len(entities) - dropped - types.merged:
        raise Finding("types lose entities", f"{types} {sentence} {mapped}")
    types.notes()
    with contextlib.suppress(CnerkitError):
        types.refuse_unknown()


def archive(data: bytes, kind: str) -> bytes:
    """A zip or tar with the files whose names and contents these bytes are."""
    parts, packed = data.split(SEPARATOR), io.BytesIO()
    members = [(name.decode("utf-8", "replace"), content) for name, content in zip(parts[::2], parts[1::2], strict=False)]
    if kind == "zip":
        with zipfile.ZipFile(packed, "w") as zipped:
            for name, content in {name: content for name, content in members if name}.items():
                zipped.writestr(zipfile.ZipInfo(name), content)
    else:
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for name, content in members:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def _fast_folder() -> str | None:
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() else None
