"""The pass over train that learns about classes of entities: what it sees, what it leaves alone, what it keeps."""

import pytest
import torch

from cnerkit.nn.batch import Batch
from cnerkit.nn.class_vectors import as_it_is, class_statistics, random_like, top_direction
from cnerkit.testing import example_encoder, example_sentences
from cnerkit.text import Entity, Sentence

FLAT = frozenset({"flat"})
CLASSES = {"LOC": "place", "PER": "person"}


@pytest.fixture
def encoder():
    torch.manual_seed(1)
    return example_encoder(FLAT).train()


def learned(encoder, sentences, told=None):
    return class_statistics(
        encoder, sentences, ("person", "place"), CLASSES, lambda *way: told.append(way) if told is not None else None
    )


def test_the_mean_of_a_class_is_that_of_its_mentions_in_context(encoder):
    sentences = example_sentences(FLAT)
    found = learned(encoder, sentences)
    mentions = {"person": [], "place": []}
    encoder.eval()
    with torch.inference_mode():
        for sentence in sentences:
            [hidden] = encoder(Batch.of([sentence]))
            for entity in sentence.entities:
                mentions[CLASSES[entity.type]].append(hidden[entity.start : entity.end].double().mean(0))
    assert found.counts.tolist() == [len(mentions["person"]), len(mentions["place"])]
    expected = torch.stack([torch.stack(mentions[name]).mean(0) for name in ("person", "place")])
    torch.testing.assert_close(found.means, expected, rtol=0, atol=1e-6)


def test_a_mention_of_one_character_is_that_characters_vector(encoder):
    sentence = Sentence("s", tuple("钱"), frozenset({Entity.span(0, 1, "PER")}))
    found = learned(encoder, [sentence])
    with torch.inference_mode():
        [[expected]] = encoder.eval()(Batch.of([sentence]))
    torch.testing.assert_close(found.means[0], expected.double(), rtol=0, atol=1e-12)
    assert found.present.tolist() == [True, False]


def test_the_encoder_is_used_in_eval_mode_and_left_as_it_was(encoder):
    dropout = encoder.bert.embeddings.dropout
    dropout.p = 0.5
    encoder.bert.encoder.eval()
    modes = [part.training for part in encoder.modules()]
    weights = {name: value.clone() for name, value in encoder.state_dict().items()}
    one, other = learned(encoder, example_sentences(FLAT)), learned(encoder, example_sentences(FLAT))
    assert torch.equal(one.means, other.means)  # nothing was dropped
    assert [part.training for part in encoder.modules()] == modes
    assert all(torch.equal(value, weights[name]) for name, value in encoder.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in encoder.parameters())


def test_modes_come_back_after_an_error(encoder):
    with pytest.raises(KeyError), as_it_is(encoder):
        raise KeyError
    assert encoder.training


def test_the_order_of_the_sentences_does_not_matter(encoder):
    sentences = example_sentences(FLAT)
    one, other = learned(encoder, sentences), learned(encoder, sentences[::-1])
    for name, tensor in one.to_plain().items():
        torch.testing.assert_close(tensor, other.to_plain()[name], rtol=0, atol=1e-6)


def test_sentences_without_entities_are_skipped_and_the_others_are_told_of(encoder):
    sentences, told = example_sentences(FLAT), []
    learned(encoder, [*sentences, Sentence("none", tuple("今天"), frozenset())], told)
    n_with = sum(1 for sentence in sentences if sentence.entities)
    assert told[-1] == (n_with, n_with)


def test_a_sentence_longer_than_the_encoder_is_seen_whole(encoder):
    text = tuple("今天没有人来" * 30 + "赵小兰")
    found = learned(encoder, [Sentence("long", text, frozenset({Entity.span(180, 183, "PER")}))])
    assert len(text) > encoder.capacity
    assert found.counts.tolist() == [1, 0]
    assert found.means[0].isfinite().all()
    assert found.means[0].any()


def test_random_vectors_are_as_long_as_the_real_ones_and_point_elsewhere():
    torch.manual_seed(2)
    vectors = torch.cat([torch.randn(2, 40, dtype=torch.float64), torch.zeros(1, 40, dtype=torch.float64)])
    drawn = random_like(vectors)
    torch.testing.assert_close(drawn.norm(dim=1), vectors.norm(dim=1))
    assert torch.cosine_similarity(drawn[:2], vectors[:2]).abs().max() < 0.6


def test_no_mention_has_no_direction():
    assert not top_direction(torch.zeros(3, 3, dtype=torch.float64)).any()
