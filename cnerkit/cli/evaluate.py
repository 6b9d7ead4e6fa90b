"""``cnerkit evaluate``: a checkpoint on annotated sentences, or one annotated file against another."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnerkit.cli import reading, relevance_view
from cnerkit.cli.computing import PLUGIN_HELP, Precision, use_plugin, use_threads
from cnerkit.cli.console import note, print_json
from cnerkit.errors import UsageError

if TYPE_CHECKING:
    from cnerkit.scoring.counts import Counts
    from cnerkit.scoring.report import Average
    from cnerkit.scoring.token_weighted import TokenReport
    from cnerkit.workflows.evaluate import Evaluation
    from cnerkit.workflows.level_scoring import LevelEvaluation


def command(
    source: Annotated[
        str | None, typer.Argument(metavar="SOURCE", help="With -m: a dataset's name or a file; else the model's own test.")
    ] = None,
    model: Annotated[Path | None, typer.Option("-m", "--model", help="A checkpoint, such as best.pt of a run.")] = None,
    gold: Annotated[str | None, typer.Option("--gold", metavar="FILE", help="Without -m: what is right.")] = None,
    pred: Annotated[str | None, typer.Option("--pred", metavar="FILE", help="Without -m: what a system said.")] = None,
    split: Annotated[str | None, typer.Option("--split", metavar="P", help="Of a dataset; test without it.")] = None,
    types: Annotated[
        str | None,
        typer.Option("--types", metavar="MAP", help="Rename, merge or drop types: old=new,…; without it, as trained."),
    ] = None,
    from_: reading.From = None,
    pred_from: Annotated[
        str | None, typer.Option("--pred-from", metavar="F", help="The format of --pred, when it differs from that of --from.")
    ] = None,
    from_scheme: reading.FromScheme = None,
    tokens: reading.Tokens = None,
    sentences: reading.Sentences = None,
    repair: reading.Repair = None,
    metric: Annotated[
        str, typer.Option("--metric", metavar="M", help="entity, or token scores: token-weighted-v1, token-weighted-v2.")
    ] = "entity",
    levels: Annotated[bool, typer.Option("--levels", help="With -m: scores at each level of the types as well.")] = False,
    relevance: Annotated[
        str | None, typer.Option("--relevance", metavar="ID", help="With -m: instead, the relevance of labels in a sentence.")
    ] = None,
    relevance_plot: Annotated[
        Path | None, typer.Option("--relevance-plot", metavar="FILE", help="With --relevance: draw it, as SVG.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
    batch_tokens: Annotated[
        int | None, typer.Option(min=1, help="Padded tokens in a batch, at most; without it, what suits the device.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.")] = None,
    gpus: Annotated[int | None, typer.Option(help="0 for the CPU, 1 for a GPU; without it, a GPU if there is one.")] = None,
    precision: Annotated[
        Precision, typer.Option(help="bf16 is faster and may change a label here and there.")
    ] = Precision.fp32,
    plugin: Annotated[Path | None, typer.Option("--plugin", metavar="FILE", help=PLUGIN_HELP)] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", metavar="DIR", help="A folder with one sub-folder per dataset.")
    ] = None,
) -> None:
    """Score a checkpoint on annotated sentences, or one annotated file against another.

    An entity is right when boundaries and type are exactly those of a gold entity. The gold is never cut or changed.
    """
    from cnerkit.workflows.evaluate import Gold, evaluate_checkpoint, evaluate_files
    from cnerkit.workflows.token_scoring import Metric, metric_named
    from cnerkit.workflows.types import parse_types

    counted = metric_named(metric)
    divided = {"tokens": tokens, "sentences": sentences}
    read = reading.read_options(from_=from_, from_scheme=from_scheme, repair=repair, **divided)
    read_pred = reading.read_options(from_=pred_from or from_, from_scheme=from_scheme, repair=repair, **divided)
    mapping = None if types is None else parse_types(types)

    def asked(name: str) -> Gold:
        return Gold(name, split, read, mapping, data_dir)

    _refuse_unfit(relevance, relevance_plot, levels=levels, is_entity=counted is Metric.ENTITY)
    if model is not None:
        if gold or pred:
            raise UsageError(
                "-m and --gold or --pred exclude each other", fix="give -m CKPT SOURCE, or --gold FILE --pred FILE"
            )
        use_threads(threads)
        use_plugin(plugin)
        where = asked(source) if source else None
        if relevance is not None:
            relevance_view.show(model, where, relevance, gpus=gpus, as_json=json, plot=relevance_plot)
            return
        evaluation = evaluate_checkpoint(
            model, where, gpus=gpus, batch_tokens=batch_tokens, precision=precision.value, levels=levels, metric=counted
        )
    elif levels or relevance:
        raise UsageError("--levels and --relevance look at what a model predicts", fix="give -m CKPT SOURCE")
    elif gold and pred and source is None:
        evaluation = evaluate_files(asked(gold), Gold(pred, None, read_pred, mapping, data_dir), counted)
    else:
        raise UsageError("it is not said what to score", fix="give -m CKPT SOURCE, or --gold FILE --pred FILE")
    _show(evaluation, as_json=json)


def _refuse_unfit(relevance: str | None, relevance_plot: Path | None, *, levels: bool, is_entity: bool) -> None:
    """Refuse options that do not go together."""
    if relevance_plot and not relevance:
        raise UsageError("--relevance-plot draws what --relevance shows", fix="add --relevance ID of a sentence")
    if relevance and levels:
        raise UsageError("--levels and --relevance exclude each other", fix="ask for one after the other")
    if (relevance or levels) and not is_entity:
        raise UsageError(
            "token scores have no --levels and no --relevance", fix="leave --metric out, or ask for one after the other"
        )


def _show(evaluation: "Evaluation", *, as_json: bool) -> None:
    for text in evaluation.notes:
        note(f"note: {text}")
    if as_json:
        print_json(evaluation.to_json())
        return
    if evaluation.tokens:
        _show_tokens(evaluation, evaluation.tokens)
    else:
        _show_entities(evaluation)
    if evaluation.typing:
        for text in evaluation.typing.remarks():
            note(text)
    for row in evaluation.published:
        f1 = f": F1 {row.f1:.2f}" if evaluation.tokens else ""
        note(f"published: {row.row}, {row.source}{f1}{'; ' if row.note else ''}{row.note}")


def _show_entities(evaluation: "Evaluation") -> None:
    from cnerkit.cli import tables

    report = evaluation.report
    rows = [_row(entry.type, entry.counts, entry.counts.support, entry.counts.predicted) for entry in report.types]
    micro, macro = report.micro, report.macro
    rows += [_row("micro", micro, micro.support, micro.predicted), _row("macro", macro)]
    for row in evaluation.published:
        shares = [_percent(row.precision), _percent(row.recall), _percent(row.f1)]
        rows.append((f"published: {row.row}", *shares, "", ""))
    what = "type of given span" if evaluation.typing else "type"
    tables.show((what, ">P", ">R", ">F1", ">gold", ">predicted"), rows)
    note(f"{_scored(evaluation)}: {report.sentences} sentences, {len(report.types)} types")
    note(f"{report.match}: {report.definition}")
    if evaluation.levels:
        _show_levels(evaluation.levels)


def _show_tokens(evaluation: "Evaluation", tokens: "TokenReport") -> None:
    """A table without the rows of papers, most of which print scores of entities."""
    from cnerkit.cli import tables

    rows = [_row(tag, counts, counts.support, counts.predicted) for tag, counts in tokens.tags]
    tables.show(("tag", ">P", ">R", ">F1", ">gold tokens", ">predicted"), [*rows, _row("weighted", tokens.weighted)])
    note(f"{_scored(evaluation)}: {tokens.sentences} sentences, {tokens.counted} of {tokens.tokens} tokens counted")
    note(f"{tokens.metric}: {tokens.definition}")


def _scored(evaluation: "Evaluation") -> str:
    return f"{evaluation.source}, {evaluation.split}" if evaluation.split else evaluation.source


def _show_levels(levels: "LevelEvaluation") -> None:
    """A table of its own: the levels are not types."""
    from cnerkit.cli import tables
    from cnerkit.workflows.level_scoring import RELEASE

    rows = [
        _row(f"{level}" if level else "0, boundaries", report.micro, report.micro.support, report.micro.predicted)
        for level, report in enumerate(levels.scores.reports)
    ]
    if levels.release:
        micro = levels.release.micro
        rows.append(_row("release", micro, micro.support, micro.predicted))
    sys.stdout.write("\n")
    tables.show(("level", ">P", ">R", ">F1", ">gold", ">predicted"), rows)
    note(f"levels: {levels.scores.definition}")
    if levels.release:
        note(f"release: {RELEASE}, to compare with its scores")


def _row(name: str, scores: "Counts | Average", support: int | None = None, predicted: int | None = None) -> tuple[str, ...]:
    shares = (f"{100 * value:.2f}" for value in (scores.precision, scores.recall, scores.f1))
    return (name, *shares, "" if support is None else str(support), "" if predicted is None else str(predicted))


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
