"""Grids to arrays and back against plain loops over rows and columns, in one run, interleaved; least CPU time.

    python tests/benchmarks/bench_grid.py

Then ten thousand grids, the densest grids that there can be, and a sentence that no array could hold, written as cells.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from cnerkit.codecs.grid import GridCodec
from cnerkit.codecs.grid_labels import GridFlavour
from cnerkit.codecs.grid_paths import Overflow
from cnerkit.text import Entity, Fragment, Sentence

TYPES = ("GPE", "LOC", "ORG", "PER")
LENGTHS = (32, 64, 128, 256, 512)
ROUNDS = 5
GRIDS = 10_000


def made(length: int, rng: random.Random) -> Sentence:
    """A sentence with an entity in about ten tokens, a third of them nested in another, and one that is discontinuous."""
    entities, place = set(), 0
    while place + 9 < length:
        size, type_ = rng.randint(1, 6), rng.choice(TYPES)
        entities.add(Entity.span(place, place + size, type_))
        if rng.random() < 1 / 3:
            entities.add(Entity.span(place, place + rng.randint(1, size), rng.choice(TYPES)))
        place += size + rng.randint(2, 12)
    entities.add(Entity((Fragment(length - 4, length - 3), Fragment(length - 2, length)), "PER"))
    return Sentence("made", ("字",) * length, frozenset(entities))


def tokens_of(entity: Entity) -> list[int]:
    """The numbers of an entity's tokens."""
    return [token for part in entity.fragments for token in range(part.start, part.end)]


def loop_encode(sentence: Sentence, types: Sequence[str]) -> np.ndarray:
    """CRENER's grid, each cell asked for each of its labels."""
    edges = {edge for entity in sentence.entities for edge in pairwise(tokens_of(entity))}
    ends = {(entity.start, entity.end - 1, entity.type) for entity in sentence.entities}
    grid = np.zeros((len(sentence), len(sentence), 2 + 2 * len(types)), dtype=bool)
    for row in range(len(sentence)):
        for column in range(len(sentence)):
            if (row, column) in edges:
                grid[row, column, 0] = True
            if (column, row) in edges:
                grid[row, column, 1] = True
            for number, type_ in enumerate(types):
                if (column, row, type_) in ends:
                    grid[row, column, 2 + number] = True
                if (row, column, type_) in ends:
                    grid[row, column, 2 + len(types) + number] = True
    return grid


def loop_assign(sentence: Sentence, types: Sequence[str]) -> np.ndarray:
    """CRENER's grid, one assignment for each cell that is on."""
    grid = np.zeros((len(sentence), len(sentence), 2 + 2 * len(types)), dtype=bool)
    for entity in sentence.entities:
        for before, after in pairwise(tokens_of(entity)):
            grid[before, after, 0] = grid[after, before, 1] = True
        number = types.index(entity.type)
        grid[entity.end - 1, entity.start, 2 + number] = grid[entity.start, entity.end - 1, 2 + len(types) + number] = True
    return grid


def loop_decode(grid: np.ndarray, types: Sequence[str], *, listed: bool) -> frozenset[Entity]:
    """The entities of a grid, each cell looked at in an array, or in lists as they are made of it beforehand."""
    n, m = len(grid), len(types)
    cells = grid.tolist() if listed else grid
    onward: dict[int, list[int]] = {}
    ends = []
    for row in range(n):
        for column in range(row, n):
            above, below = cells[row][column], cells[column][row]
            if row < column and above[0] and below[1]:
                onward.setdefault(row, []).append(column)
            kinds = [types[number] for number in range(m) if below[2 + number] or above[2 + m + number]]
            ends += [(row, column, type_) for type_ in kinds]
    return frozenset(entity(path, type_) for head, tail, type_ in ends for path in paths(head, tail, onward))


def paths(here: int, tail: int, onward: dict[int, list[int]]) -> Iterator[list[int]]:
    """Every path, by recursion and without a bound."""
    if here == tail:
        yield [tail]
    for after in onward.get(here, ()):
        if after <= tail:
            for rest in paths(after, tail, onward):
                yield [here, *rest]


def entity(tokens: Sequence[int], type_: str) -> Entity:
    """The entity over some tokens."""
    breaks = [0, *(at for at in range(1, len(tokens)) if tokens[at] - tokens[at - 1] > 1), len(tokens)]
    return Entity(tuple(Fragment(tokens[start], tokens[end - 1] + 1) for start, end in pairwise(breaks)), type_)


def seconds(sides: dict[str, Callable[[], object]], at_least: float = 0.02) -> dict[str, float]:
    """The least CPU time of each side per call, in rounds in which each has its turn."""
    least = dict.fromkeys(sides, float("inf"))
    for _ in range(ROUNDS):
        for name, side in sides.items():
            calls, start = 0, time.process_time()
            while (spent := time.process_time() - start) < at_least:
                side()
                calls += 1
            least[name] = min(least[name], spent / calls)
    return least


