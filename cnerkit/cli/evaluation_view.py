"""How scores look on a terminal: a table for what was asked for, and below it what it counts."""

import sys
from typing import TYPE_CHECKING

from cnerkit.cli import analysis_view, tables
from cnerkit.cli.console import note

if TYPE_CHECKING:
    from cnerkit.scoring.counts import Counts
    from cnerkit.scoring.report import Average, Report
    from cnerkit.scoring.token_weighted import TokenReport
    from cnerkit.workflows.evaluation import Evaluation
    from cnerkit.workflows.level_scoring import LevelEvaluation
    from cnerkit.workflows.seqeval_scoring import SeqevalScores

COUNTED = (">P", ">R", ">F1", ">gold", ">predicted")


def show(evaluation: "Evaluation") -> None:
    """The scores on stdout, and what to know about them on stderr."""
    if evaluation.tokens:
        _show_tokens(evaluation, evaluation.tokens)
    elif evaluation.seqeval:
        _show_seqeval(evaluation, evaluation.seqeval)
    else:
        _show_entities(evaluation)
    if evaluation.typing:
        for text in evaluation.typing.remarks():
            note(text)
    for row in evaluation.published:
        f1 = f": F1 {row.f1:.2f}" if evaluation.tokens or evaluation.seqeval else ""
        note(f"published: {row.row}, {row.source}{f1}{'; ' if row.note else ''}{row.note}")


def _show_entities(evaluation: "Evaluation") -> None:
    rows = _rows(evaluation.report)
    analysis = evaluation.analysed.analysis if evaluation.analysed else None
    if analysis:
        rows.insert(-1, ("95 % interval", "", "", analysis_view.interval(analysis), "", ""))
    for row in evaluation.published:
        shares = [_percent(row.precision), _percent(row.recall), _percent(row.f1)]
        rows.append((f"published: {row.row}", *shares, "", ""))
    tables.show(("type of given span" if evaluation.typing else "type", *COUNTED), rows)
    note(f"{_scored(evaluation)}: {evaluation.report.sentences} sentences, {len(evaluation.report.types)} types")
    note(f"{evaluation.report.match}: {evaluation.report.definition}")
    if evaluation.levels:
        _show_levels(evaluation.levels)
    if analysis:
        analysis_view.show(analysis)
    if evaluation.against:
        analysis_view.show_against(evaluation.against, evaluation.report.micro.f1)


def _show_seqeval(evaluation: "Evaluation", scores: "SeqevalScores") -> None:
    """A table without the rows of papers, which may be counted in another way."""
    report = scores.report
    tables.show(("type", *COUNTED), [*_rows(report.report), _row("weighted", report.weighted)])
    note(f"{_scored(evaluation)}: {report.report.sentences} sentences, {len(report.report.types)} types; {scores.tags}")
    note(f"{report.report.match}: {report.report.definition}")
    note(f"not as --metric entity: {report.difference}")
    if report.unread:
        note(f"misread tags: {', '.join(f'{tag} ({times})' for tag, times in report.unread)}")


def _show_tokens(evaluation: "Evaluation", tokens: "TokenReport") -> None:
    """A table without the rows of papers, most of which print scores of entities."""
    rows = [_row(tag, counts, counts.support, counts.predicted) for tag, counts in tokens.tags]
    tables.show(("tag", ">P", ">R", ">F1", ">gold tokens", ">predicted"), [*rows, _row("weighted", tokens.weighted)])
    note(f"{_scored(evaluation)}: {tokens.sentences} sentences, {tokens.counted} of {tokens.tokens} tokens counted")
    note(f"{tokens.metric}: {tokens.definition}")


def _scored(evaluation: "Evaluation") -> str:
    return f"{evaluation.source}, {evaluation.split}" if evaluation.split else evaluation.source


def _show_levels(levels: "LevelEvaluation") -> None:
    """A table of its own: the levels are not types."""
    from cnerkit.workflows.level_scoring import RELEASE

    rows = [
        _row(f"{level}" if level else "0, boundaries", report.micro, report.micro.support, report.micro.predicted)
        for level, report in enumerate(levels.scores.reports)
    ]
    if levels.release:
        micro = levels.release.micro
        rows.append(_row("release", micro, micro.support, micro.predicted))
    sys.stdout.write("\n")
    tables.show(("level", *COUNTED), rows)
    note(f"levels: {levels.scores.definition}")
    if levels.release:
        note(f"release: {RELEASE}, to compare with its scores")


def _rows(report: "Report") -> list[tuple[str, ...]]:
    """A row for each type, and the averages."""
    rows = [_row(entry.type, entry.counts, entry.counts.support, entry.counts.predicted) for entry in report.types]
    micro = report.micro
    return [*rows, _row("micro", micro, micro.support, micro.predicted), _row("macro", report.macro)]


def _row(name: str, scores: "Counts | Average", support: int | None = None, predicted: int | None = None) -> tuple[str, ...]:
    shares = (f"{100 * value:.2f}" for value in (scores.precision, scores.recall, scores.f1))
    return (name, *shares, "" if support is None else str(support), "" if predicted is None else str(predicted))


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
