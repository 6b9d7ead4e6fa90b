"""A whole corpus in memory: the splits that a recipe names, with its types mapped, and what to know about them."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cnerkit.codecs.tags import Repair
from cnerkit.errors import DataError, RecipeError
from cnerkit.text import Sentence
from cnerkit.workflows.division import Cut, Division, Tokens
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.reading import Reading, open_corpus_file
from cnerkit.workflows.sources import Source, file_part, find_source, stem
from cnerkit.workflows.types import TypeMap
from cnerkit.workflows.wording import counted

if TYPE_CHECKING:
    from cnerkit.recipe.schema import DataSettings, DevFrom

Splits = dict[str, tuple[Sentence, ...]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """The sentences that a model is trained, chosen and scored on.

    Attributes:
        name: The dataset's, or that of the file of train.
        splits: ``train`` and ``dev``, and ``test`` where there is one.
        notes: What a person should know: what was recognised, repaired, mapped or split off, each with its counts.
        fingerprint: SHA-256 over the tokens and entities of all splits.
        hierarchy_separator: What parts the levels of types that are paths.
        remark: What to say beside every score; "" for nothing.
        dev_is_test: True when the recipe lets dev be test, so that the score is chosen on what it is over.
    """

    name: str
    splits: Mapping[str, tuple[Sentence, ...]]
    notes: tuple[str, ...]
    fingerprint: str
    hierarchy_separator: str | None
    remark: str
    dev_is_test: bool


def load_corpus(data: "DataSettings", *, base: Path | None, data_dir: Path | None) -> Corpus:
    """The corpus of a recipe.

    Args:
        data: What the recipe says.
        base: The recipe's folder, which relative paths are relative to; None for the current one.
        data_dir: A folder with one sub-folder per dataset, looked into first.

    Raises:
        RecipeError: Dev is to come from another split, and there is one already.
        UsageError: A type that is to be mapped is in no split, or a name is not known.
        DataError: A file cannot be read, or there is no dev.
        MissingError: A file is not there.
    """
    source = _source(data, base, data_dir)
    _refuse_two_devs(data, source)
    types, notes = TypeMap(data.types), []
    splits: Splits = {}
    for split, part in source.parts.items():
        with open_corpus_file(part.source, part.options, name=part.name, ids=part.ids) as reading:
            splits[split] = tuple(map(types.apply, _annotated(reading)))
        notes += [*describe_reading(split, reading), *(f"{split}: {note}" for note in reading.losses.notes())]
    types.refuse_unknown(source.dataset.types if source.dataset else ())
    notes += types.notes()
    splits, more = _with_dev(splits, data.dev_from, source.name)
    return Corpus(
        name=source.name,
        splits=splits,
        notes=(*notes, *more, *unseen_in_train(splits)),
        fingerprint=fingerprint(splits),
        hierarchy_separator=data.hierarchy_separator or (source.dataset.hierarchy_separator if source.dataset else None),
        remark=source.dataset.remark if source.dataset else "",
        dev_is_test=data.dev_from is not None and data.dev_from.split == "test",
    )


@contextmanager
def open_split(
    source: str, split: str | None = None, *, asked: ReadOptions | None = None, data_dir: Path | None = None
) -> Iterator[Reading]:
    """One split of a dataset, or a file, to be read while the context lasts.

    Args:
        source: A dataset's name or a path.
        split: Of a dataset; test when it is left out.
        asked: How to read, as far as the user says.
        data_dir: A folder with one sub-folder per dataset, looked into first.

    Raises:
        UsageError: The source or the split is not known.
        DataError: The file cannot be read.
        MissingError: The file is not there.
    """
    from cnerkit.corpora.catalogue import names

    found = find_source(source, split=split or ("test" if source in names() else None), asked=asked, data_dir=data_dir)
    (part,) = found.parts.values()
    with open_corpus_file(part.source, part.options, name=part.name, ids=part.ids) as reading:
        yield reading


def load_split(
    source: str, split: str | None = None, *, asked: ReadOptions | None = None, data_dir: Path | None = None
) -> tuple[Sentence, ...]:
    """The sentences of one split of a dataset, or of a file; takes and raises what ``open_split`` does."""
    with open_split(source, split, asked=asked, data_dir=data_dir) as reading:
        return tuple(reading.sentences)


def describe_reading(split: str, reading: Reading) -> list[str]:
    """Notes about a file that was read: what it holds, and what was repaired in it."""
    counts, head = reading.counts, f"{split}: " if split else ""
    lenient = f" ({counts.conlleval} as conlleval reads malformed tags)" if counts.conlleval != counts.strict else ""
    size = f"{counted(counts.sentences, 'sentence')}, {counted(counts.tokens, 'token')}, {counted(counts.strict, 'entity')}"
    lines = [f"{head}{size}{lenient}"]
    malformed = counts.malformed
    if malformed.runs:
        fate = "read as entities" if reading.repair is Repair.CONLLEVAL else "read as O"
        kinds = f"{malformed.orphan} without a beginning, {malformed.unfinished} without an end"
        runs, tokens = counted(malformed.runs, "malformed run", " of tags"), counted(malformed.tokens, "token")
        lines.append(f"{head}{runs} ({kinds}) over {tokens} {fate}")
    return lines + [f"{head}{kind}: {count}" for kind, count in sorted(counts.overlooked.items())]


def fingerprint(splits: Mapping[str, Sequence[Sentence]]) -> str:
    """SHA-256 over what a model can see of a corpus: the splits with their tokens, joiners and entities, but no ids."""
    digest = hashlib.sha256()
    for split in sorted(splits):
        digest.update(f"{split}\n".encode())
        for sentence in splits[split]:
            entities = [(*((f.start, f.end) for f in e.fragments), e.type) for e in sorted(sentence.entities or ())]
            known = None if sentence.entities is None else entities
            digest.update(json.dumps([sentence.tokens, sentence.joiner, known]).encode() + b"\n")
    return digest.hexdigest()


def unseen_in_train(splits: Mapping[str, Sequence[Sentence]]) -> list[str]:
    """A note for each type that dev or test has and train has not, which no model can learn."""
    trained = {entity.type for sentence in splits["train"] for entity in sentence.entities or ()}
    notes = []
    for split in ("dev", "test"):
        others = Counter(e.type for sentence in splits.get(split, ()) for e in sentence.entities or () if e.type not in trained)
        notes += [
            f"{split}: {counted(count, 'entity')} of the type {type_}, which train has none of"
            for type_, count in others.items()
        ]
    return notes


def _annotated(reading: Reading) -> Iterator[Sentence]:
    for sentence in reading.sentences:
        if sentence.entities is None:
            fix = "give every sentence its entities, an empty list where there are none"
            raise DataError(f"the sentence {sentence.id} is not annotated", where=reading.name, fix=fix)
        yield sentence


def reading_of(data: "DataSettings") -> ReadOptions:
    """How a recipe reads its files, as far as it says."""
    return ReadOptions(
        format=data.format,
        scheme=data.scheme,
        repair=Repair(data.repair) if data.repair else None,
        encoding=data.encoding,
        division=Division(Tokens(data.tokens) if data.tokens else None, Cut(data.sentences) if data.sentences else None),
    )


def _source(data: "DataSettings", base: Path | None, data_dir: Path | None) -> Source:
    asked = reading_of(data)
    if data.name is not None:
        return find_source(data.name, asked=asked, data_dir=data_dir)
    assert data.train is not None, "the recipe's schema asks for a name or a train file"
    files = {split: path for split in ("train", "dev", "test") if (path := getattr(data, split)) is not None}
    parts = {split: file_part((base or Path()) / path, asked, ids=split) for split, path in files.items()}
    return Source(stem(data.train), None, parts)


def _refuse_two_devs(data: "DataSettings", source: Source) -> None:
    if data.dev_from is None:
        if "dev" not in source.parts:
            raise DataError(
                "there is no dev split to choose the best epoch on",
                where=source.name,
                fix="set data.dev to a file, or data.dev_from.split to train (a share of it) or test (the score then says so)",
            )
    elif "dev" in source.parts:
        fix = "remove data.dev_from"
        raise RecipeError(f"{source.name} has a dev split of its own", where="data.dev_from", fix=fix)
    elif data.dev_from.split not in source.parts:
        fix = "set data.dev_from.split to a split that there is"
        raise DataError(f"dev is to come from {data.dev_from.split}, which is not there", where=source.name, fix=fix)


def _with_dev(splits: Splits, dev_from: "DevFrom | None", name: str) -> tuple[Splits, list[str]]:
    """The splits with dev among them, and notes about where it comes from."""
    if dev_from is None:
        return splits, []
    if dev_from.split == "test":
        return {**splits, "dev": splits["test"]}, ["dev is test: the score is over what the best epoch was chosen on"]
    train = splits["train"]
    chosen = choose(len(train), dev_from.fraction, dev_from.seed)
    if not 0 < len(chosen) < len(train):
        what = f"{dev_from.fraction:g} of the {len(train)} sentences of train leaves {len(chosen)} for dev"
        raise DataError(
            f"{what} and {len(train) - len(chosen)} for train", where=name, fix="set another data.dev_from.fraction"
        )
    dev = tuple(sentence for at, sentence in enumerate(train) if at in chosen)
    rest = tuple(sentence for at, sentence in enumerate(train) if at not in chosen)
    note = f"dev: {counted(len(dev), 'sentence')} taken out of train (seed {dev_from.seed}), which keeps {len(rest)}"
    return {**splits, "train": rest, "dev": dev}, [note]


def choose(total: int, fraction: float, seed: int) -> frozenset[int]:
    """Which of ``total`` sentences become dev: those whose SHA-256 of ``seed:place`` is smallest.

    The choice is the same on every machine and with every version of Python, unlike that of a random generator.
    """

    def lot(place: int) -> bytes:
        return hashlib.sha256(f"{seed}:{place}".encode()).digest()

    return frozenset(sorted(range(total), key=lot)[: round(total * fraction)])
