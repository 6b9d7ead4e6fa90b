"""W2NER: a grid of the relations between words, with one label for each pair; what CRENER compares itself with."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from cnerkit.registry import ModelSpec, Params, Source, Switch, Task

if TYPE_CHECKING:
    from cnerkit.nn.co_predictor import CoPredictor
    from cnerkit.nn.dilated import DilatedConvolutions
    from cnerkit.nn.pair_grid import PairGrid
    from cnerkit.nn.protocols import Encoder, Model

_CODE = "W2NER's code"
_RESUME = "W2NER's settings for Resume"
Width = Annotated[int, Field(gt=0)]
Dropout = Annotated[float, Field(ge=0, lt=1)]

DILATIONS = (1, 2, 3)
"""W2NER's settings for every corpus."""


class W2nerParams(Params):
    """Hyperparameters of ``w2ner``."""

    dim: Annotated[Width, Field(multiple_of=2), Source(_RESUME)] = 512
    """Width of the BiLSTM's output, both directions together."""
    dropout: Annotated[Dropout, Source(_RESUME)] = 0.5
    """Share of the encoder's numbers dropped while training."""
    distance: Annotated[bool, Source(_CODE), Switch(off=False)] = True
    """Features of how far two words are apart."""
    region: Annotated[bool, Source(_CODE), Switch(off=False)] = True
    """Features of which comes first."""
    feature_dim: Annotated[Width, Source(_RESUME)] = 20
    """Width of each of these."""
    channels: Annotated[Width, Source(_RESUME)] = 96
    """Width of a cell of the grid before its convolutions."""
    convolution: Annotated[
        Literal["chained", "parallel", "none"], Source(f"{_CODE}; the paper has them parallel"), Switch(off="none")
    ] = "chained"
    """Whether each convolution reads the one before, or all the grid."""
    grid_dropout: Annotated[Dropout, Source(_RESUME)] = 0.5
    """Share of the grid's channels dropped before it is narrowed while training."""
    biaffine: Annotated[bool, Source(_CODE), Switch(off=False)] = True
    """Scores from the two words."""
    biaffine_dim: Annotated[Width, Source(_RESUME)] = 512
    """Width of them within these scores."""
    mlp: Annotated[bool, Source(_CODE), Switch(off=False)] = True
    """Scores from the cell of the grid; without it there is no grid."""
    predictor_dim: Annotated[Width, Source(_RESUME)] = 288
    """Width of a cell within these scores."""
    predictor_dropout: Annotated[Dropout, Source(_RESUME)] = 0.33
    """Share of numbers dropped within either kind of scores while training."""
    max_paths: Annotated[int, Field(gt=0, examples=[1]), Source("ours; the code reads them all")] = 64
    """When more paths join two ends, one entity is read."""
    flat: Annotated[bool, Source("ours; the code has no such step")] = False
    """Whether of entities that overlap the most probable stays alone."""

    @model_validator(mode="after")
    def _predicts(self) -> Self:
        if not (self.biaffine or self.mlp):
            raise ValueError("without biaffine and without mlp nothing is predicted")
        return self


def build(params: W2nerParams, *, task: Task, encoder: "Encoder", prepared: dict[str, Any] | None) -> "Model":  # noqa: ARG001
    """Put the model together; nothing is ``prepared``."""
    from cnerkit.codecs.grid import GridCodec
    from cnerkit.codecs.grid_labels import GridFlavour
    from cnerkit.codecs.overlap import heaviest
    from cnerkit.nn.bilstm import BiLstm
    from cnerkit.nn.grid_ner import GridNer
    from cnerkit.nn.grid_readings import SoftmaxReading
    from cnerkit.nn.w2ner import W2ner

    codec = GridCodec(task.types.types, GridFlavour.W2NER, params.max_paths)
    reading = SoftmaxReading(len(codec.labels))
    pairs, convolutions = (_pairs(params), _convolutions(params)) if params.mlp else (None, None)
    predictor = _predictor(params, reading.n_scores)
    scorer = W2ner(params.dropout, BiLstm(encoder.dim, params.dim), pairs, convolutions, predictor)
    return GridNer(encoder, scorer, reading, codec, heaviest if params.flat else None)


def _pairs(params: W2nerParams) -> "PairGrid":
    from cnerkit.nn.pair_grid import PairGrid

    return PairGrid(
        params.dim,
        params.channels,
        distance_dim=params.feature_dim if params.distance else 0,
        region_dim=params.feature_dim if params.region else 0,
        normalised="row",
        dropout=params.grid_dropout,
    )


def _convolutions(params: W2nerParams) -> "DilatedConvolutions | None":
    from cnerkit.nn.dilated import DilatedConvolutions

    return None if params.convolution == "none" else DilatedConvolutions(params.channels, DILATIONS, params.convolution)


def _predictor(params: W2nerParams, n_scores: int) -> "CoPredictor":
    from cnerkit.nn.co_predictor import BiaffinePredictor, CellPredictor, CoPredictor

    pairs = cells = None
    if params.biaffine:
        pairs = BiaffinePredictor(params.dim, params.biaffine_dim, n_scores, params.predictor_dropout)
    if params.mlp:
        width = params.channels * (1 if params.convolution == "none" else len(DILATIONS))
        cells = CellPredictor(width, params.predictor_dim, n_scores, params.predictor_dropout)
    return CoPredictor(pairs, cells)


def notes(params: W2nerParams) -> tuple[str, ...]:
    """What a user should know of values that are legal and unwise."""
    if not params.mlp:
        return ("without mlp there is no grid: distance, region and convolution do nothing",)
    return ()


MODEL = ModelSpec(
    name="w2ner",
    summary="a BiLSTM, a convolved grid of the relations between words, and one label for each pair",
    paper="Li et al. (2022), W2NER",
    params=W2nerParams,
    build=build,
    handles=frozenset({"flat", "nested", "discontinuous"}),
    notes=notes,
    trial=W2nerParams(
        dim=32,
        dropout=0.0,
        feature_dim=4,
        channels=24,
        grid_dropout=0.0,
        biaffine_dim=24,
        predictor_dim=24,
        predictor_dropout=0.0,
    ),
    recipe="w2ner_weibo",
)
