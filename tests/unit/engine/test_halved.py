"""Pretrained weights kept in bfloat16: what is converted, and that predictions stay what they were."""

import pytest
import torch

from cnerkit import registry
from cnerkit.engine.inference import halve_pretrained, predict_sentences
from cnerkit.testing import example_encoder, example_sentences, example_task

FLAT = frozenset({"flat"})


def model():
    torch.manual_seed(3)
    spec = registry.get("bert_crf")
    return spec.build(spec.params(), task=example_task(FLAT), encoder=example_encoder(FLAT), prepared=None)


def predicted(tagger, precision):
    return list(predict_sentences(tagger, example_sentences(FLAT), batch_tokens=64, precision=precision))


def test_only_the_pretrained_weights_are_halved():
    tagger = model()
    halve_pretrained(tagger)
    pretrained = {id(parameter) for parameter in tagger.pretrained_parameters()}
    for parameter in tagger.parameters():
        assert parameter.dtype is (torch.bfloat16 if id(parameter) in pretrained else torch.float32)


def test_probabilities_stay_within_the_precision_of_bfloat16():
    exact = predicted(model(), "fp32")
    halved = model()
    halve_pretrained(halved)
    scores = {(one.sentence_id, entity): score for one in exact for entity, score in zip(one.entities, one.scores, strict=True)}
    found = [
        (score, scores[one.sentence_id, entity])
        for one in predicted(halved, "bf16")
        for entity, score in zip(one.entities, one.scores, strict=True)
        if (one.sentence_id, entity) in scores
    ]
    assert len(found) > len(scores) / 2
    for score, expected in found:
        assert score == pytest.approx(expected, abs=0.05)
