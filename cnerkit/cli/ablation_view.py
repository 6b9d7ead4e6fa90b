"""How an ablation looks on a terminal: the switches, the plan, a line for each run, the table at the end."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnerkit.cli import tables
from cnerkit.cli.console import note

if TYPE_CHECKING:
    from tqdm import tqdm

    from cnerkit.engine.progress import EpochRecord, Pace, StepRecord
    from cnerkit.errors import CnerkitError
    from cnerkit.recipe.schema import Published
    from cnerkit.workflows.ablation_listing import AblationListing
    from cnerkit.workflows.ablation_plan import AblationPlan
    from cnerkit.workflows.ablation_result import AblationResult, VariantResult
    from cnerkit.workflows.planning import Plan, TrainingObserver
    from cnerkit.workflows.result import Spread, TrainingResult

LONGEST_VALUE = 48
"""Characters of a value in a table."""


class AblationView:
    """Says on stderr which run is done; with a bar for the steps of the one that is trained, when that is a terminal.

    Args:
        with_bars: Whether one run at a time is trained, in this process.
    """

    def __init__(self, *, with_bars: bool) -> None:
        self.with_bars = with_bars and sys.stderr.isatty()
        self.bar: RunBar | None = None
        self.n_runs = self.n_ended = 0

    def began(self, n_runs: int, n_done: int) -> None:
        """How many runs there are, and how many were done before."""
        self.n_runs, self.n_ended = n_runs, n_done
        if n_done:
            note(f"{n_done} of {n_runs} runs were done before")

    def finished(self, run: str, result: "TrainingResult", seconds: float) -> None:
        """A line about a run."""
        test = "" if result.test is None else f", test F1 {100 * result.test.micro.f1:.2f}"
        scores = f"dev F1 {100 * result.dev.micro.f1:.2f}{test}"
        self._ended(f"{run}: epoch {result.best_epoch} of {result.n_epochs} is best, {scores}, {seconds:.0f} s")

    def failed(self, run: str, error: "CnerkitError") -> None:
        """A line about a run that failed; why is told at the end."""
        self._ended(f"{run}: failed: {error.what}")

    def training(self, run: str) -> "TrainingObserver | None":
        """A bar for the run that begins."""
        if self.with_bars:
            self.bar = RunBar(run)
        return self.bar

    def _ended(self, text: str) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None
        self.n_ended += 1
        note(f"[{self.n_ended}/{self.n_runs}] {text}")


class RunBar:
    """The steps of one run as a bar."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.bar: tqdm[Any] | None = None

    def preparing(self, done: int, total: int) -> None:
        """A bar of its own for what the model learns before it is built."""
        if self.bar is None:
            self._open(total, "sentence")
        if self.bar is not None:
            self.bar.update(done - self.bar.n)

    def planned(self, plan: "Plan") -> None:
        """An empty bar."""
        self.close()
        self._open(plan.steps, "step")

    def noted(self, text: str) -> None:
        """A remark, which ``cnerkit train`` makes and nobody asked for here."""

    def stepped(self, record: "StepRecord") -> None:
        """Move the bar."""
        if self.bar is not None:
            self.bar.update(record.step - self.bar.n)

    def epoch_ended(self, record: "EpochRecord", pace: "Pace") -> None:  # noqa: ARG002 - the bar has a clock of its own
        """The score behind the bar."""
        if self.bar is not None:
            self.bar.set_postfix_str(f"epoch {record.epoch}, dev F1 {100 * record.dev.f1:.2f}", refresh=False)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()

    def _open(self, total: int, unit: str) -> None:
        from tqdm import tqdm

        self.bar = tqdm(total=total, desc=self.run, unit=unit, leave=False, file=sys.stderr)


def show(result: "AblationResult") -> None:
    """The table on stdout, with what is published beside it and what belongs beside the scores below."""
    has_test = result.split == "test"
    scores = ("dev F1", "test F1") if has_test else ("dev F1",)
    columns = ("variant", *(f">{name}" for name in scores), ">difference", f">{result.level:.0%} interval")
    rows = [(each.variant.label, *_scores(each, has_test=has_test), *_published_scores(each)) for each in result.variants]
    tables.show((*columns, ">published F1", ">published difference"), rows)
    lines = [line for each in result.variants for line in _published_lines(each)]
    sys.stdout.writelines(f"{line}\n" for line in ("", *lines, *result.notes, f"runs: {result.folder}"))


