"""The grid models, crener and w2ner: what they are put together from, what they learn, and what their hyperparameters do."""

from collections import Counter

import pytest
import torch

from cnerkit.models import crener, w2ner
from cnerkit.nn.batch import Batch
from cnerkit.nn.grid_readings import pairs
from cnerkit.registry import Execution, Source, Task
from cnerkit.text import Entity, Fragment, LabelSet, Sentence

MODELS = {"crener": crener.MODEL, "w2ner": w2ner.MODEL}

SMALL_GRID = {"dim": 32, "feature_dim": 4, "channels": 12, "biaffine_dim": 24, "predictor_dim": 24}
SMALL = {
    "crener": {
        **SMALL_GRID,
        "transformer_heads": 2,
        "attention_heads": 2,
        "attention_dim": 4,
        "tag_dim": 8,
        "enhancement_heads": 2,
    },
    "w2ner": SMALL_GRID,
}
CALM = {"dropout": 0.0, "grid_dropout": 0.0, "predictor_dropout": 0.0}
STILL = {"crener": {**CALM, "transformer_dropout": 0.0, "enhancement_dropout": 0.0}, "w2ner": CALM}

ANNOTATED = (
    ("林小满在青石镇教书", (("人", "林小满"), ("地", "青石镇"), ("地", "青石"))),
    ("青石镇医院来了新院长", (("地", "青石镇"), ("地", "青石"), ("构", "青石镇医院"), ("人", "新院长"))),
    ("左、右膝盖疼痛", (("症", "左", "膝盖疼痛"), ("症", "右膝盖疼痛"))),
    ("他说会", (("人", "他"),)),
    ("云河大学附属中学开学", (("构", "云河大学"), ("构", "云河大学附属中学"), ("地", "云河"))),
    ("手和脚发麻", (("症", "手", "发麻"), ("症", "脚发麻"))),
    ("今天下雨", ()),
    ("周、吴两人去了海", (("人", "周"), ("人", "吴"), ("地", "海"))),
    ("我", (("人", "我"),)),
    ("湖", (("地", "湖"),)),
    ("白鹭湖畔的白鹭湖酒店", (("地", "白鹭湖"), ("地", "白鹭湖畔"), ("构", "白鹭湖酒店"))),
    ("头有时疼", (("症", "头", "疼"),)),
    ("郑大山是云河人", (("人", "郑大山"), ("地", "云河"), ("人", "云河人"))),
    ("胃胀、痛两天", (("症", "胃胀"), ("症", "胃", "痛"))),
    ("没有什么", ()),
    ("沈阿姨住在南浦路", (("人", "沈阿姨"), ("地", "南浦路"), ("地", "南浦"))),
    ("南浦银行云河分行", (("构", "南浦银行"), ("构", "南浦银行云河分行"), ("地", "南浦"), ("地", "云河"))),
    ("她姓秦", (("人", "她"), ("人", "秦"))),
    ("眼睛红而且肿", (("症", "眼睛红"), ("症", "眼睛", "肿"))),
    ("古城的风", (("地", "古城"),)),
    ("何老师咳嗽", (("人", "何老师"), ("症", "咳嗽"))),
    ("东港出版社在东港", (("构", "东港出版社"), ("地", "东港"))),
    ("喉咙又干又痒", (("症", "喉咙", "干"), ("症", "喉咙", "痒"))),
    ("等一等再说", ()),
    ("梁和许", (("人", "梁"), ("人", "许"))),
    ("竹山县竹山小学", (("地", "竹山县"), ("构", "竹山小学"), ("地", "竹山"))),
    ("你来", (("人", "你"),)),
    ("背疼", (("症", "背疼"),)),
)


def entity(text, type_, *parts):
    """An entity by its fragments, each the first after the one before."""
    fragments, start = [], 0
    for part in parts:
        start = text.index(part, start)
        fragments.append(Fragment(start, start + len(part)))
        start += len(part)
    return Entity(tuple(fragments), type_)


SENTENCES = tuple(
    Sentence(f"s{number}", tuple(text), frozenset(entity(text, *named) for named in entities))
    for number, (text, entities) in enumerate(ANNOTATED)
)
TYPES = LabelSet.of(each.type for sentence in SENTENCES for each in sentence.entities)


