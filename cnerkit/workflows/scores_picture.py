"""Scores as a picture: a row for each variant with its mean, interval, single runs and what a paper prints of it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cnerkit.workflows.svg import CHAR, MARGIN, visible, width_of

WIDTH, ROW, GAP = 720, 32, 14
"""Pixels: width of the picture, height of a variant's row, what lies between columns."""
LONGEST_LABEL = 36
"""Small letters of a label that are shown."""
MOST_GAPS = 7
"""Distances between ticks, at most."""
_COLOURS = """
.scores .page {{ fill: {page} }}
.scores text {{ fill: {ink} }}
.scores .soft {{ fill: {soft} }}
.scores .grid {{ stroke: {faint} }}
.scores .within {{ stroke: {mark} }}
.scores .mean, .scores .run {{ fill: {mark} }}
.scores .published {{ stroke: {paper} }}
"""
# Written out for both, as programs other than browsers know no variables in styles and would draw all in black.
_LIGHT = _COLOURS.format(page="#ffffff", ink="#1b1f24", soft="#5b6570", faint="#d5dae0", mark="#08519c", paper="#b3541e")
_DARK = _COLOURS.format(page="#15181c", ink="#e8eaed", soft="#a3adb8", faint="#3a4149", mark="#79b8ff", paper="#f0a35e")
STYLE = f"""{_LIGHT}
.scores text {{ white-space: pre }}
.scores .title {{ font-weight: bold }}
.scores .within, .scores .published {{ stroke-width: 2 }}
.scores .run {{ fill-opacity: 0.5 }}
.scores .published {{ fill: none }}
@media (prefers-color-scheme: dark) {{{_DARK}}}
"""
FONTS = "ui-monospace, Menlo, Consolas, 'Noto Sans Mono CJK SC', 'PingFang SC', 'Microsoft YaHei', monospace"


@dataclass(frozen=True, slots=True)
class Bar:
    """A variant's scores, in percent.

    Attributes:
        label: What it is called.
        mean: Over its runs.
        low: The lower end of the interval; None when there is none.
        high: The upper end of the interval; None when there is none.
        values: Of its single runs.
        published: What a paper prints of it.
    """

    label: str
    mean: float
    low: float | None
    high: float | None
    values: tuple[float, ...]
    published: float | None

    @property
    def within(self) -> tuple[float, float] | None:
        """The interval, if it has a length."""
        if self.low is None or self.high is None or self.low == self.high:
            return None
        return self.low, self.high

    @property
    def shown(self) -> tuple[float, ...]:
        """Every number that the picture has a mark for."""
        runs = self.values if len(self.values) > 1 else ()
        published = () if self.published is None else (self.published,)
        return (self.mean, *(self.within or ()), *runs, *published)

    @property
    def summary(self) -> str:
        """Mean and interval."""
        within = f" [{self.within[0]:.2f}, {self.within[1]:.2f}]" if self.within else ""
        return f"{self.mean:.2f}{within}"

    @property
    def description(self) -> str:
        """All that its row shows, in words."""
        runs = f"; runs: {', '.join(f'{value:.2f}' for value in self.values)}" if len(self.values) > 1 else ""
        published = "" if self.published is None else f"; published: {self.published:.2f}"
        return f"{self.label}: {self.summary}{runs}{published}"


@dataclass(frozen=True, slots=True)
class _Axis:
    """Numbers to pixels. The axis ends at ticks, and begins at 0 only when the numbers are near it."""

    left: float
    right: float
    ticks: tuple[float, ...]
    digits: int

    @classmethod
    def over(cls, values: Sequence[float], left: float, right: float) -> "_Axis":
        """The axis whose ticks are as close as they may be and their labels allow.

        Args:
            values: All finite.
            left: Its first pixel.
            right: Its last pixel.
        """
        low, high = min(values), max(values)
        if high - low < 0.1:
            low, high = low - 0.5, high + 0.5
        for power in range(-2, 300):
            for factor in (1, 2, 5):
                step = factor * 10.0**power
                first, last = math.floor(low / step), math.ceil(high / step)
                if last - first > MOST_GAPS:
                    continue
                digits = max(0, -power)
                ticks = tuple(round(number * step, digits) for number in range(first, last + 1))
                widest = CHAR * max(len(f"{tick:.{digits}f}") for tick in ticks)
                if (len(ticks) - 1) * (widest + GAP) <= right - left:
                    return cls(left, right, ticks, digits)
        raise ValueError(f"scores are percent, and these are from {low} to {high}")

    def at(self, value: float) -> float:
        """The pixel of a number."""
        share = (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])
        return self.left + share * (self.right - self.left)


