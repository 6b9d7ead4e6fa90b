"""Classification Attention as a model: what it is put together from, what it refuses and what it warns of."""

import pytest
import torch

from cnerkit import registry
from cnerkit.codecs.schemes import Scheme
from cnerkit.errors import RecipeError
from cnerkit.models.classattn import MODEL
from cnerkit.nn.batch import Batch
from cnerkit.nn.classification_attention import ClassificationAttention
from cnerkit.nn.tag_heads import CrfHead, SoftmaxHead
from cnerkit.nn.transformer_layer import TransformerLayer
from cnerkit.registry import Task
from cnerkit.testing import contract, example_encoder, example_sentences, example_task
from cnerkit.text import LabelSet, Prediction

FLAT = frozenset({"flat"})


def build(**params):
    return contract.build(MODEL, MODEL.params(**params))


@pytest.mark.parametrize("spec", [MODEL, registry.get("bert_crf")], ids=lambda spec: spec.name)
def test_every_hyperparameter_says_what_it_does_and_where_its_default_comes_from(spec):
    for info in spec.params.model_fields.values():
        assert info.description
        assert any(isinstance(item, registry.Source) and item.text for item in info.metadata)


def test_tags_are_bmes_and_malformed_ones_are_no_entity():
    codec = build().codec
    assert codec.scheme is Scheme.BMES
    assert codec.decode([1, 2]) == frozenset()  # B M without an end


@pytest.mark.parametrize(
    ("layer", "kinds"), [("class-attention", [ClassificationAttention]), ("self-attention", [TransformerLayer]), ("none", [])]
)
def test_the_layer_is_one_of_classes_a_standard_one_or_none(layer, kinds):
    assert [type(each) for each in build(layer=layer).features] == kinds


def test_without_the_layer_nothing_is_learned_before_training():
    given = {"task": example_task(FLAT), "encoder": example_encoder(FLAT), "sentences": example_sentences(FLAT)}
    params = MODEL.params(layer="none")
    assert MODEL.prepare(params, progress=lambda *_: None, **given) == {}
    assert MODEL.build(params, task=given["task"], encoder=given["encoder"], prepared=None).attending == ()


def test_the_head_is_a_crf_or_a_softmax():
    assert type(build().head) is CrfHead
    assert type(build(head="softmax").head) is SoftmaxHead


def test_types_share_a_class_where_a_mapping_says_so():
    [layer] = build(class_of={"LOC": "any", "PER": "any"}).features
    assert (layer.classes, len(layer.vectors)) == (("any",), 1)


def test_alpha_and_scope_are_applied_when_the_model_is_built():
    given = {"task": example_task(FLAT), "encoder": example_encoder(FLAT)}
    prepared = MODEL.prepare(MODEL.params(), sentences=example_sentences(FLAT), progress=lambda *_: None, **given)
    plain, less = (MODEL.build(MODEL.params(alpha=alpha), prepared=prepared, **given).features[0].vectors for alpha in (0, 0.5))
    torch.testing.assert_close(plain, prepared["means"].float())
    along = (prepared["means"] * prepared["own"]).sum(1, keepdim=True) * prepared["own"]
    torch.testing.assert_close(less, (prepared["means"] - 0.5 * along).float())


def test_a_class_of_a_type_that_train_has_not_is_refused():
    with pytest.raises(RecipeError, match=r"model\.class_of says the class of GPE, and train has no such type") as caught:
        build(class_of={"GPE": "place"})
    assert caught.value.fix == "name some of LOC, PER"


def test_heads_that_do_not_divide_the_encoders_width_are_refused():
    with pytest.raises(RecipeError, match="12 heads cannot share the 32 numbers of the encoder's vectors equally") as caught:
        build(heads=12)
    assert caught.value.fix == "set model.heads to one of 1, 2, 4, 8, 16, 32, or to null for the encoder's own number"


def test_the_heads_are_those_of_the_encoder_unless_they_are_given():
    assert [build(**params).features[0].n_heads for params in ({}, {"heads": 4})] == [2, 4]


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"alpha": 0.95}, ()),
        ({"alpha": 1.0}, ("model.alpha 1 leaves little but noise of the class vectors",)),
        ({"alpha": 1.0, "scope": "all"}, ()),
        ({"reading": "literal"}, ("model.reading literal makes every weight 1",)),
        ({"reading": "literal", "layer": "none"}, ()),
    ],
)
def test_values_that_are_legal_and_unwise_are_told_of(params, told):
    found = MODEL.notes(MODEL.params(**params))
    assert len(found) == len(told)
    assert all(note.startswith(start) for note, start in zip(found, told, strict=True))


def test_attention_is_the_mean_over_heads_on_the_characters_of_each_sentence():
    model, sentences = build().eval(), example_sentences(FLAT)
    batch = Batch.of(sentences)
    with torch.inference_mode():
        found = model.attention(batch)
        weights = model.features[0].weights(model.encoder(batch), batch.mask).mean(2)
    assert model.attending == ("LOC", "PER")
    for row, (sentence, attention) in enumerate(zip(sentences, found, strict=True)):
        torch.testing.assert_close(torch.tensor(attention.weights), weights[row, : len(sentence)].T)
        assert sum(attention.weights[0]) == pytest.approx(len(sentence), abs=1e-4)


def test_a_model_without_the_layer_says_that_nothing_attends():
    with pytest.raises(ValueError, match="in no feature layer of the model does a class attend to tokens"):
        build(layer="self-attention").attention(Batch.of(example_sentences(FLAT)))


def test_a_bert_crf_may_have_layers_more():
    spec = registry.get("bert_crf")
    task, encoder = Task(LabelSet(("LOC", "PER"))), example_encoder(FLAT)
    model = spec.build(spec.params(extra_layers=2), task=task, encoder=encoder, prepared=None).eval()
    assert [type(layer) for layer in model.features] == [TransformerLayer] * 2
    given = {id(parameter) for parameter in model.pretrained_parameters()}
    assert not any(id(parameter) in given for layer in model.features for parameter in layer.parameters())
    assert all(isinstance(found, Prediction) for found in model.predict(Batch.of(example_sentences(FLAT))))
