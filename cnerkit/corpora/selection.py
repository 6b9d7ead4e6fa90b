"""The documents of a file that are to be read: all, or those whose ids were asked for."""

from cnerkit.corpora.columns import quote
from cnerkit.corpora.problems import Problem, Problems


class Selection:
    """Which documents are wanted, and which of them were not there yet.

    Args:
        articles: The ids of the only documents to read; None for all.
    """

    def __init__(self, articles: frozenset[str] | None) -> None:
        self._articles = articles
        self._missing = set(articles or ())

    @property
    def is_all(self) -> bool:
        """True when every document is wanted, one without an id too."""
        return self._articles is None

    def wants(self, *names: str) -> bool:
        """True when a document is wanted under one of its names."""
        self._missing.difference_update(names)
        return self._articles is None or not self._articles.isdisjoint(names)

    def report(self, problems: Problems) -> None:
        """Count the documents that were asked for and not found, at the end of a file without other mistakes."""
        if self._missing and not problems:
            what = f"the file has no document {quote(min(self._missing))}, which was asked for"
            fix = "check the list of documents, and that the whole file is there"
            problems.add(Problem("missing documents", what, 1, 1, fix), len(self._missing))
