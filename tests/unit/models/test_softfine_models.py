"""SoftFiNE and what it is compared with, as registered models: what they are built from and what they refuse."""

import pytest
import torch

from cnerkit import registry
from cnerkit.engine.inference import predict_sentences
from cnerkit.errors import DataError, RecipeError
from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders import encoder_from_description
from cnerkit.registry import Task
from cnerkit.testing import example_encoder
from cnerkit.text import Entity, LabelSet, Sentence

FLAT = frozenset({"flat"})
NAMES = ["softfine", "hmcn_f", "ranknet", "lambdarank"]
BY_SETS = ["softfine", "ranknet", "lambdarank"]


def build(name, types, separator=None, encoder=None, **params):
    spec = registry.get(name)
    torch.manual_seed(5)
    task = Task(LabelSet(types), FLAT, hierarchy_separator=separator)
    return spec.build(spec.params.model_validate(params), task=task, encoder=encoder or example_encoder(FLAT), prepared=None)


@pytest.mark.parametrize("name", NAMES)
def test_types_are_paths_only_where_the_corpus_has_a_hierarchy(name):
    types, sentence = ("/a", "/a/b", "/c/d/e"), Sentence("s", tuple("钱在北京"), frozenset({Entity.span(0, 1, "/c/d/e")}))
    for separator in ("/", None):
        model = build(name, types, separator)
        assert model.codec.tags[:5] == ("O", "B-/a", "I-/a", "E-/a", "S-/a")
        assert torch.isfinite(sum(model.loss(Batch.of([sentence])).values()))
    hmcn, flat = build("hmcn_f", types, "/").head, build("hmcn_f", types).head
    assert (hmcn.sizes, flat.sizes) == ((5, 3, 3, 2), (5, 4))


@pytest.mark.parametrize("name", NAMES)
def test_a_type_of_four_levels_is_refused(name):
    with pytest.raises(DataError, match="the type '/a/b/c/d' has 4 levels\nfix: map it to a type of at most 3 levels"):
        build(name, ("/a/b/c/d",), "/")


@pytest.mark.parametrize("name", NAMES)
def test_a_type_with_the_separator_inside_a_name_is_refused(name):
    with pytest.raises(DataError, match="the type '/a//b' has a level without a name"):
        build(name, ("/a//b",), "/")


@pytest.mark.parametrize("name", BY_SETS)
def test_a_name_at_two_levels_is_refused_where_labels_are_compared_by_their_names(name):
    with pytest.raises(DataError, match="the category name 'a' stands at the levels 1 and 2 of the hierarchy"):
        build(name, ("/a/x", "/x/a"), "/")


def test_a_name_at_two_levels_is_two_nodes_of_hmcn():
    assert build("hmcn_f", ("/a/x", "/x/a"), "/").head.sizes == (5, 3, 3)


def test_unused_vectors_are_refused_where_the_vocabulary_has_none():
    tokens = ["钱", "在"]
    static = encoder_from_description({"kind": "static", "dim": 4, "vocabulary": tokens, "dropout": 0.0, "pretrained": False})
    with pytest.raises(RecipeError, match="a static encoder has no unused vectors"):
        build("softfine", ("a",), encoder=static, augmentation={"segment_tokens": "unused"})


@pytest.mark.parametrize("name", NAMES)
def test_a_path_of_tags_that_is_no_entity_is_none(name):
    model = build(name, ("a", "b"))
    assert model.codec.decode([1, 2]) == frozenset()  # B-a I-a without an end
    assert model.codec.decode([1, 7]) == frozenset()  # B-a E-b
    assert model.codec.decode([1, 3]) == {Entity.span(0, 2, "a")}


@pytest.mark.parametrize("name", NAMES)
def test_predictions_say_the_tag_of_each_token_in_long_texts_too(name):
    model = build(name, ("a", "b"))
    texts = [Sentence("long", tuple("钱在北京，" * 150)), Sentence("none", ()), Sentence("short", tuple("上班"))]
    found = list(predict_sentences(model, texts, batch_tokens=2000))
    assert [len(each.tags or ()) for each in found] == [750, 0, 2]
    assert set(found[0].tags) <= set(model.codec.tags)


def test_softfine_predicts_as_a_plain_softmax_tagger_with_the_same_weights():
    sentence = Sentence("s", tuple("钱在北京上班"))
    plain, full = build("softfine", ("a", "b"), augmentation=None, soft=None), build("softfine", ("a", "b"))
    plain.head.load_state_dict(full.head.state_dict())
    state = full.encoder.state_dict()
    embedding = "bert.embeddings.word_embeddings.weight"
    state[embedding] = state[embedding][:-4]
    plain.encoder.load_state_dict(state)
    one, other = (model.eval().predict(Batch.of([sentence]))[0] for model in (plain, full))
    assert one.tags == other.tags
    assert one.scores == pytest.approx(other.scores, abs=1e-6)


def test_a_batch_of_a_single_character_trains():
    model = build("hmcn_f", ("a",)).train()
    terms = model.loss(Batch.of([Sentence("s", ("钱",), frozenset())]))
    torch.autograd.backward(sum(terms.values()))
    assert all(torch.isfinite(term) for term in terms.values())
