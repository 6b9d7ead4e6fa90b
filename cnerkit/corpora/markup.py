"""Texts with tags, in XML or in the SGML of old corpora: tags and text one after the other, with every mistake placed.

Nothing is ever fetched or expanded: a document's own declarations are refused, its DTD is not looked at, and the only entities
are the five of XML and numbers of characters.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from cnerkit.corpora.columns import quote
from cnerkit.corpora.problems import Problem
from cnerkit.corpora.source import TextSource

_NAME = r"[^\s<>/=\"'!?&]++"
_VALUE = r"(?:\"[^<\"]*+\"|'[^<']*+')"
_TAG = re.compile(rf"<(?:/({_NAME})\s*+|({_NAME})((?:\s++{_NAME}\s*+=\s*+{_VALUE})*+)\s*+(/?))>")
_ATTRIBUTE = re.compile(rf"({_NAME})\s*+=\s*+({_VALUE})")
_OTHERS = {"<!--": "-->", "<?": "?>", "<![CDATA[": "]]>", "<!DOCTYPE": ">"}
_REFERENCE = re.compile(r"&(?:#(?:(\d{1,7})|[xX]([0-9a-fA-F]{1,6}))|([A-Za-z][\w.-]*));")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_TAGS = "malformed tags"
_LITERAL = "write &amp; for an ampersand, &lt; for a < and other characters as they are"


class Opening(NamedTuple):
    """A tag that opens an element, with its attributes, and where it stands; one of an empty element is followed by its end."""

    name: str
    attributes: dict[str, str]
    line: int
    column: int


class Closing(NamedTuple):
    """The end of the innermost element, and where it stands."""

    name: str
    line: int
    column: int


class Characters(NamedTuple):
    """Text between two tags, or a part of it, with its references resolved."""

    text: str


class MarkupReader:
    """The tags and the text of a document, or of several in one file; elements are nested in one another as they should.

    An ampersand that begins no reference is a mistake in a file with an XML declaration, and stands for itself in others.
    """

    def __init__(self, source: TextSource) -> None:
        # Most pieces end with a tag, so that few tags are cut.
        self._pieces = (source.decode(block) for block in source.blocks(b">"))
        self._is_xml = False
        self._text, self._at, self._line, self._column = "", 0, 1, 1
        self._open: list[Opening] = []

    def __iter__(self) -> Iterator[Opening | Closing | Characters | Problem]:
        """Each tag and text; the first mistake in the mark-up ends the reading, since nothing after it is sure."""
        while self._at < len(self._text) or self._more():
            for event in self._tag() if self._text[self._at] == "<" else self._characters():
                yield event
                if isinstance(event, Problem):
                    return
        if self._open:
            last = self._open[-1]
            fix = f"write </{last.name}> where it ends"
            yield Problem("elements that are not closed", f"<{last.name}> is never closed", last.line, last.column, fix)

    def _characters(self) -> Iterator[Characters | Problem]:
        cut = self._text.find("<", self._at)
        end = len(self._text) if cut < 0 else cut
        yield self._resolved(self._text[self._at : end])
        self._advance(end)

    def _tag(self) -> Iterator[Opening | Closing | Characters | Problem]:
        match = _TAG.match(self._text, self._at)
        if match is None and (begin := next((each for each in _OTHERS if self._text.startswith(each, self._at)), None)):
            yield from self._other(begin, _OTHERS[begin])
            return
        while match is None and self._text.find("<", self._at + 1) < 0 and self._more():
            match = _TAG.match(self._text, self._at)
        if match is None:
            shown = quote(self._text[self._at : self._at + 60].rstrip("\n"))
            yield Problem(
                _TAGS, f"this is no tag: {shown}", self._line, self._column, 'write <name key="value">, or &lt; for a <'
            )
            return
        closed, opened, attributes, empty = match.groups()
        if opened:
            yield self._opened(opened, attributes)
        if closed or empty:
            yield self._closed(closed or opened)
        self._advance(match.end())

    def _opened(self, name: str, attributes: str) -> Opening | Problem:
        found: dict[str, str] = {}
        for key, quoted in _ATTRIBUTE.findall(attributes):
            value = self._resolved(quoted[1:-1])
            if isinstance(value, Problem):
                return Problem(value.kind, value.what, self._line, self._column, value.fix)
            if key in found:
                what = f"<{name}> has the attribute {key} twice"
                return Problem(_TAGS, what, self._line, self._column, "keep one of them")
            found[key] = value.text
        self._open.append(Opening(name, found, self._line, self._column))
        return self._open[-1]

    def _closed(self, name: str) -> Closing | Problem:
        if not self._open:
            what = f"</{name}> closes an element that is not open"
            return Problem("tags that cross", what, self._line, self._column, "open the element before, or remove its end")
        last = self._open.pop()
        if last.name == name:
            return Closing(name, self._line, self._column)
        what = f"</{name}> stands where <{last.name}> of {last.line}:{last.column} should be closed first"
        return Problem("tags that cross", what, self._line, self._column, f"close <{last.name}> before, or open it later")

    def _other(self, begin: str, end: str) -> Iterator[Characters | Problem]:
        """A comment, an instruction, a document type, or literal text."""
        cut = self._text.find(end, self._at + len(begin))
        while cut < 0 and self._more():
            cut = self._text.find(end, len(begin))
        content = self._text[self._at + len(begin) : cut]
        if cut < 0:
            fix = f"write {end} where it ends"
            yield Problem("elements that are not closed", f"{begin} is never closed", self._line, self._column, fix)
        elif begin == "<!DOCTYPE" and "[" in content:
            what = "a document type with declarations of its own, which are not read"
            yield Problem(_TAGS, what, self._line, self._column, "remove the declarations between [ and ]")
        elif begin == "<![CDATA[":
            yield Characters(content)
        elif begin == "<?" and content.startswith("xml "):
            self._is_xml = True
        self._advance(max(cut, self._at) + len(end))

    def _resolved(self, text: str) -> Characters | Problem:
        """Text with the characters that its references stand for."""
        if "&" not in text:
            return Characters(text)
        parts: list[str] = []
        end = 0
        while (at := text.find("&", end)) >= 0:
            match = _REFERENCE.match(text, at)
            character = _character(match) if match else None if self._is_xml else "&"
            if character is None:
                lines, column = text.count("\n", 0, at), at - text.rfind("\n", 0, at)
                shown = match[0] if match else text[at : at + 10]
                place = (self._line + lines, column if lines else self._column + at)
                return Problem("unknown references", f"{quote(shown)} stands for no character", *place, _LITERAL)
            parts += text[end:at], character
            end = match.end() if match else at + 1
        return Characters("".join([*parts, text[end:]]))

    def _advance(self, end: int) -> None:
        lines = self._text.count("\n", self._at, end)
        self._line += lines
        self._column = end - self._text.rfind("\n", 0, end) if lines else self._column + end - self._at
        self._at = end

    def _more(self) -> bool:
        """Read on until there is twice as much text, so that a long tag is not begun again too often; False at the end."""
        kept = self._text[self._at :]
        pieces, wanted = [kept], 2 * len(kept)
        for piece in self._pieces:
            pieces.append(piece)
            wanted -= len(piece)
            if wanted <= len(kept):
                break
        self._text, self._at = "".join(pieces), 0
        return len(pieces) > 1


def attribute_of(tag: Opening, name: str) -> str | None:
    """The value of an attribute without the space around it, None when there is none."""
    return tag.attributes.get(name, "").strip() or None


def _character(match: re.Match[str]) -> str | None:
    decimal, hexadecimal, name = match.groups()
    if name:
        return _ENTITIES.get(name)
    number = int(decimal) if decimal else int(hexadecimal, 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF or (number < 0x20 and number not in (9, 10, 13)):
        return None
    return chr(number)
