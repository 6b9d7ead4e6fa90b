"""HREB-CRF: a moving average and gated attention within reduced-bias additions, a BiLSTM and a CRF."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from cnerkit.errors import RecipeError
from cnerkit.registry import ModelSpec, Params, Source, Switch, Task

if TYPE_CHECKING:
    from cnerkit.codecs.tags import TagCodec
    from cnerkit.nn.hreb import HrebFeatures
    from cnerkit.nn.protocols import Encoder, FeatureLayer, Head, Model

_NO_ROW = "No row of Table 5 removes it"


class EmaParams(Params):
    """The moving average, Eq. 6."""

    heads: Annotated[int, Field(gt=0), Source("HREB-CRF (2025), Section 4.2")] = 64
    """Decays of each channel; the EMA heads of Table 6."""
    decay: Annotated[Literal["per_head", "per_channel"], Source("the released code; MEGA decays per channel")] = "per_head"
    """Whether a head decays alike in all channels."""
    damping: Annotated[Literal["mega", "scaled"], Source("MEGA (2023), Eq. 12")] = "mega"
    """1 - alpha delta of the past is kept, or (1 - alpha) delta as in the library of the released code."""
    bidirectional: Annotated[bool, Source("MEGA (2023), Section 3.1; the released code is causal")] = True
    """A second average from the right."""
    scale: Annotated[bool, Source("MEGA's code; the library has none")] = True
    """The sum over heads is divided by the root of their number."""


class BilstmParams(Params):
    """The BiLSTM, as wide as the encoder."""

    layers: Annotated[int, Field(gt=0), Source("the released code")] = 2
    """BiLSTMs on top of one another."""
    dropout: Annotated[float, Field(ge=0, lt=1), Source("the released code")] = 0.5
    """Share of numbers dropped between them while training."""


class HrebParams(Params):
    """Hyperparameters of ``hreb``; the defaults follow the paper where it says something that can be computed."""

    block: Annotated[
        Literal["rhema", "naive_attention", "none"],
        Source("HREB-CRF (2025), Section 3.2 and Table 5, row 4"),
        Switch(off="none", name="rhema", paper="Table 5, row 8 without it is row 3; without an encoder, row 6 and row 1"),
    ] = "rhema"
    """What refines the hidden states besides the BiLSTM; only beside rhema is the BiLSTM within an addition."""
    order: Annotated[
        Literal["rhema_bilstm", "bilstm_rhema", "parallel"],
        Source("HREB-CRF (2025), Section 3.2; the released code has the others"),
    ] = "rhema_bilstm"
    """Of block and BiLSTM; in parallel both read the encoder and are added."""
    layers: Annotated[int, Field(gt=0), Source("the released code")] = 1
    """Blocks on top of one another."""
    reduced_bias: Annotated[
        Literal["pooled", "token", "channel", "scalar", "grad_cached", "grad_cached_raw", "static", "off"],
        Source("our reading of Eq. 18 to 20, which cannot be computed as printed; the released code has scalar"),
        Switch(off="static", paper=f"{_NO_ROW} with an encoder; nearest: rows 5 and 6, +2.03 F1"),
    ] = "pooled"
    """What weighs the two terms of each residual addition; static is a plain sum, off has no residual."""
    value_residual: Annotated[bool, Source("our reading of Eq. 16; the released code has none")] = True
    """The values are added, weighed, to what attention makes of them, and normalised."""
    ema: Annotated[
        EmaParams | None, Switch(off=None, paper=f"{_NO_ROW} alone; row 4 has naive attention in the place of the whole block")
    ] = EmaParams()
    """The moving average of the block; without it the hidden states stand for it."""
    attention: Annotated[
        bool,
        Source("HREB-CRF (2025), Eq. 12"),
        Switch(off=False, paper=f"{_NO_ROW} alone; nearest: rows 1 and 6, with the EMA"),
    ] = True
    """The gated attention of the block; without it O = 0."""
    attention_function: Annotated[
        Literal["laplace", "softmax"],
        Source("HREB-CRF (2025), Eq. 15; the released code has softmax"),
        Switch(off="softmax", name="laplace", paper=_NO_ROW),
    ] = "laplace"
    """What makes attention weights of scores."""
    attention_scaling: Annotated[Literal["mega", "library"], Source("MEGA's code; the paper does not say")] = "mega"
    """Scores over the sentence's tokens (Laplace) or the root of shared_dim (softmax), or over the padded length or the root of
    the encoder's width."""
    relative_bias: Annotated[Literal["toeplitz", "buckets"], Source("MEGA (2023); the released code has T5's buckets")] = (
        "toeplitz"
    )
    """What the bias of a score is learned for: each distance up to 511, or 32 buckets of distances."""
    causal: Annotated[bool, Source("ours; the released code leaves a library's default, true")] = False
    """Attention sees earlier tokens alone."""
    shared_dim: Annotated[int, Field(gt=0), Source("the released code")] = 128
    """Width of the shared representation Z."""
    value_dim: Annotated[int, Field(gt=0), Source("the released code")] = 256
    """Width of the values V."""
    z_residual: Annotated[Literal["project", "none"], Source("our reading of Eq. 7, whose widths differ")] = "project"
    """What of the input is added to Z."""
    silu: Annotated[Literal["standard", "literal"], Source("SiLU; Eq. 8 as printed is its derivative")] = "standard"
    """The activation."""
    ffn: Annotated[
        int | None, Field(gt=0), Source("MEGA; HREB-CRF (2025), Figure 3 gives no width"), Switch(off=None, paper=_NO_ROW)
    ] = 2
    """Inner width of the block's feed-forward network, in widths of the encoder."""
    norm: Annotated[Literal["layer", "batch"], Source("the released code; Figure 3 says batch")] = "layer"
    """Behind additions."""
    block_norms: Annotated[bool, Source("HREB-CRF (2025), Figure 3; the released code has none in the block")] = True
    """Whether the additions of the block have one; that of the BiLSTM has."""
    init: Annotated[Literal["mega", "library"], Source("MEGA's code")] = "mega"
    """New weights from N(0, 0.02), or as in the library of the released code, whose W_h, U_h and b_h are from N(0, 1)."""
    dropout: Annotated[float, Field(ge=0, lt=1), Source("the released code")] = 0.5
    """Share of the encoder's numbers dropped while training."""
    block_dropout: Annotated[float, Field(ge=0, lt=1), Source("MEGA's code")] = 0.1
    """Share of numbers dropped inside the block while training."""
    bilstm: Annotated[BilstmParams | None, Switch(off=None, paper=_NO_ROW)] = BilstmParams()
    """The BiLSTM."""
    decoder: Annotated[
        Literal["crf", "softmax"], Source("HREB-CRF (2025), Section 3.5"), Switch(off="softmax", name="crf", paper=_NO_ROW)
    ] = "crf"
    """How tags are chosen: a path for the sentence, or each by itself."""
    crf_reduction: Annotated[Literal["mean", "sum"], Source("ours; the released code sums")] = "mean"
    """Of the CRF's loss over the sentences of a batch."""
    constraints: Annotated[bool, Source("ours; the released code has none")] = True
    """The CRF predicts only what the scheme allows."""
    masked: Annotated[bool, Source("ours; the released code has no masks")] = True
    """Padding is kept from block, BiLSTM and CRF; otherwise it is text without entities to them."""
    cut_at: Annotated[int | None, Field(gt=0), Source("ours; the released code cuts at 62 at one time")] = None
    """Tokens of a sentence that are read, also while predicting; what lies behind them is missed. None reads all."""


