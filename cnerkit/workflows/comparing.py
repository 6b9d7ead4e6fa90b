"""Compares systems on one corpus: scores of each, how they differ from one of them, and which differences are significant."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cnerkit.errors import UsageError
from cnerkit.scoring.counts import Counts
from cnerkit.scoring.multiplicity import holm
from cnerkit.scoring.typing_score import TYPING
from cnerkit.workflows.comparability import refuse_incomparable
from cnerkit.workflows.comparison_notes import notes_on
from cnerkit.workflows.comparison_result import Comparison, Difference, SystemScores
from cnerkit.workflows.gold import Gold
from cnerkit.workflows.gold_predictions import Computing
from cnerkit.workflows.members import Member, counts_found, given_corpus, members_of
from cnerkit.workflows.result import Spread
from cnerkit.workflows.scored import LEVEL, ScoredCorpora
from cnerkit.workflows.systems import System, chosen, find_systems
from cnerkit.workflows.token_scoring import Metric

if TYPE_CHECKING:
    from cnerkit.engine.devices import Precision
    from cnerkit.scoring.resampling import Counted


@dataclass(frozen=True, slots=True)
class Options:
    """How systems are compared.

    Attributes:
        baseline: What the others are compared with, by its path or as tables call it; None is the first.
        on: The sentences to predict; None are those that each system was scored on.
        gpus: Of a prediction: 0 is the CPU, 1 a GPU, None a GPU if there is one.
        precision: Of a prediction: the number format of the layers that allow bfloat16; None is ``fp32``.
        data_dir: A folder with datasets, looked into first.
    """

    baseline: str | None = None
    on: Gold | None = None
    gpus: int | None = None
    precision: "Precision | None" = None
    data_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class _Measured:
    """A system with what its models found in each sentence, (seed, sentence, 3)."""

    system: System
    members: tuple[Member, ...]
    counts: "Counted"

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(member.seed for member in self.members)


def compare(paths: Sequence[Path], options: Options) -> Comparison:
    """Score systems on the same sentences, and compare each with one of them.

    Finished runs are scored by the predictions that they keep, without torch; checkpoints predict, and with ``options.on`` the
    best weights of runs do so too.

    Args:
        paths: Run folders, folders of several seeds or of an ablation, checkpoints.
        options: What is compared with what, and on what.

    Raises:
        UsageError: There are fewer than two systems, one is not finished, or their scores do not compare.
        CnerkitError: A run, a checkpoint or a corpus is missing or cannot be read.
    """
    systems = find_systems(paths)
    baseline = chosen(systems, options.baseline)
    golds = given_corpus(options.on) if options.on else ScoredCorpora(options.data_dir).of
    members = [members_of(system, golds, anew=options.on is not None) for system in systems]
    everyone = [member for each in members for member in each]
    _refuse_idle_options(everyone, options)
    refuse_incomparable(everyone)
    computing = Computing(options.gpus, None, options.precision or "fp32")
    measured = [_measured(system, each, computing) for system, each in zip(systems, members, strict=True)]
    return _side_by_side(measured, next(each for each in measured if each.system is baseline), with_dev=options.on is None)


def _refuse_idle_options(members: Sequence[Member], options: Options) -> None:
    if (options.gpus, options.precision) != (None, None) and all(member.result is not None for member in members):
        raise UsageError(
            "--gpus and --precision are for predicting, and the predictions of these runs are kept",
            fix="leave them out, or let the checkpoints predict: --on SOURCE, or name best.pt in place of the run folder",
        )


def _measured(system: System, members: tuple[Member, ...], computing: Computing) -> _Measured:
    import numpy as np

    return _Measured(system, members, np.stack([counts_found(each, computing) for each in members]))


def _side_by_side(measured: Sequence[_Measured], baseline: _Measured, *, with_dev: bool) -> Comparison:
    differences = iter(_differences([each for each in measured if each is not baseline], baseline))
    first, scored = baseline.members[0], baseline.members[0].scored
    rows = tuple(_scores(each, None if each is baseline else next(differences), with_dev=with_dev) for each in measured)
    gold = [entity.type for sentence in scored.sentences for entity in sentence.entities or ()]
    return Comparison(
        corpus=scored.corpus,
        split=scored.split,
        metric=TYPING if first.types_spans else Metric.ENTITY.value,
        sentences=len(scored.sentences),
        support=len(gold),
        inventory=tuple(sorted(set(gold))),
        baseline=baseline.system.name,
        level=LEVEL,
        systems=rows,
        notes=tuple(notes_on(rows, [member for each in measured for member in each.members], first)),
    )


def _differences(others: Sequence[_Measured], baseline: _Measured) -> list[Difference]:
    """Each system against the baseline, with p-values that are adjusted over all of them."""
    from cnerkit.scoring.resampling import approximate_randomisation, paired_difference

    pairs = [_pairs(each.seeds, baseline.seeds) for each in others]
    sides = [
        (each.counts[[one for one, _ in places]], baseline.counts[[other for _, other in places]])
        for each, places in zip(others, pairs, strict=True)
    ]
    found = [paired_difference(one, other, level=LEVEL) for one, other in sides]
    # Of several seeds it would compare these very models: where seeds differ much, it rejects most true nulls about recipes.
    randomised = approximate_randomisation(*sides[0]) if len(sides) == len(pairs[0]) == 1 else None
    return [
        Difference(paired, adjusted, randomised, tuple((each.seeds[one], baseline.seeds[other]) for one, other in places))
        for each, places, paired, adjusted in zip(others, pairs, found, holm([one.p for one in found]), strict=True)
    ]


def _pairs(one: Sequence[int], other: Sequence[int]) -> list[tuple[int, int]]:
    """The places of the seeds that are compared with one another: equal ones first, the others in their order.

    Of unequally many seeds those that are left over take no part.
    """
    shared = [seed for seed in one if seed in other]
    left, right = ([*shared, *(seed for seed in seeds if seed not in shared)] for seeds in (one, other))
    return [(one.index(first), other.index(second)) for first, second in zip(left, right, strict=False)]


def _scores(measured: _Measured, difference: Difference | None, *, with_dev: bool) -> SystemScores:
    from cnerkit.scoring.resampling import interval

    dev = [member.dev_f1 for member in measured.members if member.dev_f1 is not None]
    sums = measured.counts.sum(axis=1).tolist()
    return SystemScores(
        name=measured.system.name,
        path=measured.system.path,
        seeds=measured.seeds,
        dev=Spread(tuple(dev)) if with_dev and len(dev) == len(measured.members) else None,
        counts=tuple(Counts(right, predicted - right, gold - right) for right, predicted, gold in sums),
        interval=interval(measured.counts, level=LEVEL),
        difference=difference,
    )
