"""The formats of corpora: what each one is called, how its files are made and what they can carry.

A format's code lives in the module of its name and is loaded when a file of that format is read, written or may have to be
recognised. What such a module offers depends on the kind of the format:

- ``columns``: one token per line. Read and written by ``conll`` and ``layers``.
- ``records``: one JSON object per sentence or document, as JSON lines or as one JSON array: ``RecordModule``. What ``grid``
  holds is read by a codec, so that its module only recognises it.
- ``tagged``: JSON objects that hold tokens and their tags: ``TaggedModule``.
- ``text``: any other single file: ``TextModule``.
- ``folder``: several files that belong together: ``FolderModule``.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from cnerkit.errors import UsageError
from cnerkit.text import Sentence

if TYPE_CHECKING:
    from cnerkit.corpora.bundle import Member
    from cnerkit.corpora.source import Head, TextSource

Record = Mapping[str, Any]
Parse = Callable[[Record, str, Counter[str]], Sentence | None]
"""``parse(record, id, notes)`` makes a sentence, or None for a record that is left out.

It counts in ``notes`` what it had to overlook and whatever it leaves out, and raises DataError without a place.
"""
Carried = Literal["nested", "discontinuous"]
Ends = Literal["inclusive", "exclusive"]
Offsets = Literal["code-points", "utf-16", "bytes"]
Units = Literal["characters", "tokens"]
_BOTH = frozenset[Carried]({"nested", "discontinuous"})
_NESTED = frozenset[Carried]({"nested"})
_FLAT = frozenset[Carried]()


@dataclass(frozen=True, slots=True)
class Format:
    """What is known of a format before its code is loaded.

    Attributes:
        name: What users call it, which is also its module's name, with ``_`` for ``-``.
        title: What it is, in a few words.
        kind: What its module offers.
        suffix: The suffix of its files; empty for a folder.
        carries: The kinds of entities that it can hold beside flat ones.
        units: ``characters`` when its offsets count the characters of a text, so that sentences in words are written as text;
            ``tokens`` when it holds a list of tokens, whatever they are.
        writes: False when it can only be read.
        array: True when it is written as one JSON array instead of as JSON lines.
        unannotated: True when it can tell a sentence that is not annotated from one without entities.
    """

    name: str
    title: str
    kind: Literal["columns", "records", "tagged", "text", "folder"]
    suffix: str
    carries: frozenset[Carried] = _FLAT
    units: Units = "characters"
    writes: bool = True
    array: bool = False
    unannotated: bool = False

    @property
    def has_tags(self) -> bool:
        """True when entities are written as one tag per token, so that there is a tag scheme."""
        return self.kind in ("columns", "tagged")


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("conll", "columns: a token and its tag on each line", "columns", ".conll", units="tokens"),
        Format("weibo", "columns, each character with its position in a word", "columns", "", units="tokens", writes=False),
        Format("layers", "columns: a token and several tags, one per level of nesting", "columns", ".tsv", _NESTED, "tokens"),
        Format("jsonl", "JSON lines: text or tokens, and spans", "records", ".jsonl", _BOTH, "tokens", unannotated=True),
        Format("cluener", "JSON lines: text, and surfaces by type", "records", ".json", _NESTED, unannotated=True),
        Format("doccano", "doccano's JSON lines", "records", ".jsonl", _NESTED, unannotated=True),
        Format("label-studio", "Label Studio's JSON", "records", ".json", _NESTED, array=True, unannotated=True),
        Format("prodigy", "Prodigy's JSON lines", "records", ".jsonl", _NESTED, unannotated=True),
        Format(
            "w2ner", "W2NER's JSON: words, and the word numbers of each entity", "records", ".json", _BOTH, "tokens", array=True
        ),
        Format("mentions", "JSON lines: tokens and entity_mentions", "records", ".jsonl", _NESTED, "tokens"),
        Format("cmeee", "CMeEE's JSON: text, start_idx and end_idx", "records", ".json", _NESTED, array=True),
        Format("sng", "JSON lines: text, and a list of [start, end, type, surface]", "records", ".json", _NESTED),
        Format("harem-json", "HAREM as JSON: doc_text and entities", "records", ".json", _NESTED, array=True),
        Format("grid", "JSON lines: tokens, and cells of related pairs", "records", ".jsonl", _BOTH, "tokens"),
        Format("hf", "JSON lines: tokens and ner_tags", "tagged", ".jsonl", units="tokens"),
        Format("text-slash", "lines of chunks, each text/tag", "text", ".txt"),
        Format("boson", "lines with marks such as {{person_name:李白}}", "text", ".txt"),
        Format("text", "plain lines of text, not annotated", "text", ".txt", _BOTH, unannotated=True),
        Format("genia", "GENIA's XML", "text", ".xml", writes=False),
        Format("harem", "HAREM's SGML and XML", "text", ".xml", writes=False),
        Format("brat", "brat's folder of .txt and .ann files", "folder", "", _BOTH, unannotated=True),
    )
}
READABLE = tuple(FORMATS)
WRITABLE = tuple(name for name, each in FORMATS.items() if each.writes)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a user or the catalogue says about a file, beyond its format; a module takes what concerns it.

    Attributes:
        offsets: What offsets count; None to recognise it, or code points where nothing tells.
        labels: The names that tag numbers stand for, in their order.
        articles: The only documents to read, by id.
        ends: Whether the end of an entity is its last character or the one after it, where releases of a format differ; None to
            recognise it.
    """

    offsets: Offsets | None = None
    labels: tuple[str, ...] | None = None
    articles: frozenset[str] | None = None
    ends: Ends | None = None


