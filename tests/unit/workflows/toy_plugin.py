"""A user's own model in one file, as ``cnerkit train --plugin`` takes it: a softmax over O, B and I of each type."""

import torch
from torch import nn

from cnerkit.registry import ModelSpec, Params
from cnerkit.text import Entity, Prediction

PREPARED = []
"""One entry for each time that ``prepare`` was called."""


class ToyParams(Params):
    """Hyperparameters."""

    dropout: float = 0.1
    fail: bool = False


class Toy(nn.Module):
    """Tags: 0 is O, then B and I of each type."""

    def __init__(self, params, task, encoder, shares):
        super().__init__()
        self.params, self.types, self.encoder = params, task.types.types, encoder
        self.dropout = nn.Dropout(params.dropout)
        self.out = nn.Linear(encoder.dim, 2 * len(self.types) + 1)
        self.register_buffer("shares", shares.clone())

    def pretrained_parameters(self):
        return self.encoder.pretrained_parameters()

    def scores(self, batch):
        return self.out(self.dropout(self.encoder(batch)))

    def gold(self, batch):
        tags = torch.zeros(batch.mask.shape, dtype=torch.long)
        for row, sentence in enumerate(batch.sentences):
            for entity in sentence.entities:
                begin = 2 * self.types.index(entity.type) + 1
                tags[row, entity.start : entity.end] = begin + 1
                tags[row, entity.start] = begin
        return tags.to(batch.mask.device)

    def loss(self, batch):
        if self.params.fail:
            raise RuntimeError("the toy was told to fail")
        return {"tags": nn.functional.cross_entropy(self.scores(batch)[batch.mask].float(), self.gold(batch)[batch.mask])}

    def predict(self, batch):
        probabilities, tags = self.scores(batch).float().softmax(-1).max(-1)
        return [
            self.prediction(sentence, row, scores)
            for sentence, row, scores in zip(batch.sentences, tags.tolist(), probabilities.tolist(), strict=True)
        ]

    def prediction(self, sentence, row, scores):
        found, start = [], 0
        while start < len(sentence):
            end = start + 1
            if row[start] % 2 == 1:
                while end < len(sentence) and row[end] == row[start] + 1:
                    end += 1
                found.append((Entity.span(start, end, self.types[row[start] // 2]), min(scores[start:end])))
            start = end
        return Prediction(sentence.id, tuple(entity for entity, _ in found), tuple(score for _, score in found))


def prepare(params, *, task, sentences, **_):
    """The share of tokens that are in an entity of each type."""
    PREPARED.append(params)
    entities = [entity for sentence in sentences for entity in sentence.entities]
    covered = [sum(entity.end - entity.start for entity in entities if entity.type == type_) for type_ in task.types]
    return {"shares": torch.tensor(covered) / sum(map(len, sentences)), "types": list(task.types)}


def build(params, *, task, encoder, prepared):
    """The model, with the prepared shares in it."""
    return Toy(params, task, encoder, prepared["shares"])


MODEL = ModelSpec("toy_plugin", "a softmax", "none", ToyParams, build, prepare=prepare)
