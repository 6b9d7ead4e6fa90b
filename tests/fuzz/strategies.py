"""Hypothesis strategies for what is nearly a corpus: sentences, records, columns, marks, annotations, archives, words."""

import copy
import json
from typing import Any

import seeds
import targets
from hypothesis import strategies as st

from cnerkit.codecs.tags import Scheme
from cnerkit.corpora.formats import FORMATS, WRITABLE
from cnerkit.text import Entity, Fragment, Sentence

_CHARACTERS = "ab1小美海 \t\n\r\v\f\x1c\x1e\x85\xa0\u2028\u200b\u3000\ufeff😀é{}:/|<>&;,\"'\\-_=#*OBI[]T\0"
_ODD_TEXTS = (
    "", "-DOCSTART-", "O", "o", "B-X", "{{a:b}}", "a/b", "\ufeff", "\ud800", "😀", "\r\n", " ", "id", "null", "小0",
    "x" * 70,
)  # fmt: skip
_TYPES = (
    "人名", "PER", "O", "o", "B-X", "-", "a b", "a/b", "a:b", "\t", "\r", "*", "x,y", "=", "{", "\u2028", "\x85", "\0",
    "A|B", "\ud800",
)  # fmt: skip
_VALUES = (
    None, True, False, 0, 1, 2, -1, 3.5, 1e+300, 2 ** 31, 2 ** 63, 10 ** 30, "", "x", "0", "小美", "😀", "a b", "\0", "\r",
    [], {}, [[]], [0, 1], [0, 2, "PER"], {"start": 0, "end": 1, "label": "X"}, [None], "accept", "reject", "utf-16", [1, 1],
)  # fmt: skip
_TAGS = (
    ("O", "B-人名", "I-人名", "B-X", "I-X", "O"),
    ("O", "I-人名", "I-X", "O", "I-人名", "O"),
    ("O", "B-人名", "I-人名", "E-人名", "S-X", "O"),
    ("O", "B-人名", "M-人名", "E-人名", "S-X", "O"),
    ("O", "B-人名", "I-人名", "L-人名", "U-X", "O"),
    ("O", "B-a b", "I-a b", "S-a b", "S-\u2028", "O"),
)
_MOSTLY = st.sampled_from((True,) * 7 + (False,))
_CHANGES = st.tuples(st.integers(0, 999), st.integers(0, 6), st.sampled_from(_VALUES))
_FIELDS = (
    "小", "美", "O", "B-人名", "I-人名", "E-PER", "S-PER", "M-PER", "L-PER", "U-PER", "W-X", "B-", "-X", "o", "I", "#", "1",
    "2", "小0", "美1", "00", "-DOCSTART-", "", "Anna", "\ufeff", "\r", "\x85", "\u3000", "😀", "\u2028", "B-A B", "O\r",
)  # fmt: skip
_MARKS = (
    "{{", "}}", "{", "}", ":", " ", "name", "小美", "😀", "/", "/o ", "/nr ", "o", "\n", "\r\n", "\r", "\t", "\x85",
    "\ufeff", "|", "<DOC>", "</DOC>", "<DOCID>", "</DOCID>", "<TEXTO>", "</TEXTO>", "<PESSOA>", "</PESSOA>",
    '<LOCAL TIPO="X">', "</LOCAL>", "<ALT>", "</ALT>", "<OMITIDO>", "</OMITIDO>", "<colHAREM>", "</colHAREM>",
    '<DOC DOCID="d">', '<EM ID="1" CATEG="A|B">', "</EM>", "<p>", "</p>", "&lt;", "&#0;", "&#xD800;", "&x;", "&", "<!--",
    "-->", "<![CDATA[", "]]>", "<!DOCTYPE a [", "<?x?>", "<set>", "</set>", "<article>", "</article>", "<sentence>",
    "</sentence>", '<cons sem="G#x">', "<cons>", "</cons>", "<title>", "</title>", "<bibliomisc>", "</bibliomisc>",
    "<articleinfo>", "</articleinfo>", "<abstract>", "</abstract>", "<", ">", "</", '"',
)  # fmt: skip
_LINES = (
    "T1\t", "T2\t", "T\t", "PER ", "地 名 ", "0 1", "0 2", "2 3", "1 2;3 4", "3 4;1 2", "-1 2", "2 1", "0 99", "0 9" * 9,
    "\t", "\n", "\r\n", "\r", "小", "小美", "海", "😀", " ", ";", "R1\tgo Arg1:T1 Arg2:T2\n", "#1\tNote T1\tx\n",
    "E1\tGo:T1 A:E1\n", "A1\tNeg E1\n", "*\tEquiv T1 T2\n", "N1\tRef T1 W:1\tx\n", "\ufeff", "T1\tPER 0 1\t小\n",
    "T2\tLOC 1 2\t美\n", "\0", "\u2028",
)  # fmt: skip
_WORDS = (
    "PER", "人名", "=", ",", "*", "@", " ", "\n", "1", "2", "0", "-1", "9" * 30, "O", "B-X", "bio", "utf-16", "drop",
    "\udcff", "١",
)  # fmt: skip
_NAMES = (
    "a.txt", "a.ann", "b/c.txt", "b/c.ann", "x.json", "y", "z/1", "z/10", "z/2", "é", "a\\b", "a\n.txt", ".h", "__MACOSX/x",
)  # fmt: skip
_ODD_NAMES = (
    ".", "..", "../a.txt", "/a", "", "./x", "a//b", "\0", "a" * 300,
)  # fmt: skip