class Letters(torch.nn.Module):
    """An encoder that knows each character."""

    dim = 32

    def __init__(self):
        super().__init__()
        self.known = {token: place for place, token in enumerate(sorted({one for each in SENTENCES for one in each.tokens}))}
        self.table = torch.nn.Embedding(len(self.known) + 1, self.dim)

    def forward(self, batch):
        rows = torch.zeros(batch.mask.shape, dtype=torch.long)
        for row, sentence in zip(rows, batch.sentences, strict=True):
            row[: len(sentence)] = torch.tensor([self.known.get(token, len(self.known)) for token in sentence.tokens])
        return self.table(rows)

    def pretrained_parameters(self):
        return []


def build(name, seed=0, **params):
    torch.manual_seed(seed)
    spec = MODELS[name]
    return spec.build(spec.params(**{**SMALL[name], **params}), task=Task(TYPES), encoder=Letters(), prepared=None)


def trained(model, sentences, steps, lr=4e-3):
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.0)
    batch = Batch.of(sentences)
    for _ in range(steps):
        optimizer.zero_grad()
        model.loss(batch)["relations"].backward()
        optimizer.step()
    return model


def predicted(model, sentences):
    with torch.inference_mode():
        return model.eval().predict(Batch.of([sentence.without_entities() for sentence in sentences]))


def test_the_set_to_learn_by_heart_has_nested_discontinuous_and_one_character_entities():
    entities = [each for sentence in SENTENCES for each in sentence.entities]
    assert (len(SENTENCES), len(entities)) == (28, 54)
    assert sum(not each.is_contiguous for each in entities) == 7
    assert sum(each.end - each.start == 1 for each in entities) == 11
    nested = [
        one
        for s in SENTENCES
        for one in s.entities
        for other in s.entities
        if one != other and other.start <= one.start < one.end <= other.end
    ]
    assert len(nested) >= 8


@pytest.mark.parametrize("name", MODELS)
def test_it_learns_the_set_by_heart_without_an_error(name):
    model = build(name, **STILL[name])
    for _ in range(12):
        trained(model.train(), SENTENCES, 25)
        found = predicted(model, SENTENCES)
        if all(frozenset(one.entities) == sentence.entities for one, sentence in zip(found, SENTENCES, strict=True)):
            break
    wrong = {
        sentence.text: frozenset(one.entities) ^ sentence.entities
        for one, sentence in zip(found, SENTENCES, strict=True)
        if frozenset(one.entities) != sentence.entities
    }
    assert wrong == {}
    assert model.overflows >= 0
    assert all(0 < score <= 1 for one in found for score in one.scores)
    if name == "crener":
        assert all(score > 0.5 for one in found for score in one.scores)


CRENER_VARIANTS = [
    {"transformer": "none"},
    {"transformer": "bilstm"},
    {"terms": "no_sign"},
    {"terms": "no_distance"},
    {"scaled": True},
    {"character_features": True},
    {"character_features": True, "attention": False, "distance": False, "region": False},
    {"region": False},
    {"distance": False},
    {"attention": False},
    {"cln_bias": "normalised"},
    {"convolution": "none"},
    {"convolution": "chained"},
    {"mlp": False},
    {"mlp": False, "character_features": True},
    {"mlp": False, "biaffine_input": "enhanced"},
    {"mlp": False, "biaffine_input": "enhanced", "share_rounds": False},
    {"mlp": False, "biaffine_input": "enhanced", "enhancement": 1},
    {"biaffine": False},
    {"biaffine": False, "biaffine_input": "enhanced"},
    {"biaffine_input": "enhanced"},
    {"enhancement": 1},
    {"enhancement": 2},
    {"share_rounds": False},
    {"relation": "no_tag_features"},
    {"relation": "two_tags"},
    {"checkpoint_rounds": True},
]
W2NER_VARIANTS = [
    {},
    {"distance": False},
    {"region": False},
    {"convolution": "none"},
    {"convolution": "parallel"},
    {"biaffine": False},
    {"mlp": False},
]
VARIANTS = [("crener", {}), *(("crener", each) for each in CRENER_VARIANTS), *(("w2ner", each) for each in W2NER_VARIANTS)]


