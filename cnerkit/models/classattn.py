"""Classification Attention: constant vectors of entity classes weigh the characters, in one layer above the encoder's own."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from cnerkit.errors import RecipeError
from cnerkit.registry import ModelSpec, Params, Source, Switch, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cnerkit.nn.protocols import Encoder, FeatureLayer, Model
    from cnerkit.text import Sentence

_MOST_OF_OWN = 0.95
"""Share of a class's own first direction whose removal leaves more than noise."""


class ClassAttnParams(Params):
    """Hyperparameters of ``classattn``."""

    layer: Annotated[
        Literal["class-attention", "self-attention", "none"],
        Source("Classification Attention (2019), Figure 1"),
        Switch(off="none", name="class-attention", paper="Tables 2 to 5, BERT + CRF"),
    ] = "class-attention"
    """What stands above the encoder: classes that attend to characters, a standard layer with random weights (the paper's
    13-layer BERT), or nothing."""
    class_vectors: Annotated[Literal["real", "random"], Source("Classification Attention (2019), Section 3.2")] = "real"
    """Vectors of classes from train, or random ones of the same lengths."""
    class_of: Annotated[dict[str, str], Source("Classification Attention (2019), Figure 3, Weibo")] = Field(
        default_factory=dict, examples=[{"LOC": "PER"}]
    )
    """The class of a type; a type that is not named is a class of its own."""
    scope: Annotated[Literal["class", "all"], Source("Classification Attention (2019), Section 3.2")] = "class"
    """Whose first singular direction is removed: that of each class, which as good as only shortens its vector, or that of all
    mentions together, which tells the classes apart."""
    alpha: Annotated[
        float,
        Field(ge=0, le=1),
        Source("ours: Section 4.1 says only larger for Weibo and OntoNotes, smaller for Resume and MSRA"),
        Switch(off=0.0, name="projection-removal", paper="not published"),
    ] = 0.8
    """Share of that direction that is removed."""
    reading: Annotated[
        Literal["chars_scaled", "chars", "classes", "sigmoid", "literal"],
        Source("ours: by the letter of Section 3.3 (literal) every weight is 1 and classes have no effect"),
    ] = "chars_scaled"
    """What makes weights of scores: a softmax over the characters, with mean 1 or with sum 1, or over the classes; a sigmoid;
    or the printed softmax over one number."""
    merge: Annotated[
        Literal["mean", "sum", "max", "concat"],
        Source("ours: the layers that follow are BERT's, which want its width (Section 3.3)"),
    ] = "mean"
    """How what all classes give becomes one; concat alone keeps which class it was."""
    heads: Annotated[int | None, Field(gt=0), Source("Classification Attention (2019), Section 4.1.2: BERT's 12")] = None
    """Of the attention; None: as many as the encoder's own layers have."""
    dropout: Annotated[float, Field(ge=0, lt=1), Source("Devlin et al. (2019), Appendix A.2: 0.1 on all layers")] = 0.1
    """Share dropped while training: of the attention's weights, before each sum of its layer, and before the tags' scores."""
    head: Annotated[
        Literal["crf", "softmax"],
        Source("Classification Attention (2019), Tables 2 to 5: both baselines have one"),
        Switch(off="softmax", name="crf", paper="not published"),
    ] = "crf"
    """The best path of tags, or the best tag of each character."""


def build(params: ClassAttnParams, *, task: Task, encoder: "Encoder", prepared: "dict[str, Any] | None") -> "Model":
    """Put the tagger together over the class statistics that are ``prepared``."""
    from cnerkit.codecs.repair import Repair
    from cnerkit.codecs.tags import Scheme, TagCodec
    from cnerkit.nn.ner import Ner
    from cnerkit.nn.tag_heads import CrfHead, SoftmaxHead

    codec = TagCodec(task.types.types, Scheme.BMES, malformed=Repair.DROP)
    layers = _layers(params, task, encoder, prepared or {})
    if params.head == "softmax":
        return Ner(encoder, layers, SoftmaxHead(encoder.dim, len(codec.tags), params.dropout), codec)
    return Ner(encoder, layers, CrfHead.of_codec(encoder.dim, codec, dropout=params.dropout), codec)


