"""The whole analysis of 50,000 tagged sentences beside seqeval's classification_report; interleaved, least CPU time.

python tests/benchmarks/bench_analysis.py [--sentences N] [--wrong SHARE] [--rounds N]

The analysis: tags read as entities, exact scores with their bootstrap interval, SemEval's measures, boundaries, types, error
classes, all buckets and plain data of everything. nervaluate is given the entities and need not read tags.
"""

import argparse
import random
import resource
import time

from nervaluate import Evaluator
from seqeval.metrics import classification_report

from cnerkit.codecs.tags import Repair, Scheme, spans_from_tags, tags_from_spans
from cnerkit.scoring.analysis import analyse
from cnerkit.scoring.buckets import TrainEntities, bucketings
from cnerkit.scoring.seqeval_metric import score_as_seqeval
from cnerkit.text import Entity, Sentence

TYPES = ("PER", "LOC", "ORG", "GPE")
CHARACTERS = "天地人山水火木金土日月风云雨雪花草鸟鱼虫东南西北中"


def tagged(rng: random.Random) -> list[str]:
    """BIOES tags of a sentence of 40 tokens on average with about two entities."""
    length, spans, place = max(8, round(rng.gammavariate(4, 10))), [], 0
    while (place := place + 1 + int(rng.expovariate(1 / 16))) < length:
        end = min(length, place + rng.choice((1, 2, 2, 3, 3, 3, 4, 6, 9)))
        spans.append((place, end, rng.choice(TYPES)))
        place = end
    return tags_from_spans(spans, length, Scheme.BIOES)


def predicted(gold: list[str], wrong: float, rng: random.Random) -> list[str]:
    """The gold tags with a share of the entities missed, mistyped or cut short."""
    spans = []
    for start, end, type_ in spans_from_tags(gold, Scheme.BIOES):
        if rng.random() >= wrong:
            spans.append((start, end, type_))
        elif (new_end := rng.randint(start, end)) > start:
            spans.append((start, new_end, rng.choice(TYPES)))
    return tags_from_spans(spans, len(gold), Scheme.BIOES)


def entities(tags: list[str]) -> frozenset[Entity]:
    """Those of a sentence."""
    return frozenset(Entity.span(*span) for span in spans_from_tags(tags, Scheme.BIOES, Repair.CONLLEVAL))


def analysis(tokens: list[tuple[str, ...]], gold: list[list[str]], found: list[list[str]]) -> float:
    """Everything, made into plain data; micro F1 comes back."""
    sentences = [Sentence(str(number), *each) for number, each in enumerate(zip(tokens, map(entities, gold), strict=True))]
    ways = bucketings(TrainEntities.of(sentences[::10]), set(CHARACTERS[:-2]).__contains__)
    whole = analyse(sentences, [entities(tags) for tags in found], ways)
    whole.to_json()
    return whole.exact.micro.f1


def by_nervaluate(gold: list[list[str]], found: list[list[str]]) -> float:
    """Its strict F1."""
    sides = [
        [[{"label": one.type, "start": one.start, "end": one.end - 1} for one in sorted(entities(tags))] for tags in side]
        for side in (gold, found)
    ]
    return float(Evaluator(*sides, tags=list(TYPES), loader="dict").evaluate()["overall"]["strict"].f1)


def main() -> None:
    """Print seconds of CPU time, the ratio of each to the analysis, and the memory at the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sentences", type=int, default=50_000)
    parser.add_argument("--wrong", type=float, default=0.1, help="share of wrong entities")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(0)
    gold = [tagged(rng) for _ in range(options.sentences)]
    found = [predicted(tags, options.wrong, rng) for tags in gold]
    tokens = [tuple(rng.choices(CHARACTERS, k=len(tags))) for tags in gold]
    sides = {
        "cnerkit, whole analysis": lambda: analysis(tokens, gold, found),
        "seqeval report": lambda: classification_report(gold, found, output_dict=True)["micro avg"]["f1-score"],
        "cnerkit --metric seqeval": lambda: score_as_seqeval(gold, found).report.micro.f1,
        "nervaluate": lambda: by_nervaluate(gold, found),
    }
    least, values = dict.fromkeys(sides, float("inf")), {}
    for _ in range(options.rounds):
        for name, side in sides.items():
            start = time.process_time()
            values[name] = side()
            least[name] = min(least[name], time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{options.sentences} sentences, {sum(map(len, gold))} tokens; {peak:.0f} MiB at most, all of them together")
    for name, seconds in least.items():
        print(
            f"{name:25s} {seconds:7.2f} s   {seconds / least['cnerkit, whole analysis']:5.2f} x ours   F1 {values[name]:.12f}"
        )


if __name__ == "__main__":
    main()
