"""``cnerkit ablate``: a model without some of its parts, compared with the full one over seeds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnerkit.cli.computing import recipe_overrides, use_plugin
from cnerkit.cli.console import print_json

if TYPE_CHECKING:
    from cnerkit.workflows.ablation_plan import AblationPlan, Asked


def command(
    target: Annotated[str, typer.Argument(help="A model, which means its main recipe, or a recipe.", metavar="MODEL|RECIPE")],
    drop: Annotated[
        list[str] | None, typer.Option("--drop", metavar="SWITCH", help="A part to leave out; several are left out together.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="One variant for each part that can be left out.")] = False,
    published: Annotated[
        bool, typer.Option("--published", help="One for each row of the paper that the recipe can be.")
    ] = False,
    vary: Annotated[
        list[str] | None, typer.Option("--vary", metavar="KEY=V1,V2,…", help="One for each value of a setting. Repeatable.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Only show what can be left out.")] = False,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Over the recipe, for all variants. Repeatable.")
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(metavar="N", help="Seeds of every variant, from the recipe's own on; or a list, as 1,2,3.")
    ] = None,
    gpus: Annotated[int | None, typer.Option(help="GPUs of a run; 0 for the CPU. Without it, one if there is one.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Runs side by side, each with GPUs of its own while there are some.")] = 1,
    encoder: Annotated[str | None, typer.Option(help="A folder, a name on the hub, or a file of vectors.")] = None,
    precision: Annotated[str | None, typer.Option(help="fp32, or bf16: faster, and half the memory of activations.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Where runs are kept; runs/ablate-<recipe> without it.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Start anew, in place of what the folder keeps.")] = False,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the scores, as SVG.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the variants, and how many of their runs are kept.")
    ] = False,
    plugin: Annotated[Path | None, typer.Option(help="A Python file that declares MODEL, for this ablation.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="A folder with datasets.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads, which the jobs share.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Train the full model and variants of it with the same seeds, and show how they differ.

    What is done is kept: the same command goes on with an ablation that was stopped, and another one in the same folder adds
    its variants.
    """
    from cnerkit.cli import ablation_view
    from cnerkit.workflows.ablation_plan import Asked, plan_ablation

    if plot is not None:
        from cnerkit.workflows.svg import refuse_other_picture

        refuse_other_picture(plot)
    use_plugin(plugin)
    overrides = recipe_overrides(assignments, encoder, precision)
    asked = Asked(target, tuple(drop or ()), every, published, tuple(vary or ()), tuple(overrides), seeds)
    if listed:
        _list(asked, as_json=as_json)
        return
    plan = plan_ablation(asked)
    if dry_run:
        _show_plan(plan, output, as_json=as_json)
        return
    from cnerkit.cli.ablation_worker import COMMAND
    from cnerkit.workflows.ablation import AblationOptions, ablate, default_folder

    options = AblationOptions(COMMAND, overwrite, gpus, jobs, threads, data_dir, plugin)
    view = None if quiet else ablation_view.AblationView(with_bars=jobs == 1)
    result = ablate(plan, output or default_folder(plan), options, view)
    print_json(result.to_json()) if as_json else ablation_view.show(result)
    if plot is not None:
        from cnerkit.workflows.ablation_picture import write_picture

        write_picture(result, plot)


def _list(asked: "Asked", *, as_json: bool) -> None:
    from cnerkit.cli.ablation_view import show_switches
    from cnerkit.workflows.ablation_listing import list_switches

    listing = list_switches(asked.target, asked.overrides)
    print_json(listing.to_json()) if as_json else show_switches(listing)


def _show_plan(plan: "AblationPlan", output: Path | None, *, as_json: bool) -> None:
    from cnerkit.cli.ablation_view import plan_as_json, show_plan
    from cnerkit.workflows.ablation import default_folder, n_done

    folder = output or default_folder(plan)
    done = n_done(plan, folder)
    print_json(plan_as_json(plan, folder, done)) if as_json else show_plan(plan, folder, done)
