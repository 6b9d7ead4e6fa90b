"""``cnerkit evaluate``: a checkpoint on annotated sentences, or one annotated file against another."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnerkit.cli import plots_view, reading, relevance_view
from cnerkit.cli.computing import PLUGIN_HELP, Precision, use_plugin, use_threads
from cnerkit.cli.console import note, print_json
from cnerkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnerkit.workflows.evaluation import Evaluation
    from cnerkit.workflows.gold import Gold
    from cnerkit.workflows.read_options import ReadOptions
    from cnerkit.workflows.token_scoring import Metric


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
        str,
        typer.Option("--metric", metavar="M", help="entity; seqeval, seqeval-strict; token-weighted-v1, token-weighted-v2."),
    ] = "entity",
    levels: Annotated[bool, typer.Option("--levels", help="With -m: scores at each level of the types as well.")] = False,
    against: Annotated[
        str | None, typer.Option("--against", metavar="OTHER", help="Compare with another checkpoint or file of predictions.")
    ] = None,
    train: Annotated[
        str | None, typer.Option("--train", metavar="SOURCE", help="What the system was trained on, to tell seen entities.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write everything as a page, too.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the page that is there.")] = False,
    plots: Annotated[
        Path | None,
        typer.Option("--plots", metavar="DIR", help="With -m: draw the probabilities of gold entities and the loss, as PNG."),
    ] = None,
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
    from cnerkit.workflows.token_scoring import metric_named
    from cnerkit.workflows.types import parse_types

    counted = metric_named(metric)
    _refuse_unfit(relevance, relevance_plot, levels=levels, further=bool(against or html), plots=bool(plots), metric=counted)
    _refuse_to_replace(html, force=force)
    divided = {"tokens": tokens, "sentences": sentences}
    read = reading.read_options(from_=from_, from_scheme=from_scheme, repair=repair, **divided)
    read_pred = reading.read_options(from_=pred_from or from_, from_scheme=from_scheme, repair=repair, **divided)
    named = _Named(split, read, read_pred, None if types is None else parse_types(types), data_dir)
    if model is None:
        if levels or relevance or plots:
            raise UsageError("--levels, --relevance and --plots look at what a model predicts", fix="give -m CKPT SOURCE")
        if source is not None or not gold or not pred:
            raise UsageError("it is not said what to score", fix="give -m CKPT SOURCE, or --gold FILE --pred FILE")
        _tell(named.files_scored(gold, pred, counted, against, train), html, as_json=json)
        return
    if gold or pred:
        raise UsageError("-m and --gold or --pred exclude each other", fix="give -m CKPT SOURCE, or --gold FILE --pred FILE")
    use_threads(threads)
    use_plugin(plugin)
    where = named.gold(source or "")
    if relevance is not None:
        relevance_view.show(model, where, relevance, gpus=gpus, as_json=json, plot=relevance_plot)
        return
    from cnerkit.workflows.evaluate import evaluate_checkpoint

    how: dict[str, Any] = {"gpus": gpus, "batch_tokens": batch_tokens, "precision": precision.value}
    drawn = None if plots is None else plots_view.draw(model, where, plots, **how)
    compared: dict[str, Any] = {"against": Path(against) if against else None, "train": named.train(train)}
    evaluation = evaluate_checkpoint(model, where, levels=levels, metric=counted, page=html is not None, **compared, **how)
    _tell(replace(evaluation, drawn=drawn), html, as_json=json)


@dataclass(frozen=True, slots=True)
class _Named:
    """What the command line says of all annotated sentences that it names: ``read_pred`` of those that systems said."""

    split: str | None
    read: "ReadOptions"
    read_pred: "ReadOptions"
    types: "Mapping[str, str] | None"
    data_dir: Path | None

    def gold(self, name: str) -> "Gold":
        """What is right."""
        from cnerkit.workflows.gold import Gold

        return Gold(name, self.split, self.read, self.types, self.data_dir)

    def train(self, name: str | None) -> "Gold | None":
        """What a system was trained on, if it is said."""
        from cnerkit.workflows.gold import Gold

        return Gold.train_of(name, self.read, self.types, self.data_dir) if name else None

    def files_scored(self, gold: str, pred: str, metric: "Metric", against: str | None, train: str | None) -> "Evaluation":
        """One file scored against another."""
        from cnerkit.workflows.evaluate import evaluate_files
        from cnerkit.workflows.gold import Gold

        def said(name: str) -> Gold:
            return Gold(name, None, self.read_pred, self.types, self.data_dir)

        other = said(against) if against else None
        return evaluate_files(self.gold(gold), said(pred), metric, against=other, train=self.train(train))


def _refuse_unfit(
    relevance: str | None, relevance_plot: Path | None, *, levels: bool, further: bool, plots: bool, metric: "Metric"
) -> None:
    """Refuse options that do not go together; ``further`` is whether there is a comparison or a page."""
    if relevance_plot and not relevance:
        raise UsageError("--relevance-plot draws what --relevance shows", fix="add --relevance ID of a sentence")
    if relevance and levels:
        raise UsageError("--levels and --relevance exclude each other", fix="ask for one after the other")
    if relevance and (further or plots):
        raise UsageError("--relevance excludes --against, --html and --plots", fix="ask for one after the other")
    if metric == "entity":
        return
    if relevance or levels:
        raise UsageError(
            f"{metric} has no --levels and no --relevance", fix="leave --metric out, or ask for one after the other"
        )
    if further:
        fix = "leave --metric out, or ask for one after the other"
        raise UsageError(f"--against and --html are about extracted entities, and {metric} counts tags", fix=fix)


def _refuse_to_replace(page: Path | None, *, force: bool) -> None:
    if page is not None and not force:
        from cnerkit.workflows.outputs import refuse_to_replace

        refuse_to_replace([page], "--html")


def _tell(evaluation: "Evaluation", page: Path | None, *, as_json: bool) -> None:
    if page is not None:
        from cnerkit.workflows.report import write_page

        write_page(evaluation, page)
    for text in evaluation.notes:
        note(f"note: {text}")
    if as_json:
        print_json(evaluation.to_json())
        return
    from cnerkit.cli import evaluation_view

    evaluation_view.show(evaluation)
