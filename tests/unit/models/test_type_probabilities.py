"""What each kind of model says of how probable the types are for a span that it is asked about."""

import itertools
from dataclasses import replace

import pytest
import torch

from cnerkit import registry
from cnerkit.nn.batch import Batch
from cnerkit.nn.grid_readings import ThresholdReading
from cnerkit.nn.protocols import ReadsSpans, TellsTypes
from cnerkit.nn.tagged_spans import types_by_tokens
from cnerkit.testing import example_sentences
from cnerkit.testing.contract import build
from cnerkit.text import Entity, Sentence

EXACT = ["bert_crf", "bilstm_crf", "classattn", "hreb", "sng", "w2ner"]
BY_TOKENS = ["bert_softmax", "lambdarank", "ranknet", "softfine"]
EVERY = (*((0, start, end) for start in range(8) for end in range(start + 1, 9)), (1, 0, 1), (4, 0, 1), (4, 2, 3))
SPANS = ((0, 0, 3), (0, 1, 3), (0, 2, 3), (2, 4, 6), (3, 0, 2), (3, 2, 4))


@pytest.fixture
def made():
    """Makes an untrained model, and a batch of the example's flat sentences without their entities."""

    def make(name, **params):
        spec = registry.get(name)
        model = build(spec, (spec.trial or spec.params()).model_copy(update=params)).eval()
        return model, Batch.of(example_sentences(frozenset({"flat"}))).without_entities()

    return make


@pytest.mark.parametrize("name", registry.names())
def test_every_model_gives_each_span_one_unit_over_its_types_whatever_else_is_asked(made, name):
    model, batch = made(name)
    assert isinstance(model, TellsTypes)
    assert sorted(model.told_types) == ["LOC", "PER"] or "nested" in registry.get(name).handles
    with torch.inference_mode():
        table = model.type_probabilities(batch, SPANS).double()
        alone = [model.type_probabilities(Batch.of([batch.sentences[at]]), [(0, *place)]).double() for at, *place in SPANS]
    assert table.shape == (len(SPANS), len(model.told_types) + (not isinstance(model, ReadsSpans)))
    assert table.min() >= 0
    torch.testing.assert_close(table.sum(1), torch.ones(len(SPANS), dtype=torch.float64), rtol=0, atol=1e-6)
    torch.testing.assert_close(torch.cat(alone), table, rtol=1e-4, atol=1e-6)


def as_written(model, sentence, prediction):
    """The predicted entities whose tags are those that the scheme writes them with; malformed tags are read as entities too."""
    for entity, score in zip(prediction.entities, prediction.scores, strict=True):
        if prediction.tags:
            path = model.codec.encode(replace(sentence, entities=frozenset({entity})))
            if [model.codec.tags[tag] for tag in path[entity.start : entity.end]] != [
                *prediction.tags[entity.start : entity.end]
            ]:
                continue
        if entity.is_contiguous:
            yield entity, score


@pytest.mark.parametrize("name", EXACT)
def test_a_predicted_entity_is_as_probable_as_its_prediction_says(made, name):
    model, batch = made(name, **({"negatives": None} if name == "sng" else {}))
    with torch.inference_mode():
        predicted = [
            ((number, entity.start, entity.end), entity.type, score)
            for number, prediction in enumerate(model.predict(batch))
            for entity, score in as_written(model, batch.sentences[number], prediction)
        ]
        table = model.type_probabilities(batch, [span for span, *_ in predicted])
    assert predicted, "an untrained model with this seed finds something"
    of_type = [row[model.told_types.index(type_)].item() for row, (_, type_, _) in zip(table, predicted, strict=True)]
    assert of_type == pytest.approx([score for *_, score in predicted], rel=1e-5, abs=1e-7)


