"""How probable each type is for given spans of sentences of any length, in batches of similar length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from cnerkit.engine.batching import cut_by_length
from cnerkit.engine.capacity import Capacity, capacity_of
from cnerkit.engine.devices import Precision
from cnerkit.engine.inference import autocast
from cnerkit.engine.memory_errors import translated_memory_errors
from cnerkit.engine.windows import Window, windows
from cnerkit.nn.batch import Batch
from cnerkit.nn.protocols import Model, ReadsSpans, TellsTypes
from cnerkit.text import Sentence

Place = tuple[int, int]
"""``[start, end)`` in tokens."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Text that is computed whole, with spans in it to ask about.

    Attributes:
        text: The text.
        spans: Where they are in it; at least one.
        sentence: The number of the sentence that it is of.
        numbers: Of the spans among those of the sentence.
    """

    text: Sentence
    spans: tuple[Place, ...]
    sentence: int
    numbers: tuple[int, ...]


def type_probabilities_in(
    model: Model,
    sentences: Sequence[Sentence],
    spans: Sequence[Sequence[Place]],
    *,
    batch_tokens: int,
    device: torch.device,
    precision: Precision = "fp32",
) -> list[list[tuple[float, ...] | None]]:
    """What a model that tells types gives its classes for each span of each sentence.

    Longer sentences go through the windows that they are predicted through; a span is asked about in the one that owns its
    first token, and has None where that window ends before it.

    Args:
        model: On ``device``; left in eval mode. It sees no entity.
        sentences: Of any length.
        spans: Of each sentence.
        batch_tokens: Padded tokens in a batch, at most.
        device: Where the model computes.
        precision: ``bf16`` computes the layers that allow it in bfloat16.

    Raises:
        CnerkitError: The device ran out of memory.
    """
    assert isinstance(model, nn.Module), "a model is a torch module"
    model.eval()
    capacity = capacity_of(model)
    found: list[list[tuple[float, ...] | None]] = [[None] * len(row) for row in spans]
    cut = [_windows(model, sentence, capacity) for sentence in sentences]
    asked = [each for number, sentence in enumerate(sentences) for each in _asked(number, sentence, spans[number], cut[number])]
    with torch.inference_mode(), autocast(device, precision):
        for places in cut_by_length(range(len(asked)), [len(each.text) for each in asked], capacity.budget(batch_tokens)):
            batch = [asked[place] for place in places]
            rows = iter(_of_batch(model, batch, capacity, device))
            for each in batch:
                for number in each.numbers:
                    found[each.sentence][number] = next(rows)
    return found


def _asked(number: int, sentence: Sentence, spans: Sequence[Place], cut: Sequence[Window]) -> Iterator[_Asked]:
    """What is asked about the spans of a sentence, by the windows that own them and hold them whole."""
    for window in cut:
        inside = [at for at, (start, _) in enumerate(spans) if window.own_start <= start < window.own_end]
        inside = [at for at in inside if spans[at][1] <= window.end]
        if inside:
            moved = tuple((spans[at][0] - window.start, spans[at][1] - window.start) for at in inside)
            yield _Asked(window.of(sentence), moved, number, tuple(inside))


def _windows(model: Model, sentence: Sentence, capacity: Capacity) -> list[Window]:
    if isinstance(model, ReadsSpans):  # it is given sentences as they are
        return [Window(0, len(sentence), 0, len(sentence))]
    return windows(sentence.tokens, capacity.window_tokens, capacity.context_tokens)


def _of_batch(model: Model, batch: Sequence[_Asked], capacity: Capacity, device: torch.device) -> list[tuple[float, ...]]:
    assert isinstance(model, TellsTypes), "whoever asks has looked"
    texts = [each.text for each in batch]
    places = [(number, start, end) for number, each in enumerate(batch) for start, end in each.spans]
    with translated_memory_errors(texts, capacity, training=False):
        table = model.type_probabilities(Batch.of(texts, device), places)
    return [tuple(row) for row in table.double().tolist()]
