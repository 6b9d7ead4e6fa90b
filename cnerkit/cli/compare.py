"""``cnerkit compare``: several runs or checkpoints on one corpus in one table."""

from pathlib import Path
from typing import Annotated

import typer

from cnerkit.cli import reading
from cnerkit.cli.computing import PLUGIN_HELP, Precision, use_plugin
from cnerkit.cli.console import print_json
from cnerkit.errors import UsageError


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN…", help="Run folders, folders of several seeds or of an ablation, or checkpoints."),
    ],
    baseline: Annotated[
        str | None, typer.Option(metavar="RUN", help="What the others are compared with; the first without it.")
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="SOURCE", help="Predict a dataset or a file with the checkpoints instead.")
    ] = None,
    split: Annotated[str | None, typer.Option("--split", metavar="P", help="With --on: of a dataset; test without it.")] = None,
    from_: reading.From = None,
    from_scheme: reading.FromScheme = None,
    tokens: reading.Tokens = None,
    sentences: reading.Sentences = None,
    repair: reading.Repair = None,
    gpus: Annotated[int | None, typer.Option(help="0 for the CPU, 1 for a GPU; without it, a GPU if there is one.")] = None,
    precision: Annotated[
        Precision | None, typer.Option(help="bf16 is faster and may change a label here and there; fp32 without it.")
    ] = None,
    plugin: Annotated[Path | None, typer.Option("--plugin", metavar="FILE", help=PLUGIN_HELP)] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", metavar="DIR", help="A folder with one sub-folder per dataset.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
) -> None:
    """Show the scores of several systems on one corpus, and which differences between them are significant.

    Finished runs are scored by the predictions on test that they keep; checkpoints predict.
    """
    from cnerkit.cli import comparison_view
    from cnerkit.workflows.comparing import Options, compare
    from cnerkit.workflows.gold import Gold

    if on is None and (split or from_ or from_scheme or tokens or sentences or repair):
        what = "--split, --from, --from-scheme, --tokens, --sentences and --repair say how to read what --on names"
        raise UsageError(what, fix="add --on SOURCE")
    use_plugin(plugin)
    divided = {"tokens": tokens, "sentences": sentences}
    read = reading.read_options(from_=from_, from_scheme=from_scheme, repair=repair, **divided)
    gold = Gold(on, split, read, None, data_dir) if on else None
    options = Options(baseline, gold, gpus, precision.value if precision else None, data_dir)
    comparison = compare(runs, options)
    print_json(comparison.to_json()) if as_json else comparison_view.show(comparison)
