"""``cnerkit data stats``: how much a corpus holds."""

import sys
from typing import TYPE_CHECKING

from cnerkit.cli import console, reading, tables
from cnerkit.cli.data_check import DataDir, Json, Sources, Split

if TYPE_CHECKING:
    from cnerkit.corpora.statistics import Lengths, Statistics
    from cnerkit.workflows.statistics import CorpusStatistics


def command(
    sources: Sources,
    split: Split = None,
    from_: reading.From = None,
    from_scheme: reading.FromScheme = None,
    columns: reading.Columns = None,
    repair: reading.Repair = None,
    encoding: reading.Encoding = None,
    offsets: reading.Offsets_ = None,
    labels: reading.Labels = None,
    member: reading.Member = None,
    tokens: reading.Tokens = None,
    sentences: reading.Sentences = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Count sentences, tokens, entities per type and kind, lengths, and what train has not seen.

    An entity is unseen when train has no entity of its type with the same text.
    """
    from cnerkit.workflows.splits import Wanted
    from cnerkit.workflows.statistics import count

    read = reading.read_options(
        from_=from_, from_scheme=from_scheme, columns=columns, repair=repair, encoding=encoding, offsets=offsets,
        labels=labels, member=member, tokens=tokens, sentences=sentences,
    )  # fmt: skip
    counted = count(Wanted(sources, split, read, data_dir), stdin=sys.stdin.buffer)
    for line in counted.notes:
        console.note(line)
    if json:
        console.print_json(counted.as_dict())
    else:
        _show(counted)


def _show(counted: "CorpusStatistics") -> None:
    columns = [_measures(counted, split) for split in counted.splits]
    measures = list(dict.fromkeys(name for column in columns for name in column))
    header = [f">{split}" for split in counted.splits]
    tables.show(("", *header), [(name, *(column.get(name, "-") for column in columns)) for name in measures])
    types = counted.types()
    if types:
        sys.stdout.write("\n")
        found = list(counted.splits.values())
        tables.show(("type", *header), [(type_, *(str(each.types[type_]) for each in found)) for type_ in types])


def _measures(counted: "CorpusStatistics", split: str) -> dict[str, str]:
    """The numbers of one split in the order in which they are shown; what says nothing is left out."""
    found, overlaps = counted.splits[split], counted.splits[split].overlaps
    kinds = {
        "nested pairs": overlaps.nested,
        "crossing pairs": overlaps.crossing,
        "pairs on one span": overlaps.same_span,
        "discontinuous": overlaps.discontinuous,
        "not annotated": found.unannotated,
    }
    return {
        "sentences": str(found.sentences),
        "tokens": str(found.tokens),
        "characters": str(found.characters),
        "entities": str(found.entities),
        **{name: str(number) for name, number in kinds.items() if number},
        **_density(found),
        **_lengths("length", found.lengths),
        **_lengths("entity length", found.entity_lengths),
        "distinct characters": str(len(found.vocabulary)),
        **_unseen(counted, split),
        **{f"level {level.depth}": f"{level.names} types, {level.entities}" for level in counted.levels(split)},
    }


def _density(found: "Statistics") -> dict[str, str]:
    from cnerkit.corpora.statistics import share

    annotated = found.sentences - found.unannotated
    return {
        "entities per sentence": f"{share(found.entities, annotated):.2f}",
        "tokens in entities": _percent(share(found.inside, found.tokens)),
        "without entity": f"{found.without_entity} ({_percent(share(found.without_entity, annotated))})",
    }


def _lengths(name: str, lengths: "Lengths") -> dict[str, str]:
    from cnerkit.corpora.statistics import LIMITS, QUANTILES

    quantiles = " / ".join(str(lengths.quantile(part)) for part in QUANTILES)
    told = {
        f"{name}: mean": f"{lengths.mean:.2f}",
        f"{name}: min / max": f"{lengths.least} / {lengths.most}",
        f"{name}: {' / '.join(f'{100 * part:.0f}' for part in QUANTILES)} %": quantiles,
    }
    if name == "length":
        told |= {f"longer than {limit}": str(lengths.over(limit)) for limit in LIMITS}
    return told


def _unseen(counted: "CorpusStatistics", split: str) -> dict[str, str]:
    from cnerkit.corpora.statistics import share

    found, train = counted.splits[split], counted.compared(split)
    if train is None:
        return {}
    unseen = found.unseen_entities(train)
    return {
        "unseen entities": f"{unseen} ({_percent(share(unseen, found.entities))})",
        "unseen characters": str(found.unseen_characters(train)),
    }


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
