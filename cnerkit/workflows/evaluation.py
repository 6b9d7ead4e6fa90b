"""What is said of one system on one corpus."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cnerkit.scoring.against import Against
from cnerkit.scoring.analysis import Analysis
from cnerkit.scoring.buckets import Bucketing
from cnerkit.scoring.error_classes import Finding, Kind
from cnerkit.scoring.report import Report
from cnerkit.scoring.token_weighted import TokenReport
from cnerkit.scoring.typing_score import TYPING, TypingReport
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.level_scoring import LevelEvaluation
from cnerkit.workflows.seqeval_scoring import SeqevalScores
from cnerkit.workflows.token_scoring import Metric

if TYPE_CHECKING:
    from cnerkit.engine.progress import EpochRecord
    from cnerkit.recipe.schema import Published
    from cnerkit.workflows.diagnosing import Drawn


CHOSEN_ON_TEST = "the epoch was chosen on the test split, so scores on it are too high"
"""What to say beside scores on test of a run whose dev is test."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """The analysis of predictions, with what was analysed.

    Attributes:
        analysis: The scores and errors.
        sentences: The gold.
        predictions: The entities that the system finds in each sentence.
        ways: The bucketings of the analysis, in its order.
    """

    analysis: Analysis
    sentences: tuple[Sentence, ...]
    predictions: tuple[frozenset[Entity], ...]
    ways: tuple[Bucketing, ...]

    def by_sentence(self) -> Iterator[dict[str, Any]]:
        """Each sentence as plain data: its gold and predicted entities, each with its class."""
        errors = defaultdict[int, list[Finding]](list)
        for error in self.analysis.errors.errors:
            errors[error.sentence].append(error.finding)
        for number, (sentence, found) in enumerate(zip(self.sentences, self.predictions, strict=True)):
            here = errors.get(number, [])
            yield {
                "id": sentence.id,
                "text": sentence.text,
                **({} if sentence.in_characters else {"tokens": list(sentence.tokens)}),
                "gold": _plain(sentence, sentence.entities or (), {one: each.kind for each in here for one in each.gold}),
                "predicted": _plain(sentence, found, {one: each.kind for each in here for one in each.predicted}),
            }


def _plain(sentence: Sentence, entities: Collection[Entity], wrong: Mapping[Entity, Kind]) -> list[dict[str, Any]]:
    return [
        {
            "type": entity.type,
            "fragments": [[part.start, part.end] for part in entity.fragments],
            "text": sentence.surface(entity),
            "class": wrong.get(entity, Kind.CORRECT).value,
        }
        for entity in sorted(entities)
    ]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The scores of one system.

    Attributes:
        report: The scores, with their definition.
        system: The checkpoint or the file of predictions.
        source: The gold.
        split: Of a dataset.
        published: Rows that papers print for the recipe of the checkpoint.
        notes: What a person should know about the scores.
        analysed: Everything else about the same entities; None of scores that are none of extracted entities.
        against: Another system on the same sentences, if it was asked for.
        epochs: The learning curve of the run that the checkpoint lies in.
        levels: The scores at each level of the types, if they were asked for.
        tokens: Token scores, if they were asked for; they stand for those of entities wherever the evaluation is shown, as the
            two do not compare.
        seqeval: The scores that seqeval gives, if they were asked for; for them the same holds.
        typing: Of a model that was given the spans of the gold; for them the same holds.
        drawn: What the probabilities of gold entities look like, if that was asked for.
    """

    report: Report
    system: str
    source: str
    split: str | None
    published: "tuple[Published, ...]" = ()
    notes: tuple[str, ...] = ()
    analysed: Analysed | None = None
    against: Against | None = None
    epochs: "tuple[EpochRecord, ...]" = ()
    levels: LevelEvaluation | None = None
    tokens: TokenReport | None = None
    seqeval: SeqevalScores | None = None
    typing: TypingReport | None = None
    drawn: "Drawn | None" = None

    @property
    def metric(self) -> str:
        """What the scores count."""
        if self.typing:
            return TYPING
        if self.seqeval:
            return (Metric.SEQEVAL if self.seqeval.report.mode == "default" else Metric.SEQEVAL_STRICT).value
        return self.tokens.metric if self.tokens else Metric.ENTITY.value

    def to_json(self) -> dict[str, Any]:
        """The evaluation as plain data."""
        return {
            "metric": self.metric,
            "system": self.system,
            "source": self.source,
            "split": self.split,
            **self._scores(),
            **({"typing": self.typing.to_json()} if self.typing else {}),
            **({"by_level": self.levels.to_json()} if self.levels else {}),
            **({"against": self.against.to_json()} if self.against else {}),
            "published": [row.model_dump(mode="json") for row in self.published],
            "notes": list(self.notes),
            **({"diagnostics": self.drawn.to_json()} if self.drawn else {}),
            **({"epochs": list(map(asdict, self.epochs))} if self.epochs else {}),
            **({"by_sentence": list(self.analysed.by_sentence())} if self.analysed else {}),
        }

    def _scores(self) -> dict[str, Any]:
        if self.tokens:
            return self.tokens.to_json()
        if self.seqeval:
            return {**self.seqeval.report.to_json(), "tags": self.seqeval.tags}
        return (self.analysed.analysis if self.analysed else self.report).to_json()
