"""How much a split of a dataset holds, counted as the catalogue counts, and what differs from it."""

from collections import Counter
from pathlib import Path

from cnerkit.corpora.catalogue import Counts, Dataset
from cnerkit.corpora.overlaps import Overlaps
from cnerkit.workflows.catalogued import split_options
from cnerkit.workflows.reading import open_corpus_file


def count(dataset: Dataset, split: str, path: Path, data_dir: Path | None = None) -> Counts:
    """How much a split holds when what was found for it is read as the catalogue says.

    Args:
        dataset: What a name of the catalogue stands for.
        split: One of its splits, all of whose files are here.
        path: The file, archive or folder that was found for it.
        data_dir: A folder with one sub-folder per dataset, looked into first for the list of its articles.

    Raises:
        DataError: It cannot be read so.
        MissingError: An archive or a folder lacks what the split is read from.
    """
    per_type: Counter[str] = Counter()
    overlaps = Overlaps()
    options = split_options(dataset, split, path, data_dir=data_dir, download=False)
    with open_corpus_file(path, options, ids=split) as reading:
        for sentence in reading.sentences:
            entities = sentence.entities or frozenset()
            per_type.update(entity.type for entity in entities)
            overlaps.add(entities)
    found, known = reading.counts, dataset.splits[split].counts
    in_documents = known.sentences is None and known.documents is not None
    return Counts(
        sentences=None if in_documents else found.sentences,
        documents=found.sentences if in_documents else None,
        tokens=found.tokens,
        entities=per_type.total(),
        per_type=dict(per_type.most_common()),
        conlleval=found.conlleval if reading.scheme else None,
        nested=overlaps.nested,
        discontinuous=overlaps.discontinuous,
    )


def compare(actual: Counts, known: Counts) -> tuple[str, ...]:
    """Every count that is not the known one, in words; what nobody has counted is not compared."""
    pairs = [
        ("sentences", actual.sentences, known.sentences),
        ("documents", actual.documents, known.documents),
        ("tokens", actual.tokens, known.tokens),
        ("entities", actual.entities, known.entities),
        ("entities read as conlleval does", actual.conlleval, known.conlleval),
        ("nested pairs", actual.nested, known.nested),
        ("discontinuous entities", actual.discontinuous, known.discontinuous),
    ]
    if known.per_type is not None:
        found = actual.per_type or {}
        types = dict.fromkeys((*known.per_type, *found))
        pairs += [(f"{type_} entities", found.get(type_, 0), known.per_type.get(type_, 0)) for type_ in types]
    return tuple(f"{found} {kind}, expected {expected}" for kind, found, expected in pairs if expected not in (None, found))
