"""Encoder, BiLSTM and CRF: the tagger that every other is compared with, and the one that trains from nothing in minutes."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from cnerkit.registry import ModelSpec, Params, Source, Switch, Task

if TYPE_CHECKING:
    from cnerkit.nn.protocols import Encoder, Model


class BilstmCrfParams(Params):
    """Hyperparameters of ``bilstm_crf``."""

    dim: Annotated[int, Field(gt=0, multiple_of=2), Source("ours: 128 each way")] = 256
    """Width of the BiLSTM's output, both directions together."""
    layers: Annotated[int, Field(gt=0), Source("Lample et al. (2016), Section 5.1")] = 1
    """BiLSTMs on top of one another."""
    dropout: Annotated[float, Field(ge=0, lt=1), Source("Lample et al. (2016), Section 5.1")] = 0.5
    """Share of numbers dropped while training: before the BiLSTM, between its layers, and after it."""
    scheme: Annotated[Literal["bio", "bioes"], Source("eznlp, Chinese settings")] = "bioes"
    """How tags write entities."""
    constraints: Annotated[bool, Source("ours"), Switch(off=False)] = True
    """Predict only what the scheme allows."""


def build(params: BilstmCrfParams, *, task: Task, encoder: "Encoder", prepared: dict[str, Any] | None) -> "Model":  # noqa: ARG001
    """Put the tagger together; nothing is ``prepared``."""
    from cnerkit.codecs.tags import Scheme, TagCodec
    from cnerkit.nn.bilstm import BiLstm
    from cnerkit.nn.ner import Ner
    from cnerkit.nn.tag_heads import CrfHead

    codec = TagCodec(task.types.types, Scheme(params.scheme))
    recurrent = BiLstm(encoder.dim, params.dim, params.layers, params.dropout)
    head = CrfHead.of_codec(recurrent.dim, codec, constrained=params.constraints)
    return Ner(encoder, [recurrent], head, codec)


MODEL = ModelSpec(
    name="bilstm_crf",
    summary="one vector per token, a BiLSTM over the sentence, and the best tag path of a CRF",
    paper="Huang, Xu and Yu (2015); Lample et al. (2016)",
    params=BilstmCrfParams,
    build=build,
    recipe="bilstm_crf_resume",
)
