"""Checking a corpus: each sentence by itself, its tags, its splits against one another and against known corpora."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from cnerkit.codecs.tags import Scheme
from cnerkit.corpora.catalogue import find, names
from cnerkit.corpora.checks import sentence_hits
from cnerkit.corpora.findings import Example, Finding, Findings, Kind, Position, Severity, excerpt
from cnerkit.corpora.label_use import find_ambiguous, find_label_use
from cnerkit.corpora.repeats import Texts, find_elsewhere, find_near_repeats, find_repeats, without_space
from cnerkit.corpora.script import are_han
from cnerkit.corpora.statistics import mention_of
from cnerkit.errors import DataError, MissingError
from cnerkit.text import Sentence
from cnerkit.workflows.corpus import describe_reading
from cnerkit.workflows.reading import Reading, open_corpus_file
from cnerkit.workflows.sources import Part, find_source
from cnerkit.workflows.splits import SplitParts, Wanted, describe_source, find_parts
from cnerkit.workflows.tag_checks import TagWatch

LONGEST = 510
"""Tokens of a sentence that BERT takes: its 512 places but those of the marks at both ends."""
ALL_SPLITS = "all"
_LOOKED_AT = 200
"""Sentences that tell the script of a corpus."""

UNREADABLE = Kind(
    "unreadable",
    Severity.PROBLEM,
    "mistake that ends the reading of the file",
    "mistakes that end the reading of the file",
    "put it right and check again: nothing after it was looked at",
)
OVERLOOKED = Kind("overlooked", Severity.REMARK, "case of", "cases of", "readers go on in spite of it")
NO_ENTITY = Kind(
    "no-entity",
    Severity.REMARK,
    "sentence without any entity",
    "sentences without any entity",
    "nothing, if that is how the texts are: a model must learn when to find nothing",
)
UNANNOTATED = Kind(
    "unannotated",
    Severity.REMARK,
    "sentence whose entities are not known",
    "sentences whose entities are not known",
    "annotate them before training or scoring",
)
PARTLY_ANNOTATED = Kind(
    "partly-annotated", Severity.PROBLEM, UNANNOTATED.one, UNANNOTATED.many, "annotate them as well, or remove them"
)


@dataclass(frozen=True, slots=True)
class Check:
    """What a user asks for.

    Attributes:
        wanted: What to look at.
        longest: The most tokens that a sentence may have.
        against: Known corpora in which to look for the same sentences; None for those on this machine.
        show: Examples of each finding.
    """

    wanted: Wanted
    longest: int = LONGEST
    against: Sequence[str] | None = None
    show: int = 3


@dataclass(frozen=True, slots=True)
class CheckedSplit:
    """One file that was looked through."""

    name: str
    file: str
    format: str
    scheme: Scheme | None
    sentences: int
    tokens: int
    entities: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at and found.

    Attributes:
        splits: The files.
        findings: Problems first.
        compared: The splits of known corpora in which the same sentences were looked for.
        notes: What a person should know of the reading.
    """

    splits: tuple[CheckedSplit, ...]
    findings: tuple[Finding, ...]
    compared: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings that should be put right."""
        return tuple(each for each in self.findings if each.kind.severity is Severity.PROBLEM)

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        findings = [
            {
                "kind": each.kind.name,
                "severity": each.kind.severity,
                "split": each.split,
                "count": each.count,
                "what": each.what,
                "detail": each.detail,
                "examples": [asdict(example) for example in each.examples],
                "fix": each.kind.fix,
            }
            for each in self.findings
        ]
        problems = len(self.problems)
        return {
            "splits": [asdict(split) for split in self.splits],
            "compared_with": list(self.compared),
            "problems": problems,
            "remarks": len(findings) - problems,
            "findings": findings,
            "notes": list(self.notes),
        }


def check(asked: Check, stdin: BinaryIO | None = None) -> Checked:
    """Look for everything that can be wrong with a corpus.

    Texts are kept in memory, since each is compared with all others; entities are not.

    Raises:
        UsageError: A name is not known, or a file can be read in two ways.
        DataError: A file cannot be read at all.
        MissingError: A file is not there.
    """
    found = find_parts(asked.wanted, stdin)
    corpus = _Corpus(asked, Findings(asked.show))
    splits = tuple(corpus.read(name, part) for name, part in found.parts.items())
    corpus.compare_splits(found.train)
    compared = corpus.compare_with_known(found)
    return Checked(splits, corpus.findings.listed(), compared, (*found.notes, *corpus.notes))


@dataclass(slots=True)
class _Corpus:
    """What is remembered of the splits, and what was found so far."""

    asked: Check
    findings: Findings
    texts: dict[str, Texts] = field(default_factory=dict)
    types: dict[str, Counter[str]] = field(default_factory=dict)
    surfaces: dict[str, Counter[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def read(self, name: str, part: Part) -> CheckedSplit:
        """Look through a file, sentence by sentence."""
        self.texts[name], self.types[name] = Texts(), Counter()
        watch, annotation = TagWatch(name, self.findings), _Annotation()
        with open_corpus_file(part.source, part.options, name=part.name, ids=part.ids) as reading:
            reading.counts.watch = watch
            for sentence in self._readable(name, reading):
                position = watch.position(sentence.id, reading.name)
                self._look_at(name, sentence, position, running=reading.scheme is None)
                annotation.add(sentence, position)
        annotation.tell(name, self.findings)
        for kind, count in sorted(reading.counts.overlooked.items()):
            self.findings.add(OVERLOOKED, name, count=count, detail=kind)
        counts = reading.counts
        self.notes += [describe_source(name, reading), *describe_reading(name, reading)]
        return CheckedSplit(
            name, reading.name, reading.format, reading.scheme, counts.sentences, counts.tokens, self.types[name].total()
        )

    def compare_splits(self, train: str | None) -> None:
        """What shows only in several sentences or splits."""
        find_repeats(self.texts, self.findings)
        find_near_repeats(self.texts, self.findings)
        find_label_use(self.types, train, self.findings)
        find_ambiguous(self.surfaces, self.findings, ALL_SPLITS if len(self.texts) > 1 else next(iter(self.texts)))

    def compare_with_known(self, found: SplitParts) -> tuple[str, ...]:
        """Look for the same sentences in known corpora, and tell in which."""
        compared: list[str] = []
        foreign: dict[str, None] = {}
        script = self._are_han() if self.asked.against is None else None
        for name, part in _known_parts(self.asked, found):
            dataset = name.partition(" ")[0]
            try:
                if dataset in foreign:
                    continue
                if _compare(self.texts, name, part, script, self.findings):
                    compared.append(name)
                else:
                    foreign[dataset] = None
            except DataError as error:
                if self.asked.against is not None:
                    raise
                self.notes.append(f"not compared with {name}: {error.what}")
        if foreign:
            self.notes.append(f"not compared with {', '.join(foreign)}: in another script")
        return tuple(compared)

    def _are_han(self) -> bool:
        return are_han(text for texts in self.texts.values() for text in islice(texts.copies, _LOOKED_AT))

    def _readable(self, name: str, reading: Reading) -> Iterator[Sentence]:
        """The sentences before a mistake that ends the reading, which is a finding unless there are none."""
        try:
            yield from reading.sentences
        except DataError as error:
            if not reading.counts.sentences:
                raise
            self.findings.add(UNREADABLE, name, Example(error.where or reading.name, error.what))

    def _look_at(self, name: str, sentence: Sentence, position: Position, *, running: bool) -> None:
        for hit in sentence_hits(sentence, self.asked.longest, running=running):
            example = Example(position.of(hit.token), hit.text)
            self.findings.add(hit.kind, name, example, count=hit.count, detail=hit.detail)
        first = None if position.lines is None else position.lines[:1]
        self.texts[name].add(sentence, Position(position.file, position.sentence, first))
        for entity in sentence.entities or ():
            self.types[name][entity.type] += 1
            self.surfaces.setdefault(mention_of(sentence, entity), Counter())[entity.type] += 1


@dataclass(slots=True)
class _Annotation:
    """Which sentences of a split are annotated: how many are not, with the first of them, and how many have no entity."""

    annotated: int = 0
    empty: int = 0
    unknown: int = 0
    first_unknown: Example | None = None

    def add(self, sentence: Sentence, position: Position) -> None:
        """One more sentence."""
        if sentence.entities is None:
            self.unknown += 1
            self.first_unknown = self.first_unknown or Example(position.of(0), excerpt(sentence.text))
            return
        self.annotated += 1
        self.empty += not sentence.entities

    def tell(self, split: str, findings: Findings) -> None:
        """Add what was found."""
        if self.first_unknown is not None:
            kind = PARTLY_ANNOTATED if self.annotated else UNANNOTATED
            findings.add(kind, split, self.first_unknown, count=self.unknown)
        if self.empty:
            share = f"({100 * self.empty / self.annotated:.1f} % of {self.annotated})"
            findings.add(NO_ENTITY, split, count=self.empty, detail=share)


def _known_parts(asked: Check, found: SplitParts) -> Iterator[tuple[str, Part]]:
    """The files of known corpora to compare with, but those that are being looked at."""
    data_dir = asked.wanted.data_dir
    own = {part.source.resolve() for part in found.parts.values() if isinstance(part.source, Path)}
    wanted: Iterable[tuple[str, Part]]
    if asked.against is None:
        wanted = _on_this_machine(data_dir, found.datasets)
    else:
        wanted = [
            (f"{name} {split}", part)
            for name in asked.against
            for split, part in find_source(name, data_dir=data_dir).parts.items()
        ]
    for name, part in wanted:
        if not (isinstance(part.source, Path) and part.source.resolve() in own):
            yield name.rstrip(), part


def _on_this_machine(data_dir: Path | None, but: Collection[str]) -> Iterator[tuple[str, Part]]:
    """The splits of the catalogue whose files are here, without those of some datasets."""
    for name in names():
        for split in find(name).splits if name not in but else ():
            if (part := _local_part(name, split, data_dir)) is not None:
                yield f"{name} {split}", part


def _local_part(name: str, split: str, data_dir: Path | None) -> Part | None:
    """The file of a split, or None when it is not here; nothing is downloaded for a comparison that nobody asked for."""
    from cnerkit.corpora.download import locate

    try:
        locate(find(name), split, data_dir=data_dir, download=False)
        return find_source(name, split=split, data_dir=data_dir).parts[split]
    except (MissingError, DataError):
        return None


def _compare(splits: Mapping[str, Texts], name: str, part: Part, script: bool | None, findings: Findings) -> bool:
    """Look for the same sentences in one file; False when its first ones are in another script than ``script`` tells."""
    with open_corpus_file(part.source, part.options, name=part.name, ids=part.ids) as reading:
        texts = (without_space(sentence.tokens) for sentence in reading.tagged or reading.sentences)
        first = list(islice(texts, _LOOKED_AT))
        if script is not None and are_han(first) != script:
            return False
        find_elsewhere(splits, name, chain(first, texts), findings)
        return True
