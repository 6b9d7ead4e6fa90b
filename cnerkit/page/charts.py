"""Charts as SVG for a page of HTML: they take the colours of its style sheet, and all words beside them are its text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, HEIGHT = 340, 190
"""Of a curve's drawing, in units that are pixels on a narrow screen."""
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 28
"""What lies around the lines of a curve."""
GAPS = 4
"""Distances between the lines of its grid, at least."""
MOST_EPOCHS_NAMED = 8


@dataclass(frozen=True, slots=True)
class Curve:
    """A value at each epoch.

    Attributes:
        title: What it is, in a few words.
        epochs: Ascending.
        values: Of each epoch.
        best: The epoch that was chosen; None to mark none.
    """

    title: str
    epochs: Sequence[int]
    values: Sequence[float]
    best: int | None = None


def bar(share: float, *, tone: str = "") -> "Markup":
    """A share between 0 and 1 as a bar as wide as its place; the number itself is to stand beside it.

    Args:
        share: What part of the bar is filled.
        tone: A class of the style sheet that colours it.
    """
    from markupsafe import Markup

    body = Markup('<rect class="track" width="100" height="10"/><rect class="fill {}" width="{:.2f}" height="10"/>')
    head = Markup('<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{}</svg>')
    return head.format(body.format(tone, 100 * min(1.0, max(0.0, share))))


def interval_bar(low: float, value: float, high: float) -> "Markup":
    """Where a score between 0 and 1 lies on a line from 0 to 1, with its interval."""
    from markupsafe import Markup

    return Markup(
        '<svg class="bar interval" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" y="4" width="100" height="2"/><rect class="within" x="{:.2f}" width="{:.2f}" height="10"/>'
        '<rect class="fill" x="{:.2f}" width="0.6" height="10"/></svg>'
    ).format(100 * low, max(0.3, 100 * (high - low)), 100 * value - 0.3)


def curve(drawn: Curve) -> "Markup":
    """A line over epochs, with round numbers at its grid; it is as wide as its place and says in words what it shows.

    Raises:
        ValueError: There is no value, or not one for each epoch.
    """
    from markupsafe import Markup

    if not drawn.values or len(drawn.values) != len(drawn.epochs):
        raise ValueError(f"a curve needs a value for each epoch, and has {len(drawn.values)} for {len(drawn.epochs)}")
    parts = [*_grid(drawn), *_epoch_names(drawn), *_line(drawn)]
    words = f"{drawn.title}: {drawn.values[0]:.4g} at epoch {drawn.epochs[0]}, {drawn.values[-1]:.4g} at {drawn.epochs[-1]}"
    if drawn.best is not None:
        words += f", best {drawn.values[list(drawn.epochs).index(drawn.best)]:.4g} at {drawn.best}"
    head = Markup('<svg class="curve" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>')
    return head.format(WIDTH, HEIGHT, words, Markup("").join(parts))


def _grid(drawn: Curve) -> list["Markup"]:
    from markupsafe import Markup

    line = Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>')
    name = Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>')
    rows = []
    for tick in _ticks(drawn):
        y = _y(drawn, tick)
        rows.append(line.format(LEFT, WIDTH - RIGHT, y, y) + name.format(LEFT - 6, y + 4, f"{tick:g}"))
    return rows


def _epoch_names(drawn: Curve) -> list["Markup"]:
    from markupsafe import Markup

    text = Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>')
    every = -(-len(drawn.epochs) // MOST_EPOCHS_NAMED)
    return [text.format(_x(drawn, epoch), HEIGHT - 8, epoch) for epoch in drawn.epochs[::every]]


def _line(drawn: Curve) -> list["Markup"]:
    from markupsafe import Markup

    points = [(_x(drawn, epoch), _y(drawn, value)) for epoch, value in zip(drawn.epochs, drawn.values, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dot = Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}"><title>epoch {}: {:.4g}</title></circle>')
    dots = [
        dot.format("best" if epoch == drawn.best else "point", x, y, 5 if epoch == drawn.best else 2.5, epoch, value)
        for (x, y), epoch, value in zip(points, drawn.epochs, drawn.values, strict=True)
    ]
    return [Markup('<polyline points="{}"/>').format(path), *dots]


def _x(drawn: Curve, epoch: int) -> float:
    first, last = drawn.epochs[0], drawn.epochs[-1]
    return LEFT + (WIDTH - LEFT - RIGHT) * ((epoch - first) / (last - first) if last > first else 0.5)


def _y(drawn: Curve, value: float) -> float:
    ticks = _ticks(drawn)
    return TOP + (HEIGHT - TOP - BOTTOM) * (ticks[-1] - value) / (ticks[-1] - ticks[0])


def _ticks(drawn: Curve) -> list[float]:
    """Round numbers from at most the least value to at least the largest."""
    least, most = min(drawn.values), max(drawn.values)
    step = _step((most - least) or abs(most) or 1.0)
    first = math.floor(least / step)
    last = max(math.ceil(most / step), first + 1)
    return [step * number for number in range(first, last + 1)]


def _step(distance: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten of which ``GAPS`` or more go into a distance."""
    power = 10.0 ** math.floor(math.log10(distance / GAPS))
    return max(power * factor for factor in (1, 2, 5) if power * factor * GAPS <= distance * (1 + 1e-9))
