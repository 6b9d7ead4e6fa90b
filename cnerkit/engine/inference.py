"""Predicts a stream of sentences: reads ahead a little, sorts by length, and gives the predictions back in order."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from torch import nn

from cnerkit.engine.batching import Budget, cut_by_length
from cnerkit.engine.capacity import Capacity, capacity_of
from cnerkit.engine.devices import Precision
from cnerkit.engine.memory_errors import translated_memory_errors
from cnerkit.engine.windows import merge, windows
from cnerkit.nn.batch import Batch
from cnerkit.nn.protocols import Model, ReadsSpans
from cnerkit.registry import Kind
from cnerkit.text import Prediction, Sentence

READ_AHEAD = 1024
FLAT: frozenset[Kind] = frozenset({"flat"})


def predict_sentences(
    model: Model,
    sentences: Iterable[Sentence],
    *,
    batch_tokens: int,
    batch_cells: int | None = None,
    kinds: frozenset[Kind] = FLAT,
    device: torch.device | str = "cpu",
    precision: Precision = "fp32",
    read_ahead: int = READ_AHEAD,
) -> Iterator[Prediction]:
    """Predict sentences in batches of similar length, in constant memory; long ones in overlapping windows.

    In a text longer than a window, an entity that reaches over more tokens than a window's context may not be found.

    Args:
        model: On ``device``; left in eval mode. It never sees the sentences' gold entities; one that reads spans sees where
            they are.
        sentences: Read no further than ``read_ahead`` sentences beyond the last prediction that was taken. Empty ones never
            reach the model; their prediction is empty.
        batch_tokens: Padded tokens in a batch, at most; a longer sentence is computed alone.
        batch_cells: Padded pairs of tokens in a batch, at most; None leaves it to ``batch_tokens`` and the model.
        kinds: The kinds of entities that the model was trained on. When all are flat, no entity that one window finds may
            overlap one that another finds.
        device: Where the model computes.
        precision: ``bf16`` computes the layers that allow it in bfloat16.
        read_ahead: Sentences that are sorted by length together.

    Yields:
        One prediction for each sentence, in their order.

    Raises:
        CnerkitError: The device ran out of memory.
    """
    capacity = capacity_of(model)
    predictor = _Predictor(
        model, capacity, capacity.budget(batch_tokens, cells=batch_cells), torch.device(device), precision, flat=kinds == FLAT
    )
    source = iter(sentences)
    while ahead := list(islice(source, read_ahead)):
        yield from predictor.of_sentences(ahead)


@dataclass(frozen=True, slots=True)
class _Predictor:
    """A model with all that its predictions depend on besides the sentences."""

    model: Model
    capacity: Capacity
    budget: Budget
    device: torch.device
    precision: Precision
    flat: bool

    def of_sentences(self, sentences: Sequence[Sentence]) -> Iterator[Prediction]:
        """Those of sentences of any length."""
        if isinstance(self.model, ReadsSpans):  # a window could part a span
            yield from self._of_texts([one.with_types_hidden() for one in sentences])
            return
        limit, context = self.capacity.window_tokens, self.capacity.context_tokens
        parts = [windows(sentence.tokens, limit, context) for sentence in sentences]
        found = iter(self._of_texts([window.of(one) for one, cut in zip(sentences, parts, strict=True) for window in cut]))
        for sentence, cut in zip(sentences, parts, strict=True):
            yield merge(sentence, [(window, next(found)) for window in cut], flat=self.flat)

    def _of_texts(self, texts: Sequence[Sentence]) -> list[Prediction]:
        """Those of sentences that are computed whole."""
        assert isinstance(self.model, nn.Module), "a model is a torch module"
        self.model.eval()
        lengths = [len(text) for text in texts]
        found = [Prediction(text.id, (), ()) for text in texts]
        with torch.inference_mode(), autocast(self.device, self.precision):
            for places in cut_by_length((place for place, length in enumerate(lengths) if length), lengths, self.budget):
                batch = [texts[place] for place in places]
                for place, prediction in zip(places, self._of_batch(batch), strict=True):
                    found[place] = prediction
        return found

    def _of_batch(self, batch: Sequence[Sentence]) -> list[Prediction]:
        with translated_memory_errors(batch, self.capacity, training=False):
            return self.model.predict(Batch.of(batch, self.device))


def autocast(device: torch.device, precision: Precision) -> contextlib.AbstractContextManager[object]:
    """The context in which the layers that allow it compute in the given format."""
    return torch.autocast(device.type, torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()


def halve_pretrained(model: Model) -> None:
    """Keep pretrained weights in bfloat16, for good, so that no batch has to convert them: to predict, not to train."""
    for parameter in model.pretrained_parameters():
        parameter.data = parameter.data.to(torch.bfloat16)