@pytest.mark.parametrize(("name", "params"), VARIANTS, ids=lambda value: value if isinstance(value, str) else repr(value))
def test_after_a_step_a_gradient_reaches_all_that_is_built_and_padding_nothing_that_is_real(name, params):
    model = trained(build(name, **STILL[name], **params), SENTENCES[:8], steps=1)
    model.zero_grad()
    batch = Batch.of(SENTENCES[:8])
    model.loss(batch)["relations"].backward()
    assert [key for key, value in model.named_parameters() if value.grad is None or not value.grad.abs().sum() > 0] == []
    with torch.no_grad():
        together = model.eval()(batch)
        for row, sentence in zip(together, batch.sentences, strict=True):
            alone = model(Batch.of([sentence]))[0]
            torch.testing.assert_close(row[: len(sentence), : len(sentence)], alone, rtol=1e-5, atol=1e-5)


def test_the_grid_that_nothing_reads_is_not_built():
    model = build("crener", mlp=False)
    assert model.scorer.rounds is None
    assert model.scorer.maps is None
    [note] = crener.notes(crener.CrenerParams(mlp=False))
    assert "leave the grid without a part in the result" in note
    assert crener.notes(crener.CrenerParams(mlp=False, biaffine_input="enhanced")) == ()
    assert crener.notes(crener.CrenerParams()) == ()
    assert w2ner.notes(w2ner.W2nerParams()) == ()
    [note] = w2ner.notes(w2ner.W2nerParams(mlp=False))
    assert "there is no grid" in note
    assert build("w2ner", mlp=False).scorer.pairs is None


@pytest.mark.parametrize("share", [True, False])
def test_rounds_share_their_weights_or_have_their_own(share):
    rounds = build("crener", share_rounds=share).scorer.rounds
    assert (len(rounds.passes), len(rounds.updates)) == ((1, 1) if share else (3, 2))


def test_recomputed_rounds_give_the_same_loss_and_gradients_with_dropout():
    def outcome(**params):
        model = trained(build("crener", **params), SENTENCES[:8], steps=1)
        model.zero_grad()
        torch.manual_seed(3)
        loss = model.loss(Batch.of(SENTENCES[:8]))["relations"]
        loss.backward()
        return loss, [parameter.grad for parameter in model.parameters()]

    (plain, gradients), (again, recomputed) = outcome(), outcome(checkpoint_rounds=True)
    torch.testing.assert_close(plain, again)
    torch.testing.assert_close(gradients, recomputed)


def test_recomputed_rounds_keep_less_for_the_backward_pass():
    def kept(**params):
        model, sizes = build("crener", **params), {}
        with torch.autograd.graph.saved_tensors_hooks(
            lambda tensor: sizes.setdefault(tensor.data_ptr(), tensor) if tensor.dim() == 4 else tensor, lambda tensor: tensor
        ):
            model.loss(Batch.of(SENTENCES))
        return sum(tensor.numel() for tensor in sizes.values())

    assert kept(checkpoint_rounds=True) < 0.5 * kept()


def test_the_loss_starts_at_the_logarithm_of_the_number_of_labels_and_one():
    model = build("crener", **STILL["crener"])
    loss = model.loss(Batch.of(SENTENCES))["relations"].item()
    n_labels = 2 + 2 * len(TYPES)
    assert loss == pytest.approx(torch.tensor(1.0 + n_labels).log().item(), abs=0.35)


@pytest.mark.parametrize("name", MODELS)
def test_the_loss_of_cells_with_a_label_is_reported_besides(name):
    model = build(name)
    terms = model.loss(Batch.of(SENTENCES))
    [(what, value)] = model.measures().items()
    assert (set(terms), what, value.requires_grad) == ({"relations"}, "positive_cells", False)
    assert value > terms["relations"]


