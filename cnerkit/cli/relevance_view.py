"""``cnerkit evaluate --relevance``: what a tagger finds relevant for each character of a sentence's entities."""

from pathlib import Path
from typing import TYPE_CHECKING

from cnerkit.cli.console import note, print_json

if TYPE_CHECKING:
    from cnerkit.workflows.gold import Gold


def show(model: Path, gold: "Gold | None", sentence_id: str, *, gpus: int | None, as_json: bool, plot: Path | None) -> None:
    """Print the labels of each character, the most relevant first, and draw them if a file is named."""
    from cnerkit.cli import tables
    from cnerkit.workflows.relevance import relevance
    from cnerkit.workflows.relevance_picture import write_picture
    from cnerkit.workflows.svg import refuse_other_picture

    if plot is not None:
        refuse_other_picture(plot)
    view = relevance(model, gold, sentence_id, gpus=gpus)
    if plot is not None:
        write_picture(view, plot)
    if as_json:
        print_json(view.to_json())
        return
    rows = [
        (str(token.place), token.token, token.truth, each.label, f"{each.predicted:.3f}", f"{each.true:.3f}")
        for token in view.tokens
        for each in token.top()
    ]
    tables.show((">place", "token", "truth", "label", ">predicted", ">true"), rows)
    note(f"{sentence_id}: {view.sentence.text}")
    note(f"predicted: the probability as a share of the highest; true: what the label is worth ({view.worth})")
