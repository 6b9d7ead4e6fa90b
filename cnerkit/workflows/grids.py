"""Grids in files: cells to entities and back, refusing what the one cannot tell of the other."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from cnerkit.codecs.grid import GridCodec
from cnerkit.codecs.grid_inversion import Inversion, entities_to_leave_out, inversion
from cnerkit.codecs.grid_labels import GridFlavour, split_label
from cnerkit.codecs.grid_paths import Overflow
from cnerkit.codecs.overlap import Overlap
from cnerkit.corpora.columns import quote
from cnerkit.corpora.formats import Record
from cnerkit.corpora.grid import Grid, cells_of, grid_fields
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.wording import counted

WHY_LEFT_OUT = "since a grid with them would be read with other entities"

LACKING = "cells that an entity has and the file lacks, whose mirror image was enough"

_LABELS = "NNC, PNC, THC-type, HTC-type for crener, or NNW, THW-type for w2ner"
_NAMED = 3


def parse_grid(record: Record, id_: str, notes: Counter[str]) -> Sentence:
    """The sentence of a record, whose labels tell the flavour; a ``formats.Parse``.

    Raises:
        DataError: A field is missing or malformed, a label is not known, no entity explains a cell, or too many paths join a
            pair; without a place.
    """
    grid = cells_of(record, id_, notes)
    if not grid.cells:
        return replace(grid.sentence, entities=frozenset())
    codec, overflows = _codec_of(grid), list[Overflow]()
    ids = {label: number for number, label in enumerate(codec.labels)}
    cells = {(row, column, ids[label]) for row, column, label in grid.cells}
    sentence = replace(grid.sentence, entities=codec.decode(cells, overflows))
    if overflows:
        raise _too_many_paths(min(overflows), codec.max_paths)
    explained = set(codec.encode(sentence))
    unexplained = cells - explained
    if unexplained:
        row, column, label = min(unexplained)
        more = f" (and {len(unexplained) - 1} more in this record)" if len(unexplained) > 1 else ""
        raise DataError(
            f'no entity explains the cell [{row}, {column}, "{codec.labels[label]}"]{more}',
            fix="every label belongs to an entity that has all its cells; write it anew with convert --scheme grid",
        )
    if len(explained) > len(cells):
        notes[LACKING] += len(explained) - len(cells)
    return sentence


def grid_record(sentence: Sentence, flavour: str) -> dict[str, Any]:
    """The record of a sentence.

    Args:
        sentence: An annotated one.
        flavour: One of ``GridFlavour``.

    Raises:
        DataError: It is not annotated, or its grid would be read with other entities; without a place.
    """
    if sentence.entities is None:
        raise DataError("the sentence is not annotated", fix="give every sentence its entities, [] where there are none")
    _refuse_inexact(sentence, inversion(sentence.entities))
    codec = _codec(tuple(sorted({entity.type for entity in sentence.entities})), GridFlavour(flavour))
    return grid_fields(sentence, [(row, column, codec.labels[label]) for row, column, label in codec.encode(sentence)])


def grid_losses(sentence: Sentence, policy: Overlap) -> Mapping[Entity, str]:
    """The entities to leave out so that a grid of either flavour gives back all others, each with the reason.

    Args:
        sentence: An annotated one.
        policy: Of the discontinuous entities that cannot stay together, ``outermost`` leaves out the shortest first and
            ``innermost`` the longest; the others leave out none.

    Raises:
        DataError: The grid would be read with other entities, and the policy leaves out none; without a place.
    """
    entities = sentence.entities or frozenset()
    if policy not in (Overlap.OUTERMOST, Overlap.INNERMOST):
        _refuse_inexact(sentence, inversion(entities))
        return {}
    return dict.fromkeys(entities_to_leave_out(entities, longest_first=policy is Overlap.INNERMOST), WHY_LEFT_OUT)


def _codec_of(grid: Grid) -> GridCodec:
    """The codec that has all labels of a record."""
    labels = {}
    for label in dict.fromkeys(label for _, _, label in grid.cells):
        known = split_label(label)
        if known is None:
            raise DataError(f"{quote(label)} is no label of a grid", fix=f"the labels are {_LABELS}")
        labels[label] = known
    flavours = {known.flavour: label for label, known in labels.items()}
    if len(flavours) > 1:
        one, two = flavours.values()
        raise DataError(f"{quote(one)} and {quote(two)} are labels of different kinds of grids", fix=f"use {_LABELS}")
    return _codec(tuple(sorted({known.type for known in labels.values() if known.type})), *flavours)


@lru_cache(maxsize=1 << 10)
def _codec(types: tuple[str, ...], flavour: GridFlavour) -> GridCodec:
    """One codec for the sentences with the same types."""
    return GridCodec(types, flavour)


def _refuse_inexact(sentence: Sentence, found: Inversion) -> None:
    if found.extra:
        what = f"a grid of its entities would be read with {counted(len(found.extra), 'entity')} more"
        named = _named(sentence, found.extra)
    elif found.missing:
        what = (
            f"a grid of its entities would be read without {len(found.missing)} of them, since too many paths join their ends"
        )
        named = _named(sentence, found.missing)
    else:
        return
    fix = "say --overlap outermost or innermost to leave discontinuous entities out until it is read right, or --scheme span"
    raise DataError(f"{what}: {named}", fix=fix)


def _named(sentence: Sentence, entities: Collection[Entity]) -> str:
    """The first entities, each with its tokens."""
    named = []
    for entity in sorted(entities)[:_NAMED]:
        places = " and ".join(f"[{part.start}, {part.end})" for part in entity.fragments)
        named.append(f"{entity.type} {quote(sentence.surface(entity))} over {places}")
    return "; ".join(named) + (f"; and {len(entities) - _NAMED} more" if len(entities) > _NAMED else "")


def _too_many_paths(overflow: Overflow, most: int) -> DataError:
    return DataError(
        f"more than {most} paths lead from token {overflow.head} to token {overflow.tail}, "
        f"so that the entities of the type {overflow.type} there cannot be told",
        fix="take out the cells that belong to no entity; or use a format that lists the tokens of each entity",
    )
