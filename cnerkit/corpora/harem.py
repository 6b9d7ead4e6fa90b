"""The golden collections of the first HAREM, in SGML, and of the second, in XML: documents with entities marked in their text.

What is said in several ways is read in one, as those did who made JSON of the first collection: of the alternatives in an
``ALT``, the one with the most entities, the first among equals; of several categories, the first. Passages marked ``OMITIDO``,
which HAREM itself leaves out of account, are left out with their text. All of it is counted.

White space is as it is in the first collection, where it is the text's. In the second it is mostly layout, with a line break
at each tag: there a line break and the white space around it are a space, and paragraphs are lines.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cnerkit.corpora.columns import quote
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.harem_passages import Mention, Passage, fullest, in_lines
from cnerkit.corpora.markup import Characters, Closing, MarkupReader, Opening, attribute_of
from cnerkit.corpora.problems import Problem, Problems
from cnerkit.corpora.records import sentence_of
from cnerkit.corpora.selection import Selection
from cnerkit.corpora.source import Head, TextSource
from cnerkit.text import Entity, Sentence

ALTERNATIVES = "alternative readings, left out"
IN_ALTERNATIVES = "entities of alternative readings, left out"
OTHER_TEXTS = "alternative readings with another text, left out"
OMITTED = "passages marked OMITIDO, left out"
IN_OMITTED = "entities in passages marked OMITIDO, left out"
UNCATEGORISED = "entities without a category, left out"
SEVERAL = "entities of several categories, read as the first"
OUTSIDE = "texts outside of documents, left out"
CATEGORIES = frozenset(
    ("ABSTRACCAO", "ACONTECIMENTO", "COISA", "LOCAL", "OBRA", "ORGANIZACAO", "OUTRO", "PESSOA", "TEMPO", "VALOR", "VARIADO")
)
_FIELDS = frozenset({"DOCID", "GENERO", "ORIGEM"})
_SPACE = re.compile(r"\s+")


def evidence(head: Head) -> str | None:
    """What tells that a text that begins so is one of HAREM's collections."""
    if "<colHAREM" in head.text:
        return "XML with colHAREM, as in the second HAREM"
    if head.text.lstrip().startswith("<DOC>") and "<DOCID>" in head.text and "<TEXTO>" in head.text:
        return "SGML with DOC, DOCID and TEXTO, as in the first HAREM"
    return None


def read(source: TextSource, ids: str, hints: Hints, notes: Counter[str]) -> Iterator[Sentence]:
    """The documents, each as one sentence of characters, whose id is the document's.

    Args:
        source: The text.
        ids: What the ids of documents without one begin with; their number from 1 follows.
        hints: ``articles`` are the ids of the only documents to read.
        notes: What is left out, by kind.

    Raises:
        DataError: After the last document, when there was a mistake, or a document that was asked for is missing.
    """
    problems, selection = Problems(source.name), Selection(hints.articles)
    collection = _Collection(ids, selection, notes)
    for event in MarkupReader(source):
        found = event if isinstance(event, Problem) else collection.take(event)
        if isinstance(found, Problem):
            problems.add(found)
        elif found is not None and not problems:
            yield found
    selection.report(problems)
    problems.refuse()


class _Collection:
    """Where the reading stands among the documents.

    Args:
        ids: What the ids of documents without one begin with.
        selection: Which documents to read.
        notes: What is left out of them, by kind.
    """

    def __init__(self, ids: str, selection: Selection, notes: Counter[str]) -> None:
        self._ids, self._selection, self._notes = ids, selection, notes
        self._count, self._id = 0, ""
        self._text_within = "TEXTO"  # all of a document in the second HAREM
        self._within = ""
        self._document: _Document | None = None

    @property
    def _second(self) -> bool:
        return self._text_within == "DOC"

    def take(self, event: Opening | Closing | Characters) -> Sentence | Problem | None:
        """Go on by a tag or a text: the document that it ends, if any, or what is wrong with it."""
        if isinstance(event, Opening):
            return self._opened(event)
        if isinstance(event, Closing):
            return self._closed(event)
        if self._document and self._within == self._text_within:
            self._document.add(_without_breaks(event.text) if self._second else event.text)
        elif self._within == "DOCID":
            self._id += event.text
        elif self._within not in _FIELDS and event.text.strip():
            self._notes[OUTSIDE] += 1
        return None

    def _opened(self, tag: Opening) -> Problem | None:
        if tag.name == "DOC":
            if self._document:
                fix = "close the first one before"
                return Problem("nested documents", "a document within a document", tag.line, tag.column, fix)
            self._count += 1
            self._id = attribute_of(tag, "DOCID") or ""
            self._within, self._document = tag.name, _Document(tag)
        elif tag.name == self._text_within or tag.name in _FIELDS:
            self._within = tag.name
        elif self._document:
            return self._document.opened(tag)
        elif tag.name == "colHAREM":
            self._text_within = "DOC"
        else:
            return _unknown(tag)
        return None

    def _closed(self, tag: Closing) -> Sentence | Problem | None:
        if tag.name == "DOC" and self._document:
            ended, self._document, self._within = self._document, None, ""
            return self._finished(ended)
        if tag.name == self._text_within or tag.name in _FIELDS:
            self._within = "DOC"
            if self._document and tag.name in _FIELDS - {"DOCID"}:
                self._document.notes[f"elements {tag.name}, left out"] += 1
        elif self._document:
            return self._document.closed(tag)
        return None

    def _finished(self, document: "_Document") -> Sentence | None:
        id_ = self._id.strip()
        if not (self._selection.wants(id_) if id_ else self._selection.is_all):
            return None
        self._notes.update(document.notes)
        passage = in_lines(document.passage) if self._second else document.passage
        entities = [Entity.span(*mention) for mention in passage.mentions]
        return sentence_of(id_ or f"{self._ids}-{self._count}", passage.text, entities, self._notes)


