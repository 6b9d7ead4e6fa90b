"""What a run will do, told before its first step."""

from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cnerkit.engine.devices import accelerator
from cnerkit.engine.memory import MemoryEstimate, estimate_memory
from cnerkit.engine.progress import Observer
from cnerkit.engine.stepping import Stepper
from cnerkit.engine.training import Schedule
from cnerkit.recipe.schema import Recipe
from cnerkit.workflows.assembly import Assembly, assemble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnerkit.text import Sentence


@dataclass(frozen=True, slots=True)
class SplitSize:
    """How much a split holds."""

    sentences: int
    tokens: int
    entities: int
    longest: int
    """Tokens of its longest sentence."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do.

    Attributes:
        recipe: The recipe's name.
        model: The model's name.
        device: ``cpu``, or the kind of GPU.
        processes: How many share the work.
        types: The types that the model will tell apart.
        splits: How much each split holds.
        parameters: Weights of the model.
        trained: Those of them that learn.
        epochs: At most.
        steps: Of all epochs.
        memory: Bytes on each device, estimated.
        notes: What the user should know before starting.
    """

    recipe: str
    model: str
    device: str
    processes: int
    types: tuple[str, ...]
    splits: dict[str, SplitSize]
    parameters: int
    trained: int
    epochs: int
    steps: int
    memory: MemoryEstimate
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The plan as plain data."""
        return {**asdict(self), "types": list(self.types), "notes": list(self.notes)}


def plan(recipe: Recipe, *, gpus: int | None, data_dir: Path | None, threads: int | None) -> Plan:
    """Do everything but the steps: load the corpus, build the model, pass the largest batch forward once.

    Raises:
        CnerkitError: What training itself would refuse.
    """
    with accelerator(gpus, recipe.training.precision, threads=threads) as machine:
        assembly = assemble(recipe, machine, data_dir=data_dir, cache=None)
        schedule = Schedule(tuple(map(len, assembly.corpus.splits["train"])), recipe.training, machine.num_processes)
        return plan_of(recipe, assembly, Stepper(assembly.model, recipe.training, machine), schedule)


def plan_of(recipe: Recipe, assembly: Assembly, stepper: Stepper, schedule: Schedule) -> Plan:
    """The plan of a run whose parts are at hand; passes the largest batch forward once.

    Raises:
        CnerkitError: The largest batch does not fit into memory.
    """
    train, machine = assembly.corpus.splits["train"], stepper.accelerator
    return Plan(
        recipe=recipe.name,
        model=recipe.model.name,
        device=machine.device.type,
        processes=machine.num_processes,
        types=assembly.origin.task.types.types,
        splits={name: _size(split) for name, split in assembly.corpus.splits.items()},
        parameters=sum(parameter.numel() for parameter in stepper.model.parameters()),
        trained=sum(parameter.numel() for parameter in stepper.trained),
        epochs=recipe.training.epochs,
        steps=schedule.n_steps(),
        memory=estimate_memory(stepper, _largest_batch(schedule, train)),
        notes=tuple(_notes_on(assembly)),
    )


class TrainingObserver(Observer, Protocol):
    """Is told what a run will do, and then how it goes."""

    def planned(self, plan: Plan) -> None:
        """What the run will do; comes before its first step."""
        ...


def _largest_batch(schedule: Schedule, train: "Sequence[Sentence]") -> "list[Sentence]":
    """The batch of the first epoch with the most padded tokens; of equals, that with the longest sentence."""
    lengths = schedule.lengths
    batches = chain.from_iterable(schedule.steps_of(0))
    largest = max(batches, key=lambda batch: (len(batch) * lengths[batch[0]], lengths[batch[0]]))
    return [train[place] for place in largest]


def _size(split: "Sequence[Sentence]") -> SplitSize:
    return SplitSize(
        sentences=len(split),
        tokens=sum(map(len, split)),
        entities=sum(len(sentence.entities or ()) for sentence in split),
        longest=max(map(len, split), default=0),
    )


def _notes_on(assembly: Assembly) -> list[str]:
    """What the user should know about corpus and model before the first step."""
    notes = list(assembly.corpus.notes)
    empty = sum(1 for sentence in assembly.corpus.splits["train"] if not len(sentence))
    if empty:
        notes.append(f"train: {empty} empty sentence{'s' if empty > 1 else ''} left out of training")
    return notes
