"""A model of a few weights on which the engine can be tried, and a corpus that it can learn."""

import random

import pytest
import torch
from torch import nn

from cnerkit.registry import Task
from cnerkit.text import Entity, LabelSet, Prediction, Sentence

ALPHABET = "天地玄黄宇宙洪荒日月盈昃辰宿列张"


class ToyTagger(nn.Module):
    """Tags each character by its embedding: type A for the characters 日 and 月, nothing for the others."""

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(ALPHABET) + 1, 8)
        self.dropout = nn.Dropout(dropout)
        self.score = nn.Linear(8, 2)
        self.largest = 0

    def pretrained_parameters(self) -> list[torch.Tensor]:
        return list(self.embedding.parameters())

    def forward(self, batch):
        self.largest = max(self.largest, batch.mask.numel())
        ids = torch.zeros(batch.mask.shape, dtype=torch.long)
        for row, sentence in enumerate(batch.sentences):
            ids[row, : len(sentence)] = torch.tensor([ALPHABET.find(token) + 1 for token in sentence.tokens])
        return self.score(self.dropout(self.embedding(ids.to(batch.mask.device))))

    def loss(self, batch):
        gold = torch.zeros(batch.mask.shape, dtype=torch.long, device=batch.mask.device)
        for row, sentence in enumerate(batch.sentences):
            for entity in sentence.entities or ():
                gold[row, entity.start : entity.end] = 1
        scores = self(batch)
        return {"tags": nn.functional.cross_entropy(scores[batch.mask].float(), gold[batch.mask])}

    def predict(self, batch):
        assert all(sentence.entities is None for sentence in batch.sentences), "predict was shown gold entities"
        best = self(batch).argmax(-1) * batch.mask
        found = [[Entity.span(int(at), int(at) + 1, "A") for at in row.nonzero()] for row in best]
        return [
            Prediction(sentence.id, tuple(entities), (1.0,) * len(entities))
            for sentence, entities in zip(batch.sentences, found, strict=True)
        ]


def toy_sentence(rng: random.Random, name: str, length: int) -> Sentence:
    tokens = tuple(rng.choices(ALPHABET, k=length))
    entities = frozenset(Entity.span(at, at + 1, "A") for at, token in enumerate(tokens) if token in "日月")
    return Sentence(name, tokens, entities)


@pytest.fixture
def new_toy():
    """Makes a toy tagger; the same seed gives the same one."""

    def make(seed: int = 3, **options) -> ToyTagger:
        torch.manual_seed(seed)
        return ToyTagger(**options)

    return make


@pytest.fixture
def toy_corpus() -> list[Sentence]:
    """60 sentences of 0 to 19 characters."""
    rng = random.Random(5)
    return [toy_sentence(rng, f"s{number}", number % 20) for number in range(60)]


@pytest.fixture
def toy_task() -> Task:
    return Task(LabelSet(("A",)))
