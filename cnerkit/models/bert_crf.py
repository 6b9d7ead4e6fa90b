"""A pretrained encoder and a CRF over tags: the reference that a new model for Chinese has to beat."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from cnerkit.registry import ModelSpec, Params, Source, Switch, Task

if TYPE_CHECKING:
    from cnerkit.nn.protocols import Encoder, Model


class BertCrfParams(Params):
    """Hyperparameters of ``bert_crf``."""

    dropout: Annotated[float, Field(ge=0, lt=1), Source("eznlp, Chinese settings")] = 0.2
    """Share of the encoder's numbers dropped while training."""
    scheme: Annotated[Literal["bio", "bioes"], Source("eznlp, Chinese settings")] = "bioes"
    """How tags write entities."""
    constraints: Annotated[bool, Source("ours"), Switch(off=False)] = True
    """Predict only what the scheme allows."""
    extra_layers: Annotated[int, Field(ge=0), Source("Devlin et al. (2019): none")] = 0
    """Standard layers with random weights above the encoder's own; the 13-layer BERT of Classification Attention has one."""


def build(params: BertCrfParams, *, task: Task, encoder: "Encoder", prepared: dict[str, Any] | None) -> "Model":  # noqa: ARG001
    """Put the tagger together; nothing is ``prepared``."""
    from cnerkit.codecs.tags import Scheme, TagCodec
    from cnerkit.nn.ner import Ner
    from cnerkit.nn.tag_heads import CrfHead
    from cnerkit.nn.transformer_layer import TransformerLayer, heads_of

    codec = TagCodec(task.types.types, Scheme(params.scheme))
    head = CrfHead.of_codec(encoder.dim, codec, dropout=params.dropout, constrained=params.constraints)
    extra = [TransformerLayer(encoder.dim, heads_of(encoder), params.dropout) for _ in range(params.extra_layers)]
    return Ner(encoder, extra, head, codec)


MODEL = ModelSpec(
    name="bert_crf",
    summary="a pretrained encoder, one linear layer, and the best tag path of a CRF",
    paper="Devlin et al. (2019) with the CRF of Lample et al. (2016)",
    params=BertCrfParams,
    build=build,
    recipe="bert_crf_resume",
)
