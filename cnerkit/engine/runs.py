"""The folder of a run: what lies in it, when it may be written, and how its log grows. Looking into one loads no torch."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import yaml

from cnerkit.engine.progress import EpochRecord, Pace, Score, StepRecord
from cnerkit.errors import DataError, UsageError
from cnerkit.recipe.writing import yaml_text
from cnerkit.storage import unwritable, whole_file

if TYPE_CHECKING:
    from torch import Tensor

    from cnerkit.engine.checkpoint import Origin

Start = Literal["new", "resume", "overwrite"]
HEADER = ("name", "title", "paper", "published")
"""What a recipe says about itself."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a run keeps its files."""

    path: Path

    @property
    def recipe(self) -> Path:
        """The resolved recipe."""
        return self.path / "recipe.yaml"

    @property
    def environment(self) -> Path:
        """What the run computed on and with."""
        return self.path / "environment.json"

    @property
    def log(self) -> Path:
        """One JSON object for every few steps and for every epoch."""
        return self.path / "log.jsonl"

    @property
    def best(self) -> Path:
        """The weights of the best epoch."""
        return self.path / "best.pt"

    @property
    def last(self) -> Path:
        """Everything that going on needs."""
        return self.path / "last.pt"

    @property
    def metrics(self) -> Path:
        """The scores; there when the run is done."""
        return self.path / "metrics.json"

    @property
    def predictions(self) -> Path:
        """What the best model finds in test."""
        return self.path / "predictions.test.jsonl"

    @property
    def dev_predictions(self) -> Path:
        """What the best model finds in dev."""
        return self.path / "predictions.dev.jsonl"

    @property
    def report(self) -> Path:
        """A page about the scores on test, or on dev where there is no test."""
        return self.path / "report.html"

    def is_done(self) -> bool:
        """Whether the scores are there, and nothing is left to go on from."""
        return self.metrics.exists() and not self.last.exists()

    def epochs(self) -> tuple[EpochRecord, ...]:
        """What each epoch of the log came to, in order; none without a log."""
        if not self.log.exists():
            return ()
        return tuple(record for line in self.log.read_bytes().split(b"\n") if (record := _epoch_of(line)))

    def check(self, recipe: Mapping[str, Any], start: Start) -> None:
        """Refuse a folder that a run of a recipe must not be kept in; nothing is written yet.

        Args:
            recipe: The resolved recipe, as plain data.
            start: ``new`` wants an empty folder, ``resume`` the same recipe as before.

        Raises:
            UsageError: The folder is not empty, or belongs to another recipe.
        """
        if self.path.exists() and not self.path.is_dir():
            raise UsageError("this is a file, and a run needs a folder", where=str(self.path), fix="name another with -o")
        if start == "resume" and self.recipe.exists():
            self._refuse_another(recipe)
        if start == "new" and self.path.exists() and any(self.path.iterdir()):
            raise UsageError(
                "the run folder is not empty",
                where=str(self.path),
                fix="go on with --resume, start again with --overwrite, or name another folder with -o",
            )

    def begin(self, recipe: Mapping[str, Any], start: Start) -> None:
        """Make a folder that was checked ready for the first step.

        ``overwrite`` deletes the files of an earlier run and no others; ``resume`` keeps them, and starts from the beginning
        when nothing was kept yet.

        Raises:
            CnerkitError: It cannot be written.
        """
        self._delete(self.path.glob(".*.part"))
        if start == "resume" and self.recipe.exists():
            return
        results = (self.metrics, self.predictions, self.dev_predictions, self.report)
        self._delete((self.environment, self.log, self.best, self.last, *results))
        with whole_file(self.recipe) as out:
            out.write(cast("Any", yaml_text(dict(recipe))))

    def _delete(self, files: Iterable[Path]) -> None:
        """Delete files that are there; those named ``.part`` were being written when a run was killed."""
        try:
            for file in files:
                file.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def _refuse_another(self, recipe: Mapping[str, Any]) -> None:
        try:
            before = yaml.safe_load(self.recipe.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise DataError(
                "the run's recipe cannot be read", where=str(self.recipe), fix="start again with --overwrite"
            ) from error
        now = yaml.safe_load(yaml_text(dict(recipe)))
        if difference := first_difference(_without_header(before), _without_header(now)):
            raise UsageError(
                f"the run was started with another recipe: {difference}",
                where=str(self.recipe),
                fix="resume it with the recipe and options that it was started with, or start again with --overwrite",
            )

    def cut_log(self, *, step: int, epoch: int) -> None:
        """Drop the log's records behind a moment: a resumed run writes them again.

        Args:
            step: Steps taken by then.
            epoch: Epochs ended by then.
        """
        if not self.log.exists():
            return
        kept = [line for line in self.log.read_bytes().split(b"\n") if _is_up_to(line, step, epoch)]
        with whole_file(self.log, "wb") as out:
            out.write(cast("Any", b"".join(line + b"\n" for line in kept)))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON document, whole or not at all."""
    with whole_file(path) as out:
        out.write(cast("Any", json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"))


def _without_header(recipe: Any) -> Any:
    """What a run follows: not what a recipe is called and which published rows it answers."""
    return {key: value for key, value in recipe.items() if key not in HEADER} if isinstance(recipe, Mapping) else recipe


def first_difference(before: Any, now: Any, path: str = "") -> str | None:
    """Where two trees of plain data first differ, with both values; None when they are equal."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        keys = [*before, *(key for key in now if key not in before)]
        found = (first_difference(before.get(key), now.get(key), f"{path}.{key}" if path else str(key)) for key in keys)
        return next((difference for difference in found if difference), None)
    return None if before == now else f"{path} was {before!r} and is {now!r} now"


def _is_up_to(line: bytes, step: int, epoch: int) -> bool:
    try:
        record = json.loads(line)
        return bool(record["epoch"] <= epoch if record["kind"] == "epoch" else record["step"] <= step)
    except (ValueError, KeyError, TypeError):  # the line that was being written when the run was killed
        return False


def _epoch_of(line: bytes) -> EpochRecord | None:
    """What a line of a log says of an epoch, if it is about one and was written whole."""
    try:
        told = json.loads(line)
        if told["kind"] != "epoch":
            return None
        return EpochRecord(told["epoch"], told["step"], told["loss"], Score(**told["dev"]), told["is_best"])
    except (ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class FolderKeeper:
    """Keeps a run in its folder."""

    folder: RunFolder
    origin: "Origin"

    def keep_best(self, record: EpochRecord, state: "dict[str, Tensor]") -> None:
        """Write ``best.pt``."""
        from cnerkit.engine.checkpoint import Checkpoint, save_checkpoint

        save_checkpoint(self.folder.best, Checkpoint("best", self.origin, asdict(record), state))

    def keep_last(self, record: EpochRecord | None, state: "dict[str, Tensor]", training: dict[str, Any]) -> None:
        """Write ``last.pt``."""
        from cnerkit.engine.checkpoint import Checkpoint, save_checkpoint

        scores = asdict(record) if record else {}
        save_checkpoint(self.folder.last, Checkpoint("last", self.origin, scores, state, training))

    def log(self, kind: str, record: StepRecord | EpochRecord, pace: Pace | None = None) -> None:
        """Add a line to the log."""
        speed = asdict(pace) if pace else {}
        told = {name: value for name, value in asdict(record).items() if value != {}}
        line = {"kind": kind, **told, **speed, "time": round(time.time(), 3)}
        try:
            with self.folder.log.open("a", encoding="utf-8") as out:
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            raise unwritable(self.folder.log, error) from error
