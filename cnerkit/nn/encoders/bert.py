"""A pretrained BERT as an encoder: one vector per token, for sentences of any length."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from cnerkit.errors import DataError, RecipeError
from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders.architecture import Architecture, architecture_from
from cnerkit.nn.encoders.rows import Rows, rows_of
from cnerkit.nn.encoders.vocabulary import Vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Pooling = Literal["first", "mean", "max"]

_PIECES_AT_ONCE = 1 << 14
"""Padded pieces of long sentences that are computed together when no gradient is wanted, so that memory stays flat."""


class BertEncoder(nn.Module):
    """Hidden states of a BERT-like model, one per token; a protocol ``Encoder``.

    Characters are one piece each, whatever they are; words have the vector of their first piece, or the mean over their pieces,
    or the greatest number of any of them in each place.
    A sentence longer than the model goes through overlapping windows, as further rows of the batch, and each token's vector is
    taken from the window in which it is most central: what follows sees the whole sentence.

    Args:
        bert: A bare model of transformers, without pooler.
        architecture: What the model is, for the checkpoint.
        vocabulary: Its vocabulary.
        pooling: How a word's pieces become one vector.
        overlap: Tokens that neighbouring windows share.
        layers: How many of the last layers' hidden states are averaged.

    Raises:
        DataError: The vocabulary has more items than the model has vectors.
        RecipeError: The model has fewer layers.
    """

    def __init__(
        self,
        bert: "PreTrainedModel",
        architecture: Architecture,
        vocabulary: Vocabulary,
        *,
        pooling: Pooling,
        overlap: int,
        layers: int = 1,
    ) -> None:
        super().__init__()
        _refuse_misfit(len(vocabulary.items), bert.config.vocab_size, layers, bert.config.num_hidden_layers)
        self.bert, self.architecture, self.vocabulary = bert.train(), architecture, vocabulary
        self.pooling, self.overlap, self.layers = pooling, overlap, layers
        self.dim: int = bert.config.hidden_size
        self.capacity = architecture.capacity(bert.config)

    def forward(self, batch: Batch) -> Tensor:
        """Hidden states, (batch, token, dim); those of padding mean nothing."""
        pieces = self.vocabulary.pieces(batch.sentences, at_most=self.capacity)
        lengths = np.array(batch.lengths)
        rows = rows_of(pieces, lengths, self.vocabulary, capacity=self.capacity, overlap=self.overlap)
        hidden = self._hidden(rows, batch.mask.device, in_parts=len(rows.ids) > len(lengths) and not torch.is_grad_enabled())
        return hidden[:, 1:-1] if rows.plain else self._per_token(hidden.flatten(0, 1), rows)

    def pretrained_parameters(self) -> list[Tensor]:
        """All parameters."""
        return list(self.bert.parameters())

    def add_marks(self, marks: Sequence[str], *, unused: bool = False) -> None:
        """Give vectors to single code points that a model puts in the place of tokens.

        Args:
            marks: Code points that stand for no character of a text.
            unused: Take the vectors of ``[unused1]``, ``[unused2]`` … of the vocabulary instead of new ones, which are drawn as
                BERT's own are, so that the size of the vocabulary stays.

        Raises:
            RecipeError: The vocabulary has no such items.
        """
        if unused:
            places = {item: place for place, item in enumerate(self.vocabulary.items)}
            names = [f"[unused{number}]" for number in range(1, len(marks) + 1)]
            if missing := [name for name in names if name not in places]:
                fix = "let the marks have vectors of their own"
                raise RecipeError(f"the encoder's vocabulary has no item {missing[0]}", fix=fix)
            ids = [places[name] for name in names]
        else:
            first = self.bert.config.vocab_size
            self.bert.resize_token_embeddings(first + len(marks), mean_resizing=False)
            ids = list(range(first, first + len(marks)))
        self.vocabulary = self.vocabulary.with_marks(dict(zip(marks, ids, strict=True)))

    def knows(self, character: str) -> bool:
        """Whether a character is an item of the vocabulary."""
        return self.vocabulary.knows(character)

    def description(self) -> dict[str, Any]:
        """Plain data for ``encoder_from_description``."""
        return {
            "kind": "bert",
            "model_type": self.architecture.model_type,
            "config": dict(self.architecture.sizes),
            "vocabulary": list(self.vocabulary.items),
            "lower_case": self.vocabulary.lower_case,
            "pooling": self.pooling,
            "overlap": self.overlap,
            "layers": self.layers,
        }

    def _hidden(self, rows: Rows, device: torch.device, *, in_parts: bool) -> Tensor:
        """(row, piece, dim)."""
        ids, width = torch.from_numpy(rows.ids).to(device), rows.ids.shape[1]
        mask = None
        if rows.lengths.min() < width:
            mask = torch.arange(width, device=device) < torch.from_numpy(rows.lengths).to(device).unsqueeze(1)
        n_rows = max(1, _PIECES_AT_ONCE // width) if in_parts else len(ids)
        parts: list[Tensor] = []
        for here in range(0, len(ids), n_rows):
            rows_here = slice(here, here + n_rows)
            with self._own_precision(device):
                parts.append(self._averaged(ids[rows_here], None if mask is None else mask[rows_here]))
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _averaged(self, ids: Tensor, mask: Tensor | None) -> Tensor:
        """The mean over the hidden states of the last layers, (row, piece, dim)."""
        if self.layers == 1:
            last: Tensor = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
            return last
        every = self.bert(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        return torch.stack(every[-self.layers :]).mean(0)

    def _own_precision(self, device: torch.device) -> contextlib.AbstractContextManager[object]:
        """Weights that are bfloat16 need no autocast, which would only convert to and fro."""
        halved = self.bert.dtype is torch.bfloat16
        return torch.autocast(device.type, enabled=False) if halved else contextlib.nullcontext()

    def _per_token(self, hidden: Tensor, rows: Rows) -> Tensor:
        """(place, dim) to (batch, token, dim), by the first piece of each token, or the mean or the maximum over its pieces."""
        if self.pooling == "first":
            return hidden[torch.from_numpy(rows.first).to(hidden.device)]
        per_token = rows.per_token.ravel()
        before = np.cumsum(per_token) - per_token
        places = np.repeat(rows.first.ravel() - before, per_token) + np.arange(per_token.sum())
        index, offsets = (torch.from_numpy(values).to(hidden.device) for values in (places, before))
        if self.pooling == "mean":
            return functional.embedding_bag(index, hidden, offsets, mode="mean").view(*rows.first.shape, -1)
        lengths = torch.from_numpy(per_token).to(hidden.device)
        greatest = torch.segment_reduce(hidden[index], "max", lengths=lengths)  # deterministic, unlike bags; -inf on padding
        return greatest.masked_fill(lengths.eq(0).unsqueeze(1), 0.0).view(*rows.first.shape, -1)


def _refuse_misfit(n_items: int, n_vectors: int, layers: int, n_layers: int) -> None:
    if n_items > n_vectors:
        raise DataError(
            f"the vocabulary has {n_items} items, but the encoder has only {n_vectors} vectors for them",
            fix="take the vocab.txt and the config.json of the same encoder",
        )
    if layers > n_layers:
        raise RecipeError(
            f"the mean over the last {layers} layers of an encoder that has {n_layers}",
            fix=f"lower encoder.layers to {n_layers}",
        )


def bert_from_description(description: Mapping[str, Any]) -> BertEncoder:
    """The encoder that was described, with random weights; ``description`` may come from anybody's checkpoint.

    Raises:
        DataError: It does not describe an encoder.
        RecipeError: It describes one of an unknown architecture.
    """
    config, items = description.get("config"), description.get("vocabulary")
    lower_case, pooling, overlap = (description.get(key) for key in ("lower_case", "pooling", "overlap"))
    layers = description.get("layers", 1)  # older checkpoints have the last one
    if not (
        isinstance(config, Mapping)
        and isinstance(items, list)
        and all(isinstance(item, str) for item in items)
        and isinstance(lower_case, bool)
        and pooling in ("first", "mean", "max")
        and type(overlap) is int
        and overlap >= 0
        and type(layers) is int
        and layers >= 1
    ):
        raise DataError("the encoder is not described as it should be")
    architecture = architecture_from({**config, "model_type": description.get("model_type")}, where="checkpoint")
    vocabulary = Vocabulary(items, lower_case=lower_case)
    return BertEncoder(architecture.random_model(), architecture, vocabulary, pooling=pooling, overlap=overlap, layers=layers)