def build(params: HrebParams, *, task: Task, encoder: "Encoder", prepared: dict[str, Any] | None) -> "Model":  # noqa: ARG001
    """Put the tagger together; nothing is ``prepared``.

    Raises:
        RecipeError: There is a BiLSTM, and the encoder's width is odd.
    """
    from cnerkit.codecs.tags import Scheme, TagCodec
    from cnerkit.nn.hreb import UnmaskedFeatures, UnmaskedHead
    from cnerkit.nn.ner import Ner
    from cnerkit.nn.truncation import Truncated

    codec = TagCodec(task.types.types, Scheme.BIO)
    features, head = _features(params, encoder.dim), _head(params, encoder.dim, codec)
    if params.masked:
        model: Model = Ner(encoder, [features], head, codec)
    else:
        model = Ner(encoder, [UnmaskedFeatures(features)], UnmaskedHead(head), codec)
    return model if params.cut_at is None else Truncated(model, params.cut_at)


def _features(params: HrebParams, dim: int) -> "HrebFeatures":
    from cnerkit.nn.hreb import HrebFeatures, Recurrent

    recurrent = None
    if params.bilstm is not None:
        if dim % 2:
            what = f"the BiLSTM has half of its numbers from each side, and the encoder's vectors have {dim}"
            fix = "choose an encoder of even width (encoder.dim), or leave the BiLSTM out (--set model.bilstm=null)"
            raise RecipeError(what, where="model.bilstm", fix=fix)
        recurrent = Recurrent(params.bilstm.layers, params.bilstm.dropout)
        if params.block == "rhema":
            recurrent = replace(recurrent, reduced_bias=params.reduced_bias, norm=params.norm)
    return HrebFeatures(dim, _blocks(params, dim), recurrent, params.order, params.dropout)


def _blocks(params: HrebParams, dim: int) -> "list[FeatureLayer]":
    from cnerkit.nn.rhema import Attention, Ema, NaiveAttention, Rhema, RhemaBlock

    if params.block == "none":
        return []
    if params.block == "naive_attention":
        return [NaiveAttention(dim, params.norm, params.block_dropout) for _ in range(params.layers)]
    ema = params.ema
    made_of = Rhema(
        ema=None if ema is None else Ema(ema.heads, ema.decay, ema.damping, ema.bidirectional, ema.scale),
        attention=None
        if not params.attention
        else Attention(
            params.shared_dim,
            params.value_dim,
            function=params.attention_function,
            scaling=params.attention_scaling,
            bias=params.relative_bias,
            causal=params.causal,
            shared_residual=params.z_residual == "project",
            value_residual=params.value_residual,
        ),
        reduced_bias=params.reduced_bias,
        ffn_dim=None if params.ffn is None else params.ffn * dim,
        norm=params.norm if params.block_norms else "none",
        dropout=params.block_dropout,
        literal_silu=params.silu == "literal",
        init=params.init,
    )
    return [RhemaBlock(dim, made_of) for _ in range(params.layers)]


def _head(params: HrebParams, dim: int, codec: "TagCodec") -> "Head":
    from cnerkit.nn.tag_heads import CrfHead, SoftmaxHead

    if params.decoder == "softmax":
        return SoftmaxHead(dim, len(codec.tags))
    return CrfHead.of_codec(dim, codec, constrained=params.constraints, reduction=params.crf_reduction)


MODEL = ModelSpec(
    name="hreb",
    summary="a damped moving average and gated attention, weighed residuals, a BiLSTM, and the best tag path of a CRF",
    paper="Sun et al. (2025), HREB-CRF",
    params=HrebParams,
    build=build,
    recipe="hreb_msra",
)
