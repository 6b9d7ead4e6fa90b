"""Every scheme to every scheme and every format to every format, over every dataset of the catalogue that is here.

    python tests/matrix/conversion_matrix.py [--data-dir DIR] [--datasets NAME,…] [--sentences N]

The sentences of each split are written in one format or scheme as ``cnerkit convert`` writes them, read back with nothing said
that the file tells itself, written in the other and read back again. ``=`` stands for the same text, tokens and entities; a
letter for what was lost, which the converter has counted and named and which is checked against what lacks; what cannot be
written is left out here, sentence by sentence, where a conversion would be refused. Where entities overlap and a target cannot
hold that, the outermost stay. Texts of several lines are gone through twice: in whole, and divided into lines.

Words come back from formats of running text with ``--tokens spaces``. See ``conversion_rounds`` for why no step is taken twice.
"""

import argparse
import os
import resource
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from conversion_rounds import SCHEMES, Cells, Rounds, format_rounds, recognition, scheme_rounds
from conversion_steps import Passage, Step, interned
from conversion_tables import KINDS, flags_needed, kind_of, table

from cnerkit.codecs.tags import Repair
from cnerkit.corpora.formats import WRITABLE
from cnerkit.workflows.data import Holding, list_datasets
from cnerkit.workflows.division import Cut, Division
from cnerkit.workflows.reading import open_corpus_file
from cnerkit.workflows.sources import Part, find_source
from cnerkit.workflows.wording import counted

RECOGNISED_OF = 500
"""Sentences of each split that are written in each scheme to see whether a file tells its scheme."""


@dataclass(slots=True)
class Tally:
    """What came of a dataset, over its splits.

    Attributes:
        title: Its name, and how it was divided.
        format: Of its files.
        splits: Those that were gone through.
        sizes: Sentences, tokens and entities.
        notes: What was left out when it was read.
        schemes: What came of the pairs of schemes.
        formats: What came of the pairs of formats.
        steps: The first step to each format, by split.
        told: The step to each scheme, by split.
        mistakes: What nothing accounts for.
        seconds: Processor time.
    """

    title: str
    format: str = ""
    splits: list[str] = field(default_factory=list)
    sizes: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    schemes: Cells = field(default_factory=dict)
    formats: Cells = field(default_factory=dict)
    steps: dict[str, list[Step]] = field(default_factory=dict)
    told: dict[str, list[Step]] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add_schemes(self, split: str, passages: Sequence[Passage]) -> None:
        """Go through all pairs of schemes with the sentences of a split."""
        rounds = scheme_rounds(passages)
        _add_up(self.schemes, rounds)
        self.mistakes += [f"{split}: {mistake}" for mistake in rounds.mistakes]
        for name, step in recognition(passages[:RECOGNISED_OF], self.format).items():
            self.told.setdefault(name, []).append(step)
            self.mistakes += [f"{split}: {name}: {mistake}" for mistake in step.mistakes]

    def add_formats(self, split: str, passages: Sequence[Passage]) -> None:
        """Go through all pairs of formats with the sentences of a split."""
        self.splits.append(split)
        self.sizes["sentence"] += len(passages)
        self.sizes["token"] += sum(len(sentence) for _, sentence in passages)
        self.sizes["entity"] += sum(len(sentence.entities or ()) for _, sentence in passages)
        rounds = format_rounds(passages, self.format)
        _add_up(self.formats, rounds)
        self.mistakes += [f"{split}: {mistake}" for mistake in rounds.mistakes]
        for name, step in rounds.steps.items():
            self.steps.setdefault(name, []).append(step)

    def lines(self) -> Iterator[str]:
        """For people."""
        sizes = ", ".join(counted(count, noun) for noun, count in self.sizes.items())
        spent = f"{self.seconds:.0f} s, {_peak():.0f} MB at most so far"
        yield f"== {self.title} ({self.format}; {', '.join(self.splits)}): {sizes}; {spent}"
        yield from (f"  {note}" for note in self.notes)
        if self.schemes:
            yield from table(self.schemes, SCHEMES)
            yield from flags_needed(self.told)
            yield ""
        yield from table(self.formats, WRITABLE)
        yield from flags_needed(self.steps)
        without = [name for name, steps in self.steps.items() if not all(step.keeps_ids for step in steps)]
        yield f"  ids do not come back from: {', '.join(without)}"
        for name, steps in self.steps.items():
            overlooked = sum((step.overlooked for step in steps), Counter[str]())
            if overlooked:
                yield f"  {name}, while reading: {dict(overlooked)}"
        yield from (f"  MISTAKE {mistake}" for mistake in self.mistakes)


