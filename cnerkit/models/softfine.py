"""SoftFiNE: soft targets over a hierarchy of types, and a second pass over a copy without the entities' characters."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from cnerkit.registry import ModelSpec, Params, Source, Switch, Task

if TYPE_CHECKING:
    from cnerkit.codecs.tags import TagCodec
    from cnerkit.nn.protocols import Encoder, Model
    from cnerkit.nn.softfine import Augmentation

_MARKS = {"B": "\ufdd0", "I": "\ufdd1", "E": "\ufdd2", "S": "\ufdd3"}
"""Code points that Unicode sets aside for internal use: no text has them."""


class SoftLabelParams(Params):
    """What labels are worth that are not the truth."""

    beta: Annotated[float, Field(gt=1), Source("SoftFiNE (2023), Tables 8 and 9")] = 4.0
    """Base of the decay with each missing level or wrong component."""
    gamma: Annotated[float, Field(gt=1), Source("SoftFiNE (2023), Appendix C")] = 2.0
    """How much more a wrong component costs than a missing level."""
    gate: Annotated[Literal["related", "none"], Source("the authors' release")] = "related"
    """Labels that agree in no place are worth nothing, or what the formula gives them."""


class AugmentationParams(Params):
    """The second pass."""

    weight: Annotated[float, Field(ge=0), Source("SoftFiNE (2023), Appendix C, FiNE")] = 0.1
    """Of the copy's own loss."""
    from_epoch: Annotated[int, Field(ge=1), Source("the authors' release, per dataset")] = 1
    """The first epoch with a second pass."""
    segment_tokens: Annotated[Literal["new", "unused"], Source("SoftFiNE (2023), Section 4.3")] = "new"
    """The marks have vectors of their own, or take those of unused items of the vocabulary."""
    skip_empty: Annotated[bool, Source("ours")] = False
    """Whether sentences without entities get no second pass."""


class FeatureParams(Params):
    """The distance between the features of both passes."""

    weight: Annotated[float, Field(gt=0), Source("SoftFiNE (2023), Appendix C, FiNE")] = 0.1
    """Of the distance."""
    detach_target: Annotated[bool, Source("the authors' release")] = False
    """Whether the plain pass's features are held fixed in it."""


class SoftFineParams(Params):
    """Hyperparameters of ``softfine``."""

    soft: Annotated[SoftLabelParams | None, Switch(off=None, paper="Table 4, SoftFiNE-soft")] = SoftLabelParams()
    """Soft targets; None for one-hot ones."""
    augmentation: Annotated[AugmentationParams | None, Switch(off=None, paper="Table 4, SoftFiNE-aug")] = AugmentationParams()
    """The second pass; without it there is no feature loss either."""
    feature_loss: Annotated[FeatureParams | None, Switch(off=None, paper="not published")] = FeatureParams()
    """The distance between the features of both passes."""
    dropout: Annotated[float, Field(ge=0, lt=1), Source("SoftFiNE (2023), Appendix C, FiNE")] = 0.5
    """Share of the encoder's numbers dropped before the classifier while training."""
    reduction: Annotated[Literal["token_mean", "sum"], Source("the authors' release")] = "token_mean"
    """Of the losses of all tokens of a batch."""


def build(params: SoftFineParams, *, task: Task, encoder: "Encoder", prepared: dict[str, Any] | None) -> "Model":  # noqa: ARG001
    """Put the tagger together; nothing is ``prepared``."""
    import torch

    from cnerkit.codecs.repair import Repair
    from cnerkit.codecs.soft_labels import SoftLabels
    from cnerkit.codecs.tags import Scheme, TagCodec
    from cnerkit.nn.softfine import SoftFine
    from cnerkit.nn.tag_heads import SoftmaxHead
    from cnerkit.text import TypeHierarchy

    codec = TagCodec(task.types.types, Scheme.BIOES, malformed=Repair.DROP)
    worth = torch.eye(len(codec.tags))
    if params.soft is not None:
        hierarchy = TypeHierarchy(task.hierarchy_separator) if task.hierarchy_separator else None
        labels = SoftLabels(task.types.types, hierarchy, **params.soft.model_dump())
        labels.refuse_ambiguous()
        worth = torch.from_numpy(labels.worth).float()
    head = SoftmaxHead(encoder.dim, len(codec.tags), params.dropout)
    return SoftFine(encoder, head, codec, worth, _augmentation(params, codec, encoder), params.reduction)


def _augmentation(params: SoftFineParams, codec: "TagCodec", encoder: "Encoder") -> "Augmentation | None":
    from cnerkit.nn.softfine import Augmentation

    asked, features = params.augmentation, params.feature_loss
    if asked is None:
        return None
    encoder.add_marks(list(_MARKS.values()), unused=asked.segment_tokens == "unused")
    return Augmentation(
        marks=tuple(_MARKS.get(tag[0], "") if tag != "O" else "" for tag in codec.tags),
        weight=asked.weight,
        feature_weight=features.weight if features else 0.0,
        from_epoch=asked.from_epoch,
        detach_target=features is not None and features.detach_target,
        skip_empty=asked.skip_empty,
    )


MODEL = ModelSpec(
    name="softfine",
    summary="a softmax tagger with soft targets over a hierarchy of types, and a second pass over marked copies",
    paper="Yang et al. (2023), SoftFiNE",
    params=SoftFineParams,
    build=build,
    recipe="softfine_fine",
)
