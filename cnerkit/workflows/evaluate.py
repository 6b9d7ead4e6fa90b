"""Scores: of a checkpoint on annotated sentences, or of one annotated file against another."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cnerkit.errors import UsageError
from cnerkit.scoring.exact import score
from cnerkit.scoring.typing_score import score_typing
from cnerkit.workflows.aligning import aligned, notes_on_types
from cnerkit.workflows.analysing import background_of_checkpoint, background_of_files
from cnerkit.workflows.evaluation import Evaluation
from cnerkit.workflows.gold import Gold, read_annotated
from cnerkit.workflows.measuring import Found, with_against, with_analysis, with_seqeval, with_tokens
from cnerkit.workflows.seqeval_scoring import MODES, score_written, tags_of_file
from cnerkit.workflows.token_scoring import Metric

if TYPE_CHECKING:
    from cnerkit.engine.devices import Precision
    from cnerkit.workflows.gold_predictions import GoldPredictions
    from cnerkit.workflows.model import RestoredModel


def evaluate_checkpoint(
    path: Path,
    gold: Gold | None,
    *,
    gpus: int | None = None,
    batch_tokens: int | None = None,
    precision: "Precision" = "fp32",
    levels: bool = False,
    metric: Metric = Metric.ENTITY,
    against: Path | None = None,
    train: Gold | None = None,
    page: bool = False,
) -> Evaluation:
    """Score a checkpoint on annotated sentences, against the whole of their gold.

    Args:
        path: The checkpoint.
        gold: What to score it on; None is the test split of the dataset that it was trained on.
        gpus: 0 is the CPU, 1 a GPU, None a GPU if there is one.
        batch_tokens: Padded tokens in a batch, at most; None leaves it to the device.
        precision: Number format of the layers that allow bfloat16.
        levels: Whether to score at each level of the types as well.
        metric: What to count; what counts tags needs entities that BIO tags can write.
        against: Another checkpoint to compare it with, in the score of entities.
        train: What it was trained on, if that is not where its recipe says.
        page: Whether a page is to show it, which is about extracted entities.

    Raises:
        CnerkitError: The checkpoint or the gold is missing or cannot be read, or has entities that the metric does not know.
    """
    from cnerkit.workflows.gold_predictions import Computing, predict_gold

    computing = Computing(gpus, batch_tokens, precision)
    restored = computing.restored(path)
    if levels or against or page or metric is not Metric.ENTITY:
        _refuse_given_spans(restored, path)
    made = predict_gold(path, restored, gold, computing)
    evaluation = _scored(made, levels=levels, metric=metric, train=train)
    if against is None:
        return evaluation
    other = computing.restored(against)
    _refuse_given_spans(other, against)
    said = [each.entities for each in computing.predictions(other, made.right.sentences)]
    return with_against(evaluation, made.found, said, str(against))


def _refuse_given_spans(restored: "RestoredModel", path: Path) -> None:
    if _types_spans(restored):
        raise UsageError(
            f"the model {restored.origin.model!r} is given the spans of entities, and has a score of their types alone",
            where=str(path),
            fix="leave --levels, --metric, --against and --html out",
        )


def _types_spans(restored: "RestoredModel") -> bool:
    from cnerkit.nn.protocols import ReadsSpans

    return isinstance(restored.model, ReadsSpans)


def _scored(made: "GoldPredictions", *, levels: bool, metric: Metric, train: Gold | None) -> Evaluation:
    """What a metric says of a checkpoint's predictions."""
    found = made.found
    evaluation = Evaluation(
        report=score(found.gold, found.entities),
        system=str(made.path),
        source=made.gold.source,
        split=made.gold.chosen_split,
        published=made.recipe.published if made.is_of_own_test else (),
        notes=tuple(made.remarks()),
        levels=made.by_level() if levels else None,
    )
    if _types_spans(made.restored):
        return replace(evaluation, typing=score_typing(found.gold, found.entities))
    if metric in MODES:
        return with_seqeval(evaluation, found, metric, score_written(tags_of_file(made.gold, made.types), made.tags, metric))
    if metric is not Metric.ENTITY:
        return with_tokens(evaluation, found, metric)
    background = background_of_checkpoint(made.restored, made.recipe, train=train, data_dir=made.gold.data_dir)
    return replace(with_analysis(evaluation, found, background), epochs=made.run_epochs())


def evaluate_files(
    gold: Gold,
    predicted: Gold,
    metric: Metric = Metric.ENTITY,
    *,
    against: Gold | None = None,
    train: Gold | None = None,
) -> Evaluation:
    """Score one annotated file against another; the two may differ in format and scheme, but not in their sentences.

    Args:
        gold: What is right.
        predicted: What a system said.
        metric: What to count; what counts tags needs entities that BIO tags can write.
        against: What another system said, to compare it in the score of entities.
        train: What the system was trained on, to tell entities that it has seen.

    Raises:
        DataError: The files differ in a sentence, which is quoted, or one of them lacks entities, or has some that the metric
            does not know.
        CnerkitError: A file is missing or cannot be read.
    """
    if metric in MODES:
        written = score_written(tags_of_file(gold, gold.types or {}), tags_of_file(predicted, predicted.types or {}), metric)
        if written:
            shared = Evaluation(written.report.report, predicted.source, gold.source, gold.chosen_split)
            return replace(shared, seqeval=written)
    sides = [read_annotated(each, each.types) for each in (gold, predicted, against) if each is not None]
    rows = aligned(*sides)
    right, said, *others = ([row[side].entities or frozenset() for row in rows] for side in range(len(sides)))
    found = Found(tuple(row[0] for row in rows), tuple(said))
    evaluation = Evaluation(
        report=score(right, said),
        system=predicted.source,
        source=gold.source,
        split=gold.chosen_split,
        notes=(*(note for side in sides for note in side.notes), *notes_on_types(right, said)),
    )
    if metric in MODES:
        return with_seqeval(evaluation, found, metric, None)
    if metric is not Metric.ENTITY:
        return with_tokens(evaluation, found, metric)
    evaluation = with_analysis(evaluation, found, background_of_files(gold, train))
    return with_against(evaluation, found, others[0], against.source) if against else evaluation
