"""What GENIA's XML says of the articles in a published split, beside the split's own file: every difference, by class.

    CNERKIT_DATA=FOLDER python tests/reference/genia_differences.py

The file has tokens and the XML has text, so that entities are compared by the characters, other than white space, before them.
"""

import json
import os
import re
import tarfile
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from cnerkit.corpora import genia
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.source import TextSource

MEMBER = "GENIA_term_3.02/GENIAcorpus3.02.xml"
TWICE = "MEDLINE:97218353"
RULES = {"spaces": re.compile(r"\S+"), "words": re.compile(r"\w+|[^\w\s]")}


@dataclass
class Table:
    """How often something was found, and where first."""

    counts: Counter = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, example: str, count: int = 1) -> None:
        """Count something."""
        if count:
            self.counts[kind] += count
            self.examples.setdefault(kind, example)


def type_of(class_: str) -> str | None:
    """The type that the published split has for a class, None for those that it leaves out."""
    kind = class_.removeprefix("G#").split("_")[0]
    return kind if kind in ("protein", "DNA", "RNA") else class_[2:] if class_ in ("G#cell_line", "G#cell_type") else None


def squeezed(text: str) -> list[int]:
    """For each place in a text, the number of characters before it that are no white space."""
    places = [0]
    for character in text:
        places.append(places[-1] + (not character.isspace()))
    return places


def member(data: Path):
    """GENIA's XML, as a stream."""
    return tarfile.open(data / "genia/GENIAcorpus3.02.tgz").extractfile(MEMBER)


def articles_of(data: Path, split: str) -> list[str]:
    """The article ids of a published split."""
    return (data / f"genia/cnn_nested_ner/splits/{split}.txt").read_text().split()


def read_split(data: Path, articles: list[str], notes: Counter) -> dict[str, list]:
    """The sentences of some articles, by article."""
    found: dict[str, list] = {}
    hints = Hints(articles=frozenset(articles))
    for sentence in genia.read(TextSource(member(data), "genia.xml"), "genia", hints, notes):
        found.setdefault(sentence.id.rsplit("-", 2)[0], []).append(sentence)
    return found


def published(data: Path, split: str) -> list[dict]:
    """The records of a published split."""
    return [json.loads(line) for line in (data / f"genia/cnn_nested_ner/{split}.jsonlines").read_text().splitlines()]


def compare(data: Path, split: str) -> Table:
    """The sentences and entities of a split, those read from the XML against those published."""
    table, notes = Table(), Counter()
    read = read_split(data, articles_of(data, split), notes)
    records = published(data, split)
    table.add("sentences published", records[0]["sent_id"], len(records))
    table.add("sentences read", next(iter(read)), sum(map(len, read.values())))
    for record in records:
        article, _, number = record["sent_id"].rpartition("-")
        compare_sentence(read[article][int(number)], record, table)
    for kind, count in notes.items():
        table.add(f"note of the reader: {kind}", "", count)
    return table


def compare_sentence(sentence, record: dict, table: Table) -> None:
    """Count how a sentence that was read agrees with the published one, and what the latter leaves out."""
    id_, text = record["sent_id"], "".join(record["tokens"])
    table.add("published tokens that hold white space", id_, sum(token.split() != [token] for token in record["tokens"]))
    table.add("sentences with other characters", id_, "".join(text.split()) != "".join(sentence.text.split()))
    own, theirs = squeezed(sentence.text), squeezed(text)
    starts = [0]
    for token in record["tokens"]:
        starts.append(starts[-1] + len(token))
    gold = {(theirs[starts[m["start"]]], theirs[starts[m["end"]]], m["entity_type"]) for m in record["entity_mentions"]}
    kept = [(own[e.start], own[e.end], type_of(e.type)) for e in sentence.entities if type_of(e.type)]
    spans = Counter((start, end) for start, end, _ in set(kept))
    table.add("entities published", id_, len(record["entity_mentions"]))
    table.add("entities equal", id_, len(gold & set(kept)))
    table.add("entities only published", id_, len(gold - set(kept)))
    table.add("entities only read", id_, len(set(kept) - gold))
    table.add("entities of two classes but one type", id_, len(kept) - len(set(kept)))
    table.add("places with two types, in both", id_, sum(count > 1 for count in spans.values()))
    table.add("entities of other classes, dropped by the types", id_, len(sentence.entities) - len(kept))


def compare_tokens(data: Path) -> Table:
    """How the tokens of two simple rules fit dev and test: entities at their ends, sentences with the published tokens."""
    table = Table()
    for split in ("dev", "test"):
        read = read_split(data, articles_of(data, split), Counter())
        for record in published(data, split):
            article, _, number = record["sent_id"].rpartition("-")
            sentence = read[article][int(number)]
            gold = ["".join(token.split()) for token in record["tokens"]]
            kept = [e for e in sentence.entities if type_of(e.type)]
            table.add("entities", record["sent_id"], len(kept))
            for name, rule in RULES.items():
                tokens = list(rule.finditer(sentence.text))
                begins, ends = {token.start() for token in tokens}, {token.end() for token in tokens}
                cut = sum(e.start not in begins or e.end not in ends for e in kept)
                table.add(f"{name}: entities that do not end where tokens end", record["sent_id"], cut)
                table.add(f"{name}: sentences with other tokens", record["sent_id"], [t[0] for t in tokens] != gold)
    return table


def term_counts(data: Path) -> Counter:
    """The whole corpus as the standard library's parser has it: a second reading, to count against."""
    counts: Counter = Counter()
    root = ET.parse(member(data)).getroot()
    counts["articles"] = len(root.findall("article"))
    counts["article ids"] = len({each.text for each in root.iter("bibliomisc")})
    counts["sentences"] = sum(1 for _ in root.iter("sentence"))
    for term in root.iter("cons"):
        class_ = term.get("sem")
        counts["without" if class_ is None else "coordinated" if class_.startswith("(") else "single"] += 1
    counts["classes"] = len({each for term in root.iter("cons") if not (each := term.get("sem", "(")).startswith("(")})
    return counts


def train_with(data: Path, copy: str) -> tuple[int, int]:
    """Sentences and entities of train, with one of the two copies of the article that is there twice."""
    articles = [copy if article == TWICE else article for article in articles_of(data, "train")]
    sentences = [each for some in read_split(data, articles, Counter()).values() for each in some]
    if copy == TWICE:
        sentences = [each for each in sentences if not each.id.startswith(f"{TWICE}-2-")]
    entities = [{(e.start, e.end, type_of(e.type)) for e in each.entities if type_of(e.type)} for each in sentences]
    return len(sentences), sum(map(len, entities))


def show(title: str, table: Table) -> None:
    """Print a table."""
    print(f"\n{title}")
    for kind, count in table.counts.items():
        print(f"  {count:>6}  {kind:<70}{table.examples[kind]}")


def main() -> None:
    """Print everything."""
    data = Path(os.environ["CNERKIT_DATA"])
    print("the whole corpus, read by the standard library's parser:", dict(term_counts(data)))
    for split in ("dev", "test"):
        show(split, compare(data, split))
    for copy in (TWICE, f"{TWICE}-2"):
        print("\ntrain with {}: {} sentences, {} entities".format(copy, *train_with(data, copy)))
    show("tokens of dev and test", compare_tokens(data))


if __name__ == "__main__":
    main()
