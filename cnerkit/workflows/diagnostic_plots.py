"""The pictures of a model's diagnostics, as PNG. They need matplotlib, which cnerkit does without otherwise."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from cnerkit.engine.progress import EpochRecord
from cnerkit.scoring.diagnostics import Diagnostics, SpanOutput
from cnerkit.workflows.fonts import font_with
from cnerkit.workflows.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.typing import ColorType

RIGHT, WRONG = "#3b6fb6", "#d6568c"
"""Where a model is right and where it is wrong: the paper's blue and pink."""
MARKERS = {True: "^", False: "o"}
"""The paper's triangles where it is right, and circles."""
SHOWN_TYPES = 12
"""Types that have violins of their own, the most frequent ones."""
LEGEND_ROWS = 24
LONGEST_WORD = 30
"""Letters of a type that are written."""
LETTER = 0.12
"""Inches that a letter is wide, at most."""
DOTS_PER_INCH = 120
DIGITS = 6
"""Decimals of a probability whose density is drawn: of what differs by less, the width of a kernel could be 0."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture.

    Attributes:
        name: Of its file, without what it ends in.
        title: What stands above it.
        alt: What it shows, in words.
        png: The file.
    """

    name: str
    title: str
    alt: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Lettering:
    """How types are written in pictures.

    Attributes:
        types: The types.
        font: The file of the font.
        numbered: Whether their numbers are written, from 1, as no font here has all of their letters.
    """

    types: tuple[str, ...]
    font: str
    numbered: bool

    def word(self, type_: str) -> str:
        """What is written for a type."""
        written = str(self.types.index(type_) + 1) if self.numbered else type_
        return written if len(written) <= LONGEST_WORD else f"{written[: LONGEST_WORD - 1]}…"

    def write(self, texts: "Sequence[Text]", types: Sequence[str]) -> None:
        """Put the words of types in the place of texts, as they are: a dollar or an underscore has no meaning."""
        from matplotlib.font_manager import FontProperties

        for text, type_ in zip(texts, types, strict=True):
            text.set_parse_math(False)
            text.set_fontproperties(FontProperties(fname=self.font, size="small"))
            text.set_text(self.word(type_))


def lettering(types: Sequence[str]) -> Lettering:
    """How to write types with a font of this system that has all of their letters; as numbers if there is none."""
    from matplotlib.font_manager import findfont

    letters = {letter for type_ in types for letter in type_} | {"…"}
    font = font_with(letters)
    return Lettering(tuple(types), font or findfont("DejaVu Sans"), numbered=font is None)


def draw_all(
    diagnostics: Diagnostics, epochs: Sequence[EpochRecord], shown: int | None, written: Lettering
) -> tuple[Plot, ...]:
    """All pictures.

    Args:
        diagnostics: Of a checkpoint.
        epochs: Of the run that it is from; there is no picture of the loss without any.
        shown: The epoch that the checkpoint is of, if that is known.
        written: How the types are.
    """
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()  # a user's own settings could ask for LaTeX, or for colours that say nothing here
        found = [_components(diagnostics, written), _violins(diagnostics, written), _discrepancy(diagnostics)]
        return (*found, _loss(epochs, shown)) if epochs else tuple(found)


