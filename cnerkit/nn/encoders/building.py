"""Encoders from a recipe's settings, and back from what a checkpoint says of them."""

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from cnerkit.errors import DataError, RecipeError
from cnerkit.nn.encoders.bert import BertEncoder, Pooling, bert_from_description
from cnerkit.nn.encoders.blank import Blank
from cnerkit.nn.encoders.static import StaticEncoder, random_vectors, static_from_description, vectors_from_file
from cnerkit.nn.encoders.vectors import read_vectors
from cnerkit.nn.encoders.weights import pretrained_bert
from cnerkit.text import Sentence


class BertSettings(Protocol):
    """What a recipe says about a pretrained encoder."""

    @property
    def kind(self) -> Literal["bert"]:
        """Which encoder."""
        ...

    @property
    def path(self) -> str:
        """A local folder, or a name on the hub."""
        ...

    @property
    def revision(self) -> str | None:
        """Which version on the hub."""
        ...

    @property
    def pooling(self) -> Pooling:
        """How a word's pieces become one vector."""
        ...

    @property
    def overlap(self) -> int:
        """Tokens that neighbouring windows share."""
        ...

    @property
    def layers(self) -> int:
        """How many of the last layers' hidden states are averaged."""
        ...


class StaticSettings(Protocol):
    """What a recipe says about one vector per token."""

    @property
    def kind(self) -> Literal["static"]:
        """Which encoder."""
        ...

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        ...

    @property
    def path(self) -> Path | None:
        """A word2vec text file; None for random vectors."""
        ...

    @property
    def min_count(self) -> int:
        """How often a token must occur in train to have a vector."""
        ...

    @property
    def dropout(self) -> float:
        """Share of tokens that are unknown while training."""
        ...


def new_encoder(settings: BertSettings | StaticSettings, sentences: Iterable[Sentence]) -> BertEncoder | StaticEncoder:
    """The encoder that a recipe asks for, before any training.

    Args:
        settings: The recipe's ``encoder``.
        sentences: The training sentences, from which random vectors take their vocabulary.

    Raises:
        MissingError: Weights or vectors are not there.
        RecipeError: The settings ask for another kind of encoder or another width than the files have.
        DataError: Files are damaged.
    """
    if settings.kind == "bert":
        return pretrained_bert(
            settings.path,
            revision=settings.revision,
            pooling=settings.pooling,
            overlap=settings.overlap,
            layers=settings.layers,
        )
    if settings.path is None:
        return random_vectors(sentences, dim=settings.dim, min_count=settings.min_count, dropout=settings.dropout)
    vectors = read_vectors(settings.path, settings.dim)
    return vectors_from_file(vectors, sentences, min_count=settings.min_count, dropout=settings.dropout)


def encoder_from_description(
    description: Mapping[str, Any], *, where: str = "checkpoint", blank: bool = False
) -> BertEncoder | StaticEncoder:
    """The encoder whose ``description()`` this is, without a hub, a file or code that it could name.

    Args:
        description: Plain data, which may come from anybody.
        where: Where it comes from, for messages.
        blank: Leave the weights as the memory happens to be, which is faster, for whoever loads all of them next; else random.

    Raises:
        DataError: It does not describe an encoder, or one of an unknown architecture.
    """
    makers = {"bert": bert_from_description, "static": static_from_description}
    kind = description.get("kind")
    if not isinstance(kind, str) or kind not in makers:
        raise DataError(
            f"the encoder is of the kind {kind!r}, not {' or '.join(makers)}", where=where, fix="make the checkpoint again"
        )
    try:
        with Blank() if blank else contextlib.nullcontext():
            return cast("BertEncoder | StaticEncoder", makers[kind](description))
    except (DataError, RecipeError) as error:
        raise DataError(
            error.what, where=where, fix="the checkpoint is damaged or from a newer version: make it again"
        ) from error
