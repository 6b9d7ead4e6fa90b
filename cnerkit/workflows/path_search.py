"""What a model loses that puts entities together from relations: before training in the gold, after it in predictions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cnerkit.nn.protocols import Model, SearchesPaths
from cnerkit.scoring.exact import score
from cnerkit.text import Sentence
from cnerkit.workflows.wording import counted

if TYPE_CHECKING:
    from accelerate import Accelerator


def notes_on_limits(model: Model, splits: Mapping[str, Sequence[Sentence]]) -> Iterator[str]:
    """How many sentences of each split have entities that the model could not give back if it knew every relation.

    Each note also has the scores within its reach. These entities stay in train, and in what it is scored against.
    """
    if not isinstance(model, SearchesPaths):
        return
    for name, sentences in splits.items():
        gold = [sentence.entities or frozenset() for sentence in sentences]
        best = [model.at_best(sentence) if sentence.entities else frozenset() for sentence in sentences]
        n_affected = sum(one != other for one, other in zip(gold, best, strict=True))
        if n_affected:
            micro = score(gold, best).micro
            shares = ", ".join(
                f"{what} {value:.2%}" for what, value in (("P", micro.precision), ("R", micro.recall), ("F1", micro.f1))
            )
            have = counted(n_affected, "sentence", " with entities that relations cannot tell apart")
            yield f"{name}: {have}; a model without any error would score {shares}"


def overflows_of(model: Model) -> int:
    """The pairs of ends in a model's predictions so far that more paths joined than are read."""
    return model.overflows if isinstance(model, SearchesPaths) else 0


def count_overflows(model: Model, machine: "Accelerator") -> int:
    """The same of all processes; each of them must ask."""
    import torch

    if machine.num_processes == 1 or not isinstance(model, SearchesPaths):
        return overflows_of(model)
    return int(machine.reduce(torch.tensor(model.overflows, device=machine.device), reduction="sum"))


def remark_on_overflows(n_overflows: int) -> str:
    """What to say beside scores or predictions of how many such pairs there were; "" of none."""
    return f"{counted(n_overflows, 'pair')} of ends joined by too many paths, one of which was read" if n_overflows else ""