def headers() -> st.SearchStrategy[bytes]:
    """The choices of how a file is read and written, mostly those that a user gets by default."""
    places = (None, None, None, 0, 0, 1, 2, 2, 3, 4, 5)
    byte = st.sampled_from(range(256))
    return st.builds(_header, st.sampled_from(places), byte, byte, byte)


def _header(place: int | None, value: int, write: int, target: int) -> bytes:
    chosen = [0, 0, 0, 0, 0, 0, write, target]
    if place is not None:
        chosen[place] = value % (len(targets.SINGLE) + 1) if place == 0 else value
    return bytes(chosen)


def sentences() -> st.SearchStrategy[list[Sentence]]:
    """Annotated or not, in characters or words, with entities of every kind over any characters."""
    character = st.sampled_from(_CHARACTERS)
    words = st.lists(st.sampled_from(_ODD_TEXTS[1:]) | character | st.tuples(character, character).map("".join), max_size=7)
    types = st.sampled_from(_TYPES[:2]) | st.sampled_from(_TYPES)
    entity = st.tuples(st.lists(st.integers(0, 9), min_size=2, max_size=5, unique=True).map(sorted), types)
    entities = st.builds(lambda listed, kept: listed if kept else None, st.lists(entity, max_size=4), _MOSTLY)
    ids = st.sampled_from(("a", "b", "1", "a/b", "../x", "CON", "a:b", "\u2028", "x" * 300, "", "é", "e\u0301", "A"))
    apart = st.builds(_sentence, ids, words, entities, st.sampled_from(("", " ", "-", "\n")))
    together = st.builds(_sentence, ids, st.lists(character, max_size=9), entities)
    return st.lists(apart | together, min_size=1, max_size=3)


def _sentence(id_: str, tokens: list[str], places: list[tuple[list[int], str]] | None, joiner: str = "") -> Sentence:
    """A sentence with those of some entities that it has room for."""
    entities = places and frozenset(_entity(each, type_) for each, type_ in places if each[-1] <= len(tokens))
    return Sentence(id_, tuple(tokens), None if places is None else frozenset(entities or ()), joiner)


def _entity(places: list[int], type_: str) -> Entity:
    pairs = zip(places[::2], places[1::2], strict=False)
    return Entity(tuple(Fragment(start, end) for start, end in pairs), type_)


def writings() -> st.SearchStrategy[targets.Target]:
    """Any target."""
    return st.builds(targets.target_of, st.sampled_from(range(len(WRITABLE))), st.sampled_from(range(256)))


def record_files() -> st.SearchStrategy[bytes]:
    """Records of every format with some values replaced, left out, doubled or moved: as lines or as an array."""
    record = st.builds(_changed, st.sampled_from(_records()), st.lists(_CHANGES, max_size=2))
    return st.builds(_file, st.lists(record, min_size=1, max_size=2), st.booleans(), st.booleans())


def _records() -> list[Any]:
    found = {}
    for name, data in seeds.files():
        if FORMATS[name].kind in ("records", "tagged"):
            text = data.decode("utf-8-sig")
            values = (
                json.loads(text) if text.lstrip().startswith("[") else list(map(json.loads, text.split("\n")[:-1] or [text]))
            )
            found.update({json.dumps(value): value for value in values})
    return list(found.values())


def _changed(record: Any, changes: list[tuple[int, int, Any]]) -> Any:
    record = {"": copy.deepcopy(record)}
    for number, change, value in changes:
        places = list(_places(record))
        holder, key = places[number % len(places)]
        _change(holder, key, change, copy.deepcopy(value))
    return record.get("")


def _places(value: Any) -> Any:
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _change(holder: Any, key: Any, change: int, value: Any) -> None:
    old = holder[key]
    if change <= 1:
        holder[key] = value
    elif change == 2 and type(old) is int:
        holder[key] = old + (value if isinstance(value, int) else 1)
    elif change == 3:
        del holder[key]
    elif change == 4 and isinstance(holder, list):
        holder.append(copy.deepcopy(old))
    elif change == 5:
        holder[key] = [old]
    elif isinstance(holder, dict):
        holder[value if isinstance(value, str) else "text"] = old
    elif isinstance(holder, list):
        holder.reverse()


def _file(records: list[Any], array: bool, escaped: bool) -> bytes:
    lines = [json.dumps(record, ensure_ascii=escaped) for record in records]
    return (f"[{', '.join(lines)}]" if array else "\n".join(lines)).encode("utf-8", "surrogatepass")


