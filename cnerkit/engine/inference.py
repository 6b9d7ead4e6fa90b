"""Predicts a stream of sentences: reads ahead a little, sorts by length, and gives the predictions back in order."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import torch
from torch import nn

from cnerkit.engine.batching import Budget, cut_by_length
from cnerkit.engine.devices import Precision
from cnerkit.engine.windows import merge, windows
from cnerkit.nn.batch import Batch
from cnerkit.nn.protocols import Model
from cnerkit.text import Prediction, Sentence

READ_AHEAD = 1024
WINDOW_TOKENS = 510
"""A longer text is predicted in overlapping windows: what fits an encoder of 512 positions."""
CONTEXT_TOKENS = 64
"""What a window sees on either side of what it owns; no entity of the known corpora is longer."""


def predict_sentences(
    model: Model,
    sentences: Iterable[Sentence],
    *,
    batch_tokens: int,
    device: torch.device | str = "cpu",
    precision: Precision = "fp32",
    read_ahead: int = READ_AHEAD,
) -> Iterator[Prediction]:
    """Predict sentences in batches of similar length, in constant memory; long ones in overlapping windows.

    Args:
        model: On ``device``; left in eval mode. It never sees the sentences' gold entities.
        sentences: Read no further than ``read_ahead`` sentences beyond the last prediction that was taken. Empty ones never
            reach the model; their prediction is empty.
        batch_tokens: Padded tokens in a batch, at most; a longer sentence is computed alone.
        device: Where the model computes.
        precision: ``bf16`` computes the layers that allow it in bfloat16.
        read_ahead: Sentences that are sorted by length together.

    Yields:
        One prediction for each sentence, in their order.
    """
    source = iter(sentences)
    while ahead := list(islice(source, read_ahead)):
        yield from _predict_ahead(model, ahead, Budget(batch_tokens), torch.device(device), precision)


def _predict_ahead(
    model: Model, ahead: Sequence[Sentence], budget: Budget, device: torch.device, precision: Precision
) -> Iterator[Prediction]:
    parts = [windows(sentence.tokens, WINDOW_TOKENS, CONTEXT_TOKENS) for sentence in ahead]
    texts = [window.of(sentence) for sentence, cut in zip(ahead, parts, strict=True) for window in cut]
    found = iter(_predict_texts(model, texts, budget, device, precision))
    for sentence, cut in zip(ahead, parts, strict=True):
        yield merge(sentence, [(window, next(found)) for window in cut])


def _predict_texts(
    model: Model, texts: Sequence[Sentence], budget: Budget, device: torch.device, precision: Precision
) -> list[Prediction]:
    assert isinstance(model, nn.Module), "a model is a torch module"
    model.eval()
    lengths = [len(text) for text in texts]
    found = [Prediction(text.id, (), ()) for text in texts]
    with torch.inference_mode(), autocast(device, precision):
        for places in cut_by_length((place for place, length in enumerate(lengths) if length), lengths, budget):
            batch = Batch.of([texts[place] for place in places], device)
            for place, prediction in zip(places, model.predict(batch), strict=True):
                found[place] = prediction
    return found


def autocast(device: torch.device, precision: Precision) -> contextlib.AbstractContextManager[object]:
    """The context in which the layers that allow it compute in the given format."""
    return torch.autocast(device.type, torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()


def halve_pretrained(model: Model) -> None:
    """Keep pretrained weights in bfloat16, for good, so that no batch has to convert them: to predict, not to train."""
    for parameter in model.pretrained_parameters():
        parameter.data = parameter.data.to(torch.bfloat16)