def picture(bars: Sequence[Bar], *, title: str, unit: str = "F1") -> str:
    """The scores as SVG that needs nothing else, for light and dark pages.

    Args:
        bars: The variants in their order.
        title: What stands above.
        unit: What the axis counts.

    Raises:
        ValueError: There is no bar, or a score is no finite number.
    """
    if not bars:
        raise ValueError("a picture shows at least 1 bar, not 0")
    for bar in bars:
        if not all(map(math.isfinite, bar.shown)):
            raise ValueError(f"a score is a finite number, and those of {bar.label!r} are {bar.shown}")
    labels = [_shortened(bar.label, LONGEST_LABEL) for bar in bars]
    left = MARGIN + CHAR * max(map(width_of, labels)) + 2 * GAP
    right = WIDTH - MARGIN - CHAR * max(len(bar.summary) for bar in bars) - 2 * GAP
    axis = _Axis.over([value for bar in bars for value in bar.shown], left, right)
    bottom = MARGIN + ROW * (len(bars) + 1)
    body = [
        _text(MARGIN, MARGIN + ROW / 2, _shortened(title, int((WIDTH - 2 * MARGIN) / CHAR)), "title"),
        *_grid(axis, bottom, f"{unit} (%)"),
        *(part for number, row in enumerate(zip(bars, labels, strict=True)) for part in _row(axis, number, *row)),
        *_legend(bars, bottom + 2 * ROW),
    ]
    return _document(bottom + 2.75 * ROW, title, bars, body)


def _document(height: float, title: str, bars: Sequence[Bar], body: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="scores" role="img" width="{WIDTH}" height="{height:.0f}" '
        f'viewBox="0 0 {WIDTH} {height:.0f}" font-family="{FONTS}" font-size="12">'
    )
    words = (f"<title>{visible(title)}</title>", f"<desc>{visible('. '.join(bar.description for bar in bars))}</desc>")
    page = '<rect class="page" width="100%" height="100%"/>'
    return "\n".join([head, *words, f"<style>{STYLE}</style>", page, *body, "</svg>", ""])


def _grid(axis: _Axis, bottom: float, unit: str) -> Iterator[str]:
    """A line and a number for each tick, and what they count."""
    top = MARGIN + ROW
    for tick in axis.ticks:
        x = axis.at(tick)
        yield f'<line class="grid" x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom:.1f}"/>'
        yield _text(x, bottom + ROW / 2, f"{tick:.{axis.digits}f}", "soft", anchor="middle")
    yield _text((axis.left + axis.right) / 2, bottom + ROW, unit, "soft", anchor="middle")


def _row(axis: _Axis, number: int, bar: Bar, label: str) -> Iterator[str]:
    """A variant: its label, its marks, and its mean in figures."""
    middle = MARGIN + ROW * (number + 1.5)
    yield f"<g><title>{visible(bar.description)}</title>"
    yield _text(MARGIN, middle, label)
    if bar.within:
        low, high = map(axis.at, bar.within)
        yield f'<line class="within" x1="{low:.1f}" y1="{middle:.1f}" x2="{high:.1f}" y2="{middle:.1f}"/>'
    if len(bar.values) > 1:
        yield from (_mark("run", axis.at(value), middle + 9) for value in bar.values)
    yield _mark("mean", axis.at(bar.mean), middle)
    if bar.published is not None:
        yield _mark("published", axis.at(bar.published), middle)
    yield _text(WIDTH - MARGIN, middle, bar.summary, anchor="end") + "</g>"


def _legend(bars: Sequence[Bar], y: float) -> Iterator[str]:
    """What the marks are, as far as they occur."""
    words = {"mean": "mean and interval" if any(bar.within for bar in bars) else "mean"}
    if any(len(bar.values) > 1 for bar in bars):
        words["run"] = "single run"
    if any(bar.published is not None for bar in bars):
        words["published"] = "published"
    x: float = MARGIN + GAP
    for kind, text in words.items():
        if kind == "mean" and text != kind:
            yield f'<line class="within" x1="{x - GAP:.1f}" y1="{y:.1f}" x2="{x + GAP:.1f}" y2="{y:.1f}"/>'
        yield _mark(kind, x, y)
        yield _text(x + 1.5 * GAP, y, text, "soft")
        x += CHAR * width_of(text) + 5 * GAP


def _mark(kind: str, x: float, y: float) -> str:
    if kind == "published":
        return (
            f'<path class="{kind}" d="M{x - 7:.1f} {y:.1f} L{x:.1f} {y - 7:.1f} L{x + 7:.1f} {y:.1f} L{x:.1f} {y + 7:.1f} Z"/>'
        )
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{2.5 if kind == "run" else 4.5}"/>'


def _text(x: float, middle: float, text: str, kind: str = "", *, anchor: str = "start") -> str:
    """A text whose small letters stand about ``middle``."""
    class_ = f' class="{kind}"' if kind else ""
    return f'<text{class_} x="{x:.1f}" y="{middle + 4:.1f}" text-anchor="{anchor}">{visible(text)}</text>'


def _shortened(text: str, longest: int) -> str:
    """The text, or its beginning and its end when it is wider than so many small letters."""
    if width_of(text) <= longest:
        return text
    head, tail = list(text[: longest // 2]), list(text[-(longest // 2) :])
    while width_of("".join(head)) + 1 + width_of("".join(tail)) > longest:
        if width_of("".join(head)) >= width_of("".join(tail)):
            head.pop()
        else:
            tail.pop(0)
    return f"{''.join(head)}…{''.join(tail)}"
