"""The contract catches what it is there for: each promise is broken on purpose by a model that keeps all others."""

from dataclasses import replace
from typing import Annotated

import pytest
import torch
from pydantic import Field
from torch import nn

from cnerkit import registry
from cnerkit.nn.batch import Batch
from cnerkit.registry import ModelSpec, Params, Switch
from cnerkit.testing import PROMISES, contract, example_sentences
from cnerkit.testing.variants import every_variant
from cnerkit.text import Entity, Prediction

SOUND = registry.get("bert_softmax")


class Wrapped(nn.Module):
    """A sound model that subclasses spoil."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def pretrained_parameters(self):
        return self.model.pretrained_parameters()

    def loss(self, batch):
        return self.model.loss(batch)

    def predict(self, batch):
        return self.model.predict(batch)


def spoilt(wrapper, **changes):
    def build(params, **parts):
        return wrapper(SOUND.build(params, **parts))

    return replace(SOUND, build=build, **changes)


class Silent(Wrapped):
    def loss(self, batch):
        return dict.fromkeys(batch.sentences[:0])


class Endless(Wrapped):
    def loss(self, batch):
        return {"endless": self.model.loss(batch)["cross_entropy"] * float("inf")}


class Idle(Wrapped):
    def __init__(self, model):
        super().__init__(model)
        self.unused = nn.Parameter(torch.ones(1))


class Leaky(Wrapped):
    def predict(self, batch):
        found = self.model.predict(batch)
        return [replace(one, scores=tuple(score / batch.mask.shape[1] for score in one.scores)) for one in found]


class Shuffled(Wrapped):
    def predict(self, batch):
        return self.model.predict(Batch.of(sorted(batch.sentences, key=lambda sentence: sentence.id)))


class Peeking(Wrapped):
    def predict(self, batch):
        return [
            Prediction(one.id, tuple(sorted(one.entities)), (1.0,) * len(one.entities)) if one.entities else found
            for one, found in zip(batch.sentences, self.model.predict(batch), strict=True)
        ]


class Given(Wrapped):
    """Says that it reads spans, and finds others."""

    reads_spans = True

    def predict(self, batch):
        return [Prediction(one.id, (Entity.span(0, 1, "PER"),), (1.0,)) for one in batch.sentences]


class Forgetful(Wrapped):
    def predict(self, batch):
        return [Prediction(one.id, (Entity.span(0, 1, "PER"),), (1.0,)) for one in batch.sentences]


class Unseeded(Wrapped):
    def __init__(self, model):
        super().__init__(model)
        self.noise = nn.Parameter(torch.randn(1, generator=torch.Generator().manual_seed(torch.seed() % 2**31)))


class Stateful(Wrapped):
    def __init__(self, model):
        super().__init__(model)
        self.scale = 1 + torch.rand(()).item()

    def predict(self, batch):
        return [replace(one, scores=tuple(score / self.scale for score in one.scores)) for one in self.model.predict(batch)]


class DeadParams(Params):
    width: int = 3


class EmptySwitchParams(Params):
    part: Annotated[bool, Switch(off=False)] = True


def ignoring(params):
    """A model whose hyperparameters do nothing."""
    return ModelSpec(
        name="ignoring",
        summary="",
        paper="",
        params=params,
        build=lambda _, **parts: SOUND.build(SOUND.params(), **parts),
    )


@pytest.mark.parametrize(
    ("promise", "spec", "complaint"),
    [
        ("losses_are_named_finite_scalars", spoilt(Silent), r"loss\(\) gave no term"),
        ("losses_are_named_finite_scalars", spoilt(Endless), "'endless' is inf"),
        ("every_parameter_gets_a_gradient", spoilt(Idle), r"no gradient reaches \['unused'\]"),
        ("padding_never_reaches_a_real_token", spoilt(Leaky), "depend on padding"),
        ("the_order_of_a_batch_does_not_matter", spoilt(Shuffled), "depends on what stands beside it"),
        ("predict_never_sees_gold", spoilt(Peeking), "looked at gold entities"),
        ("types_are_told_of_given_spans_alone", spoilt(Given), "reads is 'text', but the model has a reads_spans"),
        ("types_are_told_of_given_spans_alone", spoilt(Wrapped, reads="spans"), "but the model has no reads_spans"),
        ("types_are_told_of_given_spans_alone", spoilt(Given, reads="spans"), "was not given"),
        ("entities_are_memorised", spoilt(Forgetful), "these are still wrong"),
        ("the_same_seed_gives_the_same_model", spoilt(Unseeded), "noise differs between two builds"),
        ("weights_carry_the_whole_model", spoilt(Stateful), "not in the state dict"),
        ("every_switch_changes_the_model_and_still_trains", ignoring(EmptySwitchParams), "dropping 'part' changes nothing"),
        ("no_hyperparameter_is_dead", ignoring(DeadParams), "nothing changes with width"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_a_broken_promise_is_found_and_named(promise, spec, complaint):
    with pytest.raises(AssertionError, match=complaint):
        getattr(contract, promise)(spec)


def test_every_promise_is_broken_by_some_model_above():
    marks = test_a_broken_promise_is_found_and_named.pytestmark
    broken = {case[0] for mark in marks for case in mark.args[1]}
    assert broken == {promise.__name__ for promise in PROMISES}


class Inner(Params):
    rate: float = 0.5


class Outer(Params):
    depth: int = 2
    scheme: str | None = None
    inner: Inner = Inner()


def test_variants_change_one_value_each_inside_nested_hyperparameters_too():
    params = registry.get("bilstm_crf").params()
    paths = {path for path, _ in every_variant(params)}
    assert paths == set(type(params).model_fields)
    with pytest.raises(AssertionError, match=r"Outer\.scheme: found no legal value other than None"):
        list(every_variant(Outer()))
    assert {path for path, _ in every_variant(Inner())} == {"rate"}


@pytest.mark.parametrize("kind", ["nested", "discontinuous"])
def test_the_example_has_entities_of_the_kinds_that_a_model_handles(kind):
    flat = example_sentences(frozenset({"flat"}))
    more = example_sentences(frozenset({"flat", kind}))
    assert more[: len(flat)] == flat
    (added,) = more[len(flat) :]
    contiguous = [entity for entity in added.entities if entity.is_contiguous]
    assert (len(contiguous) < len(added.entities)) == (kind == "discontinuous")
    if kind == "nested":
        assert any(a.start >= b.start and a.end <= b.end for a in contiguous for b in contiguous if a != b)


def test_a_field_of_a_type_that_tells_no_other_value_is_varied_by_its_examples():
    class Mapped(Params):
        groups: dict[str, str] = Field(default_factory=dict, examples=[{"LOC": "PER"}])

    assert [changed.groups for _, changed in every_variant(Mapped())] == [{"LOC": "PER"}]


def test_how_a_model_computes_is_not_varied_and_a_trial_stands_for_the_defaults():
    class Computing(Params):
        width: int = 512
        recompute: Annotated[bool, registry.Execution()] = False

    assert [name for name, _ in every_variant(Computing())] == ["width"]
    small = replace(SOUND, trial=SOUND.params(dropout=0.25))
    assert (contract.usual_params(small).dropout, contract.usual_params(SOUND)) == (0.25, SOUND.params())
    assert contract.build(small).head.dropout.p == 0.25
