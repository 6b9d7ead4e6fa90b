"""Scores as seqeval gives them: of tags as they stand in files, or of entities that are written as tags."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cnerkit.codecs.tags import Scheme
from cnerkit.corpora.conll import TaggedRows
from cnerkit.corpora.problems import Problems
from cnerkit.scoring.seqeval_metric import Mode, SeqevalReport, score_as_seqeval
from cnerkit.text import Entity, Prediction, Sentence
from cnerkit.workflows.corpus import open_split
from cnerkit.workflows.gold import Annotated, Gold
from cnerkit.workflows.token_scoring import Metric, bio_tags

MODES: Mapping[Metric, Mode] = {Metric.SEQEVAL: "default", Metric.SEQEVAL_STRICT: "strict"}
SCHEMES = {Scheme.BIO: "IOB2", Scheme.IOB1: "IOB1", Scheme.BIOES: "IOBES", Scheme.BILOU: "BILOU"}
"""What seqeval calls the schemes that its strict mode knows."""
AS_THEY_STAND = "the tags are read as they stand"
FROM_ENTITIES = "the tags are written from the entities, in BIO"


@dataclass(frozen=True, slots=True)
class Written:
    """Sentences with their tags as they stand, malformed ones included.

    Attributes:
        annotated: The sentences; where tags are malformed, without those entities.
        tags: One per token of each.
        scheme: How they write entities.
    """

    annotated: Annotated
    tags: tuple[Sequence[str], ...]
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class SeqevalScores:
    """What seqeval says, and where the tags come from."""

    report: SeqevalReport
    tags: str


def tags_of_file(gold: Gold, types: Mapping[str, str]) -> Written | None:
    """The tags of a file; None when it has none, or several for a token, or when types are to be mapped.

    Args:
        gold: The file or dataset.
        types: Old type to new.

    Raises:
        DataError: A line cannot be read.
        CnerkitError: The source is missing or cannot be read.
    """
    if types:
        return None
    rows: list[TaggedRows] = []
    with open_split(gold.source, gold.split, asked=gold.read, data_dir=gold.data_dir) as reading:
        if reading.scheme is None or reading.tagged is None or reading.format == "layers":
            return None
        reading.counts.watch = lambda _file, _scheme, found: rows.append(found)
        sentences = tuple(reading.sentences)
        problems = Problems(reading.name)
    for problem in (problem for row in rows for problem in row.problems):
        problems.add(problem)
    problems.refuse()
    return Written(Annotated(gold.source, sentences, ()), tuple(tuple(row.tags) for row in rows), reading.scheme)


def tags_of_predictions(
    sentences: Sequence[Sentence], predictions: Sequence[Prediction], scheme: Scheme | None, source: str
) -> Written | None:
    """The tags that a tagger gave to sentences, malformed as they may be; None of a model that tags no tokens."""
    if scheme is None or any(each.tags is None for each, one in zip(predictions, sentences, strict=True) if len(one)):
        return None
    return Written(Annotated(source, tuple(sentences), ()), tuple(each.tags or () for each in predictions), scheme)


def score_written(gold: Written | None, predicted: Written | None, metric: Metric) -> SeqevalScores | None:
    """Scores of tags as they stand, over the same tokens; None when there are none.

    The default mode reads whatever tags there are. The strict one needs a scheme that it knows, and the same on both sides.

    Raises:
        DataError: The strict mode cannot read a tag.
    """
    if gold is None or predicted is None or _tokens(gold) != _tokens(predicted):
        return None
    mode = MODES[metric]
    if mode == "strict" and (gold.scheme is not predicted.scheme or gold.scheme not in SCHEMES):
        return None
    return SeqevalScores(_scored(gold.tags, predicted.tags, mode, SCHEMES.get(gold.scheme)), AS_THEY_STAND)


def score_entities(
    gold: Sequence[Sentence], predicted: Sequence[Collection[Entity]], metric: Metric, *, source: str, system: str
) -> SeqevalScores:
    """Scores of entities that are written as BIO tags.

    Args:
        gold: Sentences with their entities.
        predicted: Those that a system finds in each.
        metric: In which mode seqeval reads them.
        source: What errors call the gold.
        system: What errors call the system.

    Raises:
        DataError: Entities of a sentence overlap or are discontinuous.
    """
    right = bio_tags(gold, [sentence.entities or frozenset() for sentence in gold], source, metric)
    found = bio_tags(gold, predicted, system, metric)
    return SeqevalScores(_scored(right, found, MODES[metric], SCHEMES[Scheme.BIO]), FROM_ENTITIES)


def _scored(gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]], mode: Mode, scheme: str | None) -> SeqevalReport:
    return score_as_seqeval(gold, predicted, mode, scheme if mode == "strict" else None)


def _tokens(side: Written) -> list[tuple[str, ...]]:
    return [sentence.tokens for sentence in side.annotated.sentences]
