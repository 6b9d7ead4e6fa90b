"""What a recipe holds: the sections, their fields, types and defaults. Unknown fields are refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from cnerkit.recipe.tree import Place
from cnerkit.recipe.writing import yaml_text
from cnerkit.registry import Params

Positive = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Percent = Annotated[float, Field(ge=0.0, le=100.0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


CorpusFormat = Literal[
    "conll", "weibo", "layers", "jsonl", "cluener", "doccano", "label-studio", "prodigy", "w2ner", "mentions", "cmeee", "sng",
    "harem-json", "grid", "hf", "text-slash", "boson", "text", "genia", "harem", "brat",
]  # fmt: skip


class Settings(BaseModel):
    """A section of a recipe: frozen, no unknown fields, no infinities."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


class DevFrom(Settings):
    """Where dev comes from when a corpus publishes none."""

    split: Literal["train", "test"]
    fraction: Annotated[float, Field(gt=0.0, le=1.0)] = 0.1
    """Share of the split's sentences; those taken from train leave it. Test is taken whole, stays test, the score says so."""
    seed: Seed = 0
    """Which sentences; independent of the training seed, so that every seed is chosen on the same dev."""


class DataSettings(Settings):
    """The corpus: a name of the catalogue, or files."""

    name: str | None = None
    """A dataset of the catalogue; `cnerkit data list` shows them."""
    train: Path | None = None
    """A file of one's own, instead of a name. Relative paths start from the folder of the recipe that writes them."""
    dev: Path | None = None
    test: Path | None = None
    format: CorpusFormat | None = None
    """None: recognised from the file, or the catalogue's."""
    scheme: Literal["io", "bio", "iob1", "bios", "bioes", "bmes", "bilou", "bmeow"] | None = None
    """None: recognised from the tags, or the catalogue's."""
    repair: Literal["strict", "conlleval", "drop"] | None = None
    """None: strict for files, the documented choice for a dataset of the catalogue."""
    encoding: str | None = None
    """Of the files; None: UTF-8, or what an XML declaration says."""
    tokens: Literal["characters", "spaces", "words"] | None = None
    """What running text is divided into; None: characters."""
    sentences: Literal["whole", "lines", "ends"] | None = None
    """What documents are divided into: each its lines, or also at the marks that end a sentence; None: not at all."""
    hierarchy_separator: Annotated[str, Field(min_length=1)] | None = None
    """What parts the levels of types that are paths, such as / in work/video; None: the catalogue's, or types are flat."""
    dev_from: DevFrom | None = None
    types: dict[str, str] = {}
    """Old type to new; several old may share a new one, and an empty new one drops the type. An old type that ends
    in `*` stands for all that begin so."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        files = [name for name in ("train", "dev", "test") if getattr(self, name) is not None]
        if self.name is None and self.train is None:
            raise ValueError("data has neither the name of a dataset nor a train file")
        if self.name is not None and files:
            raise ValueError(f"data has both the name {self.name!r} and files of its own ({', '.join(files)})")
        if self.dev is not None and self.dev_from is not None:
            raise ValueError("data has both a dev file and dev_from")
        return self


class BertEncoder(Settings):
    """A pretrained BERT-family encoder."""

    kind: Literal["bert"] = "bert"
    path: str = "bert-base-chinese"
    """A name on the hub, or a local folder; one that begins with a dot starts from the recipe's folder."""
    revision: str | None = None
    pooling: Literal["first", "mean", "max"] = "first"
    """How the pieces of a word become one vector; characters are always one piece."""
    layers: Positive = 1
    """How many of the last layers' hidden states are averaged."""
    overlap: Annotated[int, Field(ge=0)] = 64
    """Tokens of context that a window shares with each neighbour when a sentence is longer than the encoder."""


class StaticEncoder(Settings):
    """One learned vector per token of train, random at first or from a text file of vectors."""

    kind: Literal["static"] = "static"
    dim: Positive = 100
    path: Path | None = None
    """A word2vec text file, with or without its header line; ``dim`` must agree with it."""
    min_count: Positive = 1
    dropout: Share = 0.02
    """Share of tokens replaced by the unknown token while training, so that its vector is learned."""


