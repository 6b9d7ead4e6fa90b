"""Long repetitive files, whose reading must take four times as long when they are four times as long; run by hand.

    python tests/fuzz/fuzz_growth.py [--size BYTES]

Prints the worst ratios, and as a finding all that grows faster or takes longer than it may.
"""

import argparse
import io
import time
from collections.abc import Iterator

import targets

from cnerkit.corpora import formats
from cnerkit.corpora.bundle import Member
from cnerkit.corpora.formats import FORMATS, Hints
from cnerkit.errors import CnerkitError
from cnerkit.workflows.division import Cut, Division, Tokens
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.reading import open_corpus_file

TIMES = 4
ALLOWED = 9.0
"""How many times as long a file that is ``TIMES`` as long may take: linear with a wide margin, and far from quadratic."""
NOTICED = 0.5
"""Seconds below which nothing is judged."""
PIECES = (
    "a", "小", "😀", " ", "\t", "\n", "\r", "\r\n", "\v", "\x85", "\ufeff", "{", "}", "{{", "}}", "{{a:b}}", "{{a:", "[",
    "]", '"', "\\", "\\u", "\\ud800", "/", "a/b ", "/o ", "o/o", "<", ">", "<a>", "</a>", "<DOC>", "<DOC></DOC>", "<ALT>",
    "|", "&", "&#", "&lt;", "<!--", "<![CDATA[", "<?", '<a b="', "<sentence>", "<sentence></sentence>", '<cons sem="G#x">',
    "<article>", "<EM>", "<OMITIDO>", "a O\n", "a B-X\n", "a I-X\n", "a\tO\n\n", "a B-X I-X\n", "a b c d\n", "a0\tO\n",
    "0\tO\n", "-DOCSTART-\n", "#\n", "B-", "a  ", "\na", '{"a":', '{"text":"a"}\n', '{"tokens":["a"],"ner_tags":["O"]}\n',
    '{"a":1,', "{}\n", "{},", "[[", "1", "-1,", "1e9", "null,", "。", "a. ", "a.", "”", "T1\tA 0 1\ta\n", "T1\tA 0 1;",
    "0 1;", "R1\tx\n", "*\tE T1\n", "#1\tN T1\n", "E1\tT1 T1\n",
)  # fmt: skip
_JSON = tuple(name for name in targets.SINGLE if FORMATS[name].kind in ("records", "tagged"))
ROUND = (
    ("", "", ("", *targets.SINGLE, "divided", "brat")),
    ('{"text":"', '"}', ("", "jsonl", "divided")),
    ('{"text":"a","entities":[', "]}", ("", "jsonl", "cmeee", "doccano")),
    ("[", "]", ("", *_JSON)),
    ("<DOC><TEXTO>", "</TEXTO></DOC>", ("harem",)),
    ("<DOC>\n<DOCID>x</DOCID>\n<TEXTO>", "", ("",)),
    ('<colHAREM><DOC DOCID="a">', "</DOC></colHAREM>", ("",)),
    ("<article><title><sentence>", "</sentence></title></article>", ("genia",)),
    ("a B-X\n\n", "\na O\n", ("", "layers")),
)
"""What stands before and after the pieces, and the formats in which that is read; the first is to be recognised."""


def main() -> None:
    """Read each piece many times over, in every format."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=1 << 14)
    size = parser.parse_args().size
    targets.limit_memory()
    tried, worst = 0, []
    for name, small, large in _files(size):
        tried += 1
        once = _seconds(name, small)
        more = _seconds(name, large)
        ratio = more / max(once, 1e-4)
        worst.append((more, ratio, name, large[:60]))
        if more > NOTICED and ratio > ALLOWED:
            print(f"FINDING {name}: {once:.2f} s, then {more:.2f} s for {TIMES} times {large[:60]!r}", flush=True)
    print(f"{tried} files of {size} and {TIMES * size} bytes; the slowest:")
    for more, ratio, name, shown in sorted(worst, reverse=True)[:12]:
        print(f"  {more:.2f} s, {ratio:.1f} times the shorter, {name} {shown!r}")


def _files(size: int) -> Iterator[tuple[str, str, str]]:
    for piece in PIECES:
        for before, after, names in ROUND:
            small, large = (before + piece * (bytes_ // len(piece.encode())) + after for bytes_ in (size, size * TIMES))
            yield from ((name, small, large) for name in names)


def _seconds(name: str, text: str) -> float:
    started = time.process_time()
    try:
        with targets.in_time(30):
            _read(name, text.encode())
    except CnerkitError as error:
        targets.check_complaint(error)
    return time.process_time() - started


def _read(name: str, data: bytes) -> None:
    if name == "brat":
        members = [Member("a.txt", lambda: io.BytesIO("a\n😀".encode() * 1000)), Member("a.ann", lambda: io.BytesIO(data))]
        list(formats.folder("brat").read(members, Hints(), targets.Counter(), "f"))
        return
    division = Division(Tokens.WORDS, Cut.ENDS) if name == "divided" else Division()
    format_ = "text" if name == "divided" else name or None
    assert format_ is None or format_ in FORMATS
    with open_corpus_file(io.BytesIO(data), ReadOptions(format=format_, division=division), name="f", ids="f") as reading:
        for _ in reading.sentences:
            pass


if __name__ == "__main__":
    main()
