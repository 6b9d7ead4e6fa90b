"""An encoder that stays as it is."""

import torch

from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders.frozen import FrozenEncoder
from cnerkit.nn.encoders.static import random_vectors
from cnerkit.text import Sentence

SENTENCES = (Sentence("a", tuple("云河大学")), Sentence("b", tuple("云")))


def test_nothing_of_it_learns_and_nothing_is_dropped_while_training():
    torch.manual_seed(1)
    encoder = random_vectors(SENTENCES, dim=4, min_count=1, dropout=0.9)
    plain = encoder.eval()(Batch.of(SENTENCES))
    frozen = FrozenEncoder(encoder).train()
    vectors = frozen(Batch.of(SENTENCES))
    assert frozen.training
    assert torch.equal(vectors, plain)
    assert not vectors.requires_grad
    assert not any(weight.requires_grad for weight in frozen.parameters())
    assert frozen.pretrained_parameters() == []


def test_it_is_described_as_what_is_within_and_takes_marks_that_do_not_learn():
    encoder = random_vectors(SENTENCES, dim=4, min_count=1, dropout=0.0)
    frozen = FrozenEncoder(encoder)
    frozen.add_marks(["\ufdd0"])
    assert frozen.description() == encoder.description()
    assert frozen.description()["vocabulary"][-1] == "\ufdd0"
    assert frozen.dim == 4
    assert not any(weight.requires_grad for weight in frozen.parameters())