EncoderSettings = Annotated[BertEncoder | StaticEncoder, Field(discriminator="kind")]


class TrainingSettings(Settings):
    """How any model is trained."""

    seed: Seed = 1
    epochs: Positive = 20
    batch_tokens: Positive = 1024
    """Padded tokens in a batch, at most."""
    batch_sentences: Positive | None = None
    """Sentences in a batch, at most."""
    batch_cells: Positive | None = None
    """Padded pairs of tokens in a batch, at most. None: 64 for each of batch_tokens when the model computes something for every
    pair, as grids do, and any number otherwise."""
    max_tokens: Positive | None = None
    """Longer sentences of train are divided at sentence ends and pauses, never inside an entity. None: where the model must."""
    accumulate: Positive | Literal["epoch"] = 1
    """Batches whose gradients one step adds up, or all of an epoch."""
    lr: Annotated[float, Field(gt=0)] = 1e-3
    """Learning rate of what starts random."""
    encoder_lr: Annotated[float, Field(ge=0)] = 2e-5
    """Learning rate of what starts pretrained; 0 freezes it."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup: Share = 0.1
    """Share of the steps in which the rates rise from 0."""
    schedule: Literal["linear", "constant"] = "linear"
    clip: Annotated[float, Field(gt=0)] | None = 1.0
    """Largest norm of the gradient."""
    patience: Positive | None = None
    """Epochs without a better dev F1 before training ends."""
    precision: Literal["fp32", "bf16"] = "fp32"
    save_minutes: Annotated[float, Field(gt=0)] = 10.0
    """``last.pt`` is written after every epoch, and this often within one."""


class Published(Settings):
    """A score that a paper prints for this setting, in percent."""

    row: str
    """The system as the table calls it."""
    source: str
    """Paper and table."""
    f1: Percent
    precision: Percent | None = None
    recall: Percent | None = None
    note: str = ""
    """What to know before comparing."""
    changes: dict[str, Any] | None = None
    """What to set in the recipe to train this system, by dotted key; {} is the recipe as it stands, null another system."""


def _file_name(name: str) -> str:
    if name.startswith(".") or "/" in name or "\\" in name or not (name or " ").isprintable():
        raise ValueError(
            f"the name {name!r} begins with a dot or holds a slash or an invisible character: it names a folder of runs"
        )
    return name


class Header(Settings):
    """What a recipe says about itself."""

    name: Annotated[str, AfterValidator(_file_name)] = ""
    """What runs are called; the file's name without its suffix when it is not given."""
    title: str = ""
    paper: str = ""
    """Which published row the recipe answers."""
    published: tuple[Published, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A registered model and its hyperparameters."""

    name: str
    params: Params


@dataclass(frozen=True, slots=True)
class Recipe:
    """A run, described in full: which corpus, encoder, model and training, and which published score it answers.

    ``origins`` says where each value was written, by dotted key; a value that is not there is a default.
    """

    name: str
    title: str
    paper: str
    published: tuple[Published, ...]
    data: DataSettings
    encoder: BertEncoder | StaticEncoder
    model: ModelChoice
    training: TrainingSettings
    origins: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    def resolved(self) -> dict[str, Any]:
        """Every value as plain data, defaults included: what ``recipe_from_resolved`` makes the same recipe from."""
        return {
            "name": self.name,
            "title": self.title,
            "paper": self.paper,
            "published": [row.model_dump(mode="json") for row in self.published],
            "data": self.data.model_dump(mode="json"),
            "encoder": self.encoder.model_dump(mode="json"),
            "model": {"name": self.model.name, **self.model.params.model_dump(mode="json")},
            "training": self.training.model_dump(mode="json"),
        }

    def to_yaml(self) -> str:
        """``resolved`` as a recipe file."""
        return yaml_text(self.resolved())
