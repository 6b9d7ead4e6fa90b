"""A pretrained encoder and a tag for each token on its own: the plainest tagger there is."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from cnerkit.registry import ModelSpec, Params, Source, Task

if TYPE_CHECKING:
    from cnerkit.nn.protocols import Encoder, Model


class BertSoftmaxParams(Params):
    """Hyperparameters of ``bert_softmax``."""

    dropout: Annotated[float, Field(ge=0, lt=1), Source("Devlin et al. (2019), Appendix A.3")] = 0.1
    """Share of the encoder's numbers dropped while training."""
    scheme: Annotated[Literal["bio", "bioes"], Source("SoftFiNE (2023), Section 3")] = "bioes"
    """How tags write entities."""
    malformed: Annotated[Literal["conlleval", "drop"], Source("conlleval; SoftFiNE (2023) counts as drop does")] = "conlleval"
    """How malformed tags are read: a run of them as an entity, or as none."""


def build(params: BertSoftmaxParams, *, task: Task, encoder: "Encoder", prepared: dict[str, Any] | None) -> "Model":  # noqa: ARG001
    """Put the tagger together; nothing is ``prepared``."""
    from cnerkit.codecs.repair import Repair
    from cnerkit.codecs.tags import Scheme, TagCodec
    from cnerkit.nn.ner import Ner
    from cnerkit.nn.tag_heads import SoftmaxHead

    codec = TagCodec(task.types.types, Scheme(params.scheme), malformed=Repair(params.malformed))
    return Ner(encoder, [], SoftmaxHead(encoder.dim, len(codec.tags), params.dropout), codec)


MODEL = ModelSpec(
    name="bert_softmax",
    summary="a pretrained encoder and one linear layer, the likeliest tag of each token",
    paper="Devlin et al. (2019), Section 5.3",
    params=BertSoftmaxParams,
    build=build,
    recipe="bert_softmax_resume",
)
