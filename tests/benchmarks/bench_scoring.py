"""Exact scores of 50,000 tagged sentences against seqeval, which must print the same numbers; interleaved, least CPU time.

python tests/benchmarks/bench_scoring.py [--wrong SHARE] [--rounds N]
"""

import argparse
import random
import time

from seqeval.metrics import classification_report, f1_score
from seqeval.scheme import IOBES

from cnerkit.codecs.tags import Repair, Scheme, spans_from_tags, tags_from_spans
from cnerkit.workflows.tag_scoring import score_tags

SENTENCES = 50_000
TYPES = ("PER", "LOC", "ORG", "GPE")


def sentence(rng: random.Random) -> list[str]:
    """BIOES tags of a sentence of 40 tokens on average with about two entities."""
    length, spans, place = max(8, round(rng.gammavariate(4, 10))), [], 0
    while (place := place + 1 + int(rng.expovariate(1 / 16))) < length:
        end = min(length, place + rng.choice((1, 2, 2, 3, 3, 3, 4, 6, 9)))
        spans.append((place, end, rng.choice(TYPES)))
        place = end
    return tags_from_spans(spans, length, Scheme.BIOES)


def predicted(gold: list[str], wrong: float, rng: random.Random) -> list[str]:
    """The gold tags with a share of the entities missed, mistyped or cut short, and some tags that make no sense."""
    tags = list(gold)
    for start, end, _ in spans_from_tags(gold, Scheme.BIOES):
        if rng.random() < wrong:
            new_end = rng.randint(start, end)
            tags[start:end] = ["O"] * (end - start)
            kept = [(0, new_end - start, rng.choice(TYPES))] if new_end > start else []
            tags[start:new_end] = tags_from_spans(kept, new_end - start, Scheme.BIOES)
    if rng.random() < wrong:
        tags[rng.randrange(len(tags))] = f"{rng.choice('BIES')}-{rng.choice(TYPES)}"
    return tags


def main() -> None:
    """Print seconds of CPU time and the ratio of each to ours."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrong", type=float, default=0.05, help="share of wrong entities and of senseless tags")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rng = random.Random(0)
    gold = [sentence(rng) for _ in range(SENTENCES)]
    found = [predicted(tags, options.wrong, rng) for tags in gold]
    strict = {"mode": "strict", "scheme": IOBES}

    def reported(**how: object) -> float:
        return classification_report(gold, found, output_dict=True, **how)["micro avg"]["f1-score"]

    sides = {
        "cnerkit score_tags": lambda: score_tags(gold, found, Scheme.BIOES, Repair.CONLLEVAL).micro.f1,
        "cnerkit, strict": lambda: score_tags(gold, found, Scheme.BIOES).micro.f1,
        "seqeval f1_score": lambda: f1_score(gold, found),
        "seqeval f1_score strict": lambda: f1_score(gold, found, **strict),
        "seqeval report strict": lambda: classification_report(gold, found, output_dict=True, **strict)["micro avg"][
            "f1-score"
        ],
        "seqeval report": reported,
    }
    least, values = dict.fromkeys(sides, float("inf")), {}
    for _ in range(options.rounds):
        for name, side in sides.items():
            start = time.process_time()
            values[name] = side()
            least[name] = min(least[name], time.process_time() - start)
    same = sum(one == other for one, other in zip(gold, found, strict=True))
    print(f"{SENTENCES} sentences, {sum(map(len, gold))} tokens, {same} sentences predicted as they are")
    for name, seconds in least.items():
        print(f"{name:24s} {seconds:7.3f} s   {seconds / least['cnerkit score_tags']:6.1f} x ours   F1 {values[name]:.12f}")


if __name__ == "__main__":
    main()
