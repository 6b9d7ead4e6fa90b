"""Texts that are nearly the same: found exactly, by a prefix filter, without comparing every pair.

Two texts are nearly the same when the sets of their pairs of neighbouring words have a Jaccard similarity of 0.8 or more. Each
Han character is a word, and so is each run of other letters and digits; case, width and everything else are left out. So one
changed character makes another text of 18 Chinese characters and the nearly same one of 19; longer texts may differ in more.

With a share of t, two sets can only be that similar when the smaller has at least t times the elements of the larger, and when
they share one of the first ``n - ceil(t * n) + 1`` elements in an order that is common to all sets (Chaudhuri, Ganti and
Kaushik 2006). With the rarest elements first, hardly any other candidate remains.
"""

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from cnerkit.corpora.script import HAN

_SHARED, _OF = 4, 5
"""The share of pairs that must be common, as a fraction, since rounding would lose those that are exactly that similar."""
_WORDS = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
_MOST_TRIED = 50
"""Candidates that are compared with one text: what keeps a corpus of countless variants of one template linear."""


class NearDuplicates:
    """Texts in which nearly the same ones are looked for.

    Args:
        texts: Each distinct one is kept once.

    Attributes:
        unfinished: Texts that were looked for among too many candidates to compare with all.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.unfinished = 0
        self._frequency: Counter[str] = Counter()
        by_size = []
        for text in dict.fromkeys(texts):
            if pairs := word_pairs(text):
                self._frequency.update(pairs)
                by_size.append((len(pairs), text))
        by_size.sort()
        self._texts = [text for _, text in by_size]
        self._sizes = array("I", [size for size, _ in by_size])
        self._index: dict[str, array[int]] = defaultdict(lambda: array("I"))
        for place, text in enumerate(self._texts):
            for pair in self._rarest(word_pairs(text)):
                self._index[pair].append(place)

    def find(self, text: str) -> str | None:
        """A text that is nearly the same as this one, or None when there is none."""
        pairs = word_pairs(text)
        for tried, place in enumerate(self._candidates(pairs)):
            if tried == _MOST_TRIED:
                self.unfinished += 1
                return None
            if nearly_same(pairs, word_pairs(self._texts[place])):
                return self._texts[place]
        return None

    def _candidates(self, pairs: frozenset[str]) -> Iterator[int]:
        """The places of texts of a fitting size that share a rare pair; they are sorted by size, and so is each posting."""
        first = bisect_left(self._sizes, _at_least(len(pairs)))
        end = bisect_left(self._sizes, len(pairs) * _OF // _SHARED + 1)
        seen: set[int] = set()
        for pair in self._rarest(pairs):
            posting = self._index.get(pair)
            for at in range(bisect_left(posting, first), bisect_left(posting, end)) if posting else ():
                if posting and posting[at] not in seen:
                    seen.add(posting[at])
                    yield posting[at]

    def _rarest(self, pairs: frozenset[str]) -> list[str]:
        ordered = sorted(pairs, key=lambda pair: (self._frequency[pair], pair))
        return ordered[: len(pairs) - _at_least(len(pairs)) + 1]


def word_pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring words of a text, Han characters being words, in one case and width."""
    return frozenset(map(" ".join, pairwise(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))))


def nearly_same(one: frozenset[str], other: frozenset[str]) -> bool:
    """True when two sets share at least 0.8 of all they have; nothing is nearly the same as an empty one."""
    shared = len(one & other)
    return shared > 0 and shared * _OF >= _SHARED * (len(one) + len(other) - shared)


def _at_least(size: int) -> int:
    """How many elements a set of this size shares with every set that is nearly the same."""
    return -(-size * _SHARED // _OF)