def _scores(each: "VariantResult", *, has_test: bool) -> tuple[str, ...]:
    spreads = (_spread(each.dev), _spread(each.test)) if has_test else (_spread(each.dev),)
    found = each.difference
    if found is None:
        return (*spreads, "", "")
    return (*spreads, _signed(100 * found.difference), f"[{_signed(100 * found.low)}, {_signed(100 * found.high)}]")


def _published_scores(each: "VariantResult") -> tuple[str, str]:
    told = each.published_difference
    return "-" if each.row is None else f"{each.row.f1:.2f}", "" if told is None else _signed(told)


def _spread(spread: "Spread | None") -> str:
    if spread is None:
        return "-"
    deviation = "" if spread.deviation is None else f" ± {100 * spread.deviation:.2f}"
    return f"{100 * spread.mean:.2f}{deviation}"


def _signed(value: float) -> str:
    """Two decimals and a sign, but none on what rounds to nothing."""
    text = f"{value:+.2f}"
    return text[1:] if text in {"+0.00", "-0.00"} else text


def _published_lines(each: "VariantResult") -> list[str]:
    """Every published row of a variant, or that there is none."""
    label, paper = each.variant.label, each.variant.paper
    if not each.variant.published:
        return [f"{label}: no published number{f' ({paper})' if paper else ''}"]
    return [f"{label}: {_row(row)}" for row in each.variant.published]


def _row(row: "Published") -> str:
    shares = " ".join(
        f"{name} {value:.2f}" for name, value in (("P", row.precision), ("R", row.recall), ("F1", row.f1)) if value is not None
    )
    return f"published as {row.row}, {row.source}: {shares}{'; ' if row.note else ''}{row.note}"


def show_switches(listing: "AblationListing") -> None:
    """The switches of a model, and the published rows that its recipe can be turned into."""
    source = f"recipe {listing.recipe}" if listing.recipe else "its defaults, for it names no recipe"
    sys.stdout.write(f"{listing.model}, {source}\n")
    if listing.switches:
        lines = [
            (line.name, f"{line.field}: {_value(line.value)}", _value(line.off), line.paper or "-", _f1(line.published))
            for line in listing.switches
        ]
        tables.show(("switch", "drops", "leaves", "paper", ">published F1"), lines)
    else:
        sys.stdout.write("no switches: compare settings with --vary KEY=VALUE,VALUE\n")
    if listing.rows:
        sys.stdout.write("\n")
        rows = [(row.row, _value(row.changes), row.source, _f1(row)) for row in listing.rows]
        tables.show(("row of --published", "changes", "source", ">F1"), rows)


def plan_as_json(plan: "AblationPlan", folder: Path, n_done: list[int]) -> dict[str, Any]:
    """The plan as plain data, with how many runs of each variant are done."""
    return {
        "recipe": plan.recipe,
        "model": plan.model,
        "folder": str(folder),
        "seeds": list(plan.seeds),
        "variants": [
            {
                "name": variant.label,
                "changes": variant.changes,
                "paper": variant.paper,
                "published": [row.model_dump(mode="json") for row in variant.published],
                "runs_done": done,
            }
            for variant, done in zip(plan.variants, n_done, strict=True)
        ],
        "notes": list(plan.notes),
    }


def show_plan(plan: "AblationPlan", folder: Path, n_done: list[int]) -> None:
    """What would be trained."""
    rows = [
        (
            variant.label,
            ", ".join(f"{key}={_value(value)}" for key, value in variant.changes.items()),
            f"{done} of {len(plan.seeds)}",
            _f1(next(iter(variant.published), None)),
        )
        for variant, done in zip(plan.variants, n_done, strict=True)
    ]
    tables.show(("variant", "changes", ">runs kept", ">published F1"), rows)
    seeds = ", ".join(map(str, plan.seeds))
    sys.stdout.writelines(f"{line}\n" for line in ("", f"seeds: {seeds}", *plan.notes, f"runs: {folder}"))


def _f1(row: "Published | None") -> str:
    return "-" if row is None else f"{row.f1:.2f}"


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
