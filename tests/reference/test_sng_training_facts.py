"""SNG against the facts of its specification: how it is trained, and what it can know of a span."""

import json
import math
from pathlib import Path

import pytest
import torch

from cnerkit.engine.devices import accelerator
from cnerkit.engine.progress import Score, Silent
from cnerkit.engine.stepping import Stepper
from cnerkit.engine.training import Training
from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders.static import random_vectors
from cnerkit.nn.span_model import SpanClassifier, attention_weights
from cnerkit.nn.span_ner import SpanNer
from cnerkit.nn.span_typer import SpanTyper
from cnerkit.nn.spans import Spans
from cnerkit.recipe.schema import TrainingSettings
from cnerkit.scoring.exact import Counts
from cnerkit.scoring.typing_score import TypingReport, score_typing
from cnerkit.text import Entity, Sentence

# The paper's: Adam at 0.001, and nothing else.
PAPER = {"lr": 1e-3, "weight_decay": 0.0, "warmup": 0.0, "schedule": "constant", "clip": None}


class Linear(torch.nn.Module):
    """The facts' model: scores of types are a matrix times what stands for a span; a sentence is one span."""

    def __init__(self, inputs):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(inputs["W0"], dtype=torch.float64))
        self.rows, self.labels = torch.tensor(inputs["X"], dtype=torch.float64), torch.tensor(inputs["y"])

    def pretrained_parameters(self):
        return []

    def n_examples(self, sentences):
        return len(sentences)

    def loss(self, batch):
        of = [int(sentence.id) for sentence in batch.sentences]
        return {"types": torch.nn.functional.cross_entropy(self.rows[of] @ self.weight.T, self.labels[of])}


class Forgetful:
    """Keeps nothing of a run."""

    def keep_best(self, *_):
        pass

    keep_last = log = keep_best


def spans_of(inputs):
    return [Sentence(str(number), ("字",)) for number in range(len(inputs["y"]))]


def check(model, losses, expected, case):
    torch.testing.assert_close(model.weight.data, torch.tensor(expected["W"], dtype=torch.float64), rtol=0, atol=2e-8)
    assert losses == pytest.approx(expected["loss_per_epoch"], rel=case["tolerance"]["rtol"])


@pytest.mark.paper_cases("sng", "adam_schedule")
@pytest.mark.parametrize("batch", [1, 3, 4])
def test_a_step_for_each_epoch_adds_up_the_gradients_of_all_spans(case, batch):
    inputs, expected = case["inputs"], case["expected"]["full_batch"]
    settings = TrainingSettings(epochs=inputs["epochs"], accumulate="epoch", batch_sentences=batch, **PAPER)
    model, spans = Linear(inputs), spans_of(inputs)
    with accelerator(0, "fp32") as machine:
        training = Training(model, spans, settings, accelerator=machine, keeper=Forgetful(), observer=Silent())
        standing = training.run(lambda: Score(0.0, 0.0, 0.0))
    assert standing.step == training.n_steps == expected["optimizer_steps"]
    check(model, [len(spans) * record.loss for record in standing.history], expected, case)


@pytest.mark.paper_cases("sng", "adam_schedule")
def test_a_step_for_each_span(case):
    inputs, expected, losses, step = case["inputs"], case["expected"]["per_span"], [], 0
    model = Linear(inputs)
    with accelerator(0, "fp32") as machine:
        stepper = Stepper(model, TrainingSettings(**PAPER), machine)
        for _ in range(inputs["epochs"]):
            stepper.loss_sum.zero_()
            for span in spans_of(inputs):
                stepper.take([[span]], step=step, n_steps=expected["optimizer_steps"])
                step += 1
            losses.append(float(stepper.loss_sum))
    check(model, losses, expected, case)


@pytest.mark.parametrize("accumulate", [1, "epoch"])
def test_the_first_step_moves_every_weight_that_has_a_gradient_by_the_rate(accumulate):
    model, before = typer(), {}
    with accelerator(0, "fp32") as machine:
        stepper = Stepper(model, TrainingSettings(accumulate=accumulate, **PAPER), machine)
        before = [weight.clone() for weight in stepper.trained]
        stepper.take([[SENTENCES[0]], [SENTENCES[1]]] if accumulate == "epoch" else [SENTENCES], step=0, n_steps=9)
    for weight, old in zip(stepper.trained, before, strict=True):
        large = weight.grad.abs() > 1e-5
        assert large.any()
        torch.testing.assert_close((weight - old)[large], -1e-3 * weight.grad.sign()[large], rtol=2e-3, atol=1e-8)


@pytest.mark.paper_cases("sng", "f1_from_pr")
def test_the_f1_of_every_printed_row_follows_from_its_precision_and_recall(case):
    for (precision, recall), expected in zip(case["inputs"]["rows"], case["expected"]["f1"], strict=True):
        p, r = round(100 * precision), round(100 * recall)
        counts = Counts(true_positive=p * r, false_positive=(10_000 - p) * r, false_negative=(10_000 - r) * p)
        assert (100 * counts.precision, 100 * counts.recall) == pytest.approx((precision, recall))
        assert round(100 * counts.f1, 2) == expected