def _add_up(cells: Cells, rounds: Rounds) -> None:
    for pair, outcome in rounds.cells.items():
        cells[pair] = cells.get(pair, Counter()) + outcome


def tallies(holding: Holding, data_dir: Path | None, most: int | None) -> Iterator[Tally]:
    """What comes of a dataset; and of the same in lines, when its texts have several."""
    here = [split for split in holding.dataset.splits if holding.path(split)]
    whole = Tally(holding.dataset.name)
    has_lines = [split for split in here if _go_through(whole, holding.dataset.name, split, data_dir, most)]
    if here:
        yield whole
    if has_lines:
        lines = Tally(f"{holding.dataset.name} in lines")
        for split in has_lines:
            _go_through(lines, holding.dataset.name, split, data_dir, most, Cut.LINES)
        yield lines


def _go_through(tally: Tally, name: str, split: str, data_dir: Path | None, most: int | None, cut: Cut = Cut.WHOLE) -> bool:
    """Add a split to a tally; True when its texts have several lines."""
    before = time.process_time()
    part = find_source(name, split=split, data_dir=data_dir).parts[split]
    if cut is not Cut.WHOLE:
        part = replace(part, options=replace(part.options, division=Division(cut=cut), repair=Repair.DROP))
    tally.format, passages = _read(part, most, split, tally.notes)
    has_lines = any("\n" in sentence.tokens for _, sentence in passages)
    tally.add_formats(split, passages)
    if not has_lines:
        tally.add_schemes(split, passages)
    tally.seconds += time.process_time() - before
    return has_lines


def _read(part: Part, most: int | None, split: str, notes: list[str]) -> tuple[str, list[Passage]]:
    with open_corpus_file(part.source, part.options, name=part.name, ids=part.ids) as reading:
        passages = list(enumerate(map(interned, islice(reading.sentences, most))))
    notes += [f"{split}: {note}" for note in reading.losses.notes()]
    return reading.format, passages


def main() -> None:
    """Print the tables of each dataset as soon as they are there, and a summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="a folder with one sub-folder per dataset; else CNERKIT_DATA")
    parser.add_argument("--datasets", help="only these, parted by commas")
    parser.add_argument("--sentences", type=int, help="no more than the first N of each split")
    asked = parser.parse_args()
    if asked.data_dir:
        os.environ["CNERKIT_DATA"] = str(asked.data_dir)
    wanted = asked.datasets.split(",") if asked.datasets else None
    kinds: dict[str, Counter[str]] = {"schemes": Counter(), "formats": Counter()}
    losses: Counter[str] = Counter()
    for holding in list_datasets(asked.data_dir):
        if wanted is not None and holding.dataset.name not in wanted:
            continue
        for tally in tallies(holding, asked.data_dir, asked.sentences):
            print("\n".join(tally.lines()), end="\n\n", flush=True)
            for name, cells in (("schemes", tally.schemes), ("formats", tally.formats)):
                kinds[name].update(kind_of(outcome, tally.sizes["sentence"]) for outcome in cells.values())
                losses.update(loss for outcome in cells.values() for loss in outcome)
    for name, counts in kinds.items():
        print(f"pairs of {name}: {counts.total()}; " + "; ".join(f"{kind} {counts[kind]}" for kind in KINDS))
    print("pairs by what was counted:")
    print("\n".join(f"  {count:6} {loss}" for loss, count in losses.most_common()))
    print(f"{time.process_time():.0f} s of processor time, {_peak():.0f} MB of memory at most")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
