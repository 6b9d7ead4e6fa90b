"""How training looks on a terminal: what will be done, a line for each epoch, the scores at the end."""

import sys
from typing import TYPE_CHECKING, Any, TextIO

from cnerkit.cli.console import note

if TYPE_CHECKING:
    from tqdm import tqdm

    from cnerkit.engine.progress import EpochRecord, Pace, StepRecord
    from cnerkit.scoring.exact import Report
    from cnerkit.workflows.planning import Plan
    from cnerkit.workflows.result import SeedsResult, TrainingResult

MEBIBYTE = 1 << 20


class TrainingView:
    """Says on stderr how a run goes; with a bar when that is a terminal."""

    def __init__(self) -> None:
        self.bar: tqdm[Any] | None = None
        self.n_epochs = 0

    def preparing(self, done: int, total: int) -> None:
        """A bar for what the model learns before it is built."""
        if not sys.stderr.isatty():
            return
        if self.bar is None:
            from tqdm import tqdm

            self.bar = tqdm(total=total, desc="preparing", unit="sentence", leave=False, file=sys.stderr)
        self.bar.update(done - self.bar.n)
        if done == total:
            self.bar.close()
            self.bar = None

    def planned(self, plan: "Plan") -> None:
        """The plan, and a bar for its steps."""
        self.n_epochs = plan.epochs
        show_plan(plan, sys.stderr)
        if sys.stderr.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=plan.steps, unit="step", leave=False, file=sys.stderr)

    def noted(self, text: str) -> None:
        """A remark."""
        self._say(f"note: {text}")

    def stepped(self, record: "StepRecord") -> None:
        """Move the bar."""
        if self.bar is not None:
            self.bar.set_postfix_str(f"loss {record.loss:.4f}", refresh=False)
            self.bar.update(record.step - self.bar.n)

    def epoch_ended(self, record: "EpochRecord", pace: "Pace") -> None:
        """A line about the epoch; a star marks the best so far."""
        dev = record.dev
        self._say(
            f"epoch {record.epoch:>{len(str(self.n_epochs))}}/{self.n_epochs}  loss {record.loss:.4f}  "
            f"dev P {100 * dev.precision:.2f} R {100 * dev.recall:.2f} F1 {100 * dev.f1:.2f}{'*' if record.is_best else ' '}  "
            f"{pace.sentences_per_second:.0f} sentences/s  {_clock(pace.seconds_left)} left"
        )
        if self.bar is not None and record.epoch == self.n_epochs:
            self.bar.close()

    def _say(self, text: str) -> None:
        if self.bar is None:
            note(text)
        else:
            self.bar.write(text, file=sys.stderr)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def show_plan(plan: "Plan", out: TextIO) -> None:
    """What a run will do, in a few lines."""
    memory = plan.memory
    lines = [f"{plan.recipe}: {plan.model}, {len(plan.types)} types: {', '.join(plan.types)}"]
    longest = ", ".join(f"{name} {size.longest}" for name, size in plan.splits.items())
    lines.append(f"longest sentence: {longest} tokens")
    processes = f", {plan.processes} processes" if plan.processes > 1 else ""
    lines.append(
        f"{plan.parameters} parameters, {plan.trained} of them trained; "
        f"{plan.epochs} epochs, {plan.steps} steps, {plan.device}{processes}"
    )
    program = f", program {memory.program / MEBIBYTE:.0f}" if memory.program else ""
    lines.append(
        f"memory about {memory.total / MEBIBYTE:.0f} MiB: weights {memory.weights / MEBIBYTE:.0f}, "
        f"optimizer {memory.optimizer / MEBIBYTE:.0f}, activations {memory.activations / MEBIBYTE:.0f}{program}"
    )
    lines.extend(f"note: {text}" for text in plan.notes)
    out.writelines(f"{line}\n" for line in lines)


def show_result(result: "TrainingResult | SeedsResult") -> None:
    """Scores on stdout: of a run with what papers print beside them, or of every seed with mean, deviation and interval."""
    from cnerkit.workflows.result import SeedsResult

    if not isinstance(result, SeedsResult):
        _show_run(result)
        return
    for run in result.results:
        _show_run(run)
    for split, f1 in (("dev", result.dev_f1), ("test", result.test_f1)):
        if f1 is not None:
            deviation = "" if f1.deviation is None else f" ± {100 * f1.deviation:.2f} (sample standard deviation)"
            sys.stdout.write(f"{split} F1 over {len(f1.values)} seeds: {100 * f1.mean:.2f}{deviation}\n")
    if (found := result.interval) is not None:
        bounds = f"{100 * found.within.low:.2f} to {100 * found.within.high:.2f}"
        sys.stdout.write(f"{found.level:.0%} interval of the mean {found.split} F1: {bounds}; bootstrap over {found.over}\n")


def _show_run(result: "TrainingResult") -> None:
    recipe = result.recipe
    lines = [
        f"{recipe.name}, seed {recipe.training.seed}: epoch {result.best_epoch} of {result.n_epochs} is best; {result.folder}",
        f"{'':12} {'precision':>9} {'recall':>9} {'F1':>9} {'entities':>9}",
        _row("dev = test" if result.dev_is_test else "dev", result.dev),
    ]
    if result.test is not None:
        lines.append(_row("test", result.test))
    for row in result.published:
        shares = " ".join(map(_percent, (row.precision, row.recall, row.f1)))
        lines.append(f"{'published':12} {shares} {'':>9}  {row.row} ({row.source}) {row.note}".rstrip())
    lines.append(f"percent; {result.dev.match} match: {result.dev.definition}")
    lines += [f"{split}, {remark}" for split, report in result.typing.items() for remark in report.remarks()]
    if result.remark:
        lines.append(result.remark)
    if result.dev_is_test:
        lines.append("dev is test: the epoch was chosen on the sentences that it is scored on, so the scores are too high")
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _row(name: str, report: "Report") -> str:
    micro = report.micro
    shares = " ".join(_percent(100 * value) for value in (micro.precision, micro.recall, micro.f1))
    return f"{name:12} {shares} {micro.support:>9}"


def _percent(value: float | None) -> str:
    return f"{'-':>9}" if value is None else f"{value:9.2f}"
