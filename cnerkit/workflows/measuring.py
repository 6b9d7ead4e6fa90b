"""What a metric says of the entities that a system finds, added to an evaluation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from cnerkit.scoring.against import score_against
from cnerkit.scoring.analysis import analyse
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.analysing import Background
from cnerkit.workflows.evaluation import Analysed, Evaluation
from cnerkit.workflows.seqeval_scoring import SeqevalScores, score_entities
from cnerkit.workflows.token_scoring import Metric, score_tokens


@dataclass(frozen=True, slots=True)
class Found:
    """Gold sentences, and the entities that a system finds in each."""

    sentences: tuple[Sentence, ...]
    entities: tuple[frozenset[Entity], ...]

    @property
    def gold(self) -> list[frozenset[Entity]]:
        """What is right."""
        return [sentence.entities or frozenset() for sentence in self.sentences]


def with_analysis(evaluation: Evaluation, found: Found, background: Background) -> Evaluation:
    """The same with everything that is said of extracted entities, and what could not be known for it."""
    analysis = analyse(found.sentences, found.entities, background.ways)
    analysed = Analysed(analysis, found.sentences, found.entities, background.ways)
    return replace(evaluation, analysed=analysed, notes=(*evaluation.notes, *background.notes))


def with_against(evaluation: Evaluation, found: Found, other: Sequence[Collection[Entity]], system: str) -> Evaluation:
    """The same beside what another system finds in the same sentences."""
    return replace(evaluation, against=score_against(found.gold, found.entities, other, system=system))


def with_tokens(evaluation: Evaluation, found: Found, metric: Metric) -> Evaluation:
    """The same with scores of single tokens.

    Raises:
        DataError: Entities of a sentence overlap or are discontinuous.
    """
    where = {"source": evaluation.source, "system": evaluation.system}
    return replace(evaluation, tokens=score_tokens(found.sentences, found.entities, metric, **where))


def with_seqeval(evaluation: Evaluation, found: Found, metric: Metric, written: SeqevalScores | None) -> Evaluation:
    """The same with what seqeval says.

    Args:
        evaluation: The scores of entities.
        found: The entities.
        metric: In which mode seqeval reads tags.
        written: Its scores of tags as they stand; without them, the entities are written as tags.

    Raises:
        DataError: Entities of a sentence overlap or are discontinuous, which no tags can hold.
    """
    where = {"source": evaluation.source, "system": evaluation.system}
    scores = written or score_entities(found.sentences, found.entities, metric, **where)
    return replace(evaluation, report=scores.report.report, seqeval=scores)
