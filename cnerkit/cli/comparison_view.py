"""How a comparison looks on a terminal: scores, differences, and what belongs beside them."""

import sys
from typing import TYPE_CHECKING

from cnerkit.cli import tables

if TYPE_CHECKING:
    from cnerkit.workflows.comparison_result import Comparison, SystemScores
    from cnerkit.workflows.result import Spread

SHOWN_TYPES = 12
"""Types of an inventory that are named."""


def show(comparison: "Comparison") -> None:
    """Both tables on stdout, with the notes below."""
    sys.stdout.write(f"{_scored(comparison)}\n\n")
    _show_scores(comparison)
    sys.stdout.write("\n")
    _show_differences(comparison)
    sys.stdout.writelines(f"{line}\n" for line in ("", *comparison.notes))


def _show_scores(comparison: "Comparison") -> None:
    split = f"{comparison.split} " if comparison.split else ""
    with_dev = comparison.split != "dev" and any(each.dev for each in comparison.systems)
    dev = (">dev F1",) if with_dev else ()
    columns = ("system", *dev, f">{split}P", f">{split}R", f">{split}F1")
    tables.show(columns, [_scores(each, with_dev=with_dev) for each in comparison.systems])


def _show_differences(comparison: "Comparison") -> None:
    """The p-values besides that of the bootstrap depend on how many differences there are, and over how many seeds."""
    found = [each.difference for each in comparison.systems if each.difference]
    other = (">p (Holm)",) if len(found) > 1 else (">p (randomised)",) if found[0].p_randomised is not None else ()
    columns = ("system", ">F1 interval", ">difference", ">interval", ">p", *other)
    tables.show(columns, [_difference(each)[: len(columns)] for each in comparison.systems])


def _scored(comparison: "Comparison") -> str:
    """What all systems are scored on."""
    named, n_types = ", ".join(comparison.inventory[:SHOWN_TYPES]), len(comparison.inventory)
    more = f" and {n_types - SHOWN_TYPES} more" if n_types > SHOWN_TYPES else ""
    where = f"{comparison.corpus}, {comparison.split}" if comparison.split else comparison.corpus
    return f"{where}: {comparison.sentences} sentences, {comparison.support} entities of {n_types} types: {named}{more}"


def _scores(each: "SystemScores", *, with_dev: bool) -> tuple[str, ...]:
    dev = (_spread(each.dev) if each.dev else "-",) if with_dev else ()
    return (each.name, *dev, _spread(each.precision), _spread(each.recall), _spread(each.f1))


def _difference(each: "SystemScores") -> tuple[str, ...]:
    within = f"[{100 * each.interval.low:.2f}, {100 * each.interval.high:.2f}]"
    if each.difference is None:
        return (each.name, within, "", "", "", "")
    found, told = each.difference.paired, each.difference
    other = told.p_holm if told.p_randomised is None else told.p_randomised
    bounds = f"[{_signed(found.low)}, {_signed(found.high)}]"
    star = "*" if told.is_significant else " "
    return (each.name, within, f"{_signed(found.difference)}{star}", bounds, f"{found.p:.4f}", f"{other:.4f}")


def _spread(spread: "Spread") -> str:
    deviation = "" if spread.deviation is None else f" ± {100 * spread.deviation:.2f}"
    return f"{100 * spread.mean:.2f}{deviation}"


def _signed(share: float) -> str:
    """Percent with two decimals and a sign, but none on what rounds to nothing."""
    text = f"{100 * share:+.2f}"
    return text[1:] if text in {"+0.00", "-0.00"} else text
