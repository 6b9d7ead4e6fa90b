"""The first HAREM as it was published beside the JSON that was made from another edition of it: every difference, by class.

    CNERKIT_DATA=FOLDER python tests/reference/harem_differences.py

Entities are compared by the characters, other than white space, before them; where the texts differ, along their alignment.
"""

import io
import json
import os
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

from cnerkit.corpora import harem
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.source import TextSource

FIRST, SECOND = "ColeccaoDouradaHAREM.txt", "CDSegundoHAREMclassico.xml"
SELECTIVE = frozenset({"PESSOA", "ORGANIZACAO", "LOCAL", "TEMPO", "VALOR"})


def raw(data: Path, file: str) -> str:
    """An original file."""
    return (data / "harem" / file).read_bytes().decode("iso-8859-1")


def read(data: Path, file: str, notes: Counter, hints: Hints = Hints()) -> dict:  # noqa: B008 - a frozen value
    """The documents of an original file, by id."""
    source = TextSource(io.BytesIO(raw(data, file).encode()), file)
    return {each.id: each for each in harem.read(source, "harem", hints, notes)}


def published(data: Path, scenario: str) -> list[dict]:
    """The documents of train and dev as JSON."""
    folder = data / "harem/portuguese-bert"
    return [
        each for split in ("train", "dev") for each in json.loads((folder / f"FirstHAREM-{scenario}-{split}.json").read_text())
    ]


def squeezed(text: str) -> list[int]:
    """For each place in a text, the number of characters before it that are no white space."""
    places = [0]
    for character in text:
        places.append(places[-1] + (not character.isspace()))
    return places


def compare(data: Path, scenario: str) -> Counter:
    """How often the documents and entities agree, and how often each difference occurs."""
    table: Counter = Counter()
    documents = read(data, FIRST, Counter())
    for record in published(data, scenario):
        document = documents.pop(record["doc_id"])
        own, theirs = "".join(document.text.split()), "".join(record["doc_text"].split())
        table["texts equal" if own == theirs else "texts that differ"] += 1
        at, places = squeezed(document.text), squeezed(record["doc_text"])
        moved = aligned(own, theirs)
        read_ = {
            (moved[at[each.start]], moved[at[each.end]]): each.type
            for each in document.entities
            if scenario == "total" or each.type in SELECTIVE
        }
        gold = {(places[e["start_offset"]], places[e["end_offset"]]): e["label"] for e in record["entities"]}
        compare_entities(read_, gold, table)
    table["documents only read"] = len(documents)
    return table


def aligned(own: str, theirs: str) -> list[int]:
    """For each place in a text, its place in the other one."""
    if own == theirs:
        return list(range(len(own) + 1))
    moved = [-1 - place for place in range(len(own) + 1)]
    for here, there, size in SequenceMatcher(None, own, theirs, autojunk=False).get_matching_blocks():
        for step in range(size + 1):
            moved[here + step] = there + step
    return moved


def compare_entities(read_: dict, gold: dict, table: Counter) -> None:
    """Count the entities of a document by how they agree."""
    table["entities published"] += len(gold)
    table["entities read"] += len(read_)
    for span, type_ in read_.items():
        if span in gold:
            table["equal" if gold[span] == type_ else f"of other categories: {type_} read, {gold[span]} published"] += 1
        else:
            table[f"{'with other ends' if crossed(span, gold) else 'only'} read: {type_}"] += 1
    for span, type_ in gold.items():
        if span not in read_:
            table[f"{'with other ends' if crossed(span, read_) else 'only'} published: {type_}"] += 1


def crossed(span: tuple[int, int], others: dict) -> bool:
    """True when an entity shares characters with another one."""
    return any(start < span[1] and span[0] < end for start, end in others)


def main() -> None:
    """Print everything."""
    data = Path(os.environ["CNERKIT_DATA"])
    for file in (FIRST, SECOND):
        notes: Counter = Counter()
        documents = read(data, file, notes)
        types = Counter(each.type for document in documents.values() for each in document.entities)
        print(f"{file}: {len(documents)} documents, {types.total()} entities: {dict(types.most_common())}")
        for kind, count in sorted(notes.items()):
            print(f"  {count:>6}  {kind}")
    for scenario in ("total", "selective"):
        print(scenario)
        for kind, count in sorted(compare(data, scenario).items()):
            print(f"  {count:>6}  {kind}")


if __name__ == "__main__":
    main()
