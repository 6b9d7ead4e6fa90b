"""The same sentence more than once: within a split, in two splits, with other entities, in another corpus."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from cnerkit.corpora.findings import Example, Findings, Kind, Position, Severity, excerpt
from cnerkit.corpora.near_duplicates import NearDuplicates
from cnerkit.text import Sentence

_PROBLEM, _REMARK = Severity.PROBLEM, Severity.REMARK
_KEEP_ONE = "remove it from one of the two: a score on what was trained on says nothing of other texts"

REPEATED = Kind(
    "repeated-sentence",
    _REMARK,
    "further copy of a sentence",
    "further copies of sentences",
    "remove them, or know that they weigh",
)
CONTRADICTORY = Kind(
    "contradictory-labels",
    _PROBLEM,
    "text that is annotated in several ways",
    "texts that are annotated in several ways",
    "decide on one annotation of each: a model can learn none of them",
)
CONTRADICTS = Kind(
    "contradictory-labels-across-splits",
    _PROBLEM,
    "sentence with another annotation",
    "sentences with another annotation",
    "decide on one annotation of each: no model can be right on both",
)
LEAK = Kind("leak", _PROBLEM, "sentence that is also", "sentences that are also", _KEEP_ONE)
NEAR_LEAK = Kind("near-leak", _PROBLEM, "sentence that is nearly one", "sentences that are nearly ones", _KEEP_ONE)
UNFINISHED = Kind(
    "near-leak-unfinished",
    _REMARK,
    "sentence with too many like it to compare it with all",
    "sentences with too many like them to compare them with all",
    "look whether the corpus was made from a template",
)
ELSEWHERE = Kind(
    "known-corpus",
    _REMARK,
    "sentence that is also",
    "sentences that are also",
    "never train on one of the two and score on the other",
)


@dataclass(frozen=True, slots=True)
class Copy:
    """One occurrence of a text: a digest of its entities, 0 when it is not annotated, and where it stands."""

    annotation: int
    position: Position


@dataclass(slots=True)
class Texts:
    """The distinct texts of a split, without white space, each with its occurrences in order.

    ``spaced`` are those with white space as they are, for who looks at words.
    """

    copies: dict[str, list[Copy]] = field(default_factory=dict)
    spaced: dict[str, str] = field(default_factory=dict)

    def add(self, sentence: Sentence, position: Position) -> None:
        """One more sentence."""
        key, text = without_space(sentence.tokens), sentence.text
        self.copies.setdefault(key, []).append(Copy(annotation_of(sentence), position))
        if len(text) != len(key):
            self.spaced.setdefault(key, text)


def without_space(tokens: Sequence[str]) -> str:
    """What two sentences share that are the same: their text without white space, be it in words or in characters."""
    return "".join("".join(tokens).split())


def annotation_of(sentence: Sentence) -> int:
    """A digest of a sentence's entities, with offsets in its text without white space; 0 when it is not annotated."""
    if sentence.entities is None:
        return 0
    starts = _starts(sentence) if sentence.entities else ()
    entities = [(e.type, [(starts[part.start], starts[part.end]) for part in e.fragments]) for e in sentence.entities]
    return int.from_bytes(hashlib.blake2b(repr(sorted(entities)).encode(), digest_size=8).digest(), "big") | 1


def _starts(sentence: Sentence) -> Sequence[int]:
    """Where each token starts in the text without white space, and where a next one would."""
    n_characters = len("".join(sentence.tokens))
    if n_characters == len(sentence) == len(without_space(sentence.tokens)):
        return range(len(sentence) + 1)
    return tuple(accumulate((len("".join(token.split())) for token in sentence.tokens), initial=0))


def find_repeats(splits: Mapping[str, Texts], findings: Findings) -> None:
    """What is repeated within each split, and between each split and those before it."""
    earlier: list[str] = []
    for split, texts in splits.items():
        _within(split, texts, findings)
        for other in earlier:
            _between(split, texts, other, splits[other], findings)
        earlier.append(split)


def find_near_repeats(splits: Mapping[str, Texts], findings: Findings) -> None:
    """Sentences that are nearly one of a split before theirs; those that are the same in that split are left out."""
    names = list(splits)
    for number, other in enumerate(names[:-1]):
        others = splits[other]
        keys = {others.spaced.get(key, key): key for key in others.copies}
        index = NearDuplicates(keys)
        for split in names[number + 1 :]:
            before = index.unfinished
            for key, copies in splits[split].copies.items():
                near = None if key in others.copies else index.find(splits[split].spaced.get(key, key))
                if near is not None:
                    first = others.copies[keys[near]][0].position.of(0)
                    example = Example(copies[0].position.of(0), f"{excerpt(key)}, at {first} {excerpt(near)}")
                    findings.add(NEAR_LEAK, split, example, count=len(copies), detail=f"of {other}")
            if unfinished := index.unfinished - before:
                findings.add(UNFINISHED, split, count=unfinished, detail=f"of {other}")


def find_elsewhere(splits: Mapping[str, Texts], other: str, texts: Iterable[str], findings: Findings) -> None:
    """Sentences that are also in another corpus, whose texts come one by one."""
    left = {split: set(known.copies) for split, known in splits.items()}
    for text in texts:
        for split, wanted in left.items():
            if text in wanted:
                wanted.remove(text)
                copies = splits[split].copies[text]
                example = Example(copies[0].position.of(0), excerpt(text))
                findings.add(ELSEWHERE, split, example, count=len(copies), detail=f"in {other}")


def _within(split: str, texts: Texts, findings: Findings) -> None:
    for text, copies in texts.copies.items():
        if len(copies) == 1 or not text:
            continue
        findings.add(REPEATED, split, _example(text, copies[1], copies[0]), count=len(copies) - 1)
        known = [copy for copy in copies if copy.annotation]
        differing = next((copy for copy in known if copy.annotation != known[0].annotation), None)
        if differing is not None:
            findings.add(CONTRADICTORY, split, _example(text, differing, known[0]))


def _between(split: str, texts: Texts, other: str, others: Texts, findings: Findings) -> None:
    """Leaks, and those sentences among them whose annotation none of the copies in the other split has."""
    for text, copies in texts.copies.items():
        known = others.copies.get(text)
        if known is None or not text:
            continue
        findings.add(LEAK, split, _example(text, copies[0], known[0]), count=len(copies), detail=f"in {other}")
        annotations = {copy.annotation for copy in known}
        for copy in copies if 0 not in annotations else ():
            if copy.annotation and copy.annotation not in annotations:
                findings.add(CONTRADICTS, split, _example(text, copy, known[0]), detail=f"in {other}")


def _example(text: str, copy: Copy, other: Copy) -> Example:
    return Example(copy.position.of(0), f"{excerpt(text)}, as at {other.position.of(0)}")