@pytest.mark.paper_cases("sng", "surface_ceiling")
def test_of_equal_strings_with_different_types_the_model_gets_the_most_frequent_right(case):
    sentences = [
        Sentence(str(number), tuple(text), frozenset({Entity.span(0, len(text), type_)}))
        for number, (text, type_) in enumerate(case["inputs"]["spans"])
    ]
    model = typer(sentences)
    assert len(read_of(model, sentences)) == case["expected"]["n_surfaces"]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(30):
        optimizer.zero_grad()
        model.loss(Batch.of(sentences))["types"].backward()
        optimizer.step()
    typed = [one.entities for one in model.predict(Batch.of(sentences))]
    assert score_typing([one.entities for one in sentences], typed).accuracy == case["expected"]["ceiling"]


SENTENCES = [
    Sentence("a", tuple("云河大学在云河"), frozenset({Entity.span(0, 4, "LOC"), Entity.span(5, 7, "PER")})),
    Sentence("b", tuple("头和手臂疼"), frozenset({Entity.span(2, 4, "PER")})),
]


def vectors_of(sentences):
    torch.manual_seed(2)
    return random_vectors(sentences, dim=6, min_count=1, dropout=0.0)


def typer(sentences=SENTENCES):
    encoder = vectors_of(sentences)
    return SpanTyper(encoder, SpanClassifier(6, 5, 2), ("LOC", "PER"), fragments=False, context_free=True)


def read_of(model, sentences):
    """What the classifier reads: one row for each string, however often it occurs."""
    batch, tokens = Batch.of(sentences), [sentence.tokens for sentence in sentences]
    starts, ends = [0] * len(sentences), [len(sentence) for sentence in sentences]
    return model.classifier.contexts(model.encoder(batch), Spans.between(range(len(sentences)), starts, ends, alike=tokens))


def test_a_span_of_one_token_is_its_only_state():
    states = torch.randn(3, 1, 8)
    assert (attention_weights(states, torch.randn(3, 8)) == 1).all()
    model, vectors, span = SpanClassifier(6, 4, 2), torch.randn(1, 5, 6), Spans.between([0], [3], [4])
    by_attention = model.contexts(vectors, span)
    model.attention = "none"
    torch.testing.assert_close(by_attention, model.contexts(vectors, span))


@pytest.mark.parametrize("n_types", [2, 3, 12])
def test_with_equal_scores_the_loss_is_the_logarithm_of_the_number_of_types(n_types):
    types = tuple(f"T{number}" for number in range(n_types))
    sentence = Sentence("a", tuple("云河大学"), frozenset({Entity.span(0, 2, "T0"), Entity.span(2, 4, "T1")}))
    classifier = SpanClassifier(6, 5, n_types)
    torch.nn.init.zeros_(classifier.project.weight)
    torch.nn.init.zeros_(classifier.project.bias)
    model = SpanTyper(vectors_of([sentence]), classifier, types, fragments=False, context_free=True)
    assert model.loss(Batch.of([sentence]))["types"].item() == pytest.approx(math.log(n_types), rel=1e-6)


@pytest.mark.parametrize("max_length", [1, 2, 4])
def test_coverage_bounds_recall(max_length):
    """A model that finds all it can, and more, has no more recall than what is within its reach."""
    model = SpanNer(
        vectors_of(SENTENCES),
        SpanClassifier(6, 5, 2),
        ("LOC", "PER"),
        max_length=max_length,
        select=lambda weights: weights,
        negatives=None,
        context_free=True,
    )
    gold = [sentence.entities for sentence in SENTENCES]
    coverage = sum(len(model.reachable(sentence)) for sentence in SENTENCES) / sum(map(len, gold))
    found = [
        {Entity.span(one.start, one.end, type_) for one in prediction.entities for type_ in ("LOC", "PER")}
        for prediction in model.predict(Batch.of(SENTENCES))
    ]
    recall = sum(len(known & each) for known, each in zip(gold, found, strict=True)) / sum(map(len, gold))
    assert recall == coverage == {1: 0, 2: 2 / 3, 4: 1}[max_length]


def test_papers_f1_is_a_function_of_accuracy_alone_and_never_below_it():
    for right in range(1, 20):
        report = TypingReport(contiguous=19, right=right, discontinuous=0, discontinuous_right=0)
        accuracy = report.accuracy
        assert report.paper_recall == 1
        assert report.paper_f1 == pytest.approx(2 * accuracy / (1 + accuracy))
        assert report.paper_f1 >= accuracy


def test_every_kind_of_fact_has_a_test():
    here = Path(__file__).parent
    kinds = {case["kind"] for case in json.loads((here / "cases/sng_cases.json").read_text(encoding="utf-8"))["cases"]}
    tests = "".join(path.read_text(encoding="utf-8") for path in here.glob("test_*.py"))
    assert not {kind for kind in kinds if f'paper_cases("sng", "{kind}")' not in tests}
