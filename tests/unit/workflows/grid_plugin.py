"""A small model over pairs of characters: a cell for each start, last character and type. Nested entities, windows of few."""

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from cnerkit.registry import ModelSpec, Params
from cnerkit.text import Entity, Prediction


class GridParams(Params):
    """Hyperparameters."""

    width: int = 8
    window_tokens: int = 32
    checkpoint: bool = False
    rounds: int = 1


class Grid(nn.Module):
    """Scores of each pair (start, last) for each type; a ``Bounded`` model that pays by the cell."""

    cost = "cells"

    def __init__(self, params, task, encoder):
        super().__init__()
        self.params, self.types, self.encoder = params, task.types.types, encoder
        self.window_tokens = params.window_tokens
        self.start, self.last = nn.Linear(encoder.dim, params.width), nn.Linear(encoder.dim, params.width)
        self.rounds = nn.ModuleList(nn.Linear(params.width, params.width) for _ in range(params.rounds))
        self.out = nn.Linear(params.width, len(self.types))
        self.seen = []

    def pretrained_parameters(self):
        return self.encoder.pretrained_parameters()

    def scores(self, batch):
        self.seen.append(tuple(batch.mask.shape))
        hidden = self.encoder(batch)
        cells = self.start(hidden).unsqueeze(2) + self.last(hidden).unsqueeze(1)
        for layer in self.rounds:
            if self.params.checkpoint:
                cells = checkpoint(self.round, layer, cells, use_reentrant=False)
            else:
                cells = self.round(layer, cells)
        return self.out(cells)

    def round(self, layer, cells):
        return cells + nn.functional.gelu(layer(nn.functional.gelu(cells)))

    def valid(self, batch):
        return (batch.mask.unsqueeze(1) & batch.mask.unsqueeze(2)).triu()

    def loss(self, batch):
        gold = torch.zeros(*self.valid(batch).shape, len(self.types))
        for row, sentence in enumerate(batch.sentences):
            for entity in sentence.entities:
                gold[row, entity.start, entity.end - 1, self.types.index(entity.type)] = 1
        valid = self.valid(batch)
        scores, gold = self.scores(batch)[valid].float(), gold.to(valid.device)[valid]
        return {"cells": nn.functional.binary_cross_entropy_with_logits(scores, gold, pos_weight=torch.tensor(20.0))}

    def predict(self, batch):
        probabilities = self.scores(batch).float().sigmoid() * self.valid(batch).unsqueeze(-1)
        found = [[] for _ in batch.sentences]
        for row, start, last, type_ in (probabilities > 0.5).nonzero().tolist():
            score = float(probabilities[row, start, last, type_])
            found[row].append((Entity.span(start, last + 1, self.types[type_]), score))
        return [
            Prediction(sentence.id, tuple(entity for entity, _ in pairs), tuple(score for _, score in pairs))
            for sentence, pairs in zip(batch.sentences, found, strict=True)
        ]


def build(params, *, task, encoder, prepared):  # noqa: ARG001 - nothing is prepared
    """The model."""
    return Grid(params, task, encoder)


MODEL = ModelSpec("grid_plugin", "a grid", "none", GridParams, build, handles=frozenset({"flat", "nested"}))