def test_a_crf_sums_all_legal_paths_on_which_the_span_is_that_entity(made):
    model, batch = made("bert_crf", scheme="bio")
    short = Batch.of([Sentence("short", batch.sentences[0].tokens[:4])])
    every = list(itertools.product(range(len(model.codec.tags)), repeat=4))
    with torch.inference_mode():
        emissions, mask = model(short).double().expand(len(every), -1, -1), short.mask.expand(len(every), -1)
        found = model.type_probabilities(short, [(0, 1, 3)])[0]
        shares = model.head.crf.double().log_likelihood(emissions, torch.tensor(every), mask, constrained=True).exp()
    legal = [(model.codec.decode(path), share) for path, share in zip(every, shares.tolist(), strict=True) if share]
    expected = [sum(share for entities, share in legal if Entity.span(1, 3, type_) in entities) for type_ in model.told_types]
    assert found.tolist() == pytest.approx([*expected, 1 - sum(expected)], rel=1e-5)


@pytest.mark.parametrize("name", BY_TOKENS)
def test_the_most_probable_class_is_what_a_tagger_of_single_tokens_predicts_there(made, name):
    model, batch = made(name)
    with torch.inference_mode():
        predictions = model.predict(batch)
        classes = model.type_probabilities(batch, EVERY).argmax(1).tolist()
    outcomes = set()
    for (number, start, end), label in zip(EVERY, classes, strict=True):
        tokens, said = batch.sentences[number].tokens[start:end], predictions[number].tags[start:end]
        paths = [tuple(model.codec.tags[tag] for tag in path) for path in model._written(tokens)]
        assert (paths.index(said) if said in paths else len(paths)) == label
        outcomes.add(label)
    assert len(outcomes) > 1


@pytest.mark.parametrize("length", [1, 2, 3])
def test_independent_tags_are_weighed_against_the_best_ones_of_no_type(length):
    torch.manual_seed(length)
    scores = torch.randn(6, 5, 4, dtype=torch.float64)
    types = [[1] * length, [2] * length]
    found = types_by_tokens(scores, [(number, 1, 1 + length) for number in range(6)], [types] * 6)
    for row, of_tokens in zip(found, scores.softmax(2)[:, 1 : 1 + length], strict=True):
        every = {path: of_tokens[range(length), path].prod().item() for path in itertools.product(range(4), repeat=length)}
        of_types = [every.pop(tuple(path)) for path in types]
        weights = [*of_types, max(every.values())]
        assert row.tolist() == pytest.approx([weight / sum(weights) for weight in weights])


def test_spans_of_different_lengths_have_no_part_in_one_another():
    torch.manual_seed(0)
    scores, spans = torch.randn(2, 6, 4), [(0, 0, 1), (1, 2, 6), (0, 3, 5), (1, 5, 6)]
    written = [[[1] * (end - start), [3] * (end - start)] for _, start, end in spans]
    alone = [types_by_tokens(scores, [span], [row]) for span, row in zip(spans, written, strict=True)]
    torch.testing.assert_close(types_by_tokens(scores, spans, written), torch.cat(alone))


def test_labels_that_are_on_each_by_itself_share_what_is_probable_if_at_most_one_is():
    on = torch.tensor([[0.9, 0.4, 0.2]], dtype=torch.float64)
    weights = {}
    for chosen in itertools.product((0, 1), repeat=3):
        if sum(chosen) <= 1:
            each = [p if yes else 1 - p for p, yes in zip(on[0].tolist(), chosen, strict=True)]
            weights[chosen] = each[0] * each[1] * each[2]
    expected = [weights[1, 0, 0], weights[0, 1, 0], weights[0, 0, 1], weights[0, 0, 0]]
    found = ThresholdReading(3).shares(on)[0].tolist()
    assert found == pytest.approx([weight / sum(expected) for weight in expected])


def test_a_certain_label_takes_everything():
    found = ThresholdReading(2).shares(torch.tensor([[1.0, 0.0]], dtype=torch.float64))
    torch.testing.assert_close(found, torch.tensor([[1.0, 0.0, 0.0]], dtype=torch.float64), rtol=0, atol=1e-11)


def test_without_a_class_for_none_sng_gives_all_to_its_types(made):
    model, batch = made("sng", negatives=None)
    with torch.inference_mode():
        table = model.type_probabilities(batch, SPANS)
    assert table.shape[1] == len(model.told_types)
    torch.testing.assert_close(table.sum(1), torch.ones(len(SPANS)))
