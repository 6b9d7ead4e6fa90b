"""What a user names as systems to compare: run folders, runs of several seeds, ablations, checkpoints."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnerkit.engine.runs import RunFolder
from cnerkit.errors import MissingError, UsageError
from cnerkit.workflows.ablation_folder import AblationFolder

SEEDS = "seed-*"
"""The runs of a system that was trained with several seeds, within its folder."""


@dataclass(frozen=True, slots=True)
class System:
    """One row of a comparison.

    Attributes:
        name: As much of the end of its path as tells it from the others.
        path: What the user named, or the folder of a variant in an ablation that the user named.
        members: A run folder for each seed, or one checkpoint.
    """

    name: str
    path: Path
    members: tuple[Path, ...]


def find_systems(paths: Sequence[Path]) -> tuple[System, ...]:
    """The systems that paths stand for, in their order; an ablation stands for its variants.

    Raises:
        MissingError: There is no such path.
        UsageError: There are fewer than two systems, one is named twice, a folder holds no run, or a run is not finished.
    """
    found = [path for each in paths for path in _expanded(each)]
    twice = [path for path, count in Counter(path.resolve() for path in found).items() if count > 1]
    if twice:
        raise UsageError("the system is named twice", where=str(twice[0]), fix="name each system once")
    if len(found) < 2:
        raise UsageError(
            f"there is one system to compare: {found[0]}",
            fix="name two or more: run folders, folders of several seeds or of an ablation, or checkpoints",
        )
    systems = [System(name, path, tuple(_members(path))) for name, path in zip(_short_names(found), found, strict=True)]
    _refuse_unfinished(member for system in systems for member in system.members)
    return tuple(systems)


def chosen(systems: Sequence[System], name: str | None) -> System:
    """The system that a user names, by its path or as tables call it; the first when none is named.

    Raises:
        UsageError: It is none of them.
    """
    if name is None:
        return systems[0]
    for system in systems:
        if name == system.name or Path(name).resolve() == system.path.resolve():
            return system
    raise UsageError(
        f"--baseline {name} is not among what is compared", fix=f"choose from {', '.join(each.name for each in systems)}"
    )


def _expanded(path: Path) -> list[Path]:
    """The variants of an ablation, or the path itself."""
    if not path.exists():
        raise MissingError("there is no such run or checkpoint", where=str(path), fix="check the path")
    folder = AblationFolder(path)
    return folder.folders() if folder.plan.exists() else [path]


def _members(path: Path) -> Iterator[Path]:
    """The run folders of a system, or the checkpoint that it is."""
    if not path.is_dir() or RunFolder(path).recipe.exists():
        yield path
        return
    runs = [each for each in path.glob(SEEDS) if each.is_dir()]
    if not runs:
        raise UsageError(
            "no run is kept here",
            where=str(path),
            fix="name a folder that cnerkit train or cnerkit ablate wrote, or a checkpoint",
        )
    yield from sorted(runs)


def _refuse_unfinished(members: Iterable[Path]) -> None:
    fix = "let the command that began it finish it, or leave it out"
    errors = [
        UsageError("the run is not finished", where=str(path), fix=fix)
        for path in members
        if not path.is_file() and not RunFolder(path).metrics.exists()
    ]
    if errors:
        first, *rest = errors
        raise UsageError(first.what, where=first.where, fix=first.fix, also=rest)


def _short_names(paths: Sequence[Path]) -> list[str]:
    """The shortest ends of the paths, all of as many parts as it takes, that no two of them share."""
    parts = [path.resolve().parts for path in paths]
    for length in range(1, max(map(len, parts)) + 1):
        names = [str(Path(*each[-length:])) for each in parts]
        if len(set(names)) == len(names):
            return names
    raise AssertionError("different paths differ in some part")
