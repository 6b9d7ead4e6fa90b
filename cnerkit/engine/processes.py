"""Several processes that train one model: what the first does for all, and what each does a share of."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from accelerate import Accelerator
from accelerate.utils import broadcast_object_list, gather_object

from cnerkit.engine.inference import FLAT, predict_sentences
from cnerkit.errors import CnerkitError
from cnerkit.nn.protocols import Model
from cnerkit.registry import Kind
from cnerkit.text import Prediction, Sentence

Result = TypeVar("Result")


def by_first_process(machine: Accelerator, work: Callable[[], Result]) -> Result:
    """Do something in the first process alone, and give its result to all.

    A user's mistake is raised in the first process; the others end with its exit code and say nothing.
    """
    if machine.num_processes == 1:
        return work()
    outcome: list[Any] = [None, None]
    if machine.is_main_process:
        try:
            outcome[0] = work()
        except CnerkitError as error:
            outcome[1] = error
    broadcast_object_list(outcome)
    if outcome[1] is not None:
        raise outcome[1] if machine.is_main_process else SystemExit(outcome[1].exit_code)
    result: Result = outcome[0]
    return result


def predict_shared(
    model: Model,
    sentences: Sequence[Sentence],
    machine: Accelerator,
    *,
    batch_tokens: int,
    batch_cells: int | None = None,
    kinds: frozenset[Kind] = FLAT,
) -> list[Prediction]:
    """Predict sentences, each by one process, and give all predictions to all processes, in the order of the sentences.

    Every n-th sentence goes to the same of n processes. None is padded with copies of others, so that no sentence counts twice.
    """
    here, n_processes = machine.process_index, machine.num_processes
    mine, device = sentences[here::n_processes], machine.device
    predictions = predict_sentences(model, mine, batch_tokens=batch_tokens, batch_cells=batch_cells, kinds=kinds, device=device)
    found = list(predictions)
    if n_processes == 1:
        return found
    shares: list[list[Prediction]] = gather_object([found])
    together: list[Prediction | None] = [None] * len(sentences)
    for process, share in enumerate(shares):
        together[process::n_processes] = share
    return [prediction for prediction in together if prediction is not None]
