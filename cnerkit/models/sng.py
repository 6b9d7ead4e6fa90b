"""SNG: spans read by themselves by a BiLSTM with attention, end to end and, as in the paper, where spans are given."""

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from cnerkit.errors import DataError
from cnerkit.registry import ModelSpec, Params, Source, Switch, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnerkit.nn.protocols import Encoder, Model
    from cnerkit.nn.span_model import SpanClassifier
    from cnerkit.text import Sentence

_CODE = "the authors' code"
_OURS = "ours; the paper is given the spans of entities and looks at no others"
_GLOVE = "GloVe's demonstration"
_PAPER = "SNG: A Span-level Strategy for Nested Named Entity Recognition"
Width = Annotated[int, Field(gt=0)]


class GloveParams(Params):
    """Vectors that GloVe learns from train."""

    dim: Annotated[Width, Source(_CODE)] = 300
    """Width of the vectors."""
    window: Annotated[int, Field(gt=0), Source(_GLOVE)] = 15
    """Tokens to either side that are near; closer ones count more."""
    min_count: Annotated[int, Field(gt=0), Source("ours; GloVe's demonstration has 5")] = 1
    """How often a token must occur in train to have a vector."""
    epochs: Annotated[int, Field(gt=0), Source(_GLOVE)] = 15
    """Times that each pair of tokens is learned from."""
    lr: Annotated[float, Field(gt=0), Source(_GLOVE)] = 0.05
    """Learning rate."""
    x_max: Annotated[float, Field(gt=0), Source(_GLOVE)] = 10.0
    """How often a pair has to occur to count fully."""


class SpanParams(Params):
    """What both ways to use SNG have in common."""

    glove: Annotated[GloveParams | None, Source(f"{_PAPER}, Section 2"), Switch(off=None)] = GloveParams()
    """Vectors learned from train stand in for the recipe's encoder; without them the encoder gives the vectors."""
    frozen: Annotated[bool, Source(_CODE)] = True
    """Whether the vectors stay as they are."""
    hidden_dim: Annotated[Width, Source(_CODE)] = 200
    """Width of the LSTM in one direction."""
    encoder: Annotated[Literal["bilstm", "lstm", "bag"], Source(_CODE), Switch(off="bag", name="lstm")] = "bilstm"
    """What reads a span: both directions, one, or nothing but the mean of its vectors."""
    attention: Annotated[Literal["dot", "mean", "none"], Source(_CODE), Switch(off="mean")] = "dot"
    """What the states of a span become one by: attention of the last ones to all, their mean, or the last ones alone."""
    context: Annotated[Literal["span", "sentence"], Source(_CODE), Switch(off="sentence")] = "span"
    """What the LSTM reads: the span alone, so that equal spans are alike, or the sentence, of which its states are cut out."""


class NegativeParams(Params):
    """Spans that are no entity and are learned as such, drawn anew in each step."""

    near: Annotated[int, Field(ge=0), Source(_OURS)] = 10
    """For each entity, of those that share a token with one."""
    far: Annotated[int, Field(gt=0), Source(_OURS)] = 15
    """For each entity, of all; a sentence without entities has as many."""


class SngParams(SpanParams):
    """Hyperparameters of ``sng``."""

    negatives: Annotated[NegativeParams | None, Source(_OURS), Switch(off=None)] = NegativeParams()
    """What is learned to be no entity; without it every span is an entity of some type, and the most probable stay."""
    reach: Annotated[float, Field(gt=0, le=1), Source(_OURS)] = 0.999
    """The share of train's entities that the longest spans it looks at shall reach."""


class SngTypingParams(SpanParams):
    """Hyperparameters of ``sng_typing``."""

    fragments: Annotated[bool, Source("ours; the code does not show it")] = False
    """Whether it trains on each fragment of a discontinuous entity too."""


def prepare(
    params: SpanParams,
    *,
    task: Task,  # noqa: ARG001
    encoder: "Encoder",  # noqa: ARG001
    sentences: "Sequence[Sentence]",
    progress: "Callable[[int, int], None]",
) -> dict[str, Any]:
    """The vectors of the tokens of train; no task and no encoder has a part in them."""
    import torch

    from cnerkit.nn.glove import GloveSettings, train_glove

    if params.glove is None:
        return {}
    settings = GloveSettings(**params.glove.model_dump())
    try:
        vectors = train_glove((sentence.tokens for sentence in sentences), settings, seed=_SEED, progress=progress)
    except ValueError as error:
        fix = "lower model.glove.min_count, or set model.glove to null for the vectors of the encoder"
        raise DataError(f"GloVe has nothing to learn from train: {error}", fix=fix) from error
    return {"tokens": list(vectors.tokens), "vectors": torch.from_numpy(vectors.values)}


