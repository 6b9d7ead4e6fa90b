"""What scores count, and those that count tags: entities are written as BIO tags for ``scoring.token_weighted``."""

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum

from cnerkit.codecs.tags import Scheme, tags_from_entities
from cnerkit.errors import DataError
from cnerkit.scoring.token_weighted import TokenReport, Version, token_weighted
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.choices import chosen


class Metric(StrEnum):
    """What a score counts.

    ``entity``: exact match of entities. ``seqeval``, ``seqeval-strict``: of what seqeval reads tags as. The others are the
    token scores that two versions of one paper's code print.
    """

    ENTITY = "entity"
    SEQEVAL = "seqeval"
    SEQEVAL_STRICT = "seqeval-strict"
    WEIGHTED_V1 = "token-weighted-v1"
    WEIGHTED_V2 = "token-weighted-v2"


_VERSIONS: dict[Metric, Version] = {Metric.WEIGHTED_V1: 1, Metric.WEIGHTED_V2: 2}


def metric_named(name: str) -> Metric:
    """The metric that a user names.

    Raises:
        UsageError: There is none of that name.
    """
    return chosen(Metric, name, "no metric is")


def score_tokens(
    gold: Sequence[Sentence], predicted: Sequence[Collection[Entity]], metric: Metric, *, source: str, system: str
) -> TokenReport | None:
    """Token scores of predicted entities.

    Args:
        gold: Sentences with their entities.
        predicted: Those that a system finds in each.
        metric: Which token scores; of ``entity`` there are none.
        source: What errors call the gold.
        system: What errors call the system.

    Raises:
        DataError: Entities of a sentence overlap or are discontinuous.
    """
    version = _VERSIONS.get(metric)
    if version is None:
        return None
    right = bio_tags(gold, [sentence.entities or frozenset() for sentence in gold], source, metric)
    return token_weighted(right, bio_tags(gold, predicted, system, metric), version)


def bio_tags(
    sentences: Sequence[Sentence], entities: Sequence[Collection[Entity]], where: str, metric: Metric
) -> Iterator[list[str]]:
    """The entities of each sentence as BIO tags, for a metric that counts tags.

    Raises:
        DataError: Entities of a sentence overlap or are discontinuous.
    """
    for sentence, found in zip(sentences, entities, strict=True):
        try:
            yield tags_from_entities(found, len(sentence), Scheme.BIO)
        except DataError as error:
            raise DataError(
                f"{metric} counts one tag for each token, and {error.what}",
                where=f"{where}, sentence {sentence.id}",
                fix="score entities of any kind with --metric entity",
            ) from error