class RecordModule(Protocol):
    """One JSON object per sentence or document."""

    def evidence(self, sample: Sequence[Record]) -> str | None:
        """What tells that the first records of a file are in this format, in words for a note; None when they are not."""

    def parser(self, sample: Sequence[Record], hints: Hints, name: str) -> Parse:
        """What reads the records of a file whose first ones are ``sample``; ``name`` is for messages.

        Raises:
            UsageError: Two readings are possible.
        """

    def record(self, sentence: Sentence) -> dict[str, Any]:
        """The record of a sentence.

        Raises:
            DataError: The format cannot carry it; without a place.
        """


class TaggedModule(Protocol):
    """JSON objects that hold tokens and one tag per token."""

    def evidence(self, sample: Sequence[Record]) -> str | None:
        """As in ``RecordModule``."""

    def tagger(
        self, sample: Sequence[Record], hints: Hints, name: str
    ) -> Callable[[Record], tuple[tuple[str, ...], tuple[str, ...]]]:
        """What gives the tokens and the tags of a record; it raises DataError without a place."""

    def record(self, tokens: Sequence[str], tags: Sequence[str], id_: str) -> dict[str, Any]:
        """The record of a sentence."""


class TextModule(Protocol):
    """A single file that is neither columns nor JSON."""

    def evidence(self, head: "Head") -> str | None:
        """What tells that a text that begins so is in this format, in words for a note; None when it is not."""

    def read(self, source: "TextSource", ids: str, hints: Hints, notes: Counter[str]) -> Iterator[Sentence]:
        """The sentences of a file, in flat memory; ids of those that bring none are ``<ids>-<number from 1>``.

        Raises:
            DataError: After the last sentence, when there was a mistake: the first one placed, and the count of all.
        """

    def write(self, sentences: Iterable[Sentence]) -> Iterator[str]:
        """The text of a file with these sentences, piece by piece.

        Raises:
            DataError: The format cannot carry a sentence; without a place.
        """


class FolderModule(Protocol):
    """Several files that belong together.

    Attributes:
        SUFFIXES: Those of the files of such a folder.
    """

    SUFFIXES: tuple[str, ...]

    def read(self, members: Sequence["Member"], hints: Hints, notes: Counter[str], name: str) -> Iterator[Sentence]:
        """The documents of a folder or archive, each as one sentence of characters whose id is its path without suffix."""

    def files(self, sentences: Iterable[Sentence], notes: Counter[str] | None = None) -> Iterator[tuple[str, str]]:
        """The path within the folder and the content of each file to write; ``notes`` counts what had to be left out."""


def records(name: str) -> RecordModule:
    """The code of a format of the kind ``records``."""
    return cast("RecordModule", _module(name))


def tagged(name: str) -> TaggedModule:
    """The code of a format of the kind ``tagged``."""
    return cast("TaggedModule", _module(name))


def text(name: str) -> TextModule:
    """The code of a format of the kind ``text``."""
    return cast("TextModule", _module(name))


def folder(name: str) -> FolderModule:
    """The code of a format of the kind ``folder``."""
    return cast("FolderModule", _module(name))


def find(name: str, known: Iterable[str] = READABLE, what: str = "read") -> Format:
    """A format by its name.

    Raises:
        UsageError: There is none to ``what``; the nearest names are in the message.
    """
    known = tuple(known)
    if name not in known:
        raise UsageError(f"no format to {what} is called {name!r}", fix=nearest(name, known))
    return FORMATS[name]


def nearest(word: str, known: Iterable[str]) -> str:
    """Advice for a word that is not known: those that look like it, else all."""
    from difflib import get_close_matches

    spelled = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), spelled, n=3)
    if not near:
        return f"choose from {', '.join(spelled.values())}"
    return f"did you mean {' or '.join(spelled[name] for name in near)}?"


def _module(name: str) -> object:
    return import_module(f"cnerkit.corpora.{name.replace('-', '_')}")
