"""What every model promises. Each promise takes a ``ModelSpec`` and raises ``AssertionError`` when it is broken."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from cnerkit.nn.batch import Batch
from cnerkit.nn.protocols import ReadsSpans
from cnerkit.registry import ModelSpec, Params
from cnerkit.testing.example import example_encoder, example_sentences, example_task
from cnerkit.testing.variants import every_variant
from cnerkit.text import Prediction

STEPS_TO_MEMORISE = 300


def build(spec: ModelSpec, params: Params | None = None, seed: int = 7) -> Any:
    """The model over the example corpus, with seeded weights."""
    torch.manual_seed(seed)
    params = params or usual_params(spec)
    task, sentences = example_task(spec.handles), example_sentences(spec.handles)
    encoder = example_encoder(spec.handles)
    learned_from = {"task": task, "encoder": encoder, "sentences": sentences, "progress": lambda *_: None}
    prepared = spec.prepare(params, **learned_from) if spec.prepare else None
    return spec.build(params, task=task, encoder=encoder, prepared=prepared)


def usual_params(spec: ModelSpec) -> Params:
    """Those of the model's trial, or its defaults."""
    return spec.trial or spec.params()


def example_batch(spec: ModelSpec) -> Batch:
    """All example sentences in one batch; they differ much in length, so that most of it is padding."""
    return Batch.of(example_sentences(spec.handles))


def without_gold(spec: ModelSpec, batch: Batch) -> Batch:
    """What ``predict`` may see of a batch."""
    return batch.with_types_hidden() if spec.reads == "spans" else batch.without_entities()


def total(terms: dict[str, Tensor]) -> Tensor:
    """The sum of the named losses."""
    return torch.stack(list(terms.values())).sum()


def losses_are_named_finite_scalars(spec: ModelSpec) -> None:
    """``loss`` gives at least one term, each a finite scalar."""
    terms = build(spec).loss(example_batch(spec))
    assert terms, f"{spec.name}: loss() gave no term"
    for name, value in terms.items():
        assert value.shape == (), f"{spec.name}: the loss term {name!r} has shape {tuple(value.shape)}, not ()"
        assert torch.isfinite(value), f"{spec.name}: the loss term {name!r} is {value.item()}"


def every_parameter_gets_a_gradient(spec: ModelSpec) -> None:
    """The model adds no parameter to the encoder's that the loss does not reach, at the latest after a step.

    A layer may start at zero, such as a condition that has no influence yet: what lies below it is reached once it has moved.
    """
    model, batch = build(spec), example_batch(spec)
    torch.autograd.backward(total(model.loss(batch)))
    torch.optim.Adam(model.parameters(), lr=1e-3).step()
    torch.autograd.backward(total(model.loss(batch)))
    given = {id(parameter) for parameter in model.pretrained_parameters()}
    added = {name: value for name, value in model.named_parameters() if value.requires_grad and id(value) not in given}
    dead = [name for name, value in added.items() if not _is_reached(value)]
    assert added, f"{spec.name}: the model adds nothing that could be learned"
    assert not dead, f"{spec.name}: no gradient reaches {dead}"


def padding_never_reaches_a_real_token(spec: ModelSpec) -> None:
    """A sentence gets the same entities and probabilities alone as beside longer ones."""
    model = build(spec).eval()
    batch = example_batch(spec)
    with torch.inference_mode():
        together = model.predict(batch)
        alone = [model.predict(Batch.of([sentence]))[0] for sentence in batch.sentences]
    for one, other in zip(together, alone, strict=True):
        _assert_same_prediction(spec, one, other)


def the_order_of_a_batch_does_not_matter(spec: ModelSpec) -> None:
    """Predictions follow their sentences."""
    model = build(spec).eval()
    sentences = example_sentences(spec.handles)
    with torch.inference_mode():
        forth = model.predict(Batch.of(sentences))
        back = model.predict(Batch.of(sentences[::-1]))
    for one, other in zip(forth, reversed(back), strict=True):
        _assert_same_prediction(spec, one, other)


def predict_never_sees_gold(spec: ModelSpec) -> None:
    """Predictions are the same when the annotation is taken away; of a model that reads spans, their types."""
    model = build(spec).eval()
    batch = example_batch(spec)
    with torch.inference_mode():
        assert model.predict(batch) == model.predict(without_gold(spec, batch)), (
            f"{spec.name}: predict() looked at gold entities"
        )


def types_are_told_of_given_spans_alone(spec: ModelSpec) -> None:
    """A model that reads spans says so to the engine, and finds no entity where none was given."""
    model, batch = build(spec).eval(), example_batch(spec)
    assert isinstance(model, ReadsSpans) == (spec.reads == "spans"), (
        f"{spec.name}: reads is {spec.reads!r}, but the model has {'a' if isinstance(model, ReadsSpans) else 'no'} reads_spans"
    )
    if spec.reads == "text":
        return
    with torch.inference_mode():
        predictions = model.predict(without_gold(spec, batch))
    for sentence, prediction in zip(batch.sentences, predictions, strict=True):
        given = {entity.fragments for entity in sentence.entities or ()}
        others = [entity for entity in prediction.entities if entity.fragments not in given]
        assert not others, f"{spec.name}: {others[0]} was not given"