def prepare(
    params: ClassAttnParams,
    *,
    task: Task,
    encoder: "Encoder",
    sentences: "Sequence[Sentence]",
    progress: "Callable[[int, int], None]",
) -> dict[str, Any]:
    """Statistics of the mentions of each class in train, as the encoder sees them before it is trained."""
    if params.layer != "class-attention":
        return {}
    from cnerkit.nn.class_vectors import class_statistics

    class_of = _class_of(params, task)
    return class_statistics(encoder, sentences, _classes(class_of), class_of, progress).to_plain()


def notes(params: ClassAttnParams) -> tuple[str, ...]:
    """What to know about hyperparameters that are legal and unwise."""
    if params.layer != "class-attention":
        return ()
    found = []
    if params.scope == "class" and params.alpha > _MOST_OF_OWN:
        found.append(
            f"model.alpha {params.alpha:g} leaves little but noise of the class vectors, whose own direction it removes: "
            f"set it to {_MOST_OF_OWN:g} at most, or model.scope to all"
        )
    if params.reading == "literal":
        found.append("model.reading literal makes every weight 1: the class vectors have no effect")
    return tuple(found)


def _layers(params: ClassAttnParams, task: Task, encoder: "Encoder", prepared: "Mapping[str, Any]") -> "list[FeatureLayer]":
    from cnerkit.nn.class_vectors import ClassStatistics, random_like
    from cnerkit.nn.classification_attention import ClassificationAttention
    from cnerkit.nn.transformer_layer import TransformerLayer, heads_of

    if params.layer == "none":
        return []
    n_heads = params.heads or heads_of(encoder)
    _refuse_uneven(encoder.dim, n_heads)
    if params.layer == "self-attention":
        return [TransformerLayer(encoder.dim, n_heads, params.dropout)]
    statistics = ClassStatistics.from_plain(prepared)
    vectors = statistics.vectors(params.alpha, params.scope)
    return [
        ClassificationAttention(
            _classes(_class_of(params, task)),
            random_like(vectors) if params.class_vectors == "random" else vectors,
            statistics.present,
            n_heads=n_heads,
            reading=params.reading,
            merge=params.merge,
            dropout=params.dropout,
        )
    ]


def _class_of(params: ClassAttnParams, task: Task) -> dict[str, str]:
    """The class of each type of the task."""
    if unknown := sorted(set(params.class_of) - set(task.types)):
        raise RecipeError(
            f"model.class_of says the class of {unknown[0]}, and train has no such type",
            where="model.class_of",
            fix=f"name some of {', '.join(task.types)}",
        )
    return {type_: params.class_of.get(type_, type_) for type_ in task.types}


def _classes(class_of: "Mapping[str, str]") -> tuple[str, ...]:
    return tuple(sorted(set(class_of.values())))


def _refuse_uneven(dim: int, n_heads: int) -> None:
    if dim % n_heads:
        possible = [str(number) for number in range(1, 33) if dim % number == 0]
        raise RecipeError(
            f"{n_heads} heads cannot share the {dim} numbers of the encoder's vectors equally",
            where="model.heads",
            fix=f"set model.heads to one of {', '.join(possible)}, or to null for the encoder's own number",
        )


MODEL = ModelSpec(
    name="classattn",
    summary="one vector per class of entities from train, a layer in which they weigh the characters, and a CRF",
    paper="Classification Attention for Chinese NER (2019)",
    params=ClassAttnParams,
    build=build,
    prepare=prepare,
    prepare_reads=("layer", "class_of"),
    notes=notes,
    explains=("attention",),
    recipe="classattn_weibo",
)
