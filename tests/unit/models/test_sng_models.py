"""SNG, end to end and over given spans: what it looks at, what it learns from, and what it gives."""

from dataclasses import replace

import pytest
import torch

from cnerkit.engine.inference import predict_sentences
from cnerkit.errors import DataError
from cnerkit.models.sng import MODEL, TYPING, GloveParams
from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders.static import random_vectors
from cnerkit.registry import Task
from cnerkit.text import Entity, Fragment, LabelSet, Sentence

SMALL = {"glove": None, "hidden_dim": 6}
BROKEN = Entity((Fragment(0, 1), Fragment(2, 4)), "症")
SENTENCES = (
    Sentence(
        "a", tuple("云河大学在云河"), frozenset({Entity.span(0, 4, "构"), Entity.span(0, 2, "地"), Entity.span(5, 7, "地")})
    ),
    Sentence("b", tuple("头和手臂疼"), frozenset({BROKEN, Entity.span(4, 5, "症")})),
    Sentence("c", tuple("没有"), frozenset()),
    Sentence("d", tuple("古城南浦路小学"), frozenset({Entity.span(0, 7, "构")})),
)
TYPES = LabelSet.of(entity.type for sentence in SENTENCES for entity in sentence.entities)


def made(spec, seed=3, kinds=("flat",), sentences=SENTENCES, **changes):
    params = spec.params.model_validate({**SMALL, **changes})
    task = Task(TYPES, frozenset(kinds))
    torch.manual_seed(seed)
    encoder = random_vectors(sentences, dim=8, min_count=1, dropout=0.0)
    given = {"task": task, "encoder": encoder}
    prepared = spec.prepare(params, sentences=sentences, progress=lambda *_: None, **given)
    return spec.build(params, prepared=prepared, **given)


def predictions(model, sentences=SENTENCES, **options):
    return list(predict_sentences(model, sentences, batch_tokens=64, **options))


@pytest.mark.parametrize(("reach", "longest"), [(1.0, 7), (0.8, 4), (0.6, 2), (0.2, 1)])
def test_the_longest_spans_are_those_that_reach_enough_of_train(reach, longest):
    assert made(MODEL, reach=reach).max_length == longest


def test_what_is_too_long_or_in_several_pieces_or_of_an_unknown_type_is_out_of_reach():
    model = made(MODEL, reach=0.8)
    stranger = replace(SENTENCES[2], entities=frozenset({Entity.span(0, 1, "新")}))
    reached = [model.reachable(sentence) for sentence in (*SENTENCES, stranger)]
    assert reached == [SENTENCES[0].entities, {Entity.span(4, 5, "症")}, set(), set(), set()]


def test_of_one_span_with_two_types_the_first_type_is_learned():
    twice = Sentence("t", tuple("云河"), frozenset({Entity.span(0, 2, "构"), Entity.span(0, 2, "地")}))
    assert made(MODEL).reachable(twice) == {Entity.span(0, 2, next(type_ for type_ in TYPES.types if type_ in "构地"))}


@pytest.mark.parametrize("kinds", [("flat",), ("flat", "nested")], ids=["flat", "nested"])
def test_without_negatives_every_span_has_a_type_and_what_clashes_is_settled(kinds):
    model = made(MODEL, negatives=None, reach=1.0, kinds=kinds)
    [found] = predictions(model, SENTENCES[:1], kinds=frozenset(kinds))
    spans = [(entity.start, entity.end) for entity in found.entities]
    assert all(0 < score <= 1 for score in found.scores)
    pairs = [(one, other) for one in spans for other in spans if one < other]
    if kinds == ("flat",):
        assert all(one[1] <= other[0] for one, other in pairs)
        assert {token for start, end in spans for token in range(start, end)} == set(range(7))
    else:
        assert not any(one[0] < other[0] < one[1] < other[1] for one, other in pairs)
        assert any(other[1] <= one[1] for one, other in pairs)


def test_a_batch_with_nothing_to_learn_from_has_no_loss_and_a_gradient_of_zero():
    for spec, changes in ((MODEL, {"negatives": None}), (TYPING, {})):
        model = made(spec, **changes)
        [loss] = model.loss(Batch.of(SENTENCES[2:3])).values()
        loss.backward()
        assert loss == 0
        assert all((weight.grad == 0).all() for weight in model.classifier.parameters())