def compare(length: int) -> None:
    """Print how much longer each plain way takes than ours, for one length of sentence."""
    codec, sentence = GridCodec(TYPES), made(length, random.Random(length))
    w2ner = GridCodec(TYPES, GridFlavour.W2NER)
    distinct = {(each.start, each.end): each for each in sentence.entities}
    flat = Sentence("made", sentence.tokens, frozenset(distinct.values()))
    grid, numbers = codec.encode_array(sentence), w2ner.encode_array(flat)
    assert np.array_equal(grid, loop_encode(sentence, TYPES))
    assert np.array_equal(grid, loop_assign(sentence, TYPES))
    for listed in (True, False):
        assert codec.decode_array(grid) == loop_decode(grid, TYPES, listed=listed) == sentence.entities
    assert w2ner.decode_array(numbers) == flat.entities
    times = seconds(
        {
            "encode": lambda: codec.encode_array(sentence),
            "encode, each cell": lambda: loop_encode(sentence, TYPES),
            "encode, each assignment": lambda: loop_assign(sentence, TYPES),
            "decode": lambda: codec.decode_array(grid),
            "decode, each cell": lambda: loop_decode(grid, TYPES, listed=False),
            "decode, each cell, lists": lambda: loop_decode(grid, TYPES, listed=True),
            "encode as w2ner": lambda: w2ner.encode_array(flat),
            "decode as w2ner": lambda: w2ner.decode_array(numbers),
        }
    )
    print(f"N = {length}, {len(sentence.entities)} entities")
    for name, spent in times.items():
        ours = times[name.partition(",")[0]]
        print(f"  {name:26s} {spent * 1e6:10.1f} us" + (f"   {spent / ours:7.1f} x ours" if spent != ours else ""))


def decode_many() -> None:
    """Print the time that ten thousand grids of the lengths of a corpus take."""
    rng, codec = random.Random(0), GridCodec(TYPES)
    sentences = [made(max(10, round(rng.gammavariate(3, 16))), rng) for _ in range(500)]
    grids = [codec.encode_array(sentence) for sentence in sentences]
    start = time.process_time()
    for at in range(GRIDS):
        codec.decode_array(grids[at % len(grids)])
    print(f"{GRIDS} grids of {np.mean([len(grid) for grid in grids]):.0f} tokens: {time.process_time() - start:.2f} s")


def decode_scored() -> None:
    """Print how many grids of scores are read in a second, each label that is on with its probability, against plain loops."""
    rng, codec = random.Random(0), GridCodec(TYPES)
    sentences = [made(max(10, round(rng.gammavariate(3, 16))), rng) for _ in range(500)]
    grids = [codec.encode_array(sentence) for sentence in sentences]

    def ours() -> None:
        for grid in grids:
            cells = np.argwhere(grid).tolist()
            codec.decode_weighted(cells, [0.9] * len(cells))

    def plain() -> None:
        for grid in grids:
            loop_decode(grid, TYPES, listed=True)

    times = seconds({"ours": ours, "plain": plain})
    rates = ", ".join(f"{name} {len(grids) / spent:.0f} grids/s" for name, spent in times.items())
    print(f"with probabilities: {rates}; {times['plain'] / times['ours']:.1f} x")
    half = np.argwhere(np.random.default_rng(0).random((128, 128, len(codec.labels))) < 0.5).tolist()
    overflows: list[Overflow] = []
    start = time.process_time()
    found = codec.decode_weighted(half, [0.6] * len(half), overflows)
    print(f"N = 128, half on: {len(found)} entities, {len(overflows)} overflows, {time.process_time() - start:.2f} s")


def decode_the_densest(length: int) -> None:
    """Print what grids take in which everything is on, or the half of it, or in which 64 paths join most pairs."""
    codec, rng = GridCodec(TYPES), np.random.default_rng(0)
    ladder = np.zeros((length, length, len(codec.labels)), dtype=bool)
    ladder[..., 2:] = True
    middle = length // 2 // 4 * 4
    for before, after in [*pairwise(range(0, length, 2)), *pairwise(range(middle - 12, middle + 16, 4))]:
        ladder[before, after, 0] = ladder[after, before, 1] = True
    grids = {"all on": np.ones_like(ladder), "half on": rng.random(ladder.shape) < 0.5, "a ladder": ladder}
    for name, grid in grids.items():
        overflows: list[Overflow] = []
        start = time.process_time()
        found = codec.decode_array(grid, overflows)
        spent = time.process_time() - start
        print(f"N = {length}, {name}: {len(found)} entities, {len(overflows)} overflows, {spent:.2f} s")


def long_sentence() -> None:
    """Print what a sentence of a hundred thousand tokens takes as cells."""
    codec, sentence = GridCodec(TYPES), made(100_000, random.Random(1))
    start = time.process_time()
    cells = codec.encode(sentence)
    assert codec.decode(cells) == sentence.entities
    spent = time.process_time() - start
    print(f"{len(sentence)} tokens, {len(sentence.entities)} entities, {len(cells)} cells there and back: {spent:.2f} s")


def main() -> None:
    """Print all of it."""
    for length in LENGTHS:
        compare(length)
    decode_many()
    decode_scored()
    decode_the_densest(128)
    long_sentence()


if __name__ == "__main__":
    main()
