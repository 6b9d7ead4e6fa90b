"""RankNet over the labels of each token, ranked by what they are worth for the truth; SoftFiNE compares with it."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from cnerkit.registry import ModelSpec, Params, Source, Task

if TYPE_CHECKING:
    from cnerkit.nn.protocols import Encoder, Model


class RankNetParams(Params):
    """Hyperparameters of ``ranknet``."""

    dropout: Annotated[float, Field(ge=0, lt=1), Source("SoftFiNE (2023), Appendix C, FiNE")] = 0.5
    """Share of the encoder's numbers dropped before the classifier while training."""
    gate: Annotated[Literal["related", "none"], Source("the authors' release of SoftFiNE")] = "related"
    """Labels that agree in no place with the truth rank last together, or by the formula."""


def build(params: RankNetParams, *, task: Task, encoder: "Encoder", prepared: dict[str, Any] | None) -> "Model":  # noqa: ARG001
    """Put the tagger together; nothing is ``prepared``."""
    import torch

    from cnerkit.codecs.repair import Repair
    from cnerkit.codecs.soft_labels import SoftLabels
    from cnerkit.codecs.tags import Scheme, TagCodec
    from cnerkit.nn.ner import Ner
    from cnerkit.nn.ranking import RankNetHead
    from cnerkit.text import TypeHierarchy

    codec = TagCodec(task.types.types, Scheme.BIOES, malformed=Repair.DROP)
    hierarchy = TypeHierarchy(task.hierarchy_separator) if task.hierarchy_separator else None
    labels = SoftLabels(task.types.types, hierarchy, gate=params.gate)
    labels.refuse_ambiguous()
    head = RankNetHead(encoder.dim, torch.from_numpy(labels.ranks).float(), params.dropout)
    return Ner(encoder, [], head, codec)


MODEL = ModelSpec(
    name="ranknet",
    summary="a pretrained encoder and one linear layer that learns to rank the labels of each token, by pairs",
    paper="Burges et al. (2005), RankNet, as SoftFiNE (2023) compares with it",
    params=RankNetParams,
    build=build,
    recipe="ranknet_fine",
)
