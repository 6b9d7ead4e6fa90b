"""Which scheme tags are in, told from the first sentences of a file together with the evidence; never a silent guess."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cnerkit.codecs.schemes import OUTSIDE
from cnerkit.codecs.tags import Repair, Repairs, Scheme, Span, spans_from_tags
from cnerkit.errors import UsageError

_ORDER = (Scheme.BIO, Scheme.IO, Scheme.IOB1, Scheme.BIOS, Scheme.BIOES, Scheme.BMES, Scheme.BILOU, Scheme.BMEOW)
"""Of several schemes that read the same, the first is named."""
_CLEARLY_MORE = 3
"""A scheme that breaks its rules this many times as often as another is no possible reading beside it."""

Sample = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read the sample, in which tags that the scheme does not have are taken for O.

    Attributes:
        scheme: The tags' scheme.
        malformed: Runs of tags that break its rules.
        complete: True when all its prefixes occur.
        entities: Those of each sentence, without the malformed.
    """

    scheme: Scheme
    malformed: int
    complete: bool
    entities: list[list[Span]]


def recognise_scheme(sample: Sample, name: str, *, whole: bool, repair: Repair) -> tuple[Scheme, str]:
    """The scheme of some sentences' tags, and what it was recognised by.

    A file that is malformed in every scheme and will be refused for it is taken to be in the likeliest, which is BIO rather
    than IOB1: a stray I- is a common mistake, a stray B- is none.

    Args:
        sample: The tags of the first sentences of a file.
        name: What messages call the file.
        whole: True when these are all sentences.
        repair: What is done about malformed tags.

    Raises:
        UsageError: Several schemes are possible, and they read different entities.
    """
    tags = Counter(tag for sentence in sample for tag in sentence if tag != OUTSIDE)
    if not tags:
        if not whole:
            fix = "say which it is with --from-scheme"
            raise UsageError("the first sentences hold no entity, which leaves every scheme possible", where=name, fix=fix)
        return Scheme.BIO, "there are only O tags"
    strange = {scheme: sum(count for tag, count in tags.items() if not _knows(scheme, tag)) for scheme in _ORDER}
    fewest = min(strange.values())
    readings = _possible([_read(sample, tags, scheme) for scheme in _ORDER if strange[scheme] == fewest])
    best = readings[0]
    rivals = [each for each in readings[1:] if each.entities != best.entities]
    refused = fewest or (best.malformed and repair is Repair.STRICT)
    if rivals and not refused:
        names = [str(reading.scheme) for reading in (best, *rivals)]
        what = f"{len(names)} readings of the tags are possible: {', '.join(names)}"
        raise UsageError(what, where=name, fix=f"say which it is, as in --from-scheme {names[0]}")
    return best.scheme, _evidence(tags, best)


def _possible(readings: list[_Reading]) -> list[_Reading]:
    """The readings that break few rules, in the usual order.

    One that breaks rules is only possible when all its prefixes occur, if there is such a one: there is no point in reading
    ``B-`` and ``I-`` with a stray ``I-`` as a scheme that would have ``S-`` besides.
    """
    left = [reading for reading in readings if reading.complete or not reading.malformed] or readings
    fewest = min(reading.malformed for reading in left)
    return [reading for reading in left if reading.malformed == fewest or reading.malformed < fewest * _CLEARLY_MORE]


def _read(sample: Sample, tags: Counter[str], scheme: Scheme) -> _Reading:
    strangers = {tag for tag in tags if not _knows(scheme, tag)}
    readable = [[OUTSIDE if tag in strangers else tag for tag in each] if strangers else each for each in sample]
    tally = Repairs()
    entities = [spans_from_tags(each, scheme, Repair.DROP, tally) for each in readable]
    prefixes = {tag.partition("-")[0] for tag in tags}
    complete = prefixes.issuperset(scheme.shape.prefixes)
    return _Reading(scheme, tally.runs, complete, entities)


def _knows(scheme: Scheme, tag: str) -> bool:
    prefix, _, type_ = tag.partition("-")
    return bool(type_) and prefix in scheme.shape.prefixes


def _evidence(tags: Counter[str], best: _Reading) -> str:
    prefixes = Counter[str]()
    for tag, count in tags.items():
        prefixes[tag.partition("-")[0]] += count
    shown = ", ".join(f"{count} {prefix}-" for prefix, count in sorted(prefixes.items()))
    broken = f", {best.malformed} malformed runs of them" if best.malformed else ""
    return f"{shown}{broken} in the first sentences"
