"""CRENER: characters in context, a grid of their relations refined in rounds, and several labels for each pair."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from cnerkit.registry import Execution, ModelSpec, Params, Source, Switch, Task

if TYPE_CHECKING:
    from cnerkit.codecs.grid import GridCodec
    from cnerkit.nn.co_predictor import CoPredictor
    from cnerkit.nn.crener import Context, GridPass, Rounds
    from cnerkit.nn.protocols import Encoder, Model

_TABLE = "CRENER (2024), Table 6"
_OURS = "ours; the paper prints no value"
_W2NER = "W2NER's settings for Resume"
DILATIONS = (1, 2, 3)
"""CRENER (2024), Section 4.3."""
_N_GROUPS = {"four_tags": 4, "two_tags": 2}
Width = Annotated[int, Field(gt=0)]
Dropout = Annotated[float, Field(ge=0, lt=1)]


class CrenerParams(Params):
    """Hyperparameters of ``crener``; the paper prints the dilations 1, 2 and 3, and no other number."""

    dim: Annotated[Width, Field(multiple_of=2), Source(_W2NER)] = 512
    """Width of the characters' vectors."""
    dropout: Annotated[Dropout, Source("W2NER and TOE")] = 0.5
    """Share of the encoder's numbers dropped while training."""
    transformer: Annotated[
        Literal["relative", "bilstm", "none"],
        Source("CRENER (2024), Section 4.1"),
        Switch(off="none", paper=f"{_TABLE}, w/o Transformer"),
    ] = "relative"
    """What gives context besides the encoder."""
    transformer_layers: Annotated[int, Field(gt=0), Source("TENER, Weibo")] = 1
    """Layers of it."""
    transformer_heads: Annotated[int, Field(gt=0), Source(_OURS)] = 8
    """Heads of the relative transformer."""
    transformer_dropout: Annotated[Dropout, Source("TENER's script for Chinese")] = 0.15
    """Share of numbers that it drops while training."""
    terms: Annotated[Literal["full", "no_sign", "no_distance"], Source("CRENER (2024), Eq. 1 and 2")] = "full"
    """What its attention knows of positions: how far to which side, how far, or nothing."""
    scaled: Annotated[bool, Source("CRENER (2024), Eq. 3")] = False
    """Whether its attention is divided by the root of a head's width."""
    character_features: Annotated[bool, Source(_OURS)] = False
    """Features of distance, region and attention for single characters besides, as the text before Eq. 4 can be read."""
    distance: Annotated[bool, Source("CRENER (2024), Eq. 7"), Switch(off=False, paper=f"{_TABLE}, w/o Distance matrix")] = True
    """Features of how far two characters are apart."""
    region: Annotated[bool, Source("CRENER (2024), Eq. 7"), Switch(off=False, paper=f"{_TABLE}, w/o Region matrix")] = True
    """Features of which comes first."""
    attention: Annotated[bool, Source("CRENER (2024), Eq. 7"), Switch(off=False)] = True
    """Features of the attention between them."""
    feature_dim: Annotated[Width, Source("W2NER and TOE; of the attention's, ours")] = 20
    """Width of each of these."""
    attention_heads: Annotated[int, Field(gt=0), Source(_OURS)] = 4
    """Heads of this attention."""
    attention_dim: Annotated[Width, Source(_OURS)] = 64
    """Width of one of its heads."""
    cln_bias: Annotated[Literal["condition", "normalised"], Source("W2NER and TOE; Eq. 5 prints the other")] = "condition"
    """What the bias of the conditional layer norm is linear in."""
    channels: Annotated[Width, Source(_W2NER)] = 96
    """Width of a cell of the grid before its convolutions."""
    convolution: Annotated[
        Literal["parallel", "chained", "none"],
        Source("CRENER (2024), Eq. 8"),
        Switch(off="none", paper=f"{_TABLE}, w/o Dilated convolution"),
    ] = "parallel"
    """Whether the convolutions all read the grid, or each the one before."""
    grid_dropout: Annotated[Dropout, Source("W2NER and TOE")] = 0.5
    """Share of the grid's channels dropped before it is narrowed while training."""
    relation: Annotated[
        Literal["four_tags", "two_tags", "no_tag_features"],
        Source("CRENER (2024), Section 3"),
        Switch(off="no_tag_features", paper=f"{_TABLE}, w/o relation (NNW, PNW, THW, HTW)"),
    ] = "four_tags"
    """Which relations have features: four, W2NER's two, which are then the labels too, or none."""
    tag_dim: Annotated[Width, Source(_OURS)] = 72
    """Width of the features of a relation."""
    enhancement: Annotated[int, Field(gt=0), Source("TOE"), Switch(off=1, paper=f"{_TABLE}, w/o Enhancement")] = 3
    """How often the grid is made; the characters are enhanced between."""
    share_rounds: Annotated[bool, Source("TOE")] = True
    """Whether all rounds have the same weights."""
    enhancement_heads: Annotated[int, Field(gt=0), Source(_OURS)] = 8
    """Heads of the enhancement's attention."""
    enhancement_dropout: Annotated[Dropout, Source(_OURS)] = 0.1
    """Share of its weights dropped while training."""
    biaffine: Annotated[bool, Source("CRENER (2024), Eq. 16"), Switch(off=False, paper=f"{_TABLE}, w/o Biaffine")] = True
    """Scores from the two characters."""
    biaffine_input: Annotated[Literal["encoder", "enhanced"], Source("CRENER (2024), Eq. 16; W2NER and TOE")] = "encoder"
    """Which vectors of them: before the rounds, or after."""
    biaffine_dim: Annotated[Width, Source(_W2NER)] = 512
    """Width of them within these scores."""
    mlp: Annotated[bool, Source("CRENER (2024), Eq. 17"), Switch(off=False, paper=f"{_TABLE}, w/o MLP")] = True
    """Scores from the cell of the grid."""
    predictor_dim: Annotated[Width, Source(_W2NER)] = 288
    """Width of a cell within these scores."""
    predictor_dropout: Annotated[Dropout, Source("W2NER and TOE")] = 0.33
    """Share of numbers dropped within either kind of scores while training."""
    threshold: Annotated[float, Source("CRENER (2024), Eq. 19; TOE")] = 0.0
    """A label is on where its score is greater; the loss is about 0 in any case."""
    edge_rule: Annotated[Literal["and", "nnc", "or"], Source("CRENER (2024), Section 4.6")] = "and"
    """What joins two characters: both labels, the first, or either."""
    pair_rule: Annotated[Literal["or", "and", "thc"], Source("CRENER (2024), Algorithm 1")] = "or"
    """What makes two characters the ends of an entity: either label, both, or the first."""
    max_paths: Annotated[int, Field(gt=0, examples=[1]), Source(_OURS)] = 64
    """When more paths join two ends, one entity is read."""
    flat: Annotated[bool, Source("ours; the paper has no such step")] = False
    """Whether of entities that overlap the most probable stays alone."""
    checkpoint_rounds: Annotated[bool, Source(_OURS), Execution()] = False
    """Compute each round twice and keep less in memory."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.dim % self.transformer_heads or self.dim // self.transformer_heads % 2:
            raise ValueError(f"dim {self.dim} is not an even number for each of {self.transformer_heads} transformer_heads")
        if self.dim % self.enhancement_heads:
            raise ValueError(f"{self.enhancement_heads} enhancement_heads do not divide dim {self.dim}")
        if self.character_features and self.attention and self.feature_dim % self.attention_heads:
            raise ValueError(f"{self.attention_heads} attention_heads do not divide feature_dim {self.feature_dim}")
        if not (self.biaffine or self.mlp):
            raise ValueError("without biaffine and without mlp nothing is predicted")
        return self

    @property
    def n_rounds(self) -> int:
        """How often the grid is made; without features of tags there is nothing to enhance with."""
        return 1 if self.relation == "no_tag_features" else self.enhancement

    @property
    def reads_enhanced(self) -> bool:
        """Whether the biaffine scores read what the rounds make of the characters."""
        return self.biaffine and self.biaffine_input == "enhanced"


def build(params: CrenerParams, *, task: Task, encoder: "Encoder", prepared: dict[str, Any] | None) -> "Model":  # noqa: ARG001
    """Put the model together; nothing is ``prepared``. What no score reads is left out, so that all of it learns."""
    from cnerkit.codecs.overlap import heaviest
    from cnerkit.nn.crener import Crener
    from cnerkit.nn.grid_ner import GridNer
    from cnerkit.nn.grid_readings import ThresholdReading
    from cnerkit.nn.pair_grid import AttentionMaps

    codec = _codec(params, task.types.types)
    rounds = _rounds(params) if params.mlp or params.reads_enhanced else None
    n_passes = 0 if rounds is None else len(rounds.passes)
    attended = params.attention and bool(n_passes or params.character_features)
    maps = AttentionMaps(encoder.dim, params.attention_heads, params.attention_dim) if attended else None
    predictor = _predictor(params, len(codec.labels))
    scorer = Crener(maps, _context(params, encoder.dim), rounds, predictor, enhanced=params.reads_enhanced)
    reading = ThresholdReading(len(codec.labels), params.threshold)
    return GridNer(encoder, scorer, reading, codec, heaviest if params.flat else None)


def _codec(params: CrenerParams, types: Sequence[str]) -> "GridCodec":
    from cnerkit.codecs.grid import EdgeRule, GridCodec, PairRule
    from cnerkit.codecs.grid_labels import GridFlavour

    flavour = GridFlavour.W2NER if params.relation == "two_tags" else GridFlavour.CRENER
    return GridCodec(types, flavour, params.max_paths, EdgeRule(params.edge_rule), PairRule(params.pair_rule))


def _context(params: CrenerParams, in_dim: int) -> "Context":
    from cnerkit.nn.bilstm import BiLstm
    from cnerkit.nn.character_features import CharacterFeatures
    from cnerkit.nn.crener import Context
    from cnerkit.nn.relative_transformer import RelativeTransformer

    layer: Any = None
    if params.transformer == "relative":
        layer = RelativeTransformer(
            params.dim,
            params.transformer_heads,
            params.transformer_layers,
            dropout=params.transformer_dropout,
            terms=params.terms,
            scaled=params.scaled,
        )
    elif params.transformer == "bilstm":
        layer = BiLstm(params.dim, params.dim, params.transformer_layers)
    features = None
    if params.character_features:
        heads = params.attention_heads if params.attention else 0
        features = CharacterFeatures(
            in_dim, params.feature_dim, distance=params.distance, region=params.region, attention_heads=heads
        )
    return Context(in_dim, params.dim, params.dropout, layer, features)


def _rounds(params: CrenerParams) -> "Rounds":
    from cnerkit.nn.crener import BothRoles, Rounds
    from cnerkit.nn.enhancement import Enhancement

    n_updates = params.n_rounds - 1
    n_grids = n_updates + params.mlp  # of the last round only the MLP reads it
    shared = params.share_rounds
    passes = [_grid_pass(params) for _ in range(min(n_grids, 1) if shared else n_grids)]
    updates = [
        Enhancement(_tag_width(params), params.dim, params.enhancement_heads, params.enhancement_dropout)
        for _ in range(min(n_updates, 1) if shared else n_updates)
    ]
    return Rounds(
        BothRoles(params.dim), passes, updates, params.n_rounds, last_grid=params.mlp, recompute=params.checkpoint_rounds
    )


def _grid_pass(params: CrenerParams) -> "GridPass":
    from cnerkit.nn.crener import GridPass
    from cnerkit.nn.dilated import DilatedConvolutions
    from cnerkit.nn.enhancement import TagFeatures
    from cnerkit.nn.pair_grid import PairGrid

    pairs = PairGrid(
        params.dim,
        params.channels,
        distance_dim=params.feature_dim if params.distance else 0,
        region_dim=params.feature_dim if params.region else 0,
        attention_heads=params.attention_heads if params.attention else 0,
        attention_dim=params.feature_dim,
        cln_bias=params.cln_bias,
        dropout=params.grid_dropout,
    )
    convolutions = None
    if params.convolution != "none":
        convolutions = DilatedConvolutions(params.channels, DILATIONS, params.convolution)
    tags = None
    if params.relation != "no_tag_features":
        tags = TagFeatures(_convolved_width(params), params.tag_dim, _N_GROUPS[params.relation])
    return GridPass(pairs, convolutions, tags)


def _predictor(params: CrenerParams, n_labels: int) -> "CoPredictor":
    from cnerkit.nn.co_predictor import BiaffinePredictor, CellPredictor, CoPredictor

    pairs = cells = None
    if params.biaffine:
        pairs = BiaffinePredictor(params.dim, params.biaffine_dim, n_labels, params.predictor_dropout)
    if params.mlp:
        width = _convolved_width(params) if params.relation == "no_tag_features" else _tag_width(params)
        cells = CellPredictor(width, params.predictor_dim, n_labels, params.predictor_dropout)
    return CoPredictor(pairs, cells)


def _convolved_width(params: CrenerParams) -> int:
    return params.channels * (1 if params.convolution == "none" else len(DILATIONS))


def _tag_width(params: CrenerParams) -> int:
    return _N_GROUPS[params.relation] * params.tag_dim


def notes(params: CrenerParams) -> tuple[str, ...]:
    """What a user should know of values that are legal and unwise."""
    if not params.mlp and params.biaffine_input == "encoder":
        dead = (
            "without mlp, biaffine scores that read the encoder's vectors leave the grid without a part in the result: "
            "it is not built, and distance, region, attention, convolution and enhancement do nothing; "
            "model.biaffine_input=enhanced reads what the grid makes of the characters"
        )
        return (dead,)
    return ()


MODEL = ModelSpec(
    name="crener",
    summary="a grid of the relations between characters, refined in rounds, with several labels for each pair",
    paper="Qiao and Peng (2024), CRENER",
    params=CrenerParams,
    build=build,
    handles=frozenset({"flat", "nested", "discontinuous"}),
    notes=notes,
    trial=CrenerParams(
        dim=32,
        dropout=0.0,
        transformer_heads=2,
        transformer_dropout=0.0,
        feature_dim=4,
        attention_heads=2,
        attention_dim=4,
        channels=24,
        grid_dropout=0.0,
        tag_dim=8,
        enhancement_heads=2,
        enhancement_dropout=0.0,
        biaffine_dim=24,
        predictor_dim=24,
        predictor_dropout=0.0,
    ),
    recipe="crener_weibo",
)
