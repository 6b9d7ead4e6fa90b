"""Options about how a file is read, which several commands share."""

import re
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cnerkit.corpora.formats import READABLE
from cnerkit.errors import UsageError

if TYPE_CHECKING:
    from cnerkit.corpora.formats import Ends as EndsKind
    from cnerkit.corpora.formats import Offsets
    from cnerkit.workflows.read_options import ReadOptions

From = Annotated[
    str | None,
    typer.Option("--from", metavar="F", help=f"The input's format, else recognised: {', '.join(READABLE)}."),
]
FromScheme = Annotated[str | None, typer.Option("--from-scheme", metavar="S", help="The input's tag scheme; else recognised.")]
Columns = Annotated[
    str | None,
    typer.Option("--columns", metavar="T,G…", help="Read tokens in column T and tags in G, from 1; several G are levels."),
]
Repair = Annotated[
    str | None,
    typer.Option("--repair", metavar="R", help="Malformed tags: strict refuses, conlleval makes entities, drop makes O."),
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", metavar="E", help="The input's encoding, such as gb18030; else UTF-8.")
]
Offsets_ = Annotated[
    str | None,
    typer.Option("--offsets", metavar="O", help="What the input's offsets count: code-points, utf-16 or bytes."),
]
Ends = Annotated[
    str | None,
    typer.Option("--ends", metavar="E", help="Whether the input's ends are inclusive or exclusive; else recognised."),
]
Labels = Annotated[
    str | None, typer.Option("--labels", metavar="L,…", help="The names of the input's tag or label numbers, from 0; or @FILE.")
]
Member = Annotated[
    str | None, typer.Option("--member", metavar="GLOB", help="Only these files of a folder or an archive, such as 'train/*'.")
]
Tokens = Annotated[
    str | None, typer.Option("--tokens", metavar="T", help="Divide running text into characters (default), spaces or words.")
]
Sentences = Annotated[
    str | None, typer.Option("--sentences", metavar="S", help="Divide running text: whole (default), lines or ends.")
]

_COLUMN = re.compile("0*[1-9][0-9]{0,8}")
_OFFSETS: tuple["Offsets", ...] = ("code-points", "utf-16", "bytes")
_ENDS: tuple["EndsKind", ...] = ("inclusive", "exclusive")
_Choice = TypeVar("_Choice", bound=str)


def read_options(
    *,
    from_: str | None = None,
    from_scheme: str | None = None,
    columns: str | None = None,
    repair: str | None = None,
    encoding: str | None = None,
    offsets: str | None = None,
    ends: str | None = None,
    labels: str | None = None,
    member: str | None = None,
    tokens: str | None = None,
    sentences: str | None = None,
) -> "ReadOptions":
    """How a file is read, as a user says it.

    Raises:
        UsageError: A name is not known, or columns are no numbers.
        MissingError: The file of the labels is not there.
    """
    from cnerkit.corpora.formats import Hints
    from cnerkit.workflows.division import Division, cut_named, tokens_named
    from cnerkit.workflows.read_options import ReadOptions, repair_named

    return ReadOptions(
        format=from_ and from_.lower(),
        scheme=from_scheme and from_scheme.lower(),
        repair=repair_named(repair) if repair is not None else None,
        columns=_columns(columns),
        encoding=encoding,
        division=Division(
            tokens_named(tokens) if tokens is not None else None,
            cut_named(sentences) if sentences is not None else None,
        ),
        member=member,
        hints=Hints(offsets=_one_of(_OFFSETS, offsets, "offsets"), ends=_one_of(_ENDS, ends, "ends"), labels=_labels(labels)),
    )


def _columns(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) < 2 or not all(_COLUMN.fullmatch(part) for part in parts):
        raise UsageError(
            f"--columns takes two or more numbers from 1, got {text!r}",
            fix="write the token's column and the tag's, as in 1,4; or those of several levels of tags, as in 1,2,3",
        )
    return tuple(int(part) - 1 for part in parts)


def _one_of(known: tuple[_Choice, ...], text: str | None, what: str) -> _Choice | None:
    found = next((each for each in known if each == (text or "").lower()), None)
    if text is not None and found is None:
        raise UsageError(f"no {what} are called {text!r}", fix=f"choose from {', '.join(known)}")
    return found


def _labels(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    from cnerkit.workflows.types import listed

    return tuple(listed(text, "the labels"))
