"""How the analysis of extracted entities looks on a terminal: few lines of each part, all within 80 columns."""

import sys
from typing import TYPE_CHECKING

from cnerkit.cli import tables

if TYPE_CHECKING:
    from cnerkit.scoring.against import Against
    from cnerkit.scoring.analysis import Analysis
    from cnerkit.scoring.buckets import BucketReport
    from cnerkit.scoring.error_analysis import ClassErrors
    from cnerkit.scoring.report import Ratios

WORST_TYPES = 3
"""Types that are named of each class of errors."""
MOST_CONFUSIONS = 5
"""Confused types that are shown."""


def show(analysis: "Analysis") -> None:
    """Other definitions of right, the errors, the types that stand for one another, and the buckets."""
    _show_definitions(analysis)
    _show_errors(analysis)
    _show_confusions(analysis)
    rows = [(report.name, _buckets(report)) for report in analysis.buckets if report.buckets]
    if rows:
        sys.stdout.write("\n")
        tables.show(("bucket", "F1 (gold entities)"), rows)


def interval(analysis: "Analysis") -> str:
    """The bounds of micro F1, in percent; "" without any."""
    bounds = analysis.interval
    return f"{100 * bounds.low:.2f}–{100 * bounds.high:.2f}" if bounds else ""


def show_against(against: "Against", f1: float) -> None:
    """Which of two systems is better, by how much, and whether that may be chance.

    Args:
        against: The other system.
        f1: Micro F1 of the system, 0 to 1.
    """
    difference, other = against.difference, against.report.micro.f1
    bounds = f"95 % interval {100 * difference.low:+.2f} to {100 * difference.high:+.2f}"
    found = (
        f"both {against.both}, only this {against.only_this}, only the other {against.only_other}, neither {against.neither}"
    )
    lines = (
        f"against {against.system}:",
        f"  F1 {100 * f1:.2f} and {100 * other:.2f}, difference {100 * difference.difference:+.2f} ({bounds})",
        f"  p {difference.p:.4f} by paired bootstrap, {against.randomisation:.4f} by approximate randomisation",
        f"  gold entities found: {found}",
    )
    sys.stdout.writelines(f"{line}\n" for line in ("", *lines))


def _show_definitions(analysis: "Analysis") -> None:
    matching = analysis.matching
    measures = (matching.strict, matching.exact, matching.partial, matching.type)
    rows = [_row(f"SemEval {measure.name}", measure.micro) for measure in measures]
    rows.append(_row("boundaries only", analysis.boundaries.micro))
    rows.append(_row("types at gold boundaries", analysis.types.report.micro))
    sys.stdout.write("\n")
    tables.show(("also counted as", ">P", ">R", ">F1"), rows)


def _show_errors(analysis: "Analysis") -> None:
    wrong = [entry for entry in analysis.errors.classes if entry.kind != "correct"]
    if wrong:
        rows = [(entry.kind.value, str(entry.times), _worst(entry)) for entry in sorted(wrong, key=lambda entry: -entry.times)]
        sys.stdout.write("\n")
        tables.show(("error", ">times", "most often"), rows)


def _worst(entry: "ClassErrors") -> str:
    more = f" and {len(entry.types) - WORST_TYPES} more" if len(entry.types) > WORST_TYPES else ""
    return ", ".join(f"{each.type} {each.times}" for each in entry.types[:WORST_TYPES]) + more


def _show_confusions(analysis: "Analysis") -> None:
    rows = [
        (each.gold, each.predicted, str(each.times))
        for each in analysis.errors.confusions
        if each.gold is not None and each.predicted is not None and each.gold != each.predicted
    ]
    if rows:
        sys.stdout.write("\n")
        tables.show(("gold", "predicted as", ">times"), rows[:MOST_CONFUSIONS])


def _buckets(report: "BucketReport") -> str:
    return ", ".join(f"{each.label}: {100 * each.counts.f1:.2f} ({each.counts.support})" for each in report.buckets)


def _row(name: str, scores: "Ratios") -> tuple[str, ...]:
    return (name, *(f"{100 * value:.2f}" for value in (scores.precision, scores.recall, scores.f1)))
