"""The page about an evaluation, as a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cnerkit.errors import DataError, UsageError
from cnerkit.page.report import Content, EpochPoint, Picture, PublishedScore, render
from cnerkit.scoring.buckets import TrainEntities
from cnerkit.storage import whole_file
from cnerkit.text import Prediction
from cnerkit.workflows.analysing import Background, ways_of_model
from cnerkit.workflows.evaluation import CHOSEN_ON_TEST, Evaluation
from cnerkit.workflows.measuring import Found, with_analysis

if TYPE_CHECKING:
    from cnerkit.engine.runs import RunFolder
    from cnerkit.recipe.schema import Published
    from cnerkit.workflows.assembly import Assembly
    from cnerkit.workflows.result import TrainingResult


def write_page(evaluation: Evaluation, file: Path) -> None:
    """Write the page about an evaluation, whole or not at all.

    Raises:
        UsageError: Its scores are none of extracted entities, which is what the page shows.
        CnerkitError: The file cannot be written.
    """
    page = render(content_of(evaluation))
    with whole_file(file) as out:
        out.write(cast("Any", page))


def content_of(evaluation: Evaluation) -> Content:
    """What the page shows of an evaluation.

    Raises:
        UsageError: Its scores are none of extracted entities.
    """
    analysed = evaluation.analysed
    if analysed is None:
        raise UsageError(
            f"the page shows extracted entities, and the score is {evaluation.metric}", fix="leave --html or --metric out"
        )
    scored = f"{evaluation.source}, {evaluation.split}" if evaluation.split else evaluation.source
    return Content(
        title=f"{evaluation.system} on {scored}",
        system=evaluation.system,
        source=evaluation.source,
        split=evaluation.split,
        analysis=analysed.analysis,
        sentences=analysed.sentences,
        predictions=analysed.predictions,
        ways=analysed.ways,
        published=tuple(map(_published, evaluation.published)),
        notes=evaluation.notes,
        epochs=tuple(
            EpochPoint(each.epoch, each.loss, each.dev.precision, each.dev.recall, each.dev.f1, each.is_best)
            for each in evaluation.epochs
        ),
        pictures=tuple(Picture(plot.title, plot.alt, plot.png) for plot in evaluation.drawn.plots) if evaluation.drawn else (),
        levels=evaluation.levels.scores if evaluation.levels else None,
        against=evaluation.against,
    )


def write_report_of_run(
    result: "TrainingResult", assembly: "Assembly", run: "RunFolder", split: str, predictions: Sequence[Prediction]
) -> None:
    """Write the page about a run that is done.

    Args:
        result: What it came to.
        assembly: Its corpus and its model.
        run: Its folder.
        split: What it is scored on.
        predictions: Of the split.

    Raises:
        DataError: A type has a level without a name, or there are more predictions than anybody can look at.
        CnerkitError: The file cannot be written.
    """
    corpus, task = assembly.corpus, assembly.origin.task
    found = Found(corpus.splits[split], tuple(frozenset(each.entities) for each in predictions))
    _refuse_too_many(found)
    train = TrainEntities.of(corpus.splits["train"])
    ways = ways_of_model(assembly.model, train, task.joiner, task.hierarchy_separator)
    evaluation = Evaluation(
        report=result.test or result.dev,
        system=str(run.best),
        source=corpus.name,
        split=split,
        published=result.published if split == "test" else (),
        notes=tuple(filter(None, (result.remark, CHOSEN_ON_TEST if result.dev_is_test else ""))),
        epochs=run.epochs(),
    )
    write_page(with_analysis(evaluation, found, Background(ways)), run.report)


def _refuse_too_many(found: Found) -> None:
    """Refuse what a model says that has learned nothing and takes every span for an entity: its page would be endless."""
    n_entities, n_tokens = sum(map(len, found.entities)), sum(map(len, found.sentences))
    if n_entities > n_tokens:
        raise DataError(
            f"{n_entities} entities are predicted in {n_tokens} tokens, which is too much to draw",
            fix="train the model for longer; cnerkit evaluate --html draws it all the same",
        )


def _published(row: "Published") -> PublishedScore:
    return PublishedScore(row.row, row.source, row.f1, row.precision, row.recall, row.note)
