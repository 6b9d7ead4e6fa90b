"""Span JSON lines read to sentences and written from them, against Python's own JSON alone: sentences per second of CPU time.

    python tests/benchmarks/bench_jsonl.py

Both sides are interleaved, and the least time of each counts. The corpus is made: as many sentences and entities as MSRA train.
"""

import io
import json
import random
import time
from collections.abc import Callable

from cnerkit.corpora import jsonl
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.records import RecordReader
from cnerkit.corpora.source import TextSource
from cnerkit.text import Entity, Sentence

ROUNDS = 5
SENTENCES = 45_000


def corpus() -> list[Sentence]:
    """48 characters and 1.7 entities on average."""
    rng = random.Random(0)
    return [_sentence(rng, number) for number in range(SENTENCES)]


def _sentence(rng: random.Random, number: int) -> Sentence:
    length = max(8, round(rng.gammavariate(3, 16)))
    starts = rng.choices(range(0, length - 3, 4), k=round(rng.gammavariate(1.2, 1.4)))
    entities = frozenset(Entity.span(start, start + rng.randint(1, 3), rng.choice(("PER", "LOC", "ORG"))) for start in starts)
    return Sentence(f"train-{number}", tuple(chr(rng.randint(0x4E00, 0x9FA5)) for _ in range(length)), entities)


def seconds(work: Callable[[], object]) -> float:
    """CPU time of one run."""
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    """Print the most sentences per second of both sides, and the ratio of their times."""
    sentences = corpus()
    data = "".join(map(jsonl.span_line, sentences)).encode()
    records = [json.loads(line) for line in data.decode().splitlines()]
    parse = jsonl.parser([], Hints(), "")
    sides: dict[str, Callable[[], object]] = {
        "read to sentences": lambda: sum(1 for _ in RecordReader(TextSource(io.BytesIO(data), "x"), parse, ids="x")),
        "json.loads of each line": lambda: sum(json.loads(line) is not None for line in data.decode().split("\n")[:-1]),
        "written from sentences": lambda: sum(len(jsonl.span_line(sentence)) for sentence in sentences),
        "json.dumps of each record": lambda: sum(len(json.dumps(record, ensure_ascii=False)) for record in records),
    }
    least = dict.fromkeys(sides, float("inf"))
    for _ in range(ROUNDS):
        for side, work in sides.items():
            least[side] = min(least[side], seconds(work))
    for side, time_ in least.items():
        print(f"{side:26} {len(sentences) / time_:9,.0f} sentences/s, {len(data) / time_ / 1e6:5.1f} MB/s")
    (read, loads, written, dumps) = least.values()
    print(f"{'ratio':26} reading {read / loads:.2f}, writing {written / dumps:.2f}")


if __name__ == "__main__":
    main()
