"""Kept runs side by side: what each variant scores, how it differs from the full model, and what belongs beside the scores."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnerkit.errors import DataError
from cnerkit.scoring.exact import DEFINITION
from cnerkit.text import Sentence
from cnerkit.workflows.ablation_folder import AblationFolder, AblationRun
from cnerkit.workflows.ablation_plan import AblationPlan, Variant
from cnerkit.workflows.ablation_result import AblationResult, VariantResult, beside
from cnerkit.workflows.corpus import Corpus, load_split
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.result import TrainingResult, read_result
from cnerkit.workflows.wording import counted

if TYPE_CHECKING:
    from cnerkit.scoring.resampling import Counted

LEVEL = 0.95
"""How much of the probability the intervals hold."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What a variant is scored on.

    Attributes:
        split: ``test``, or ``dev`` where there is no test.
        sentences: Those of the split, with their gold.
        fingerprint: Of the whole corpus.
        remark: What to say beside every score; "" for nothing.
        dev_is_test: Whether the best epoch is chosen on what the score is over.
    """

    split: str
    sentences: tuple[Sentence, ...]
    fingerprint: str
    remark: str
    dev_is_test: bool

    @classmethod
    def of(cls, corpus: Corpus) -> "Scored":
        """What a corpus offers."""
        split = "test" if corpus.splits.get("test") else "dev"
        return cls(split, corpus.splits[split], corpus.fingerprint, corpus.remark, corpus.dev_is_test)

    def same_gold(self, other: "Scored") -> bool:
        """Whether both are the same sentences with the same entities."""
        return self is other or _gold(self) == _gold(other)


@dataclass(frozen=True, slots=True)
class _Measured:
    """A variant with what its runs found in each sentence."""

    variant: Variant
    scored: Scored
    runs: tuple[TrainingResult, ...]
    counts: "Counted"


def compared(plan: AblationPlan, folder: AblationFolder, scored: Sequence[Scored]) -> AblationResult:
    """Each variant beside the full model.

    Args:
        plan: What was trained; every run is done.
        folder: Where.
        scored: What each variant is scored on.

    Raises:
        DataError: The files of a run were changed.
    """
    measured = [_measured(plan, folder, variant, on) for variant, on in zip(plan.variants, scored, strict=True)]
    return AblationResult(
        recipe=plan.recipe,
        model=plan.model,
        folder=folder.path,
        seeds=plan.seeds,
        split=scored[0].split,
        level=LEVEL,
        variants=tuple(_beside_full(each, measured[0]) for each in measured),
        notes=(*_notes(plan, measured), *plan.notes, *_machines(folder, plan)),
    )


def _measured(plan: AblationPlan, folder: AblationFolder, variant: Variant, scored: Scored) -> _Measured:
    import numpy as np

    runs = [folder.run(variant, seed) for seed in plan.seeds]
    results = tuple(read_result(run.recipe, run.folder.path) for run in runs)
    counts = np.stack([_counts(run, result, scored) for run, result in zip(runs, results, strict=True)])
    return _Measured(variant, scored, results, counts)


def _counts(run: AblationRun, result: TrainingResult, scored: Scored) -> "Counted":
    """Right, predicted and gold entities of each sentence, as the run's predictions have them."""
    from cnerkit.scoring.resampling import counts_of

    file = run.folder.predictions if scored.split == "test" else run.folder.dev_predictions
    found = load_split(str(file), asked=ReadOptions(format="jsonl"))
    report = result.test if scored.split == "test" else result.dev
    told = None if report is None else (report.micro.true_positive, report.micro.predicted, report.micro.support)
    if len(found) == len(scored.sentences):
        counts = counts_of([one.entities or () for one in scored.sentences], [one.entities or () for one in found])
        if tuple(counts.sum(axis=0).tolist()) == told:
            return counts
    raise DataError(
        f"the predictions of {run.label} are not those that its scores were computed from",
        where=str(file),
        fix=f"delete {run.folder.path}, and it is trained again",
    )


def _beside_full(measured: _Measured, full: _Measured) -> VariantResult:
    from cnerkit.scoring.resampling import interval, paired_difference

    comparable = measured is not full and measured.scored.same_gold(full.scored)
    difference = paired_difference(measured.counts, full.counts, level=LEVEL) if comparable else None
    within = interval(measured.counts, level=LEVEL)
    return beside(measured.variant, measured.runs, full.variant, within, difference)


def _notes(plan: AblationPlan, measured: Sequence[_Measured]) -> Iterator[str]:
    """What the numbers are, and what to know before quoting them."""
    full, n_seeds = measured[0], len(plan.seeds)
    told = ", ".join(map(str, plan.seeds))
    spread = f"mean ± sample standard deviation over {n_seeds} seeds ({told})" if n_seeds > 1 else f"one seed ({told})"
    yield f"percent, {spread}; exact match: {DEFINITION}"
    once = "test was read once per run" if full.scored.split == "test" else "there is no test, so dev is what is compared"
    yield f"the epoch of each run was chosen on dev; {once}"
    over = "sentences, Student's t over seeds" if n_seeds > 1 else "sentences alone, since there is one seed"
    wide = "; two seeds leave it wide, three or more are better" if n_seeds == 2 else ""
    yield f"difference to the full model on {full.scored.split}; interval: {LEVEL:.0%}, paired bootstrap over {over}{wide}"
    for each in measured[1:]:
        if not each.scored.same_gold(full.scored):
            yield f"{each.variant.label} is scored on other sentences than the full model, so there is no difference to tell"
    yield from dict.fromkeys(each.scored.remark for each in measured if each.scored.remark)
    if any(each.scored.dev_is_test for each in measured):
        yield "dev is test: the epoch was chosen on the sentences that it is scored on, so the scores are too high"


def _machines(folder: AblationFolder, plan: AblationPlan) -> list[str]:
    """A note when not all runs were computed alike: what is kept may come from another machine."""
    told = {_machine(folder.run(variant, seed)) for variant in plan.variants for seed in plan.seeds}
    return [f"not all runs were computed alike: {'; '.join(sorted(told))}"] if len(told) > 1 else []


def _machine(run: AblationRun) -> str:
    try:
        kept = json.loads(run.folder.environment.read_text(encoding="utf-8"))
        return f"{kept['device']}, {counted(kept['processes'], 'process')}, torch {kept['versions']['torch']}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        fix = f"delete {run.folder.path}, and it is trained again"
        raise DataError("what the run was computed on cannot be read", where=str(run.folder.environment), fix=fix) from error


def _gold(scored: Scored) -> list[tuple[object, ...]]:
    return [(one.tokens, one.joiner, one.entities) for one in scored.sentences]
