"""The folder of an ablation: which variants it keeps, which of their runs are done, and that one ablation at a time uses it."""

import contextlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cnerkit.engine.runs import RunFolder, first_difference, write_json
from cnerkit.errors import DataError, UsageError
from cnerkit.recipe.schema import Recipe
from cnerkit.storage import unwritable
from cnerkit.workflows.ablation_plan import AblationPlan, Variant, digest

ANEW = "name another folder with -o, or start anew with --overwrite"
LOCK = ".lock"
_SAFE = re.compile(r"[\w.=+-]+")


@dataclass(frozen=True, slots=True)
class AblationRun:
    """One training of an ablation: a variant with a seed.

    Attributes:
        variant: Which row of the table it belongs to.
        recipe: What is trained, the seed included.
        folder: Where it is kept.
    """

    variant: Variant
    recipe: Recipe
    folder: RunFolder

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"{self.variant.label}, seed {self.recipe.training.seed}"

    def is_done(self) -> bool:
        """Whether its scores are there."""
        return self.folder.metrics.exists()


@dataclass(frozen=True, slots=True)
class AblationFolder:
    """Where an ablation keeps its runs."""

    path: Path

    @property
    def plan(self) -> Path:
        """What the full model is, and which variants there are."""
        return self.path / "ablation.json"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep other ablations out of the folder while the block runs.

        Raises:
            UsageError: Another one is at work in it.
        """
        import filelock

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self.path / LOCK, timeout=0)
            lock.acquire()
        except filelock.Timeout as error:
            what = "another ablation is at work in this folder"
            raise UsageError(what, where=str(self.path), fix="wait for it, or name another folder with -o") from error
        except OSError as error:
            raise unwritable(self.path, error) from error
        try:
            yield
        finally:
            lock.release()

    def check(self, plan: AblationPlan) -> None:
        """Refuse a folder that holds something else than ablations of this very full model; writes nothing.

        Raises:
            UsageError: It is a file, holds other things, or an ablation of other settings.
            DataError: Its plan cannot be read.
        """
        if self.path.exists() and not self.path.is_dir():
            raise UsageError("this is a file, and an ablation needs a folder", where=str(self.path), fix="name another with -o")
        kept = self._kept()
        if kept is None:
            self.refuse_foreign()
        elif difference := first_difference(kept["settings"], _plain(plan.full.settings)):
            what = f"the folder holds an ablation of other settings: {difference}"
            raise UsageError(what, where=str(self.plan), fix=ANEW)

    def refuse_foreign(self) -> None:
        """Refuse a folder with files that no ablation wrote.

        Raises:
            UsageError: It is not empty, and there is no plan of an ablation in it.
        """
        foreign = self.path.is_dir() and any(not each.name.startswith(".") for each in self.path.iterdir())
        if foreign and not self.plan.exists():
            what = "the folder is not empty, and holds no ablation"
            raise UsageError(what, where=str(self.path), fix="name another folder with -o")

    def clear(self) -> None:
        """Delete the runs of the ablation that the folder holds, and nothing else.

        Raises:
            UsageError: It holds other things and no ablation.
            CnerkitError: A file cannot be deleted.
        """
        self.refuse_foreign()
        try:
            for run in [each for each in self.path.glob("*/seed-*") if RunFolder(each).recipe.exists()]:
                shutil.rmtree(run)
                with contextlib.suppress(OSError):  # not empty
                    run.parent.rmdir()
            self.plan.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def begin(self, plan: AblationPlan, fingerprints: Sequence[str]) -> AblationPlan:
        """Write down what is compared, beside what earlier ablations of the folder compared.

        Args:
            plan: What is compared.
            fingerprints: That of the corpus of each variant.

        Returns:
            The plan, with the folders of the variants that are kept already under another name.

        Raises:
            UsageError: A variant's corpus has changed since it was trained.
        """
        plan = self.known(plan)
        entries = {entry["folder"]: entry for entry in self._variants()}
        for variant, fingerprint in zip(plan.variants, fingerprints, strict=True):
            entry = _entry(variant, fingerprint)
            before = entries.setdefault(variant.folder, entry)
            if before["corpus"] != entry["corpus"]:
                what = f"the corpus has changed since {variant.label} was trained"
                raise UsageError(what, where=str(self.plan), fix=f"bring back the corpus as it was; or {ANEW}")
        settings = _plain(plan.full.settings)
        value = {"recipe": plan.recipe, "model": plan.model, "settings": settings, "variants": list(entries.values())}
        write_json(self.plan, value)
        return plan

    def known(self, plan: AblationPlan) -> AblationPlan:
        """The plan, each variant in the folder that it is kept in already, or in one that no other variant has."""
        kept = self._variants()
        return replace(plan, variants=tuple(_kept_as(variant, kept) for variant in plan.variants))

    def runs(self, plan: AblationPlan) -> list[AblationRun]:
        """Every run of a plan: for each seed the full model first, so that a comparison is there as early as can be."""
        return [self.run(variant, seed) for seed in plan.seeds for variant in plan.variants]

    def folders(self) -> list[Path]:
        """The folder of each variant that is kept, the full model's first.

        Raises:
            DataError: What is kept cannot be read.
        """
        return [self.path / entry["folder"] for entry in self._variants()]

    def run(self, variant: Variant, seed: int) -> AblationRun:
        """The run of a variant with a seed."""
        return AblationRun(variant, variant.seeded(seed), RunFolder(self.path / variant.folder / f"seed-{seed}"))

    def _variants(self) -> list[dict[str, Any]]:
        """What is written of each variant that is kept."""
        kept = self._kept()
        return list(kept["variants"]) if kept else []

    def _kept(self) -> dict[str, Any] | None:
        """The plan as it was written; None when there is none."""
        if not self.plan.exists():
            return None
        try:
            kept = json.loads(self.plan.read_text(encoding="utf-8"))
            sound = isinstance(kept["settings"], dict) and all(map(_is_sound, kept["variants"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise self._unreadable() from error
        if not sound:
            raise self._unreadable()
        return dict(kept)

    def _unreadable(self) -> DataError:
        return DataError("the plan of the ablation cannot be read", where=str(self.plan), fix=ANEW)


def _is_sound(entry: Mapping[str, str]) -> bool:
    """Whether what is written of a variant is complete, and its folder is one within that of the ablation."""
    folder = entry["folder"]
    return all(entry[key] for key in ("digest", "corpus")) and bool(_SAFE.fullmatch(folder) and folder.strip("."))


def _kept_as(variant: Variant, kept: Sequence[Mapping[str, Any]]) -> Variant:
    """The variant with the folder that its runs are kept in, or one that no other variant has."""
    mine = digest(_plain(variant.settings))
    for entry in kept:
        if entry["digest"] == mine:
            return replace(variant, folder=entry["folder"])
    taken = {str(entry["folder"]).lower() for entry in kept}
    return replace(variant, folder=f"{variant.folder}-{mine}") if variant.folder.lower() in taken else variant


def _entry(variant: Variant, fingerprint: str) -> dict[str, Any]:
    return {
        "folder": variant.folder,
        "name": variant.label,
        "changes": variant.changes,
        "digest": digest(_plain(variant.settings)),
        "corpus": fingerprint,
    }


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they come back from JSON."""
    return dict(json.loads(json.dumps(settings)))
