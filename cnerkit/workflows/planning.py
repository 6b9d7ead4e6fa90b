"""What a run will do, told before its first step."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cnerkit import registry
from cnerkit.engine.capacity import capacity_of
from cnerkit.engine.devices import accelerator
from cnerkit.engine.memory import MemoryEstimate, estimate_memory
from cnerkit.engine.progress import Observer
from cnerkit.engine.stepping import Stepper
from cnerkit.engine.training import Schedule
from cnerkit.recipe.schema import Recipe
from cnerkit.workflows.assembly import Assembly, assemble
from cnerkit.workflows.path_search import notes_on_limits
from cnerkit.workflows.span_reach import notes_on_reach
from cnerkit.workflows.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    """Do everything but the steps: load the corpus, build the model, pass the largest batch forward and back once.

    Raises:
        CnerkitError: What training itself would refuse.
    """
    with accelerator(gpus, recipe.training.precision, threads=threads) as machine:
        assembly = assemble(recipe, machine, data_dir=data_dir)
        lengths = tuple(map(len, assembly.train.sentences))
        schedule = Schedule(lengths, recipe.training, machine.num_processes, capacity_of(assembly.model))
        return plan_of(recipe, assembly, Stepper(assembly.model, recipe.training, machine), schedule)


def plan_of(recipe: Recipe, assembly: Assembly, stepper: Stepper, schedule: Schedule) -> Plan:
    """The plan of a run whose parts are at hand; passes the largest batch forward and back once.

    Raises:
        CnerkitError: The largest batch does not fit into memory.
    """
    machine = stepper.accelerator
    largest = [assembly.train.sentences[place] for place in schedule.largest_batch()]
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
        memory=estimate_memory(stepper, largest),
        notes=tuple(_notes_on(recipe, assembly)),
    )


class TrainingObserver(Observer, Protocol):
    """Is told what a run will do, and then how it goes."""

    def planned(self, plan: Plan) -> None:
        """What the run will do; comes before its first step."""
        ...


def _size(split: "Sequence[Sentence]") -> SplitSize:
    return SplitSize(
        sentences=len(split),
        tokens=sum(map(len, split)),
        entities=sum(len(sentence.entities or ()) for sentence in split),
        longest=max(map(len, split), default=0),
    )


def _notes_on(recipe: Recipe, assembly: Assembly) -> list[str]:
    """What the user should know about corpus and model before the first step."""
    notes = list(assembly.corpus.notes)
    empty = sum(1 for sentence in assembly.corpus.splits["train"] if not len(sentence))
    if empty:
        notes.append(f"train: {empty} empty sentence{'s' if empty > 1 else ''} left out of training")
    spec = registry.get(recipe.model.name)
    unwise = spec.notes(recipe.model.params) if spec.notes else ()
    limits = notes_on_limits(assembly.model, assembly.corpus.splits)
    reach = notes_on_reach(assembly.model, assembly.corpus.splits)
    return [*notes, *_notes_on_length(assembly), *limits, *reach, *unwise]


def _notes_on_length(assembly: Assembly) -> "Iterator[str]":
    """What becomes of sentences of train that are too long for the model, and how many entities of others it may not find."""
    train, capacity = assembly.train, capacity_of(assembly.model)
    if train.n_divided:
        long = counted(train.n_divided, "sentence", f" of more than {train.limit} tokens")
        yield f"train: {long} divided into {counted(train.n_pieces, 'piece')}; no entity is cut"
    if train.n_longer:
        longer = counted(train.n_longer, "piece", f" of more than {train.limit} tokens (up to {train.longest})")
        yield f"train: {longer} kept whole, because entities fill them"
    for name in ("dev", "test"):
        windowed = [one for one in assembly.corpus.splits.get(name, ()) if len(one) > capacity.window_tokens]
        extents = [entity.end - entity.start for one in windowed for entity in one.entities or ()]
        if beyond := sum(extent > capacity.context_tokens + 1 for extent in extents):
            which = counted(beyond, "entity", f" of more than {capacity.context_tokens + 1} tokens")
            yield f"{name}: {which} in sentences of more than {capacity.window_tokens} may not be found, but count"
