"""What a user is told when a batch does not fit into memory: which one, and the setting that makes it smaller."""

import contextlib
from collections.abc import Iterator, Sequence

import torch

from cnerkit.engine.capacity import CELLS_PER_TOKEN, Capacity
from cnerkit.errors import CnerkitError
from cnerkit.text import Sentence


@contextlib.contextmanager
def translated_memory_errors(sentences: Sequence[Sentence], capacity: Capacity, *, training: bool) -> Iterator[None]:
    """Tell the user which batch was too large when the device runs out of memory within the block.

    Args:
        sentences: The batch.
        capacity: What its model measures a batch in.
        training: Whether the model is trained on it, rather than predicting it.

    Raises:
        CnerkitError: It did not fit.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, RuntimeError) and not _is_out_of_memory(error):
            raise
        raise out_of_memory(sentences, capacity, training=training) from error


def out_of_memory(sentences: Sequence[Sentence], capacity: Capacity, *, training: bool) -> CnerkitError:
    """The error that names what was too large, and the setting that makes it smaller."""
    longest = max(sentences, key=len)
    size = capacity.size(len(sentences), len(longest))
    of_cells = capacity.cost == "cells"
    unit = f"cells, one for each of {len(longest)} × {len(longest)} pairs of tokens" if of_cells else "padded tokens"
    which = "a batch of 1 sentence" if len(sentences) == 1 else f"a batch of {len(sentences)} sentences"
    what = f"out of memory in {which} and {size} {unit}; the longest, {longest.id}, has {len(longest)} tokens"
    advise = _advice_for_training if training else _advice_for_prediction
    return CnerkitError(what, fix=advise(len(sentences), len(longest), size, of_cells=of_cells))


def _advice_for_training(n_sentences: int, longest: int, size: int, *, of_cells: bool) -> str:
    setting = "training.batch_cells" if of_cells else "training.batch_tokens"
    fixes = [f"lower {setting} (--set {setting}={max(1, size // 2)})"]
    if n_sentences == 1:
        fixes = [f"divide long sentences (--set training.max_tokens={max(1, longest // 2)})", "choose a smaller encoder"]
    if of_cells:
        fixes.insert(1, "turn on checkpointing where the model has it")
    return _either(fixes)


def _advice_for_prediction(n_sentences: int, longest: int, size: int, *, of_cells: bool) -> str:
    if n_sentences == 1:
        return "free memory, use --precision bf16, or compute where there is more of it (--gpus 0 is the CPU)"
    tokens = max(1, min(n_sentences * longest // 2, size // (2 * CELLS_PER_TOKEN) if of_cells else size))
    setting, limit = ("training.batch_cells", size // 2) if of_cells else ("training.batch_tokens", tokens)
    return f"lower --batch-tokens (--batch-tokens {tokens}), or {setting} while training (--set {setting}={limit})"


def _either(fixes: Sequence[str]) -> str:
    return ", or ".join((", ".join(fixes[:-1]), fixes[-1])) if len(fixes) > 1 else fixes[0]


def _is_out_of_memory(error: RuntimeError) -> bool:
    text = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in text or "out of memory" in text
