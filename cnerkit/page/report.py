"""The page about one evaluation: its scores, its errors, and every sentence with what is right and what was predicted."""

from base64 import b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from cnerkit.page import charts
from cnerkit.page.browser import ELSEWHERE, browser_of
from cnerkit.page.confusion import square_of
from cnerkit.page.drawing import Colours, type_html
from cnerkit.page.jinja import UNSHOWN, environment
from cnerkit.page.links import ERROR, NONE, bucket_name, link
from cnerkit.scoring.against import Against
from cnerkit.scoring.analysis import LEVEL, Analysis
from cnerkit.scoring.buckets import Bucketing
from cnerkit.scoring.levels import LevelScores
from cnerkit.scoring.report import Report
from cnerkit.text import Entity, Sentence

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True, slots=True)
class PublishedScore:
    """A row that a paper prints, in percent.

    Attributes:
        row: The system, as the table calls it.
        source: Paper and table.
        f1: Its F1.
        precision: None where the paper prints none.
        recall: None where the paper prints none.
        note: What to know before comparing.
    """

    row: str
    source: str
    f1: float
    precision: float | None = None
    recall: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class EpochPoint:
    """What one epoch of training came to.

    Attributes:
        epoch: Counted from 1.
        loss: Mean over its steps.
        precision: On dev, 0 to 1.
        recall: On dev, 0 to 1.
        f1: On dev, 0 to 1.
        is_best: Whether it is the best so far.
    """

    epoch: int
    loss: float
    precision: float
    recall: float
    f1: float
    is_best: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was drawn elsewhere.

    Attributes:
        title: What it is called.
        alt: What it shows, in words.
        png: The file.
    """

    title: str
    alt: str
    png: bytes

    @property
    def source(self) -> str:
        """The picture itself, as an address."""
        return f"data:image/png;base64,{b64encode(self.png).decode()}"


@dataclass(frozen=True, slots=True)
class Content:
    """All that the page shows.

    Attributes:
        title: What the page is called.
        system: The checkpoint or the file of predictions.
        source: The gold.
        split: Of a dataset.
        analysis: The scores and errors.
        sentences: The gold that was analysed.
        predictions: The entities that the system finds in each of them.
        ways: The bucketings that the buckets of the analysis were made by, in their order.
        published: Rows that papers print for the system.
        notes: What a person should know about the scores.
        epochs: The learning curve, if the system was trained here.
        pictures: What the probabilities of gold entities look like, if that was drawn.
        levels: Scores at each level of a hierarchy of types.
        against: The system that it is compared with.
    """

    title: str
    system: str
    source: str
    split: str | None
    analysis: Analysis
    sentences: Sequence[Sentence]
    predictions: Sequence[Collection[Entity]]
    ways: Sequence[Bucketing] = ()
    published: tuple[PublishedScore, ...] = ()
    notes: tuple[str, ...] = ()
    epochs: tuple[EpochPoint, ...] = ()
    pictures: tuple[Picture, ...] = ()
    levels: LevelScores | None = None
    against: Against | None = None


@dataclass(frozen=True, slots=True)
class _Beside:
    """F1 of two systems, 0 to 1, of a type or of all."""

    name: str
    ours: float
    other: float


def render(content: Content) -> str:
    """The page as one document of HTML, which refers to nothing outside itself.

    A NUL and half of a surrogate pair, which no page can hold, are shown as U+FFFD.

    Raises:
        DataError: A bucketing cannot tell the bucket of an entity.
        ValueError: There is not one prediction for each sentence.
    """
    if len(content.predictions) != len(content.sentences):
        raise ValueError(f"{len(content.sentences)} sentences but {len(content.predictions)} predictions")
    analysis = content.analysis
    types = tuple(entry.type for entry in analysis.exact.types)
    browser = browser_of(content.sentences, content.predictions, analysis.errors, types, content.ways, analysis.buckets)
    colours = Colours.of(types)
    page = _environment().get_template("report.html.j2")
    html = page.render(
        content=content,
        analysis=analysis,
        browser=browser,
        confusion=square_of(analysis.errors.confusions),
        curves=_curves(content.epochs),
        beside=_beside(analysis.exact, content.against.report) if content.against else (),
        type_name=lambda type_: type_html(type_, colours),
        level=LEVEL,
    )
    return UNSHOWN.sub("\ufffd", html)


@cache
def _environment() -> "Environment":
    made = environment()
    made.filters["percent"] = lambda share: f"{100 * share:.2f}"
    made.filters["points"] = lambda share: f"{100 * share:+.2f}".replace("-", "−")
    made.filters["count"] = lambda number: f"{number:,}"
    made.filters["words"] = lambda name: name.replace("-", " ")
    made.filters["opening"] = lambda words: words[:1].upper() + words[1:]
    made.globals.update(
        bar=charts.bar,
        curve=charts.curve,
        interval_bar=charts.interval_bar,
        link=link,
        bucket_name=bucket_name,
        ERROR=ERROR,
        NONE=NONE,
        ELSEWHERE=ELSEWHERE,
    )
    return made


def _curves(epochs: Sequence[EpochPoint]) -> tuple[charts.Curve, ...]:
    """Loss and F1 on dev, with the epoch that was chosen in the latter."""
    if not epochs:
        return ()
    numbers = [point.epoch for point in epochs]
    best = max((point.epoch for point in epochs if point.is_best), default=None)
    loss = charts.Curve("Training loss", numbers, [point.loss for point in epochs])
    return loss, charts.Curve("F1 on dev, %", numbers, [100 * point.f1 for point in epochs], best)


def _beside(ours: Report, other: Report) -> tuple[_Beside, ...]:
    """All types together, then each that either system has to do with; F1 of what it has not is 0."""
    one, two = ({entry.type: entry.counts.f1 for entry in report.types} for report in (ours, other))
    rows = (_Beside(type_, one.get(type_, 0.0), two.get(type_, 0.0)) for type_ in sorted(one.keys() | two.keys()))
    return (_Beside("all, micro", ours.micro.f1, other.micro.f1), *rows)
