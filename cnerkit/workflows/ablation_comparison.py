"""Kept runs side by side: what each variant scores, how it differs from the full model, and what belongs beside the scores."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnerkit.errors import DataError
from cnerkit.scoring.exact import DEFINITION
from cnerkit.workflows.ablation_folder import AblationFolder, AblationRun
from cnerkit.workflows.ablation_plan import AblationPlan, Variant
from cnerkit.workflows.ablation_result import AblationResult, VariantResult, beside
from cnerkit.workflows.result import TrainingResult, read_result
from cnerkit.workflows.scored import LEVEL, Scored, drawn_over, kept_counts
from cnerkit.workflows.wording import counted

if TYPE_CHECKING:
    from cnerkit.scoring.resampling import Counted


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
    counts = np.stack([kept_counts(result, scored, run.label) for run, result in zip(runs, results, strict=True)])
    return _Measured(variant, scored, results, counts)


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
    over = drawn_over(n_seeds)
    yield f"difference to the full model on {full.scored.split}; interval: {LEVEL:.0%}, paired bootstrap over {over}"
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
