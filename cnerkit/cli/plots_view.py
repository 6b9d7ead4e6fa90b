"""``cnerkit evaluate --plots``: what the probabilities of gold entities look like."""

from pathlib import Path
from typing import TYPE_CHECKING

from cnerkit.cli.console import note

if TYPE_CHECKING:
    from cnerkit.engine.devices import Precision
    from cnerkit.workflows.diagnosing import Drawn
    from cnerkit.workflows.gold import Gold


def draw(
    model: Path, gold: "Gold | None", folder: Path, *, gpus: int | None, batch_tokens: int | None, precision: "Precision"
) -> "Drawn":
    """Write the plots of a checkpoint into a folder, and tell on stderr what to know about them."""
    from cnerkit.workflows import diagnosing

    drawn = diagnosing.draw(model, gold, folder, gpus=gpus, batch_tokens=batch_tokens, precision=precision)
    for text in drawn.notes:
        note(f"note: {text}")
    files = [f"{plot.name}.png" for plot in drawn.plots]
    note(f"plots: {', '.join(files)} and {diagnosing.NUMBERS} are in {folder}")
    return drawn
