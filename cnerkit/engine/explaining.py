"""What classes attend to in sentences of any length, in batches of similar length."""

from collections.abc import Sequence

import torch
from torch import nn

from cnerkit.engine.batching import cut_by_length
from cnerkit.engine.capacity import capacity_of
from cnerkit.engine.devices import Precision
from cnerkit.engine.inference import autocast
from cnerkit.engine.windows import windows
from cnerkit.nn.batch import Batch
from cnerkit.nn.protocols import Model, ShowsAttention
from cnerkit.text import Attention, Sentence


def attention_in(
    model: Model, sentences: Sequence[Sentence], *, batch_tokens: int, device: torch.device, precision: Precision = "fp32"
) -> list[Attention]:
    """How much each class attends to each token of each sentence.

    Longer ones go through the windows that they are predicted through; a token's weight is the one in the window that owns it.

    Args:
        model: On ``device``, with classes that attend; left in eval mode.
        sentences: Of any length.
        batch_tokens: Padded tokens in a batch, at most.
        device: Where the model computes.
        precision: ``bf16`` computes the layers that allow it in bfloat16.
    """
    assert isinstance(model, nn.Module), "a model is a torch module"
    assert isinstance(model, ShowsAttention), "whoever asks has looked"
    model.eval()
    capacity, classes = capacity_of(model), model.attending
    parts = [windows(sentence.tokens, capacity.window_tokens, capacity.context_tokens) for sentence in sentences]
    texts = [window.of(sentence) for sentence, cut in zip(sentences, parts, strict=True) for window in cut]
    lengths = [len(text) for text in texts]
    found = [Attention.joined(classes, ())] * len(texts)
    with torch.inference_mode(), autocast(device, precision):
        filled = (place for place, length in enumerate(lengths) if length)
        for places in cut_by_length(filled, lengths, capacity.budget(batch_tokens)):
            batch = Batch.of([texts[place] for place in places], device)
            for place, attention in zip(places, model.attention(batch), strict=True):
                found[place] = attention
    rest = iter(found)
    return [
        Attention.joined(classes, [next(rest).part(one.own_start - one.start, one.own_end - one.start) for one in cut])
        for cut in parts
    ]
