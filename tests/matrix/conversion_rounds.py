"""Every pair of formats and every pair of schemes over some sentences: what is lost on the way from the one to the other.

Each step is compared with the sentences that went into it, so that two steps without a mistake account for all of a pair.

What a format writes depends on the sentences that it gets and on nothing else, but for what a file says besides text and
entities, which goes back into a file of the same format alone. So a step is taken once for all formats that gave the same
sentences back (equal in tokens, joiner, entities and ids, and in their places), and the step from a format to itself is taken
anew when its sentences brought such fields. Formats without ids, or with ids of their own making, get those of the dataset back
before the next step. Tags of one scheme are brought to another by ``convert_tags``, for every pair.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import product
from typing import Any

from conversion_steps import UNSAID, Outcome, Passage, Step, named, take_step, target_of

from cnerkit.codecs.overlap import Overlap, unfit
from cnerkit.codecs.tags import Scheme, convert_tags, entities_from_tags, tags_from_entities
from cnerkit.corpora import jsonl
from cnerkit.corpora.formats import WRITABLE
from cnerkit.errors import DataError
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.grids import grid_losses, grid_record, parse_grid

GRIDS = {"grid": "crener", "grid-w2": "w2ner"}
SCHEMES = (*map(str, Scheme), *GRIDS, "span")

Cells = dict[tuple[str, str], Outcome]
"""What was counted on the way over two formats or schemes, in this order."""


@dataclass(slots=True)
class Rounds:
    """What came of all pairs.

    Attributes:
        cells: By the names of the pair.
        steps: The first step of each format, without its sentences.
        mistakes: What nothing accounts for, in words.
    """

    cells: Cells = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)


class _Steps:
    """Steps from lists of sentences without other fields, each taken once for equal lists."""

    def __init__(self) -> None:
        self._known: list[Sequence[Passage]] = []
        self._taken: dict[tuple[int, str], Step] = {}

    def number(self, passages: Sequence[Passage]) -> int:
        """The number of a list: that of an equal one, or a new one."""
        found = next((at for at, known in enumerate(self._known) if known == passages), len(self._known))
        if found == len(self._known):
            self._known.append(passages)
        return found

    def remember(self, number: int, name: str, step: Step) -> None:
        """A step that was taken already."""
        self._taken[number, name] = step

    def take(self, number: int, name: str) -> Step:
        """The step from a list to a format, without what came back."""
        if (number, name) not in self._taken:
            self._taken[number, name] = _forgetful(take_step(self._known[number], target_of(name), ""))
        return self._taken[number, name]


def format_rounds(passages: Sequence[Passage], source: str, names: Sequence[str] = WRITABLE) -> Rounds:
    """All pairs of formats.

    Args:
        passages: The sentences.
        source: The format that they come from.
        names: Of the formats.
    """
    rounds, steps = Rounds(), _Steps()
    start, has_fields = steps.number(_plain(passages)), any(sentence.extra for _, sentence in passages)
    came: dict[str, int] = {}
    again: dict[str, Step] = {}
    for name in names:
        step = take_step(passages, target_of(name), source)
        came[name] = steps.number(_plain(step.passages))
        if step.fields:
            again[name] = _forgetful(take_step(step.passages, target_of(name), name))
        rounds.steps[name] = _forgetful(step)
        if name != source or not has_fields:
            steps.remember(start, name, step)
    for first, second in product(names, repeat=2):
        step = rounds.steps[first]
        then = again[first] if first == second and first in again else steps.take(came[first], second)
        rounds.cells[first, second] = step.outcome + then.outcome
        rounds.mistakes += [f"{first} to {second}: {mistake}" for mistake in then.mistakes]
        rounds.mistakes += [f"{first}: {mistake}" for mistake in step.mistakes if first == second]
    return rounds


def _plain(passages: Sequence[Passage]) -> list[Passage]:
    """The sentences without what their files say besides."""
    return [(place, replace(sentence, extra=None) if sentence.extra else sentence) for place, sentence in passages]


def _forgetful(step: Step) -> Step:
    """The step without its sentences, which are much and are known by their number."""
    step.passages = []
    return step


@dataclass(frozen=True, slots=True)
class _Distinct:
    """Sentences of one length with the same entities, which every scheme writes alike."""

    length: int
    entities: frozenset[Entity]
    count: int


Structure = Any
"""What a scheme writes of a sentence."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How a scheme writes and reads a sentence; ``lost`` tells the entities to leave out before, each with the reason."""

    lost: Callable[[_Distinct], Mapping[Entity, str]]
    write: Callable[[_Distinct], Structure]
    read: Callable[[Structure], frozenset[Entity] | None]


