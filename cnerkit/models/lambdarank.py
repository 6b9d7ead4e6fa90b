"""LambdaRank over the labels of each token, ranked by what they are worth for the truth; SoftFiNE compares with it."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from cnerkit.registry import ModelSpec, Params, Source, Task

if TYPE_CHECKING:
    from cnerkit.nn.protocols import Encoder, Model


class LambdaRankParams(Params):
    """Hyperparameters of ``lambdarank``."""

    dropout: Annotated[float, Field(ge=0, lt=1), Source("SoftFiNE (2023), Appendix C, FiNE")] = 0.5
    """Share of the encoder's numbers dropped before the classifier while training."""
    gate: Annotated[Literal["related", "none"], Source("the authors' release of SoftFiNE")] = "related"
    """Labels that agree in no place with the truth rank last together, or by the formula."""


def build(params: LambdaRankParams, *, task: Task, encoder: "Encoder", prepared: dict[str, Any] | None) -> "Model":  # noqa: ARG001
    """Put the tagger together; nothing is ``prepared``."""
    import torch

    from cnerkit.codecs.repair import Repair
    from cnerkit.codecs.soft_labels import SoftLabels
    from cnerkit.codecs.tags import Scheme, TagCodec
    from cnerkit.nn.ner import Ner
    from cnerkit.nn.ranking import LambdaRankHead
    from cnerkit.text import TypeHierarchy

    codec = TagCodec(task.types.types, Scheme.BIOES, malformed=Repair.DROP)
    hierarchy = TypeHierarchy(task.hierarchy_separator) if task.hierarchy_separator else None
    labels = SoftLabels(task.types.types, hierarchy, gate=params.gate)
    labels.refuse_ambiguous()
    head = LambdaRankHead(encoder.dim, torch.from_numpy(labels.ranks).float(), params.dropout)
    return Ner(encoder, [], head, codec)


MODEL = ModelSpec(
    name="lambdarank",
    summary="a pretrained encoder and one linear layer that learns to rank the labels of each token, by pairs weighted by NDCG",
    paper="Burges et al. (2006), LambdaRank, as SoftFiNE (2023) compares with it",
    params=LambdaRankParams,
    build=build,
    recipe="lambdarank_fine",
)
