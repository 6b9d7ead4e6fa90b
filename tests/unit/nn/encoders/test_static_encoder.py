import json
import math

import numpy as np
import pytest
import torch

from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders.building import encoder_from_description
from cnerkit.nn.encoders.static import StaticEncoder, frequent_tokens, random_vectors, vectors_from_file
from cnerkit.nn.encoders.vectors import Vectors
from cnerkit.text import Sentence

TRAIN = [Sentence("a", tuple("北京人人Ab")), Sentence("b", ("人", " ", "北"))]


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return random_vectors(TRAIN, dim=7, min_count=1, dropout=0.0).eval()


def vector(encoder, *tokens):
    return encoder(Batch.of([Sentence("s", tokens)]))[0].detach()


def test_every_token_of_train_has_a_vector_of_its_own_and_others_that_of_the_unknown_token(encoder):
    rows = vector(encoder, *"北京人Ab ", "龙", "龘")
    assert len({tuple(row.tolist()) for row in rows}) == 7
    assert torch.equal(rows[-1], encoder.embedding.weight[0])
    assert torch.equal(rows[-2], rows[-1])


def test_a_token_is_looked_up_as_it_is_and_then_lower_cased(encoder):
    as_is, small, capital, unknown = vector(encoder, "b", "a", "B", "龙")
    assert torch.equal(capital, as_is)
    assert torch.equal(small, unknown)
    assert [encoder.knows(character) for character in "bBa龙"] == [True, True, False, False]


@pytest.mark.parametrize(
    ("min_count", "expected"),
    [
        pytest.param(1, ["人", "北", " ", "A", "b", "京"], id="all"),
        pytest.param(2, ["人", "北"], id="twice"),
        pytest.param(4, [], id="none"),
    ],
)
def test_the_vocabulary_is_what_train_has_often_enough_in_an_order_that_its_order_does_not_change(min_count, expected):
    assert frequent_tokens(TRAIN, min_count) == expected
    assert frequent_tokens(reversed(TRAIN), min_count) == expected
    assert list(random_vectors(TRAIN, dim=3, min_count=min_count, dropout=0.0).vocabulary) == expected


def test_vectors_come_in_the_batch_at_their_tokens(encoder):
    sentences = [Sentence("a", tuple("京人")), Sentence("b", tuple("北京人A"))]
    hidden = encoder(Batch.of(sentences))
    assert hidden.shape == (2, 4, 7)
    for row, sentence in zip(hidden, sentences, strict=True):
        expected = torch.stack([vector(encoder, token)[0] for token in sentence.tokens])
        assert torch.equal(row[: len(sentence)], expected)


def test_words_are_tokens_like_any():
    words = random_vectors([Sentence("w", ("New", "York"), joiner=" ")], dim=3, min_count=1, dropout=0.0).eval()
    assert not torch.equal(vector(words, "York"), vector(words, "new"))


def test_dropout_makes_that_share_of_tokens_unknown_while_training_only():
    encoder = random_vectors(TRAIN, dim=3, min_count=1, dropout=0.25)
    torch.manual_seed(0)
    rows = vector(encoder, *"北" * 10_000)
    share = (rows == encoder.embedding.weight[0]).all(dim=1).double().mean()
    assert abs(share - 0.25) < 5 * math.sqrt(0.25 * 0.75 / 10_000)
    assert not (vector(encoder.eval(), *"北" * 1000) == encoder.embedding.weight[0]).all(dim=1).any()


def test_the_vector_of_the_unknown_token_learns_through_dropout():
    encoder = random_vectors(TRAIN, dim=3, min_count=1, dropout=0.5)
    torch.manual_seed(0)
    encoder(Batch.of([Sentence("s", tuple("北" * 50))])).sum().backward()
    assert encoder.embedding.weight.grad[0].abs().sum() > 0


def test_random_vectors_learn_like_all_that_starts_random():
    assert random_vectors(TRAIN, dim=3, min_count=1, dropout=0.0).pretrained_parameters() == []


@pytest.fixture
def from_file():
    values = np.random.default_rng(0).normal(scale=0.1, size=(4, 50)).astype(np.float32)
    torch.manual_seed(0)
    return vectors_from_file(Vectors(("北", "龙", "a", "New"), values), TRAIN, min_count=1, dropout=0.0).eval(), values


def test_all_vectors_of_a_file_are_kept_whether_train_has_the_token_or_not(from_file):
    encoder, values = from_file
    np.testing.assert_array_equal(vector(encoder, "北", "龙", "a", "New").numpy(), values)


def test_tokens_that_the_file_lacks_start_random_at_the_length_of_the_file(from_file):
    encoder, values = from_file
    assert list(encoder.vocabulary) == ["北", "龙", "a", "New", "人", " ", "b", "京"]
    root_mean_square = vector(encoder, "人", " ", "b", "京").square().mean().sqrt()
    assert abs(root_mean_square / np.sqrt((values**2).mean()) - 1) < 0.1


def test_a_token_that_the_file_has_in_small_letters_needs_no_vector_of_its_own(from_file):
    encoder, values = from_file
    np.testing.assert_array_equal(vector(encoder, "A")[0].numpy(), values[2])


def test_the_unknown_token_of_a_file_starts_from_the_mean(from_file):
    encoder, values = from_file
    np.testing.assert_allclose(vector(encoder, "鬼")[0].numpy(), values.mean(axis=0), atol=1e-7)


def test_vectors_of_a_file_learn_at_the_rate_of_what_comes_with_knowledge(from_file):
    [parameter] = from_file[0].pretrained_parameters()
    assert parameter is from_file[0].embedding.weight


@pytest.mark.parametrize("blank", [True, False])
def test_an_encoder_is_the_same_after_its_description_went_through_a_file(from_file, blank):
    encoder, _ = from_file
    again = encoder_from_description(json.loads(json.dumps(encoder.description())), blank=blank).eval()
    again.load_state_dict(encoder.state_dict())
    tokens = tuple("北龙aA鬼人 ")
    assert torch.equal(vector(again, *tokens), vector(encoder, *tokens))
    assert again.description() == encoder.description()
    assert len(again.pretrained_parameters()) == 1


def test_memory_does_not_grow_with_words_that_are_not_known(encoder):
    before = len(encoder._lookup._known)
    vector(encoder, *(f"word{number}" for number in range(1000)))
    assert len(encoder._lookup._known) == before


def test_an_empty_vocabulary_still_encodes():
    encoder = StaticEncoder([], 3, dropout=0.0, pretrained=False)
    assert vector(encoder, "北").shape == (1, 3)