def prepare_end_to_end(
    params: SngParams,
    *,
    task: Task,
    encoder: "Encoder",
    sentences: "Sequence[Sentence]",
    progress: "Callable[[int, int], None]",
) -> dict[str, Any]:
    """The vectors, and the length of the longest spans to look at."""
    learned = prepare(params, task=task, encoder=encoder, sentences=sentences, progress=progress)
    whole = (entity for sentence in sentences for entity in sentence.entities or () if entity.is_contiguous)
    lengths = sorted(entity.end - entity.start for entity in whole)
    n_reached = math.ceil(params.reach * len(lengths))
    return {**learned, "max_length": lengths[n_reached - 1] if lengths else 1}


def build(params: SngParams, *, task: Task, encoder: "Encoder", prepared: dict[str, Any]) -> "Model":
    """Put the model together that finds entities among all spans."""
    from cnerkit.codecs.overlap import heaviest, heaviest_nested
    from cnerkit.nn.span_candidates import Negatives
    from cnerkit.nn.span_ner import SpanNer

    reader = _reader(params, encoder, prepared)
    negatives = None if params.negatives is None else Negatives(params.negatives.near, params.negatives.far)
    return SpanNer(
        reader,
        _classifier(params, reader.dim, len(task.types) + (negatives is not None)),
        task.types.types,
        max_length=prepared["max_length"],
        select=heaviest_nested if "nested" in task.kinds else heaviest,
        negatives=negatives,
        context_free=params.glove is not None and not _reads_sentences(params),
    )


def build_typing(params: SngTypingParams, *, task: Task, encoder: "Encoder", prepared: dict[str, Any]) -> "Model":
    """Put the model together that tells the types of given spans."""
    from cnerkit.nn.span_typer import SpanTyper

    reader = _reader(params, encoder, prepared)
    return SpanTyper(
        reader,
        _classifier(params, reader.dim, len(task.types)),
        task.types.types,
        fragments=params.fragments,
        context_free=params.glove is not None and not _reads_sentences(params),
    )


def _vectors(params: SpanParams, encoder: "Encoder", prepared: dict[str, Any]) -> "Encoder":
    from cnerkit.nn.encoders.frozen import FrozenEncoder
    from cnerkit.nn.encoders.static import vectors_from_file
    from cnerkit.nn.encoders.vectors import Vectors

    if params.glove is not None:
        learned = Vectors(tuple(prepared["tokens"]), prepared["vectors"].numpy())
        encoder = vectors_from_file(learned, (), min_count=1, dropout=0.0)
    return FrozenEncoder(encoder) if params.frozen else encoder


def _reads_sentences(params: SpanParams) -> bool:
    return params.context == "sentence" and params.encoder != "bag"  # a mean of vectors knows no order, and no neighbours


def _reader(params: SpanParams, encoder: "Encoder", prepared: dict[str, Any]) -> "Encoder":
    """What the classifier reads of a sentence: vectors, or the states of an LSTM over them."""
    from cnerkit.nn.encoders.sentence_lstm import SentenceLstm

    vectors = _vectors(params, encoder, prepared)
    if not _reads_sentences(params):
        return vectors
    return SentenceLstm(vectors, params.hidden_dim, from_both_ends=params.encoder == "bilstm")


def _classifier(params: SpanParams, in_dim: int, n_types: int) -> "SpanClassifier":
    from cnerkit.nn.span_model import SpanClassifier

    return SpanClassifier(
        in_dim, params.hidden_dim, n_types, encoder=params.encoder, attention=params.attention, context=params.context
    )


_SEED = 0
"""Of the vectors, which runs that differ in their seed share."""
_TRIAL: dict[str, Any] = {"glove": GloveParams(dim=32), "frozen": False, "hidden_dim": 32}
"""The example is too short for GloVe to learn anything from it."""

MODEL = ModelSpec(
    name="sng",
    summary="every span up to some length, read by itself by a BiLSTM with attention: a type, or no entity",
    paper=f"{_PAPER}, with a class for what is no entity, which it has not",
    params=SngParams,
    build=build,
    handles=frozenset({"flat", "nested"}),
    misses=frozenset({"discontinuous"}),
    prepare=prepare_end_to_end,
    prepare_reads=("glove", "reach"),
    trial=SngParams(**_TRIAL),
    recipe="sng_msra",
)

TYPING = ModelSpec(
    name="sng_typing",
    summary="the type of each given span, read by itself by a BiLSTM with attention; it finds no entities",
    paper=_PAPER,
    params=SngTypingParams,
    build=build_typing,
    handles=frozenset({"flat", "nested", "discontinuous"}),
    reads="spans",
    prepare=prepare,
    prepare_reads=("glove",),
    trial=SngTypingParams(**_TRIAL, fragments=True),
    recipe="sng_typing_msra",
)
