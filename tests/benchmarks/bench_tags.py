"""BIO to BIOES in memory with all checks, against iobes and the plainest loop without a check; interleaved, least CPU time.

    python tests/benchmarks/bench_tags.py

Reads MSRA train where CNERKIT_DATA names a folder with it, else draws as many sentences of its lengths and entities.
"""

import gzip
import os
import random
import time
from pathlib import Path

import iobes

from cnerkit.codecs.tags import Scheme, convert_tags, spans_from_tags, tags_from_spans

ROUNDS = 7
SENTENCES = 45_000


def corpus() -> list[list[str]]:
    """Tags of MSRA train, whose 57 empty ones stand for O, or made ones."""
    path = Path(os.environ.get("CNERKIT_DATA", "")) / "msra" / "msra_train_bio.txt.gz"
    if not path.exists():
        return made(random.Random(0))
    blocks = gzip.decompress(path.read_bytes()).decode().strip("\n").split("\n\n")
    return [[line.partition("\t")[2] or "O" for line in block.split("\n")] for block in blocks]


def made(rng: random.Random) -> list[list[str]]:
    """Sentences of about 48 tokens with one or two entities of one to six tokens."""
    drawn = []
    for _ in range(SENTENCES):
        length, spans, place = max(10, round(rng.gammavariate(3, 16))), [], 0
        while rng.random() < 0.8 and (place := place + 1 + int(rng.expovariate(1 / 18))) < length:
            end = min(length, place + rng.randint(1, 6))
            spans.append((place, end, rng.choice(("PER", "LOC", "ORG"))))
            place = end
        drawn.append(tags_from_spans(spans, length, Scheme.BIO))
    return drawn


def plainest(tags: list[str]) -> list[str]:
    """The loop that anybody would write, believing that the tags are well-formed."""
    converted = []
    for place, tag in enumerate(tags):
        goes_on = place + 1 < len(tags) and tags[place + 1].startswith("I-")
        if tag.startswith("B-"):
            converted.append(tag if goes_on else "S" + tag[1:])
        elif tag.startswith("I-"):
            converted.append(tag if goes_on else "E" + tag[1:])
        else:
            converted.append(tag)
    return converted


SIDES = {
    "cnerkit convert_tags": lambda tags: convert_tags(tags, Scheme.BIO, Scheme.BIOES),
    "cnerkit spans_from_tags": lambda tags: spans_from_tags(tags, Scheme.BIO),
    "plainest loop, no check": plainest,
    "iobes.bio_to_iobes": iobes.bio_to_iobes,
}


def main() -> None:
    """Print tokens per second of CPU time and the ratio to iobes."""
    sentences = corpus()
    tokens = sum(map(len, sentences))
    assert [SIDES["cnerkit convert_tags"](tags) for tags in sentences] == [iobes.bio_to_iobes(tags) for tags in sentences]
    least = dict.fromkeys(SIDES, float("inf"))
    for _ in range(ROUNDS):
        for name, convert in SIDES.items():
            start = time.process_time()
            for tags in sentences:
                convert(tags)
            least[name] = min(least[name], time.process_time() - start)
    print(f"{len(sentences)} sentences, {tokens} tokens")
    for name, seconds in least.items():
        print(f"{name:24s} {tokens / seconds / 1e6:6.1f} M tokens/s   {least['iobes.bio_to_iobes'] / seconds:5.2f} x iobes")


if __name__ == "__main__":
    main()