def column_files() -> st.SearchStrategy[bytes]:
    """Lines of fields."""
    field, tag = st.sampled_from(_FIELDS), st.sampled_from(range(len(_TAGS[0])))
    row = st.tuples(field, field, tag, tag, st.sampled_from(range(24)))
    rows = st.lists(row, min_size=1, max_size=9)
    shape = st.tuples(
        st.sampled_from(_TAGS), st.integers(2, 4), st.sampled_from((" ", "\t", "  ")), st.sampled_from(("\n", "\r\n"))
    )
    return st.builds(_columns, rows, shape)


def _columns(rows: list[tuple[str, str, int, int, int]], shape: tuple[tuple[str, ...], int, str, str]) -> bytes:
    """Lines with a token and one or two tags of one scheme; one line in twelve is odd, and one in eight is empty."""
    tags, width, part, end = shape
    lines = []
    for token, other, first, second, odd in rows:
        fields = (token, other, other)[: width - 1] if width < 4 else (token, tags[second])
        line = part.join((*fields, tags[first]))
        lines.append(other if odd == 0 else f"{line}{part}{other}" if odd == 1 else "" if odd < 5 else line)
    return end.join(lines).encode()


def mark_files() -> st.SearchStrategy[bytes]:
    """Pieces of mark-up, of braces and of slashes, by themselves or put into a small file."""
    pieces = st.lists(st.sampled_from(_MARKS), max_size=14).map("".join)
    whole = [text for name in ("genia", "harem", "boson", "text-slash") for text in seeds.OTHERS[name]]
    inside = st.builds(
        lambda text, at, piece: text[:at] + piece + text[at:], st.sampled_from(whole), st.integers(0, 300), pieces
    )
    return st.builds(lambda alone, piece, inside: (piece if alone == 0 else inside).encode(), st.integers(0, 5), pieces, inside)


def files() -> st.SearchStrategy[bytes]:
    """Single files of every kind."""
    lightly = st.builds(_changed, st.sampled_from(_records()), st.lists(_CHANGES, max_size=1))
    records = st.builds(_file, st.lists(lightly, min_size=1, max_size=2), st.booleans(), st.booleans())
    return st.sampled_from([data for _, data in seeds.files()]) | records | column_files() | mark_files()


def pairs() -> st.SearchStrategy[tuple[bytes, bytes | None]]:
    """A text and its annotations as brat has them."""
    text = st.lists(
        st.sampled_from(("小", "美", "小美", "海", "😀", "\n", "\r\n", "\r", " ", "\t", "\ufeff", "\x85")), max_size=7
    )
    lines = st.lists(st.sampled_from(_LINES), max_size=9).map("".join)
    return st.tuples(text.map("".join).map(str.encode), st.none() | lines.map(str.encode))


def grid_records() -> st.SearchStrategy[bytes]:
    """A few tokens and any cells."""
    place = st.integers(-1, 5)
    labels = st.sampled_from(("NNC", "PNC", "HTC-a", "THC-a", "HTC-b", "THC-b", "NNW", "THW-a", "THW-b", "x", "HTC-"))
    tokens = st.lists(st.sampled_from(("小", "美", "去", "Anna")), max_size=5)
    cells = st.lists(st.tuples(place, place, labels), max_size=9)
    full = st.builds(_mirrored, st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6), st.booleans())
    return st.builds(lambda words, found: json.dumps({"tokens": words, "cells": found}).encode(), tokens, cells | full)


def _mirrored(steps: list[tuple[int, int]], is_w2ner: bool) -> list[tuple[int, int, str]]:
    if is_w2ner:
        return [(min(one), max(one), "NNW") for one in steps[1:]] + [(max(one), min(one), "THW-a") for one in steps[:2]]
    cells = [cell for one in steps for cell in ((min(one), max(one), "NNC"), (max(one), min(one), "PNC"))]
    return cells + [cell for one in steps[:2] for cell in ((min(one), max(one), "HTC-a"), (max(one), min(one), "THC-a"))]


def bundles() -> st.SearchStrategy[tuple[bytes, str]]:
    """The names and contents of files, and what they are packed as."""
    contents = st.sampled_from([data for _, data in seeds.files()][:60]) | mark_files() | column_files() | record_files()
    names = st.builds(
        lambda name, odd, usual: (name if usual else odd).encode(), *map(st.sampled_from, (_NAMES, _ODD_NAMES)), _MOSTLY
    )
    files = st.lists(st.tuples(names, contents), min_size=1, max_size=4).map(
        lambda found: targets.SEPARATOR.join(part for each in found for part in each)
    )
    return st.tuples(files, st.sampled_from(("zip", "tar")))


def words() -> st.SearchStrategy[str]:
    """What a user types after an option."""
    return st.lists(st.sampled_from(_WORDS), max_size=9).map("".join) | st.sampled_from([*seeds.WORDS, *map(str, Scheme)])