def test_equal_spans_have_equal_types_wherever_they_stand():
    model = made(TYPING)
    [found] = predictions(model, SENTENCES[:1])
    pairs = zip(found.entities, found.scores, strict=True)
    one, other = ((entity.type, score) for entity, score in pairs if entity.end - entity.start == 2)
    assert one[0] == other[0]
    assert one[1] == pytest.approx(other[1], abs=1e-6)


@pytest.mark.parametrize(("spec", "term"), [(MODEL, "spans"), (TYPING, "types")], ids=["end-to-end", "typing"])
def test_spans_read_once_or_each_by_itself_are_the_same(spec, term):
    model = made(spec, reach=1.0) if spec is MODEL else made(spec)
    results = []
    for context_free in (False, True):
        model.context_free = context_free
        torch.manual_seed(5)
        results.append((model.loss(Batch.of(SENTENCES))[term].item(), predictions(model)))
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-5)
    assert [one.entities for one in results[0][1]] == [one.entities for one in results[1][1]]


def test_what_stands_around_a_given_span_does_not_matter():
    model = made(TYPING)
    around = replace(SENTENCES[0], tokens=(*SENTENCES[0].tokens[:4], "头", *SENTENCES[0].tokens[5:]))
    assert predictions(model, [around]) == predictions(model, SENTENCES[:1])


@pytest.mark.parametrize("spec", [MODEL, TYPING], ids=["end-to-end", "typing"])
def test_with_the_context_of_the_sentence_equal_spans_are_read_apart(spec):
    model = made(spec, context="sentence", glove=GloveParams(dim=5, epochs=1).model_dump())
    assert not model.context_free
    assert model.classifier.dim == model.encoder.dim == 12
    spans = [(0, 0, 2), (0, 5, 7)]
    one, other = model.type_probabilities(Batch.of(SENTENCES), spans)
    assert not torch.allclose(one, other, atol=1e-4)
    bag = made(spec, context="sentence", encoder="bag", glove=GloveParams(dim=5, epochs=1).model_dump())
    one, other = bag.type_probabilities(Batch.of(SENTENCES), spans)
    assert bag.context_free
    assert torch.allclose(one, other)


class Parts(torch.nn.Module):
    """Scores that say which type each fragment has, by its place in the text."""

    def __init__(self, labels):
        super().__init__()
        self.labels = labels

    def forward(self, *_):
        return torch.eye(len(TYPES))[torch.tensor(self.labels)].mul(9).log_softmax(1)


def test_a_discontinuous_entity_has_the_type_that_all_its_fragments_have():
    model = made(TYPING)
    model.classifier = Parts([2, 2, 1])
    [found] = predictions(model, SENTENCES[1:2])
    assert found.entities == (Entity(BROKEN.fragments, TYPES.types[2]), Entity.span(4, 5, TYPES.types[1]))
    model.classifier = Parts([2, 0, 1])
    [found] = predictions(model, SENTENCES[1:2])
    assert found.entities == (Entity.span(4, 5, TYPES.types[1]),)


@pytest.mark.parametrize("spec", [MODEL, TYPING], ids=["end-to-end", "typing"])
@pytest.mark.parametrize("frozen", [True, False])
def test_vectors_change_with_training_only_when_they_are_not_frozen(spec, frozen):
    model = made(spec, frozen=frozen)
    before = {name: value.clone() for name, value in model.state_dict().items() if "embedding" in name}
    optimizer = torch.optim.Adam([weight for weight in model.parameters() if weight.requires_grad], lr=0.1)
    torch.stack(list(model.train().loss(Batch.of(SENTENCES)).values())).sum().backward()
    optimizer.step()
    after = model.state_dict()
    assert len(before) == 1
    assert all(torch.equal(after[name], value) == frozen for name, value in before.items())


def test_vectors_of_glove_stand_in_for_those_of_the_encoder():
    model = made(MODEL, glove=GloveParams(dim=5, epochs=1).model_dump())
    assert model.encoder.dim == 5
    assert model.context_free


def test_glove_without_anything_to_learn_from_is_refused_with_what_to_do():
    with pytest.raises(DataError, match=r"GloVe has nothing to learn from train") as caught:
        made(MODEL, glove=GloveParams(dim=5, min_count=99).model_dump())
    assert "lower model.glove.min_count" in caught.value.fix