def _components(diagnostics: Diagnostics, written: Lettering) -> Plot:
    """The paper's Figure 4."""
    types = sorted({span.truth for span in diagnostics.spans}, key=diagnostics.classes.index)
    n_columns = -(-len(types) // LEGEND_ROWS)
    figure, axes = _canvas(7 + n_columns * (0.5 + LETTER * max(len(written.word(type_)) for type_ in types)), 5.5)
    handles = []
    for type_, colour in zip(types, _colours(len(types)), strict=True):
        handles.append(axes.scatter([], [], color=colour, marker="s"))
        for is_right, marker in MARKERS.items():
            places = [span.place for span in diagnostics.spans if (span.truth, span.is_right) == (type_, is_right)]
            axes.scatter(*_columns(places), color=colour, marker=marker, s=16, alpha=0.6, linewidths=0)
    for number, (name, component) in enumerate(zip(("x", "y"), diagnostics.components, strict=True), start=1):
        axes.set(**{f"{name}label": f"component {number} ({component.share:.1%} of the variance)"})
    axes.set_title("Outputs by true type: triangles are right, circles wrong", fontsize="medium")
    legend = figure.legend(handles, ["-"] * len(types), loc="outside right upper", ncols=n_columns, frameon=False)
    written.write(legend.get_texts(), types)
    share = sum(component.share for component in diagnostics.components)
    alt = (
        f"The probabilities of the classes of {_gold(diagnostics)}, on their first two principal "
        f"components, which hold {share:.1%} of the variance; {_right_and_wrong(diagnostics.spans)}."
    )
    return Plot("pca", "Principal components of the outputs", alt, _png(figure))


def _violins(diagnostics: Diagnostics, written: Lettering) -> Plot:
    """The paper's Figure 5."""
    counts = Counter(span.truth for span in diagnostics.spans)
    types = [type_ for type_, _ in counts.most_common(SHOWN_TYPES)] if len(counts) > 1 else []
    figure, axes = _canvas(2.6 + 0.8 * (1 + len(types)), 4.5)
    for number, type_ in enumerate([None, *types]):
        for is_right, offset, colour in ((True, -0.2, RIGHT), (False, 0.2, WRONG)):
            spans = [span for span in diagnostics.spans if span.is_right == is_right and type_ in {None, span.truth}]
            if spans:
                _violin(axes, [span.probability for span in spans], number + offset, colour)
    axes.set(ylim=(-0.02, 1.02), ylabel="probability of the true type")
    axes.set_xticks(range(1 + len(types)), ["all", *map(written.word, types)], rotation=30 if types else 0)
    written.write(axes.get_xticklabels()[1:], types)
    axes.set_title("Blue: right, pink: wrong; white: the median", fontsize="medium")
    medians = [
        f"{each.quartiles[2]:.3f} where it is {name}"
        for name, each in (("right", diagnostics.distribution(right=True)), ("wrong", diagnostics.distribution(right=False)))
        if each
    ]
    alt = (
        f"How probable the true type of {_gold(diagnostics)} is to the model, as violins; "
        f"the median is {' and '.join(medians)}."
    )
    return Plot("violins", "Probability of the true type", alt, _png(figure))


def _violin(axes: "Axes", values: Sequence[float], position: float, colour: str) -> None:
    """The density of values between 0 and 1; a dot where all are the same."""
    import numpy as np

    rounded = np.round(values, DIGITS)
    if len(set(rounded.tolist())) == 1:
        axes.plot([position], rounded[:1], marker="o", color=colour)
        return
    drawn = axes.violinplot([rounded], positions=[position], widths=0.38, showextrema=False)
    bodies: Any = drawn["bodies"]  # the types of matplotlib say that each part may be a single one
    for body in bodies:
        body.set(facecolor=colour, edgecolor=colour, alpha=1)
    axes.hlines(float(np.median(rounded)), position - 0.1, position + 0.1, color="white", linewidth=2)


def _discrepancy(diagnostics: Diagnostics) -> Plot:
    """The paper's Figure 6, with a vertical axis that is linear up to 0.1 and logarithmic beyond."""
    figure, axes = _canvas(7, 4.5)
    tags = {tag: count for tag, count in diagnostics.tags().items() if count}
    for tag, count in tags.items():
        spans = [span.discrepancy for span in diagnostics.spans if span.discrepancy.tag == tag]
        places = [(each.log2_ratio, each.spread) for each in spans]
        style = {"color": RIGHT if tag == "Stable" else WRONG, "marker": MARKERS[tag == "Stable"]}
        axes.scatter(*_columns(places), s=16, alpha=0.6, linewidths=0, label=f"{tag}, {count}", **style)  # type: ignore[arg-type]
    axes.set_yscale("symlog", linthresh=0.1)
    axes.set(
        xlabel="log2 of the highest probability to that of the true type", ylabel="D: variance to the same", ylim=(0, None)
    )
    axes.legend(frameon=False)
    said = " and ".join(f"{count} are {tag}" for tag, count in tags.items())
    alt = (
        f"How far the true type of {_gold(diagnostics)} is behind the most probable class, and the "
        f"variance of the probabilities to that of the true type; {said}."
    )
    return Plot("discrepancy", "Discrepancy", alt, _png(figure))


def _loss(epochs: Sequence[EpochRecord], shown: int | None) -> Plot:
    """The paper's Figure 3, of one run."""
    from matplotlib.ticker import MaxNLocator

    figure, axes = _canvas(7, 4)
    axes.plot([each.epoch for each in epochs], [each.loss for each in epochs], marker=".", color=RIGHT)
    axes.set(xlabel="epoch", ylabel="mean loss of the epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    said = f"The mean loss in training of {counted(len(epochs), 'epoch')}: {epochs[0].loss:.4g} in the first"
    if len(epochs) > 1:
        said += f" and {epochs[-1].loss:.4g} in the last"
    if shown is not None:
        axes.axvline(shown, color=WRONG, linestyle="--")
        axes.set_title("Dashed: the epoch of the checkpoint", fontsize="medium")
        said += f"; the checkpoint is of epoch {shown}"
    return Plot("loss", "Loss in training", f"{said}.", _png(figure))


def _canvas(width: float, height: float) -> "tuple[Figure, Axes]":
    """A figure of so many inches with its axes, that is known to nothing else."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((width, height), dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _png(figure: "Figure") -> bytes:
    held = BytesIO()
    figure.savefig(held, format="png")
    return held.getvalue()


def _colours(count: int) -> "list[ColorType]":
    import matplotlib as mpl

    if count <= 20:
        return list(mpl.colormaps["tab10" if count <= 10 else "tab20"](range(count)))
    return list(mpl.colormaps["turbo"]([number / (count - 1) for number in range(count)]))


def _columns(places: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in places], [y for _, y in places]


def _gold(diagnostics: Diagnostics) -> str:
    return counted(len(diagnostics.spans), "entity", " of the gold")


def _right_and_wrong(spans: Sequence[SpanOutput]) -> str:
    n_right = sum(span.is_right for span in spans)
    return f"the model is right about {n_right} and wrong about {len(spans) - n_right}"
