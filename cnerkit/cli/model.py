"""``cnerkit model``: which models there are and what each has to be set."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnerkit.cli import console, tables

if TYPE_CHECKING:
    from cnerkit.workflows.models import ModelSummary, ModelView

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Plugin = Annotated[
    list[Path] | None,
    typer.Option("--plugin", metavar="FILE", help="A Python file of your own that defines MODEL. It is run. Repeatable."),
]


@app.callback()
def model() -> None:
    """Registered models: cnerkit's own, those of other installed distributions, and those of --plugin files."""


@app.command("list")
def list_(plugin: Plugin = None, json: Json = False) -> None:
    """List the models: who offers them and which kinds of entities they handle. One that cannot be loaded hides no other."""
    from cnerkit.workflows.models import list_models

    _load(plugin)
    summaries = list_models()
    if json:
        console.print_json([_summary(each) for each in summaries])
        return
    columns = ("name", "from", "handles", "reads", "summary")
    rows = map(_summary, summaries)
    tables.show(columns, [[row["name"], row["from"], ", ".join(row["handles"]), row["reads"], row["summary"]] for row in rows])
    for each in summaries:
        if each.problem:
            console.note(f"{each.registration.name} cannot be used: {each.problem}")


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name that `cnerkit model list` shows.")],
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Show a model: its main recipe, its hyperparameters with their defaults and sources, and its ablation switches."""
    from cnerkit.workflows.models import show_model

    _load(plugin)
    view = show_model(name)
    if json:
        console.print_json(_everything(view))
        return
    spec = view.spec
    typer.echo(f"{spec.name}: {spec.summary}")
    missed = f" ({', '.join(sorted(spec.misses))} entities count as missed)" if spec.misses else ""
    handles = f"{', '.join(sorted(spec.handles))}{missed}"
    typer.echo(f"paper: {spec.paper}\nfrom: {view.distribution}\nhandles: {handles}\nreads: {spec.reads}")
    typer.echo(f"main recipe: {spec.recipe}\n" if spec.recipe else "")
    columns = ("hyperparameter", "default", "type", "meaning", "source")
    tables.show(columns, [[h.name, _plain(h.default), h.type, h.description, h.source] for h in view.hyperparameters])
    if view.switches:
        typer.echo()
        tables.show(("switch", "sets", "paper"), [[s.name, f"{s.field}: {_plain(s.off)}", s.paper] for s in view.switches])


def _load(plugins: list[Path] | None) -> None:
    from cnerkit.registry import load_plugin

    for path in plugins or []:
        load_plugin(path)


def _summary(each: "ModelSummary") -> dict[str, Any]:
    spec = each.spec
    return {
        "name": each.registration.name,
        "from": each.registration.distribution,
        "handles": sorted(spec.handles) if spec else [],
        "reads": spec.reads if spec else "",
        "summary": spec.summary if spec else "",
        "paper": spec.paper if spec else "",
        "problem": each.problem,
    }


def _everything(view: "ModelView") -> dict[str, Any]:
    spec = view.spec
    return {
        "name": spec.name,
        "from": view.distribution,
        "summary": spec.summary,
        "paper": spec.paper,
        "handles": sorted(spec.handles),
        "misses": sorted(spec.misses),
        "reads": spec.reads,
        "recipe": spec.recipe or None,
        "hyperparameters": [
            {"name": h.name, "type": h.type, "default": _json(h.default), "source": h.source, "meaning": h.description}
            for h in view.hyperparameters
        ],
        "switches": [{"name": s.name, "field": s.field, "off": _json(s.off), "paper": s.paper} for s in view.switches],
    }


def _json(value: Any) -> Any:
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(value)


def _plain(value: Any) -> str:
    import json

    return json.dumps(_json(value), ensure_ascii=False)
