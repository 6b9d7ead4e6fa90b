"""The three baselines: what they are put together from, and what their hyperparameters do."""

import pytest
import torch

from cnerkit import registry
from cnerkit.codecs.schemes import Scheme
from cnerkit.codecs.tags import TagCodec, entities_from_tags
from cnerkit.errors import CnerkitError
from cnerkit.nn.batch import Batch
from cnerkit.nn.bilstm import BiLstm
from cnerkit.nn.tag_heads import CrfHead, SoftmaxHead
from cnerkit.registry import Task
from cnerkit.text import Entity, LabelSet, Sentence

TYPES = LabelSet(("LOC", "PER"))
SENTENCE = Sentence("s", tuple("赵小兰在北京"), frozenset({Entity.span(0, 3, "PER"), Entity.span(4, 6, "LOC")}))
BASELINES = ("bert_crf", "bert_softmax", "bilstm_crf")


class Letters(torch.nn.Module):
    """An encoder that knows each character by its code point."""

    dim = 8

    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(97, self.dim)

    def forward(self, batch):
        rows = torch.zeros(batch.mask.shape, dtype=torch.long)
        for row, sentence in zip(rows, batch.sentences, strict=True):
            row[: len(sentence)] = torch.tensor([ord(token) % 97 for token in sentence.tokens])
        return self.table(rows)


def build(name, seed=0, **params):
    torch.manual_seed(seed)
    spec = registry.get(name)
    return spec.build(spec.params(**params), task=Task(TYPES), encoder=Letters(), prepared=None)


@pytest.mark.parametrize(("scheme", "per_type"), [("bio", 2), ("bioes", 4)])
@pytest.mark.parametrize("name", BASELINES)
def test_the_head_scores_every_tag_of_the_scheme(name, scheme, per_type):
    model = build(name, scheme=scheme)
    assert model(Batch.of([SENTENCE])).shape == (1, 6, 1 + per_type * len(TYPES))
    assert model.codec == TagCodec(TYPES.types, Scheme(scheme))


def test_bilstm_crf_is_a_bilstm_and_a_crf():
    model = build("bilstm_crf", dim=10, layers=3, dropout=0.25)
    [recurrent] = model.features
    assert isinstance(recurrent, BiLstm)
    assert (recurrent.dim, len(recurrent.rightward), recurrent.dropout.p) == (10, 3, 0.25)
    assert isinstance(model.head, CrfHead)
    assert model.head.emit.in_features == 10
    assert model.head.dropout.p == 0


@pytest.mark.parametrize(("name", "head"), [("bert_crf", CrfHead), ("bert_softmax", SoftmaxHead)])
def test_the_bert_baselines_are_the_encoder_and_a_head(name, head):
    model = build(name, dropout=0.25)
    assert list(model.features) == []
    assert type(model.head) is head
    assert model.head.emit.in_features == Letters.dim
    assert model.head.dropout.p == 0.25


@pytest.mark.parametrize("scheme", ["bio", "bioes"])
@pytest.mark.parametrize("name", ["bert_crf", "bilstm_crf"])
def test_with_constraints_only_legal_tags_are_predicted_and_without_them_others_too(name, scheme):
    batch = Batch.of([SENTENCE.without_entities()])

    def illegal(model):
        with torch.inference_mode():
            [path] = model.eval().head.best(model(batch), batch.mask)
        tags = [model.codec.tags[number] for number in path]
        try:
            entities_from_tags(tags, Scheme(scheme))
        except CnerkitError:
            return True
        return False

    assert not any(illegal(build(name, seed, scheme=scheme)) for seed in range(20))
    assert any(illegal(build(name, seed, scheme=scheme, constraints=False)) for seed in range(20))


@pytest.mark.parametrize("name", BASELINES)
def test_the_loss_is_the_negative_log_probability_of_the_gold_tags(name):
    model = build(name, dropout=0.0).double()
    batch = Batch.of([SENTENCE])
    [loss] = model.loss(batch).values()
    scores, gold = model(batch)[0], torch.tensor(model.codec.encode(SENTENCE))
    if name == "bert_softmax":
        expected = -scores.log_softmax(1)[range(6), gold].mean()
    else:
        crf = model.head.crf
        along = scores[range(6), gold].sum() + crf.transitions[gold[:-1], gold[1:]].sum()
        alpha = crf.start_transitions + scores[0]
        for row in scores[1:]:
            alpha = (alpha.unsqueeze(1) + crf.transitions + row).logsumexp(0)
        expected = (alpha + crf.end_transitions).logsumexp(0) - (
            along + crf.start_transitions[gold[0]] + crf.end_transitions[gold[-1]]
        )
    precision = torch.finfo(loss.dtype).eps * 10  # a softmax is computed in float32 whatever comes in
    torch.testing.assert_close(loss, expected, rtol=precision, atol=precision, check_dtype=False)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("bilstm_crf", {"dim": 7}),
        ("bilstm_crf", {"dim": 0}),
        ("bilstm_crf", {"layers": 0}),
        ("bilstm_crf", {"dropout": 1.0}),
        ("bert_crf", {"dropout": -0.1}),
        ("bert_crf", {"scheme": "bmes"}),
        ("bert_softmax", {"constraints": True}),
    ],
)
def test_hyperparameters_out_of_range_are_refused(name, wrong):
    with pytest.raises(ValueError, match="1 validation error"):
        registry.get(name).params(**wrong)


@pytest.mark.parametrize("name", BASELINES)
def test_every_hyperparameter_says_what_it_does_and_where_its_default_comes_from(name):
    for info in registry.get(name).params.model_fields.values():
        assert info.description
        assert any(isinstance(item, registry.Source) and item.text for item in info.metadata)