@dataclass(slots=True)
class _Side:
    """What came of the sentences in one scheme: what it wrote of each that it did not refuse, and what was counted."""

    distinct: list[_Distinct] = field(default_factory=list)
    structures: list[Structure] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Counter)


def scheme_rounds(passages: Sequence[Passage], names: Sequence[str] = SCHEMES) -> Rounds:
    """All pairs of schemes over annotated sentences; of entities that tags cannot hold together the outermost stay."""
    counts = Counter((len(sentence), sentence.entities or frozenset()) for _, sentence in passages)
    distinct = [_Distinct(length, entities, count) for (length, entities), count in counts.items()]
    rounds = Rounds()
    known: list[tuple[list[_Distinct], dict[str, Outcome]]] = []
    for first in names:
        side = _side(distinct, first)
        _, taken = next((each for each in known if each[0] == side.distinct), (None, None))
        if taken is None:
            taken = {}
            known.append((side.distinct, taken))
        for second in names:
            if {first, second} <= set(Scheme):
                then = _retagged(side, Scheme(first), Scheme(second))
            else:
                if second not in taken:
                    taken[second] = _side(side.distinct, second).outcome
                then = taken[second]
            rounds.cells[first, second] = side.outcome + then
    rounds.mistakes = [f"{a} to {b}: {name}" for (a, b), cell in rounds.cells.items() for name in cell if UNSAID in name]
    return rounds


def recognition(passages: Sequence[Passage], source: str) -> dict[str, Step]:
    """The step of some sentences to a file in each scheme, whose scheme has to be told from the file."""
    targets = {name: target_of("conll", scheme=name) for name in map(str, Scheme)}
    targets |= {name: target_of("grid", grid=grid) for name, grid in GRIDS.items()}
    return {name: take_step(passages, target, source) for name, target in targets.items()}


def _side(distinct: Sequence[_Distinct], scheme: str) -> _Side:
    """Every sentence in a scheme and back."""
    way, side = _way(scheme), _Side()
    for each in distinct:
        try:
            lost = way.lost(each) if each.entities else {}
            kept = replace(each, entities=each.entities - lost.keys()) if lost else each
            structure = way.write(kept)
        except DataError as error:
            side.outcome[named("sentences refused", error)] += each.count
            continue
        for why in lost.values():
            side.outcome[f"entities left out, {why}"] += each.count
        if way.read(structure) != kept.entities:
            side.outcome[f"{UNSAID}other entities from {scheme}"] += each.count
        side.distinct.append(kept)
        side.structures.append(structure)
    return side


def _retagged(side: _Side, source: Scheme, target: Scheme) -> Outcome:
    """From tags to tags."""
    outcome: Outcome = Counter()
    for each, tags in zip(side.distinct, side.structures, strict=True):
        try:
            found = convert_tags(tags, source, target)
        except DataError as error:
            outcome[named("sentences refused", error)] += each.count
            continue
        if entities_from_tags(found, target) != each.entities:
            outcome[f"{UNSAID}other entities from {source} by convert_tags to {target}"] += each.count
    return outcome


def _way(scheme: str) -> _Way:
    if scheme == "span":
        return _Way(lambda _: {}, lambda each: jsonl.record(_sentence(each)), _read_spans)
    if scheme in GRIDS:
        return _Way(
            lambda each: grid_losses(_sentence(each), Overlap.OUTERMOST),
            lambda each: grid_record(_sentence(each), GRIDS[scheme]),
            lambda record: parse_grid(record, "s", Counter()).entities,
        )
    return _Way(
        lambda each: unfit(each.entities, Overlap.OUTERMOST, ()),
        lambda each: tags_from_entities(each.entities, each.length, Scheme(scheme)),
        partial(entities_from_tags, scheme=Scheme(scheme)),
    )


def _read_spans(record: dict[str, Any]) -> frozenset[Entity] | None:
    return jsonl.parser([], None, "")(record, "s", Counter()).entities


def _sentence(each: _Distinct) -> Sentence:
    return Sentence("s", _tokens(each.length), each.entities)


@cache
def _tokens(length: int) -> tuple[str, ...]:
    return ("字",) * length