def entities_are_memorised(spec: ModelSpec) -> None:
    """Trained on a handful of sentences, the model predicts exactly their entities: loss and decoding fit together."""
    model = build(spec)
    batch = example_batch(spec)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(STEPS_TO_MEMORISE):
        model.train()
        optimizer.zero_grad()
        torch.autograd.backward(total(model.loss(batch)))
        optimizer.step()
        if step % 20 == 19 and not _wrong(spec, model, batch):
            return
    wrong = _wrong(spec, model, batch)
    raise AssertionError(f"{spec.name}: after {STEPS_TO_MEMORISE} steps these are still wrong: {wrong}")


def the_same_seed_gives_the_same_model(spec: ModelSpec) -> None:
    """Two builds with one seed agree in every weight and in the loss."""
    one, other = build(spec), build(spec)
    for (name, first), (_, second) in zip(one.state_dict().items(), other.state_dict().items(), strict=True):
        assert torch.equal(first, second), f"{spec.name}: {name} differs between two builds with the same seed"


def weights_carry_the_whole_model(spec: ModelSpec) -> None:
    """A model built afresh predicts the same once it has loaded the weights."""
    trained, fresh = build(spec, seed=7).eval(), build(spec, seed=8).eval()
    fresh.load_state_dict(trained.state_dict())
    batch = example_batch(spec)
    with torch.inference_mode():
        assert trained.predict(batch) == fresh.predict(batch), f"{spec.name}: something that matters is not in the state dict"


def every_switch_changes_the_model_and_still_trains(spec: ModelSpec) -> None:
    """Dropping a part gives another model, whose loss is finite and has a gradient."""
    usual = usual_params(spec)
    for name, (field, switch) in spec.switches().items():
        assert getattr(usual, field) != switch.off, f"{spec.name}: the switch {name!r} is off already"
        dropped = spec.params.model_validate({**usual.model_dump(), field: switch.off})
        assert behaviour(spec, dropped) != behaviour(spec, usual), f"{spec.name}: dropping {name!r} changes nothing"
        loss = total(build(spec, dropped).loss(example_batch(spec)))
        torch.autograd.backward(loss)
        assert torch.isfinite(loss), f"{spec.name}: without {name!r} the loss is {loss.item()}"


def no_hyperparameter_is_dead(spec: ModelSpec) -> None:
    """Each hyperparameter, given another value, changes what the model does."""
    usual = usual_params(spec)
    before = behaviour(spec, usual)
    for path, changed in every_variant(usual):
        assert behaviour(spec, changed) != before, f"{spec.name}: nothing changes with {path}"


def behaviour(spec: ModelSpec, params: Params) -> tuple[Any, ...]:
    """What can be seen of a model: its weights' shapes, its training loss with its gradients, and its predictions."""
    model = build(spec, params)
    batch = example_batch(spec)
    shapes = tuple((name, tuple(value.shape)) for name, value in model.state_dict().items())
    torch.manual_seed(11)
    terms = model.train().loss(batch)
    losses = tuple((name, value.item()) for name, value in terms.items())
    torch.autograd.backward([torch.stack(list(terms.values())).sum()])
    reached = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    gradients = tuple(round(float(gradient.abs().sum()), 4) for gradient in reached)
    with torch.inference_mode():
        predictions = tuple(model.eval().predict(batch))
    return shapes, losses, gradients, predictions


def _is_reached(parameter: Tensor) -> bool:
    return parameter.grad is not None and bool(parameter.grad.abs().sum() > 0)


def _wrong(spec: ModelSpec, model: Any, batch: Batch) -> list[str]:
    with torch.inference_mode():
        predictions = model.eval().predict(without_gold(spec, batch))
    return [
        sentence.text
        for sentence, prediction in zip(batch.sentences, predictions, strict=True)
        if frozenset(prediction.entities) != sentence.entities
    ]


def _assert_same_prediction(spec: ModelSpec, one: Prediction, other: Prediction) -> None:
    same = one.sentence_id == other.sentence_id and one.entities == other.entities
    assert same, f"{spec.name}: {one.sentence_id} depends on what stands beside it: {one.entities} or {other.entities}"
    for first, second in zip(one.scores, other.scores, strict=True):
        assert abs(first - second) < 1e-4, (
            f"{spec.name}: probabilities of {one.sentence_id} depend on padding: {first} or {second}"
        )


PROMISES: tuple[Callable[[ModelSpec], None], ...] = (
    losses_are_named_finite_scalars,
    every_parameter_gets_a_gradient,
    padding_never_reaches_a_real_token,
    the_order_of_a_batch_does_not_matter,
    predict_never_sees_gold,
    types_are_told_of_given_spans_alone,
    entities_are_memorised,
    the_same_seed_gives_the_same_model,
    weights_carry_the_whole_model,
    every_switch_changes_the_model_and_still_trains,
    no_hyperparameter_is_dead,
)