@dataclass(frozen=True, slots=True)
class _Element:
    """An element that is open: its tag, the passages that it may have, of which the last grows, and where in it it began."""

    tag: Opening
    passages: list[Passage]
    start: int = 0


class _Document:
    """A document that is not closed yet.

    Attributes:
        passage: Its text and entities so far.
        notes: What is left out of it, by kind.
    """

    def __init__(self, tag: Opening) -> None:
        self.passage = Passage()
        self.notes: Counter[str] = Counter()
        self._open = [_Element(tag, [self.passage])]
        self._alternatives = 0

    def add(self, text: str) -> None:
        """Go on by a text, in which ``|`` separates alternatives."""
        innermost = self._open[-1]
        first, *others = text.split("|") if innermost.tag.name == "ALT" else [text]
        innermost.passages[-1].add(first)
        for other in others:
            innermost.passages.append(Passage())
            innermost.passages[-1].add(other)

    def opened(self, tag: Opening) -> Problem | None:
        """Go on by a tag that opens an element of the text."""
        passages = self._open[-1].passages
        if tag.name in ("ALT", "OMITIDO"):
            self._open.append(_Element(tag, [Passage()]))
            self._alternatives += tag.name == "ALT"
            return _nested(tag) if tag.name == "ALT" and self._alternatives > 1 else None
        self._open.append(_Element(tag, passages, passages[-1].length))
        if tag.name == "p":
            passages[-1].add("\n")
        elif tag.name != "EM" and not CATEGORIES.issuperset(tag.name.split("|")):
            return _unknown(tag)
        return None

    def closed(self, tag: Closing) -> Problem | None:
        """Go on by a tag that closes the innermost element."""
        element = self._open.pop()
        around = self._open[-1].passages[-1]
        if tag.name == "ALT":
            self._alternatives -= 1
            if not self._alternatives:
                around.join(self._chosen(element.passages))
        elif tag.name == "OMITIDO":
            self.notes[OMITTED] += 1
            self._count(IN_OMITTED, len(element.passages[-1].mentions))
        elif tag.name == "p":
            around.add("\n")
        else:
            return self._mention(element, around)
        return None

    def _chosen(self, alternatives: list[Passage]) -> Passage:
        best = fullest(alternatives)
        letters = "".join(best.text.split())
        others = [each for each in alternatives if each is not best]
        self._count(ALTERNATIVES, len(others))
        self._count(IN_ALTERNATIVES, sum(len(each.mentions) for each in others))
        self._count(OTHER_TEXTS, sum("".join(each.text.split()) != letters for each in others))
        return best

    def _mention(self, element: _Element, around: Passage) -> Problem | None:
        tag = element.tag
        given = tag.attributes.get("CATEG", "") if tag.name == "EM" else tag.name
        categories = [name for name in map(str.strip, given.split("|")) if name]
        if around.is_blank_from(element.start):
            return Problem(
                "empty entities", "an entity without text", tag.line, tag.column, "remove it, or put its text into it"
            )
        self.notes.update(f"attributes {name}, left out" for name in tag.attributes if name != "CATEG")
        if not categories:
            self.notes[UNCATEGORISED] += 1
            return None
        self._count(SEVERAL, int(len(set(categories)) > 1))
        around.mentions.append(Mention(element.start, around.length, categories[0]))
        return None

    def _count(self, kind: str, number: int) -> None:
        if number:
            self.notes[kind] += number


def _without_breaks(text: str) -> str:
    """The text with each line break, and the white space around it, as a space."""
    return _SPACE.sub(lambda space: " " if "\n" in space[0] else space[0], text)


def _nested(tag: Opening) -> Problem:
    fix = "write all alternatives side by side, as <ALT>a|b|c</ALT>"
    return Problem("nested alternatives", "alternatives within an alternative", tag.line, tag.column, fix)


def _unknown(tag: Opening) -> Problem:
    fix = f"HAREM has DOC, p, ALT, OMITIDO, EM and {', '.join(sorted(CATEGORIES))}"
    return Problem("unknown elements", f"<{quote(tag.name)[1:-1]}> is no element of HAREM", tag.line, tag.column, fix)
