"""The sentences of a page, each with gold and prediction drawn, and with what the filters of the page look at."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnerkit.page.drawing import Colours, sentence_html
from cnerkit.page.links import bucket_name
from cnerkit.scoring.buckets import Bucketing, BucketReport
from cnerkit.scoring.error_analysis import ErrorAnalysis
from cnerkit.scoring.error_classes import Finding, Kind
from cnerkit.text import Entity, Sentence

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_SENTENCES = 20_000
"""A page of more is slow to open."""
ELSEWHERE = "elsewhere"
"""The bucket of predicted entities that fall into none of the gold's."""


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence of the page.

    Attributes:
        number: From 1, in the corpus.
        sentence: The gold.
        gold: Its gold entities, drawn.
        predicted: What was predicted, drawn; None when it is the same.
        findings: Its errors.
        marks: What the script knows of its errors, in their order, and then of what is right (see ``_marks``).
        places: What the script knows of their buckets: numbers of buckets, each with r(ight), m(issed) or i(nvented).
    """

    number: int
    sentence: Sentence
    gold: "Markup"
    predicted: "Markup | None"
    findings: tuple[Finding, ...]
    marks: str
    places: str

    @property
    def language(self) -> str:
        """That of the text, for the attribute ``lang``; empty when it is not known."""
        return "zh" if any("\u4e00" <= character <= "\u9fff" for character in self.sentence.text) else ""


@dataclass(frozen=True, slots=True)
class Browser:
    """The sentences that a page has.

    Attributes:
        rows: In the order of the corpus.
        classes: The classes, by whose places ``Row.marks`` names them.
        types: The types, likewise.
        buckets: The names of the buckets, by whose places ``Row.places`` names them.
        left_out: What of the corpus is not there, in a sentence; empty when all of it is.
    """

    rows: tuple[Row, ...]
    classes: tuple[str, ...]
    types: tuple[str, ...]
    buckets: tuple[str, ...]
    left_out: str


def browser_of(
    sentences: Sequence[Sentence],
    predictions: Sequence[Collection[Entity]],
    errors: ErrorAnalysis,
    types: Sequence[str],
    ways: Sequence[Bucketing],
    reports: Iterable[BucketReport],
) -> Browser:
    """The sentences of a corpus, or those of a large one that have errors.

    Args:
        sentences: Annotated.
        predictions: The entities that a system finds in each.
        errors: What is wrong with them.
        types: Of all entities.
        ways: The bucketings of the reports.
        reports: The buckets that there are.
    """
    findings = defaultdict[int, list[Finding]](list)
    for error in errors.errors:
        findings[error.sentence].append(error.finding)
    buckets = _Buckets(ways, reports)
    label_of = {type_: place for place, type_ in enumerate(types)}
    colours = Colours.of(types)

    def row(place: int) -> Row:
        sentence, wrong = sentences[place], tuple(findings[place])
        gold, found = sentence.entities or frozenset(), frozenset(predictions[place])
        return Row(
            number=place + 1,
            sentence=sentence,
            gold=sentence_html(sentence, gold, colours, wrong=gold - found),
            predicted=sentence_html(sentence, found, colours, wrong=found - gold) if gold != found else None,
            findings=wrong,
            marks=" ".join([*_marks(wrong, label_of), *sorted({_right(label_of[entity.type]) for entity in gold & found})]),
            places=" ".join(sorted(buckets.places(sentence, gold, found))),
        )

    kept, left_out = kept_sentences(len(sentences), sorted(findings))
    rows = tuple(map(row, kept))
    return Browser(rows, tuple(kind.value for kind in Kind), tuple(types), buckets.names, left_out)


def kept_sentences(n_sentences: int, wrong: Sequence[int]) -> tuple[Sequence[int], str]:
    """The numbers of the sentences that a page has room for, and what it leaves out, in a sentence.

    Args:
        n_sentences: Of the corpus.
        wrong: The numbers of those that have an error.
    """
    if n_sentences <= MOST_SENTENCES:
        return range(n_sentences), ""
    left_out = [f"{n_sentences - len(wrong):,} without an error"]
    if len(wrong) > MOST_SENTENCES:
        left_out.append(f"the last {len(wrong) - MOST_SENTENCES:,} of the {len(wrong):,} with one")
    return wrong[:MOST_SENTENCES], f"Of the {n_sentences:,} sentences, {' and '.join(left_out)} are left out here."


def _marks(findings: Iterable[Finding], label_of: Mapping[str, int]) -> Iterator[str]:
    """``class.type.gold-predicted…`` of each error: places of its class and type, then of types that stand for one another."""
    kinds = list(Kind)
    for finding in findings:
        pairs = (
            f"{'' if gold is None else label_of[gold]}-{'' if found is None else label_of[found]}"
            for gold, found in finding.confusions()
        )
        yield ".".join([str(kinds.index(finding.kind)), str(label_of[finding.type]), *pairs])


def _right(label: int) -> str:
    return f"{list(Kind).index(Kind.CORRECT)}.{label}.{label}-{label}"


class _Buckets:
    """Knows the bucket of each entity."""

    def __init__(self, ways: Sequence[Bucketing], reports: Iterable[BucketReport]) -> None:
        self._ways = ways
        named = [(report.name, label) for report in reports for label in (*(b.label for b in report.buckets), ELSEWHERE)]
        self._place = {name: place for place, name in enumerate(named)}
        self.names = tuple(bucket_name(*name) for name in named)

    def places(self, sentence: Sentence, gold: AbstractSet[Entity], found: AbstractSet[Entity]) -> set[str]:
        outcomes = (("r", gold & found), ("m", gold - found), ("i", found - gold))
        return {
            f"{self._of(way, sentence, entity)}{outcome}"
            for way in self._ways
            for outcome, entities in outcomes
            for entity in entities
        }

    def _of(self, way: Bucketing, sentence: Sentence, entity: Entity) -> int:
        name = (way.name, way.label(way.place(sentence, entity)))
        return self._place.get(name, self._place[way.name, ELSEWHERE])
