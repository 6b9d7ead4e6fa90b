"""Which format a text is in, told from its first lines together with the evidence; never a silent guess."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from cnerkit.corpora import formats
from cnerkit.corpora.columns import DOCUMENT_START, Layout, quote, split_position
from cnerkit.corpora.formats import FORMATS, READABLE, find
from cnerkit.corpora.layer_layout import layered_layout
from cnerkit.corpora.records import first_problem, is_array, sample_objects
from cnerkit.corpora.source import Head
from cnerkit.errors import DataError, UsageError

_TEXTS = ("genia", "harem", "text-slash", "boson")
_TAG = re.compile(r"O|[A-Z]-\S.*")
_ENOUGH_POSITIONS = 10
_MOST = 0.98
_LOOKED_AT = 1000
_NAMED = 12
_LONGEST_NAME = 40
_SHAPE = 'write {"text": …, "entities": [{"start": …, "end": …, "label": …}]} on each line; or force a format with --from'


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
    columns: tuple[int, ...] | None = None,
) -> Recognition:
    """The format of a single file.

    Args:
        head: Its first lines.
        name: What messages call the file.
        format: The format when it is known; then only the layout of its columns is looked for.
        columns: The places of the token and its tags, from 0, when they are known.

    Raises:
        UsageError: Two readings are possible; says which, and the flag that decides. Or the format is not a known one.
        DataError: There is no reading.
    """
    if format is not None and find(format).kind != "columns":
        return Recognition(format, None, "")
    lines = [line for line in head.text.split("\n")[:_LOOKED_AT] if line and not line.startswith(DOCUMENT_START)]
    if not lines:
        raise DataError("the file holds no sentence", where=name, fix="check that it was written, or name another file")
    if format is not None:
        return _columns(head, lines, name, columns, format)
    if is_array(head) or _is_json(lines):
        return _json_format(head, name)
    if columns is None and (found := _text_format(head, name)):
        return found
    return _columns(head, lines, name, columns, None)


def _text_format(head: Head, name: str) -> Recognition | None:
    """The format of a text without columns; None when it may have some."""
    return _only({each: evidence for each in _TEXTS if (evidence := formats.text(each).evidence(head))}, name)


def _only(found: Mapping[str, str], name: str) -> Recognition | None:
    """The only reading that is possible; None when there is none."""
    if len(found) > 1:
        readings = "; ".join(f"{format_}: {evidence}" for format_, evidence in found.items())
        fix = f"say --from {' or --from '.join(found)}"
        raise UsageError(f"{len(found)} readings are possible: {readings}", where=name, fix=fix)
    return next((Recognition(format_, None, evidence) for format_, evidence in found.items()), None)


def _is_json(lines: Sequence[str]) -> bool:
    braced = [line for line in lines if line.startswith("{") and not line.startswith("{{")]  # such as marks have
    objects = [line for line in braced if line.startswith('{"') or line.endswith("}")]
    return len(objects) * 2 > len(lines) or lines[0].strip() == "{"


def _json_format(head: Head, name: str) -> Recognition:
    sample = sample_objects(head, name)
    if not sample:
        raise _no_objects(head, name)
    evidence = {each.name: formats.records(each.name).evidence(sample) for each in FORMATS.values() if each.kind == "records"}
    evidence |= {each.name: formats.tagged(each.name).evidence(sample) for each in FORMATS.values() if each.kind == "tagged"}
    if found := _only({each: words for each, words in evidence.items() if words}, name):
        return found
    keys = list(dict.fromkeys(f"{_name(key)} ({type(value).__name__})" for record in sample for key, value in record.items()))
    others = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    what = f"its objects have {', '.join(keys[:_NAMED])}{others}" if keys else "its objects are empty"
    raise DataError(f"JSON in a format that is not known: {what}", where=f"{name}:1", fix=_SHAPE)


def _no_objects(head: Head, name: str) -> DataError:
    what = "JSON in a format that is not known: no line is a JSON object"
    problem = first_problem(head, name)
    if problem is None:
        return DataError(what, where=f"{name}:1", fix=_SHAPE)
    return DataError(f"{what}; {problem.what}", where=f"{name}:{problem.line}:{problem.column}", fix=problem.fix)


def _name(key: str) -> str:
    """The name of a field as people write it, unless it is too long or cannot be shown so."""
    return key if key.isprintable() and len(key) <= _LONGEST_NAME else quote(key)


def _columns(head: Head, lines: Sequence[str], name: str, columns: tuple[int, ...] | None, format_: str | None) -> Recognition:
    if format_ in (None, "layers") and (columns is None or len(columns) > 2):
        # All of the first lines, since nesting may be rare.
        layered = layered_layout(head.text.split("\n"), columns, known=format_ == "layers")
        if layered:
            return Recognition("layers", layered[0], "" if format_ else layered[1])
    layout = _layout(lines, name, columns, forced=format_ is not None)
    if format_ is not None:
        return Recognition(format_, replace(layout, indexed=format_ == "weibo"), "")
    return _conll_or_weibo(head, layout, name)


def _layout(lines: Sequence[str], name: str, columns: tuple[int, ...] | None, *, forced: bool) -> Layout:
    tabbed = sum("\t" in line for line in lines) * 2
    separator = "\t" if tabbed > len(lines) or (tabbed == len(lines) and "\t" in lines[0]) else " "
    rows = [[field.text for field in Layout(separator).fields(line)] for line in lines]
    n_columns = Counter(map(len, rows)).most_common(1)[0][0]
    if n_columns < 2 and not forced:
        fix = f"say --from text if it is plain text, or another format: {', '.join(READABLE)}"
        raise DataError(f"no format is known whose lines look like {quote(lines[0])}", where=f"{name}:1", fix=fix)
    n_columns = max(2, n_columns)
    if columns is not None:
        return _chosen(separator, n_columns, columns, name)
    if n_columns == 2:
        return Layout(separator)
    return Layout(separator, n_columns, tag=_tag_column([row for row in rows if len(row) == n_columns], name))


def _chosen(separator: str, n_columns: int, columns: tuple[int, ...], name: str) -> Layout:
    if not all(0 <= column < n_columns for column in columns):
        asked = ",".join(str(column + 1) for column in columns)
        raise UsageError(f"--columns {asked}, but lines have {n_columns} columns", where=name, fix="count columns from 1")
    token, tag, *more = columns
    return Layout(separator, n_columns, token, tag, more_tags=tuple(more))


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
        every = ",".join(numbers)
        fix = f"name the columns of token and tag, as in --columns 1,{numbers[-1]}, or of all levels, as in --columns 1,{every}"
        raise UsageError(what, where=name, fix=fix)
    what = f"none of the {n_columns} columns holds tags such as O and B-PER"
    fix = "name the columns of token and tag, as in --columns 1,2; or force a format with --from, as in --from text"
    raise DataError(what, where=f"{name}:1", fix=fix)


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