def test_untrained_grids_explode_within_bounds_and_are_counted():
    model = build("crener", seed=1, max_paths=2, edge_rule="or")
    sentence = Sentence("long", tuple("云河大学附属中学" * 3))
    [found] = predicted(model, [sentence])
    assert model.overflows > 0
    assert len(found.entities) <= 2 * len(TYPES) * len(sentence) ** 2


def test_flat_predictions_do_not_overlap_and_are_the_most_probable():
    everything, flat = (predicted(build("crener", seed=1, flat=flat), SENTENCES) for flat in (False, True))
    for one, other in zip(everything, flat, strict=True):
        tokens = Counter(token for each in other.entities for part in each.fragments for token in range(part.start, part.end))
        assert set(tokens.values()) <= {1}
        scores = dict(zip(one.entities, one.scores, strict=True))
        assert all(scores[each] == score for each, score in zip(other.entities, other.scores, strict=True))
        if scores:
            assert max(scores.values()) == max(other.scores)


def test_a_type_with_a_single_mention_is_learned():
    lone = Sentence("lone", tuple("竹山小学"), frozenset({Entity.span(0, 4, "构")}))
    model = trained(build("crener", **STILL["crener"]), [lone], 60)
    [found] = predicted(model, [lone])
    assert found.entities == (Entity.span(0, 4, "构"),)


def test_of_two_types_with_the_same_ends_w2ner_is_taught_one_and_crener_both():
    both = frozenset({Entity.span(0, 2, "地"), Entity.span(0, 2, "构")})
    sentence = Sentence("both", tuple("南浦"), both)
    assert build("crener").at_best(sentence) == both
    assert build("w2ner").at_best(sentence) == {Entity.span(0, 2, "地")}
    assert build("w2ner").loss(Batch.of([sentence]))["relations"].isfinite()


def test_both_labels_and_rules_are_what_two_tags_leave():
    model = build("crener", relation="two_tags")
    assert model.codec.labels == ("NNW", *(f"THW-{type_}" for type_ in TYPES))
    assert model.scorer.rounds.passes[0].tags.out_features == 2 * SMALL["crener"]["tag_dim"]


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("crener", {"dim": 36, "transformer_heads": 8}, "not an even number for each of 8 transformer_heads"),
        ("crener", {"dim": 36, "transformer_heads": 2, "enhancement_heads": 8}, "8 enhancement_heads do not divide dim 36"),
        ("crener", {"character_features": True, "feature_dim": 21}, "4 attention_heads do not divide feature_dim 21"),
        ("crener", {"biaffine": False, "mlp": False}, "without biaffine and without mlp nothing is predicted"),
        ("w2ner", {"biaffine": False, "mlp": False}, "without biaffine and without mlp nothing is predicted"),
        ("crener", {"enhancement": 0}, "greater than 0"),
        ("w2ner", {"dim": 31}, "multiple of 2"),
        ("w2ner", {"max_paths": 0}, "greater than 0"),
    ],
)
def test_hyperparameters_that_cannot_be_are_refused(name, wrong, message):
    with pytest.raises(ValueError, match=message):
        MODELS[name].params(**wrong)


@pytest.mark.parametrize("name", MODELS)
def test_every_hyperparameter_says_what_it_does_and_where_its_default_comes_from(name):
    for info in MODELS[name].params.model_fields.values():
        assert info.description
        assert any(isinstance(item, Source) and item.text for item in info.metadata)
    execution = [
        field
        for field, info in MODELS[name].params.model_fields.items()
        if any(isinstance(item, Execution) for item in info.metadata)
    ]
    assert execution == (["checkpoint_rounds"] if name == "crener" else [])


def test_rows_of_table_6_are_switches():
    papers = {name: switch.paper.rpartition(", ")[2] for name, (_, switch) in crener.MODEL.switches().items()}
    assert set(papers) == {
        "transformer", "region", "distance", "attention", "convolution", "mlp", "biaffine", "enhancement", "relation"
    }  # fmt: skip
    assert papers["enhancement"] == "w/o Enhancement"
    assert papers["attention"] == ""


def test_cells_of_padding_are_never_real():
    mask = torch.tensor([[True, True, False], [True, True, True]])
    assert pairs(mask).sum((1, 2)).tolist() == [4, 9]
