"""Which format a text is in, told from its first lines together with the evidence; never a silent guess."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from cnerkit.corpora.columns import DOCUMENT_START, Layout, quote, split_position
from cnerkit.corpora.source import Head
from cnerkit.errors import DataError, UsageError

FORMATS = ("conll", "weibo", "jsonl", "cluener")
"""What can be read: columns, columns with positions in words, span JSON lines, CLUENER JSON lines."""

_TAG = re.compile(r"O|[A-Z]-\S.*")
_ENOUGH_POSITIONS = 10
_MOST = 0.98
_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class Recognition:
    """A format, how its lines are made when it has columns, and what it was recognised by; "" when it was known."""

    format: str
    layout: Layout | None
    evidence: str


def recognise(
    head: Head,
    name: str,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know
    columns: tuple[int, int] | None = None,
) -> Recognition:
    """The format of a text.

    Args:
        head: Its first lines.
        name: What messages call the file.
        format: The format when it is known; then only the layout of its columns is looked for.
        columns: The places of the token and the tag, from 0, when they are known.

    Raises:
        UsageError: Two readings are possible; says which, and the flag that decides. Or the format is not a known one.
        DataError: There is no reading.
    """
    if format is not None and format not in FORMATS:
        raise UsageError(f"no format to read is called {format!r}", fix=nearest(format, FORMATS))
    lines = [line for line in head.text.split("\n")[:_LOOKED_AT] if line and not line.startswith(DOCUMENT_START)]
    if not lines:
        raise DataError("the file holds no sentence", where=name, fix="check that it was written, or name another file")
    if format in ("jsonl", "cluener"):
        return Recognition(format, None, "")
    if format is None and _is_json(lines):
        return _json_format(lines, name)
    layout = _layout(lines, name, columns, forced=format is not None)
    if format is not None:
        return Recognition(format, replace(layout, indexed=format == "weibo"), "")
    return _conll_or_weibo(head, layout, name)


def nearest(word: str, known: Iterable[str]) -> str:
    """Advice for a word that is not known: those that look like it, else all."""
    from difflib import get_close_matches

    spelled = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), spelled, n=3)
    if not near:
        return f"choose from {', '.join(spelled.values())}"
    return f"did you mean {' or '.join(spelled[name] for name in near)}?"


def _is_json(lines: Sequence[str]) -> bool:
    objects = [line for line in lines if line.startswith('{"') or (line.startswith("{") and line.endswith("}"))]
    return len(objects) * 2 > len(lines) or lines[:1] == ["["] or lines[0].startswith(("[{", "[ {"))


def _json_format(lines: Sequence[str], name: str) -> Recognition:
    if lines[0].startswith("["):
        fix = "write one object on each line, without the brackets around all and the commas between"
        raise DataError("one JSON array, and JSON lines are needed", where=f"{name}:1", fix=fix)
    keys = _json_keys(lines)
    spans, cluener = keys["entities: list"], keys["label: dict"]
    if spans and cluener:
        what = f"two readings are possible: {spans} lines have a list `entities` and {cluener} a mapping `label`"
        raise UsageError(what, where=name, fix="say --from jsonl or --from cluener")
    if cluener:
        return Recognition("cluener", None, f"JSON lines with a mapping `label` ({cluener} of the first {len(lines)})")
    if spans:
        return Recognition("jsonl", None, f"JSON lines with a list `entities` ({spans} of the first {len(lines)})")
    others = [key for key in keys if key.endswith((": list", ": dict")) and key != "tokens: list"]
    if (keys["text: str"] or keys["tokens: list"]) and not others:
        return Recognition("jsonl", None, "JSON lines without entities")
    found = ", ".join(sorted(keys)) or "no line is a JSON object"
    fix = 'write {"text": …, "entities": [{"start": …, "end": …, "label": …}]} on each line; or force a format with --from'
    raise DataError(f"JSON in a format that is not known: {found}", where=f"{name}:1", fix=fix)


def _json_keys(lines: Sequence[str]) -> Counter[str]:
    """How many lines have each key, named with the kind of its value; lines that are no JSON objects are left to the reader."""
    keys: Counter[str] = Counter()
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            keys.update(f"{key}: {type(value).__name__}" for key, value in record.items())
    return keys


def _layout(lines: Sequence[str], name: str, columns: tuple[int, int] | None, *, forced: bool) -> Layout:
    tabbed = sum("\t" in line for line in lines) * 2
    separator = "\t" if tabbed > len(lines) or (tabbed == len(lines) and "\t" in lines[0]) else " "
    rows = [[field.text for field in Layout(separator).fields(line)] for line in lines]
    n_columns = Counter(map(len, rows)).most_common(1)[0][0]
    if n_columns < 2 and not forced:
        fix = f"separate a token and its tag by a tab or a space; or force a format with --from: {', '.join(FORMATS)}"
        raise DataError(f"no format is known whose lines look like {quote(lines[0])}", where=f"{name}:1", fix=fix)
    n_columns = max(2, n_columns)
    if columns is not None:
        return _chosen(separator, n_columns, columns, name)
    if n_columns == 2:
        return Layout(separator)
    return Layout(separator, n_columns, tag=_tag_column([row for row in rows if len(row) == n_columns], name))


def _chosen(separator: str, n_columns: int, columns: tuple[int, int], name: str) -> Layout:
    if not all(0 <= column < n_columns for column in columns):
        asked = ",".join(str(column + 1) for column in columns)
        raise UsageError(f"--columns {asked}, but lines have {n_columns} columns", where=name, fix="count columns from 1")
    return Layout(separator, n_columns, *columns)


def _tag_column(rows: Sequence[Sequence[str]], name: str) -> int:
    """The only column but the first that holds tags in most lines."""

    def is_likely(column: int) -> bool:
        return sum(_TAG.fullmatch(row[column]) is not None for row in rows) * 2 > len(rows)

    n_columns = len(rows[0])
    likely = list(filter(is_likely, range(1, n_columns)))
    if len(likely) == 1:
        return likely[0]
    if likely:
        numbers = [str(column + 1) for column in likely]
        what = f"{len(likely)} readings are possible: columns {' and '.join(numbers)} hold tags"
        raise UsageError(what, where=name, fix=f"name the columns of token and tag, as in --columns 1,{numbers[-1]}")
    what = f"none of the {n_columns} columns holds tags such as O and B-PER"
    raise DataError(what, where=f"{name}:1", fix="name the columns of token and tag, as in --columns 1,2")


def _conll_or_weibo(head: Head, layout: Layout, name: str) -> Recognition:
    """Weibo's columns when each token of the first column ends in a number, and these count up from 0 in each sentence."""
    sentences = [list(group) for filled, group in groupby(head.text.split("\n")[:_LOOKED_AT], key=bool) if filled]
    tokens = [[layout.fields(line)[0].text for line in sentence] for sentence in sentences]
    counting = sum(map(_count_positions, tokens))
    total = sum(map(len, tokens))
    if layout.token or counting < total * _MOST:
        return Recognition("conll", layout, layout.describe())
    if total < _ENOUGH_POSITIONS:
        what = f"two readings are possible: {quote(tokens[0][0])} is a token, or a character and its position in a word"
        raise UsageError(what, where=name, fix="say --from conll or --from weibo")
    layout = replace(layout, indexed=True)
    evidence = f"{layout.describe()}; the positions count up in {counting} of the first {total} lines"
    return Recognition("weibo", layout, evidence)


def _count_positions(tokens: Sequence[str]) -> int:
    """How many tokens end in a position that is 0 or one more than the last."""
    count, expected = 0, 0
    for token in tokens:
        found = split_position(token)
        count += found is not None and found[1] in (0, expected)
        expected = found[1] + 1 if found else 0
    return count
