"""HMCN-F: each token as a path through the levels of a hierarchy, level by level and all at once; SoftFiNE compares with it."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from cnerkit.registry import ModelSpec, Params, Source, Switch, Task

if TYPE_CHECKING:
    from cnerkit.nn.protocols import Encoder, Model

Share = Annotated[float, Field(gt=0, lt=1)]


class HmcnParams(Params):
    """Hyperparameters of ``hmcn_f``."""

    dim: Annotated[int, Field(gt=0), Source("reimplementations of Wehrmann et al. (2018)")] = 384
    """Width of the global and of the local flow."""
    dropout: Annotated[float, Field(ge=0, lt=1), Source("reimplementations of Wehrmann et al. (2018)")] = 0.5
    """Share of the global flow's numbers dropped while training, at each level."""
    local_share: Annotated[
        Share | None, Source("reimplementations of Wehrmann et al. (2018)"), Switch(off=None, paper="not in SoftFiNE (2023)")
    ] = 0.5
    """Of the local flow's probability in the mixture of both; None leaves that flow and its loss out."""
    violation: Annotated[
        float,
        Field(ge=0),
        Source("reimplementations of Wehrmann et al. (2018)"),
        Switch(off=0.0, paper="not in SoftFiNE (2023)"),
    ] = 0.1
    """Weight of what a node is likelier than the one above it; 0 leaves that term out. Flat types have no such nodes."""
    decoding: Annotated[Literal["joint", "greedy"], Source("ours: the papers leave it open")] = "joint"
    """The best label by the product of its nodes' probabilities, or the likeliest node level by level."""


def build(params: HmcnParams, *, task: Task, encoder: "Encoder", prepared: dict[str, Any] | None) -> "Model":  # noqa: ARG001
    """Put the tagger together; nothing is ``prepared``."""
    from cnerkit.codecs.label_nodes import LabelNodes
    from cnerkit.codecs.repair import Repair
    from cnerkit.codecs.soft_labels import SoftLabels
    from cnerkit.codecs.tags import Scheme, TagCodec
    from cnerkit.nn.hmcn import HmcnHead
    from cnerkit.nn.ner import Ner
    from cnerkit.text import TypeHierarchy

    codec = TagCodec(task.types.types, Scheme.BIOES, malformed=Repair.DROP)
    hierarchy = TypeHierarchy(task.hierarchy_separator) if task.hierarchy_separator else None
    nodes = LabelNodes(SoftLabels(task.types.types, hierarchy).labels)
    return Ner(encoder, [], HmcnHead(encoder.dim, nodes, **params.model_dump()), codec)


MODEL = ModelSpec(
    name="hmcn_f",
    summary="a pretrained encoder and a multi-label classifier over the nodes of a hierarchy of types, by two flows through it",
    paper="Wehrmann et al. (2018), HMCN-F, as SoftFiNE (2023) compares with it",
    params=HmcnParams,
    build=build,
    recipe="hmcn_f_fine",
)
