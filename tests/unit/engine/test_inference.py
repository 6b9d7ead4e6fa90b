import random

import pytest
import torch

from cnerkit.engine.inference import predict_sentences
from cnerkit.errors import CnerkitError
from cnerkit.text import Entity, Prediction, Sentence
from cnerkit.text.sentence import HIDDEN_TYPE


@pytest.fixture
def sentences(toy_corpus):
    return random.Random(2).sample(toy_corpus, k=len(toy_corpus))


@pytest.mark.parametrize("read_ahead", [1, 7, 1000])
def test_predictions_come_in_the_order_of_the_sentences_and_equal_those_one_by_one(new_toy, sentences, read_ahead):
    model = new_toy()
    together = list(predict_sentences(model, sentences, batch_tokens=50, read_ahead=read_ahead))
    alone = [next(predict_sentences(model, [sentence], batch_tokens=50)) for sentence in sentences]
    assert together == alone
    assert [prediction.sentence_id for prediction in together] == [sentence.id for sentence in sentences]
    assert any(prediction.entities for prediction in together)


def test_empty_sentences_get_empty_predictions_and_never_reach_the_model():
    def refuse(_batch):
        raise AssertionError("an empty sentence reached the model")

    model = torch.nn.Identity()
    model.predict = refuse
    empty = [Sentence("a", ()), Sentence("b", ())]
    assert list(predict_sentences(model, empty, batch_tokens=8)) == [Prediction("a", (), ()), Prediction("b", (), ())]


def test_batches_stay_within_the_budget_of_padded_tokens(new_toy, sentences):
    model = new_toy()
    list(predict_sentences(model, sentences, batch_tokens=40))
    assert 19 < model.largest <= 40


def test_no_more_is_read_than_the_window_ahead(new_toy, sentences):
    taken = []

    def source():
        for sentence in sentences:
            taken.append(sentence)
            yield sentence

    predictions = predict_sentences(new_toy(), source(), batch_tokens=40, read_ahead=10)
    assert taken == []
    next(predictions)
    assert len(taken) == 10


def test_model_does_not_drop_anything_out_and_keeps_no_graph(new_toy, sentences):
    model = new_toy(dropout=0.9).train()
    first = list(predict_sentences(model, sentences, batch_tokens=40))
    assert list(predict_sentences(model, sentences, batch_tokens=40)) == first
    assert not model.training


def test_inference_mode_does_not_leak_between_two_predictions(new_toy, sentences):
    next(predict_sentences(new_toy(), sentences, batch_tokens=40))
    assert not torch.is_inference_mode_enabled()


def test_a_model_s_own_window_and_cost_bound_what_it_is_given(new_toy):
    model = new_toy()
    model.window_tokens, model.cost, model.shapes = 20, "cells", []
    model.register_forward_hook(lambda _module, given, _scores: model.shapes.append(tuple(given[0].mask.shape)))
    text = Sentence("long", tuple("天日地月" * 50))
    (found,) = predict_sentences(model, [text], batch_tokens=30)
    assert max(longest for _, longest in model.shapes) <= 20
    assert max(rows * longest**2 for rows, longest in model.shapes) <= 64 * 30
    (one_by_one,) = predict_sentences(model, [text], batch_tokens=30, batch_cells=1)
    assert model.shapes[-1][0] == 1
    assert found == one_by_one == next(predict_sentences(new_toy(), [text], batch_tokens=1000))


def test_entities_of_two_windows_may_overlap_only_where_the_task_has_such(new_toy):
    model = new_toy()
    model.window_tokens, model.cost = 8, "tokens"
    model.predict = lambda batch: [
        Prediction(one.id, (Entity.span(3, 6, "A"),), (1.0,)) if len(one) > 5 else Prediction(one.id, (), ())
        for one in batch.sentences
    ]
    text = Sentence("s", tuple("天地玄黄宇宙洪荒日月"))
    flat, nested = (
        list(next(predict_sentences(model, [text], batch_tokens=50, kinds=frozenset(kinds))).entities)
        for kinds in ({"flat"}, {"flat", "nested"})
    )
    assert flat == [Entity.span(3, 6, "A")]
    assert nested == [Entity.span(3, 6, "A"), Entity.span(5, 8, "A")]


def test_a_batch_that_does_not_fit_is_named_with_the_option_that_makes_it_smaller(new_toy, sentences):
    model = new_toy()
    model.forward = lambda _batch: torch.empty(1 << 60)
    with pytest.raises(CnerkitError, match=r"out of memory in a batch of \d+ sentences and \d+ padded tokens") as caught:
        list(predict_sentences(model, sentences, batch_tokens=40))
    assert "--batch-tokens" in caught.value.fix


def test_bfloat16_is_used_where_it_is_asked_for(new_toy, sentences):
    model = new_toy()
    formats = set()
    model.score.register_forward_hook(lambda _module, _given, scores: formats.add(scores.dtype))
    list(predict_sentences(model, sentences, batch_tokens=40, precision="bf16"))
    list(predict_sentences(model, sentences, batch_tokens=40, precision="fp32"))
    assert formats == {torch.bfloat16, torch.float32}


def test_a_model_that_reads_spans_gets_whole_texts_with_entities_whose_types_are_hidden(new_toy):
    model, seen = new_toy(), []
    model.reads_spans, model.window_tokens, model.cost = True, 4, "tokens"

    def predict(batch):
        seen.extend(batch.sentences)
        return [Prediction(one.id, (), ()) for one in batch.sentences]

    model.predict = predict
    given = Sentence("s", tuple("天地玄黄宇宙洪荒"), frozenset({Entity.span(3, 6, "A"), Entity.span(3, 6, "B")}))
    list(predict_sentences(model, [given], batch_tokens=50))
    assert seen == [given.with_types_hidden()]
    assert seen[0].entities == {Entity.span(3, 6, HIDDEN_TYPE)}
