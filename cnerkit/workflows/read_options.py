"""What is known of a file before it is read: said by a user, or by the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cnerkit.codecs.tags import Repair, Scheme
from cnerkit.corpora.catalogue import Dataset
from cnerkit.corpora.formats import Hints, nearest
from cnerkit.errors import UsageError
from cnerkit.workflows.division import Division


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What is known of a file before it is read.

    Attributes:
        format: One of ``recognition.FORMATS``; None to recognise it.
        scheme: The tag scheme of columns; None to recognise it.
        repair: What becomes of malformed tags; None is strict.
        columns: The places of token and tag, from 0; None to recognise them.
        encoding: Of the file; None for what an XML declaration says, else UTF-8.
        division: How running text is divided.
        member: Which files of a folder or an archive, as a pattern; None for all.
        part: Only the sentences from one place on (from 0), before another (None for all that follow), and every so many.
        hints: What else a format may need to be told.
        types_map: Old type to new, applied while reading, in the dataset that is known by other types than its files have.
        sentence_end: A token that ends a sentence when it is tagged O, in columns without empty lines.
        mend_lines: Read odd lines as what they were meant to be, in the dataset that is known to have some.
        empty_tag: What an empty tag stands for, in the dataset that is known to have some.
        join_surrogates: Join halves of surrogate pairs on lines of their own, in the dataset that is known to have some.
    """

    format: str | None = None
    scheme: str | None = None
    repair: Repair | None = None
    columns: tuple[int, ...] | None = None
    encoding: str | None = None
    division: Division = field(default_factory=Division)
    member: str | None = None
    part: tuple[int, int | None, int] | None = None
    hints: Hints = field(default_factory=Hints)
    types_map: Mapping[str, str] = field(default_factory=dict)
    sentence_end: str = ""
    mend_lines: bool = False
    empty_tag: str = ""
    join_surrogates: bool = False


def options_of(dataset: Dataset) -> ReadOptions:
    """How the files of a dataset are read so that they give the published counts."""
    return ReadOptions(
        format=dataset.format,
        scheme=dataset.scheme,
        repair=Repair(dataset.repair),
        types_map=dataset.types_map,
        **dataset.reading,
    )


def scheme_named(name: str) -> Scheme:
    """The tag scheme that a user names.

    Raises:
        UsageError: There is none; the nearest names are in the message.
    """
    try:
        return Scheme(name.lower())
    except ValueError as error:
        raise UsageError(f"no tag scheme is called {name!r}", fix=nearest(name, map(str, Scheme))) from error


def repair_named(name: str) -> Repair:
    """The repair of malformed tags that a user names.

    Raises:
        UsageError: There is none; the nearest names are in the message.
    """
    try:
        return Repair(name.lower())
    except ValueError as error:
        raise UsageError(f"no repair is called {name!r}", fix=nearest(name, map(str, Repair))) from error
