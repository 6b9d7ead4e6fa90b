"""Annotated sentences that a user names: what systems are scored against, and what they said."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cnerkit.errors import DataError
from cnerkit.text import Sentence
from cnerkit.workflows.corpus import describe_reading, open_split, reading_of
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.sources import overlaid
from cnerkit.workflows.types import TypeMap

if TYPE_CHECKING:
    from cnerkit.recipe.schema import DataSettings


@dataclass(frozen=True, slots=True)
class Gold:
    """Where annotated sentences are, and how they are read.

    Attributes:
        source: A dataset's name or a path; empty for the dataset that the checkpoint was trained on.
        split: Of a dataset; test when it is left out.
        read: How to read it, as far as the user says.
        types: Old type to new; None leaves that to the checkpoint's recipe.
        data_dir: A folder with datasets, looked into first.
    """

    source: str = ""
    split: str | None = None
    read: ReadOptions | None = None
    types: Mapping[str, str] | None = None
    data_dir: Path | None = None

    @classmethod
    def train_of(cls, source: str, read: ReadOptions | None, types: Mapping[str, str] | None, data_dir: Path | None) -> "Gold":
        """What a system was trained on: the train split of a dataset, or a file."""
        whole = cls(source, None, read, types, data_dir)
        return replace(whole, split="train") if whole.is_dataset else whole

    @property
    def is_dataset(self) -> bool:
        """Whether the source is one of the catalogue."""
        from cnerkit.corpora.catalogue import names

        return self.source in names()

    @property
    def chosen_split(self) -> str | None:
        """The split of a dataset; None of a file."""
        return self.split or ("test" if self.is_dataset else None)


def as_trained(gold: Gold, data: "DataSettings") -> Gold:
    """The same, its own dataset read as a recipe reads it, as far as the user does not say: its text may be words, say."""
    if not gold.source or gold.source != data.name:
        return gold
    return replace(gold, read=overlaid(reading_of(data), gold.read or ReadOptions()))


@dataclass(frozen=True, slots=True)
class Annotated:
    """Annotated sentences, where they come from, and what had to be repaired to read them."""

    source: str
    sentences: tuple[Sentence, ...]
    notes: tuple[str, ...]


def annotated(gold: Gold) -> tuple[Sentence, ...]:
    """The sentences, with the types that the source has.

    Raises:
        DataError: One is not annotated.
        CnerkitError: The source is missing or cannot be read.
    """
    return read_annotated(gold).sentences


def read_annotated(gold: Gold, types: Mapping[str, str] | None = None) -> Annotated:
    """The sentences, and how many malformed tags there were.

    Args:
        gold: Where they are.
        types: Old type to new.

    Raises:
        DataError: One is not annotated.
        CnerkitError: The source is missing or cannot be read.
    """
    mapped = TypeMap(types or {})
    with open_split(gold.source, gold.split, asked=gold.read, data_dir=gold.data_dir) as reading:
        sentences = tuple(map(mapped.apply, reading.sentences))
        repaired = describe_reading(gold.source, reading)[1:2] if reading.counts.malformed.runs else []
    _refuse_unannotated(sentences, gold.source)
    return Annotated(gold.source, sentences, tuple(repaired))


def _refuse_unannotated(sentences: tuple[Sentence, ...], source: str) -> None:
    bare = [sentence for sentence in sentences if sentence.entities is None]
    if not bare:
        return
    if len(bare) == len(sentences):
        what = "no sentence is annotated"
    else:
        what = f"the sentence {bare[0].id} is not annotated ({len(bare)} of {len(sentences)} are not)"
    raise DataError(what, where=source, fix="give every sentence its entities, an empty list where there are none")
