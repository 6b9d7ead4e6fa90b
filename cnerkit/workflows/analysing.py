"""The analysis of predictions, with the buckets that can be made of what is known about a system."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cnerkit.errors import CnerkitError
from cnerkit.scoring.buckets import Bucketing, TrainEntities, bucketings
from cnerkit.text import Sentence, TypeHierarchy
from cnerkit.workflows.gold import Gold, as_trained, read_annotated

if TYPE_CHECKING:
    from cnerkit.nn.protocols import Model
    from cnerkit.recipe.schema import Recipe
    from cnerkit.workflows.model import RestoredModel

LEFT_OUT = "nothing is said of what train has"


@dataclass(frozen=True, slots=True)
class Background:
    """What is known about a system besides its predictions.

    Attributes:
        ways: The bucketings that follow from it.
        notes: What could not be known, and why.
    """

    ways: tuple[Bucketing, ...]
    notes: tuple[str, ...] = ()


def background_of_files(gold: Gold, train: Gold | None) -> Background:
    """What is known when there is a file of predictions alone.

    Args:
        gold: What it is scored against.
        train: What the system was trained on, if the user says so.

    Raises:
        CnerkitError: That is missing, or cannot be read.
    """
    from cnerkit.corpora.catalogue import find

    separator = find(gold.source).hierarchy_separator if gold.is_dataset else None
    entities = TrainEntities.of(read_annotated(train, train.types).sentences) if train else None
    return Background(bucketings(entities, None, _hierarchy(separator)))


def background_of_checkpoint(
    restored: "RestoredModel", recipe: "Recipe", *, train: Gold | None, data_dir: Path | None
) -> Background:
    """What is known about a checkpoint: the entities that it was trained on, if they are here, and its encoder's characters.

    Args:
        restored: The checkpoint's model.
        recipe: Its recipe.
        train: What it was trained on, if the user says so; else what the recipe says.
        data_dir: A folder with datasets, looked into first.

    Raises:
        CnerkitError: What the user says is missing, or cannot be read.
    """
    notes: list[str] = []
    if train is None:
        sentences = _train_of(restored, recipe, data_dir, notes)
    else:
        train = as_trained(train, recipe.data)
        sentences = read_annotated(train, recipe.data.types if train.types is None else train.types).sentences
    entities = None if sentences is None else TrainEntities.of(sentences)
    ways = ways_of_model(restored.model, entities, restored.task.joiner, restored.task.hierarchy_separator)
    return Background(ways, tuple(notes))


def ways_of_model(
    model: "Model", train: TrainEntities | None, joiner: str, hierarchy_separator: str | None
) -> tuple[Bucketing, ...]:
    """The bucketings for a model.

    Args:
        model: Its encoder tells which characters it knows, if it can and tokens are characters.
        train: What it was trained on.
        joiner: What stands between its tokens.
        hierarchy_separator: What parts the levels of its types.
    """
    return bucketings(train, None if joiner else _known_characters(model), _hierarchy(hierarchy_separator))


def _known_characters(model: "Model") -> Callable[[str], bool] | None:
    from torch import nn

    from cnerkit.nn.protocols import KnowsCharacters

    return next((module.knows for module in cast("nn.Module", model).modules() if isinstance(module, KnowsCharacters)), None)


def _hierarchy(separator: str | None) -> TypeHierarchy | None:
    return TypeHierarchy(separator) if separator else None


def _train_of(
    restored: "RestoredModel", recipe: "Recipe", data_dir: Path | None, notes: list[str]
) -> Sequence[Sentence] | None:
    """The sentences that a checkpoint was trained on; None, and a note why, when they are not here as they were."""
    from cnerkit.workflows.corpus import load_corpus

    try:
        if missing := list(_absent(recipe, data_dir)):
            notes.append(f"{LEFT_OUT}: {recipe.data.name} is not here ({', '.join(missing)}); cnerkit data get brings it")
            return None
        corpus = load_corpus(recipe.data, base=None, data_dir=data_dir)
    except CnerkitError as error:
        notes.append(f"{LEFT_OUT}: {error.where + ': ' if error.where else ''}{error.what}")
        return None
    if corpus.fingerprint != restored.origin.fingerprint:
        notes.append(f"{LEFT_OUT}: {corpus.name} has changed since the checkpoint was trained")
        return None
    return corpus.splits["train"]


def _absent(recipe: "Recipe", data_dir: Path | None) -> Iterator[str]:
    """The splits of a dataset that are not on this machine: a score is no reason to download them."""
    if recipe.data.name is not None:
        from cnerkit.workflows.data import look_up

        holding = look_up(recipe.data.name, data_dir)
        yield from (split for split in holding.dataset.splits if holding.path(split) is None)
