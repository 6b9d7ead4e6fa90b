"""What runs are scored on, and what each of them found there: the numbers that comparisons of runs are made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cnerkit.engine.runs import RunFolder
from cnerkit.errors import DataError
from cnerkit.text import Sentence
from cnerkit.workflows.corpus import Corpus, load_corpus, load_split
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.result import MeanInterval, TrainingResult

if TYPE_CHECKING:
    from cnerkit.recipe.schema import DataSettings
    from cnerkit.scoring.resampling import Counted

LEVEL = 0.95
"""How much of the probability the intervals hold."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What a run is scored on.

    Attributes:
        corpus: What it is called.
        split: ``test``, or ``dev`` where there is no test.
        sentences: Those of the split, with their gold.
        fingerprint: Of the whole corpus.
        remark: What to say beside every score; "" for nothing.
        dev_is_test: Whether the best epoch is chosen on what the score is over.
    """

    corpus: str
    split: str
    sentences: tuple[Sentence, ...]
    fingerprint: str
    remark: str
    dev_is_test: bool

    @classmethod
    def of(cls, corpus: Corpus) -> "Scored":
        """What a corpus offers."""
        split = "test" if corpus.splits.get("test") else "dev"
        return cls(corpus.name, split, corpus.splits[split], corpus.fingerprint, corpus.remark, corpus.dev_is_test)

    def same_gold(self, other: "Scored") -> bool:
        """Whether both are the same sentences with the same entities."""
        return self is other or _gold(self) == _gold(other)


class ScoredCorpora:
    """What runs are scored on, by the data section of their recipes; each corpus is read once.

    Args:
        data_dir: A folder with datasets, looked into first.
    """

    def __init__(self, data_dir: Path | None) -> None:
        self.data_dir = data_dir
        self._known: list[tuple[DataSettings, Scored]] = []

    def of(self, data: "DataSettings") -> Scored:
        """What runs with this data section are scored on.

        Raises:
            CnerkitError: The corpus is missing or cannot be read.
        """
        for known, scored in self._known:
            if known == data:
                return scored
        scored = Scored.of(load_corpus(data, base=None, data_dir=self.data_dir))
        self._known.append((data, scored))
        return scored


def kept_counts(result: TrainingResult, scored: Scored, name: str) -> "Counted":
    """Right, predicted and gold entities of each sentence, (sentence, 3), as the predictions of a finished run have them.

    Args:
        result: The run's.
        scored: What it is scored on.
        name: What messages call it.

    Raises:
        DataError: They are not of these sentences, or do not give the scores of the run: something was changed since.
    """
    from cnerkit.scoring.resampling import counts_of

    run = RunFolder(result.folder)
    file = run.predictions if scored.split == "test" else run.dev_predictions
    found = load_split(str(file), asked=ReadOptions(format="jsonl"))
    report = result.test if scored.split == "test" else result.dev
    told = None if report is None else (report.micro.true_positive, report.micro.predicted, report.micro.support)
    if [one.tokens for one in found] == [one.tokens for one in scored.sentences]:
        counts = counts_of([one.entities or () for one in scored.sentences], [one.entities or () for one in found])
        if tuple(counts.sum(axis=0).tolist()) == told:
            return counts
    raise DataError(
        f"the predictions of {name} are not those that its scores were computed from, or the corpus has changed since",
        where=str(file),
        fix=f"bring back the corpus as it was, or delete {run.path} and train it again",
    )


def mean_interval(results: Sequence[TrainingResult], data_dir: Path | None) -> MeanInterval:
    """Where the mean F1 of finished runs lies that differ in their seed alone.

    Args:
        results: One for each seed.
        data_dir: A folder with datasets, looked into first.

    Raises:
        CnerkitError: The corpus cannot be read, or is not the one that the runs were scored on.
    """
    import numpy as np

    from cnerkit.scoring.resampling import interval

    scored = ScoredCorpora(data_dir).of(results[0].recipe.data)
    counts = [kept_counts(result, scored, f"the run with seed {result.recipe.training.seed}") for result in results]
    return MeanInterval(scored.split, LEVEL, drawn_over(len(results)), interval(np.stack(counts), level=LEVEL))


def drawn_over(n_seeds: int) -> str:
    """What an interval over so many seeds is drawn over, in words."""
    if n_seeds == 1:
        return "sentences alone, since there is one seed"
    wide = "; two seeds leave it wide, three or more are better" if n_seeds == 2 else ""
    return f"sentences, Student's t over seeds{wide}"


def _gold(scored: Scored) -> list[tuple[object, ...]]:
    return [(one.tokens, one.joiner, one.entities) for one in scored.sentences]
