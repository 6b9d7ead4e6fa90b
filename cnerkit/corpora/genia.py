"""GENIA's XML (GPML): articles of sentences with nested terms, each of a class of GENIA's ontology.

A term is an entity when it has a single class, as in the corpora that were made from GENIA. A coordinated term, such as "alpha-
and beta-globin" of the class ``(AND G#… G#…)``, is none, nor are its parts, which have no class; terms with a class of their
own within it are. Two articles of GENIA 3.02 have the same id and differ in their terms: both are read, the second as
``<id>-2``, so that whoever selects articles can choose.
"""

from collections import Counter
from collections.abc import Iterator

from cnerkit.corpora.formats import Hints
from cnerkit.corpora.markup import Characters, Closing, MarkupReader, Opening, attribute_of
from cnerkit.corpora.problems import Problem, Problems
from cnerkit.corpora.records import sentence_of
from cnerkit.corpora.selection import Selection
from cnerkit.corpora.source import Head, TextSource
from cnerkit.text import Entity, Sentence

COORDINATED = "coordinated terms, left out"
UNCLASSED = "terms without a class, left out"
LEXICAL = "lexical forms of terms, left out"
SAME_ID = "articles with the id of another, read as <id>-2 and so on"
OUTSIDE = "texts outside of sentences, left out"
_MARKS = ("<article>", "<sentence>", "<cons ")


def evidence(head: Head) -> str | None:
    """What tells that a text that begins so is GENIA's."""
    if head.text.lstrip().startswith("<") and all(mark in head.text for mark in _MARKS):
        return "mark-up with " + ", ".join(mark.strip(" <>") for mark in _MARKS)
    return None


def read(source: TextSource, ids: str, hints: Hints, notes: Counter[str]) -> Iterator[Sentence]:
    """The sentences as characters; ids are ``<article>-title-1``, ``<article>-abstract-1`` and so on.

    Args:
        source: The text.
        ids: What the ids of sentences without an article's id begin with; their number from 1 follows.
        hints: ``articles`` are the only ones to read: an id selects all articles with it, ``<id>-2`` the second alone.
        notes: What is left out, by kind.

    Raises:
        DataError: After the last sentence, when there was a mistake, or an article that was asked for is missing.
    """
    problems, selection = Problems(source.name), Selection(hints.articles)
    corpus = _Corpus(ids, selection, notes)
    for event in MarkupReader(source):
        found = event if isinstance(event, Problem) else corpus.take(event)
        if isinstance(found, Problem):
            problems.add(found)
        elif found is not None and not problems:
            yield found
    selection.report(problems)
    problems.refuse()


class _Corpus:
    """Where the reading stands within the articles.

    Args:
        ids: What the ids of sentences in articles without an id begin with.
        selection: Which articles to read.
        notes: What is left out of them, by kind.
    """

    def __init__(self, ids: str, selection: Selection, notes: Counter[str]) -> None:
        self._ids, self._selection, self._notes = ids, selection, notes
        self._seen: Counter[str] = Counter()
        self._nameless = 0
        self._within = ""
        self._begin_article()

    def take(self, event: Opening | Closing | Characters) -> Sentence | Problem | None:
        """Go on by a tag or a text: the sentence that it ends, if any, or what is wrong with it."""
        if isinstance(event, Opening):
            return self._sentence.opened(event) if self._sentence else self._opened(event)
        if isinstance(event, Closing):
            return self._closed(event)
        if self._sentence:
            self._sentence.add(event.text)
        elif self._within == "bibliomisc":
            self._article += event.text
        elif self._wanted and event.text.strip():
            self._notes[OUTSIDE] += 1
        return None

    def _begin_article(self) -> None:
        self._article, self._section, self._number = "", "", 0
        self._wanted = self._selection.is_all
        self._sentence: _Open | None = None

    def _opened(self, tag: Opening) -> Problem | None:
        self._within = tag.name
        if tag.name == "article":
            self._begin_article()
        elif tag.name in ("title", "abstract"):
            self._section, self._number = f"-{tag.name}", 0
        elif tag.name == "sentence":
            self._sentence = _Open(self._notes if self._wanted else Counter())
        elif tag.name == "cons":
            fix = "put it into a <sentence>, which is what is read"
            return Problem("terms outside of sentences", "a term outside of a sentence", tag.line, tag.column, fix)
        return None

    def _closed(self, tag: Closing) -> Sentence | Problem | None:
        if tag.name == "sentence" and self._sentence:
            ended, self._sentence = self._sentence, None
            return sentence_of(self._next_id(), "".join(ended.parts), ended.entities, self._notes) if self._wanted else None
        if self._sentence:
            return self._sentence.closed(tag)
        if tag.name == "bibliomisc":
            self._name_article(self._article.strip())
        self._within = ""
        return None

    def _name_article(self, plain: str) -> None:
        if not plain:
            return
        self._seen[plain] += 1
        self._article = plain if self._seen[plain] == 1 else f"{plain}-{self._seen[plain]}"
        self._wanted = self._selection.wants(plain, self._article)
        if self._wanted and self._article != plain:
            self._notes[SAME_ID] += 1

    def _next_id(self) -> str:
        if not self._article:
            self._nameless += 1
            return f"{self._ids}-{self._nameless}"
        self._number += 1
        return f"{self._article}{self._section}-{self._number}"


class _Open:
    """A sentence that is not closed yet; ``notes`` count what is left out of it.

    Attributes:
        parts: Its text so far.
        entities: Its entities that are closed.
    """

    def __init__(self, notes: Counter[str]) -> None:
        self.parts: list[str] = []
        self.entities: list[Entity] = []
        self._notes, self._length = notes, 0
        self._terms: list[tuple[Opening, int]] = []

    def add(self, text: str) -> None:
        """Go on by a text."""
        self.parts.append(text)
        self._length += len(text)

    def opened(self, tag: Opening) -> Problem | None:
        """Go on by a tag that opens a term."""
        if tag.name == "sentence":
            return Problem(
                "nested sentences", "a sentence within a sentence", tag.line, tag.column, "close the first one before"
            )
        if tag.name == "cons":
            self._terms.append((tag, self._length))
        else:
            self._notes[f"elements {tag.name} within sentences, of which only the text was read"] += 1
        return None

    def closed(self, tag: Closing) -> Problem | None:
        """Go on by a tag that closes the innermost term."""
        if tag.name != "cons":
            return None
        term, start = self._terms.pop()
        if start == self._length:
            return Problem("empty terms", "a term without text", term.line, term.column, "remove it, or put its text into it")
        class_ = attribute_of(term, "sem")
        if class_ is None:
            self._notes[UNCLASSED] += 1
        elif class_.startswith("("):
            self._notes[COORDINATED] += 1
        else:
            self.entities.append(Entity.span(start, self._length, class_))
        if attribute_of(term, "lex"):
            self._notes[LEXICAL] += 1
        return None
