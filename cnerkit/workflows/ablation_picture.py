"""The scores of an ablation as a picture: a bar for each variant, in percent, with what is published of it."""

from pathlib import Path
from typing import Any, cast

from cnerkit.storage import whole_file
from cnerkit.workflows.ablation_result import AblationResult, VariantResult
from cnerkit.workflows.scores_picture import Bar, picture
from cnerkit.workflows.wording import counted


def write_picture(result: AblationResult, path: Path) -> None:
    """Write the scores as an SVG picture, whole or not at all."""
    with whole_file(path) as out:
        out.write(cast("Any", picture([_bar(each) for each in result.variants], title=title_of(result))))


def title_of(result: AblationResult) -> str:
    """What the picture shows."""
    return f"{result.recipe}, {result.split}, {counted(len(result.seeds), 'seed')}, {result.level:.0%} intervals"


def _bar(each: VariantResult) -> Bar:
    scored, within = each.scored, each.interval
    return Bar(
        label=each.variant.label,
        mean=100 * scored.mean,
        low=100 * within.low,
        high=100 * within.high,
        values=tuple(100 * value for value in scored.values),
        published=each.row.f1 if each.row else None,
    )
