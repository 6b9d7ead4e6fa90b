"""A model over the grid of a sentence's pairs of tokens: nested and discontinuous entities included; a ``Model``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn

from cnerkit.nn.batch import Batch
from cnerkit.nn.grid_readings import Cell
from cnerkit.nn.protocols import Encoder
from cnerkit.nn.threshold_loss import CellLoss
from cnerkit.text import Entity, Prediction, Sentence

WINDOW_TOKENS = 256
"""Longer sentences are divided or windowed: the grid of twice as many tokens is four times as large (CRENER, section 7)."""


class GridScorer(Protocol):
    """Scores every cell; an ``nn.Module`` besides."""

    def __call__(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """(batch, token, dim) to (batch, row, column, score), in float32 at least."""
        ...


class GridReading(Protocol):
    """How scores are learned, and which labels they say are on."""

    def taught(self, cells: Sequence[Cell]) -> Sequence[Cell]:
        """Those of a sentence's cells that the model can be taught."""
        ...

    def loss(self, scores: Tensor, cells: Sequence[Sequence[Cell]], mask: Tensor) -> CellLoss:
        """What to minimise, from the labels that are on in each sentence."""
        ...

    def on(self, scores: Tensor, mask: Tensor) -> Tensor:
        """Sentence, row, column, label and probability of each label that is on, (label that is on, 5)."""
        ...

    def probabilities(self, scores: Tensor) -> Tensor:
        """Of each label of some cells, (cell, label), from their scores, (cell, score)."""
        ...

    def shares(self, weights: Tensor) -> Tensor:
        """How probable each of some labels is in a place where one is on at most, and last none; (place, label) in double."""
        ...


class GridCells(Protocol):
    """Entities to the cells of a grid, and back."""

    @property
    def types(self) -> Sequence[str]:
        """What entities can be."""
        ...

    def encode(self, sentence: Sentence) -> list[Cell]:
        """The cells of an annotated sentence."""
        ...

    def decode_weighted(
        self, cells: Sequence[Cell], weights: Sequence[float], overflows: list[Any] | None = None
    ) -> dict[Entity, float]:
        """The entities that cells stand for, each with the least of the weights that it rests on."""
        ...


Selection = Callable[[Mapping[Entity, float]], Mapping[Entity, float]]
"""Which of the entities of a sentence stay, by their probabilities."""


class GridNer(nn.Module):
    """Encoder, scorer, reading and codec in a row.

    The probability of an entity is that of the weakest relation it was decoded from: an edge between two consecutive tokens, or
    the pair of its ends. Where labels are read each by itself and the threshold is 0, it is above one half.

    Args:
        encoder: Tokens to vectors.
        scorer: Vectors to scores of cells.
        reading: Scores to labels.
        codec: Labels to entities.
        select: What stays of the entities of a sentence; None for all.

    Attributes:
        overflows: Pairs of ends, over all predictions so far, that more paths joined than the codec reads.
    """

    window_tokens = WINDOW_TOKENS
    cost: Literal["tokens", "cells"] = "cells"

    def __init__(
        self,
        encoder: Encoder,
        scorer: GridScorer,
        reading: GridReading,
        codec: GridCells,
        select: Selection | None = None,
    ) -> None:
        super().__init__()
        self.encoder, self.scorer = encoder, scorer
        self.reading, self.codec, self.select = reading, codec, select
        self.overflows = 0
        self._measures: dict[str, Tensor] = {}

    def forward(self, batch: Batch) -> Tensor:
        """Scores, (batch, row, column, score)."""
        return self.scorer(self.encoder(batch), batch.mask)

    def pretrained_parameters(self) -> list[Tensor]:
        """The encoder's parameters that come with knowledge; they learn at their own rate."""
        return self.encoder.pretrained_parameters()

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """``relations``, from the sentences' gold entities."""
        cells = [self.codec.encode(sentence) for sentence in batch.sentences]
        found = self.reading.loss(self(batch), cells, batch.mask)
        self._measures = {"positive_cells": found.positive_cells}
        return {"relations": found.mean}

    def measures(self) -> dict[str, Tensor]:
        """``positive_cells``: the loss of the last batch over the cells that have a label, of which there are few."""
        return self._measures

    def predict(self, batch: Batch) -> list[Prediction]:
        """The entities of each sentence with their probabilities, read from one table for the whole batch."""
        table = self.reading.on(self(batch), batch.mask).cpu()
        counts = table[:, 0].long().bincount(minlength=len(batch.sentences)).tolist()
        parts = torch.split(table, counts)
        return [self._read(sentence, part) for sentence, part in zip(batch.sentences, parts, strict=True)]

    @property
    def told_types(self) -> tuple[str, ...]:
        """What it tells apart."""
        return tuple(self.codec.types)

    def type_probabilities(self, batch: Batch, spans: Sequence[tuple[int, int, int]]) -> Tensor:
        """How probable each type is for each span, by the relations that it rests on, or that it is none: (span, class).

        A type is as probable as the weakest relation is; where several could be, what is probable if at most one is.
        """
        asked = [[Entity.span(start, end, type_) for type_ in self.told_types] for _, start, end in spans]
        cells = [
            self.codec.encode(replace(batch.sentences[number], entities=frozenset(entities)))
            for (number, *_), entities in zip(spans, asked, strict=True)
        ]
        places = [(number, *cell) for (number, *_), each in zip(spans, cells, strict=True) for cell in each]
        sentence, row, column, label = torch.tensor(places, device=batch.mask.device).T
        on = self.reading.probabilities(self(batch)[sentence, row, column]).gather(1, label.unsqueeze(1)).squeeze(1)
        weights = []
        for each, own, entities in zip(cells, torch.split(on.cpu(), list(map(len, cells))), asked, strict=True):
            found = self.codec.decode_weighted(each, own.tolist())
            weights.append([found[entity] for entity in entities])
        return self.reading.shares(torch.tensor(weights, dtype=torch.float64))

    def at_best(self, sentence: Sentence) -> frozenset[Entity]:
        """What would be predicted of an annotated sentence if every cell were scored as it is taught."""
        cells = self.reading.taught(self.codec.encode(sentence))
        return frozenset(self._decoded(cells, [1.0] * len(cells), []))

    def _read(self, sentence: Sentence, table: Tensor) -> Prediction:
        cells: list[Cell] = [(row, column, label) for row, column, label in table[:, 1:4].long().tolist()]
        overflows: list[Any] = []
        found = self._decoded(cells, table[:, 4].tolist(), overflows)
        self.overflows += len(overflows)
        entities = tuple(sorted(found, key=lambda entity: (entity.start, entity.end, entity.type, entity.fragments)))
        return Prediction(sentence.id, entities, tuple(found[entity] for entity in entities))

    def _decoded(self, cells: Sequence[Cell], weights: Sequence[float], overflows: list[Any]) -> Mapping[Entity, float]:
        found = self.codec.decode_weighted(cells, weights, overflows)
        return found if self.select is None else self.select(found)
