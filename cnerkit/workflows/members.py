"""The trained models of a system that is compared: where each comes from, what it is scored on, and what it found there."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cnerkit import registry
from cnerkit.engine.runs import RunFolder, first_difference
from cnerkit.errors import UsageError
from cnerkit.recipe.loading import load_recipe, recipe_from_resolved
from cnerkit.recipe.schema import DataSettings, Recipe
from cnerkit.text import Sentence
from cnerkit.workflows.gold import Gold, annotated, as_trained
from cnerkit.workflows.gold_predictions import Computing
from cnerkit.workflows.result import TrainingResult, read_result
from cnerkit.workflows.scored import Scored, kept_counts
from cnerkit.workflows.sources import stem
from cnerkit.workflows.systems import System
from cnerkit.workflows.types import TypeMap

if TYPE_CHECKING:
    from cnerkit.scoring.resampling import Counted

Golds = Callable[[DataSettings], Scored]
"""What a model is scored on, by the data section of its recipe."""


@dataclass(frozen=True, slots=True)
class Member:
    """One trained model of a system; nothing is predicted yet.

    Attributes:
        system: What the system is called.
        path: The run folder, or the checkpoint.
        recipe: What was trained.
        dev_f1: F1 of the best epoch on dev; None in a checkpoint that does not say.
        scored: What it is scored on.
        types_spans: Whether it is given the spans of the gold, so that its score is one of typing.
        result: What the run came to, whose predictions are kept; None when the checkpoint is to predict.
        types: The types that the model knows, where it is to predict.
    """

    system: str
    path: Path
    recipe: Recipe
    dev_f1: float | None
    scored: Scored
    types_spans: bool
    result: TrainingResult | None = None
    types: frozenset[str] | None = None

    @property
    def seed(self) -> int:
        """What it was trained with."""
        return self.recipe.training.seed

    @property
    def was_chosen_here(self) -> bool:
        """Whether its epoch was chosen on the sentences that it is scored on."""
        data = self.recipe.data
        own = data.name or stem(data.train or Path())
        return self.scored.dev_is_test or (self.scored.split == "dev" and self.scored.corpus == own)


def given_corpus(gold: Gold) -> Golds:
    """One and the same corpus for every model, with the types mapped as for its training.

    Raises:
        CnerkitError: The corpus is missing, cannot be read, or is not annotated.
    """
    from cnerkit.corpora.catalogue import find

    remark = find(gold.source).remark if gold.is_dataset else ""
    read: list[tuple[Gold, tuple[Sentence, ...]]] = []

    def of(data: DataSettings) -> Scored:
        own = as_trained(gold, data)
        sentences = next((found for known, found in read if known == own), None)
        if sentences is None:
            sentences = annotated(own)
            read.append((own, sentences))
        mapped = tuple(map(TypeMap(data.types).apply, sentences))
        dev_is_test = data.dev_from is not None and data.dev_from.split == "test"
        return Scored(gold.source, gold.chosen_split or "", mapped, "", remark, dev_is_test)

    return of


def members_of(system: System, golds: Golds, *, anew: bool) -> tuple[Member, ...]:
    """The trained models of a system, by their seeds.

    Args:
        system: Where they are.
        golds: What they are scored on.
        anew: Whether runs predict again with their best weights, and what they kept is left alone.

    Raises:
        UsageError: They differ in more than their seed.
        CnerkitError: A run, a checkpoint or a corpus is missing or cannot be read.
    """
    found = [_member(system.name, path, golds, anew=anew) for path in system.members]
    _refuse_several_recipes(system, found)
    return tuple(sorted(found, key=lambda member: member.seed))


def counts_found(member: Member, computing: Computing) -> "Counted":
    """Right, predicted and gold entities of each sentence, (sentence, 3): as the run kept them, or predicted now.

    Raises:
        CnerkitError: What is kept was changed, or the device is not there or too small.
    """
    if member.result is not None:
        return kept_counts(member.result, member.scored, f"{member.system}, seed {member.seed}")
    from cnerkit.scoring.resampling import counts_of

    sentences = member.scored.sentences
    found = computing.predictions(computing.restored(member.path), sentences)
    return counts_of((one.entities or () for one in sentences), (prediction.entities for prediction in found))


def _member(name: str, path: Path, golds: Golds, *, anew: bool) -> Member:
    run = RunFolder(path)
    if path.is_file() or anew:
        return _of_checkpoint(name, path if path.is_file() else run.best, golds)
    recipe = load_recipe(str(run.recipe))
    result = read_result(recipe, path)
    return Member(name, path, recipe, result.dev.micro.f1, golds(recipe.data), bool(result.typing), result)


def _of_checkpoint(name: str, path: Path, golds: Golds) -> Member:
    from cnerkit.engine.checkpoint import load_checkpoint

    held = load_checkpoint(path)
    recipe = recipe_from_resolved(held.origin.recipe, str(path))
    dev_f1 = held.scores.get("dev", {}).get("f1")
    types_spans = registry.get(recipe.model.name).reads == "spans"
    return Member(name, path, recipe, dev_f1, golds(recipe.data), types_spans, types=frozenset(held.origin.task.types))


def _refuse_several_recipes(system: System, members: list[Member]) -> None:
    """Refuse runs in one folder of seeds that are not of one recipe, whose mean would mean nothing."""
    fix = "keep runs that differ in their seed alone in one folder, and name others by themselves"
    twice = [seed for seed, count in Counter(member.seed for member in members).items() if count > 1]
    if twice:
        raise UsageError(f"several runs have the seed {twice[0]}", where=str(system.path), fix=fix)
    first, *others = members
    for other in others:
        if difference := first_difference(_without_seed(first.recipe), _without_seed(other.recipe)):
            what = f"the runs differ in more than their seed: between {first.path.name} and {other.path.name}, {difference}"
            raise UsageError(what, where=str(system.path), fix=fix)


def _without_seed(recipe: Recipe) -> dict[str, object]:
    """What a run follows, the seed aside."""
    plain = recipe.resolved()
    return {key: plain[key] for key in ("data", "encoder", "model")} | {"training": {**plain["training"], "seed": None}}
