"""How the search for nearly the same sentences grows with the corpus: usual texts, one text, variants of one template.

    python tests/benchmarks/bench_near_duplicates.py

Each kind is made in two sizes, the second four times the first; interleaved, least CPU time. Linear growth is a ratio of 4.
"""

import random
import time

from cnerkit.corpora.near_duplicates import NearDuplicates

ROUNDS = 3
SENTENCES = 5_000
GROWTH = 4
TEMPLATE = "春天的时候大家一起去看海边的日出然后慢慢走回来喝茶聊天"


def usual(rng: random.Random) -> str:
    """About 48 characters, as frequent as a power law has it."""
    return "".join(chr(0x4E00 + min(6000, int(rng.paretovariate(0.7)))) for _ in range(max(8, round(rng.gammavariate(3, 16)))))


def the_same(_: random.Random) -> str:
    """Always the same text."""
    return TEMPLATE


def numbered(rng: random.Random) -> str:
    """The same text with another number."""
    return f"{TEMPLATE}第{rng.randrange(10**6)}次"


def variant(rng: random.Random) -> str:
    """The text with every fifth character changed to one of a few, so that most are not near and all look so."""
    return "".join(rng.choice("东南西北") if rng.random() < 0.2 else character for character in TEMPLATE)


def seconds(texts: list[str], queries: list[str]) -> float:
    """CPU time to index some texts and to look for others in them."""
    start = time.process_time()
    index = NearDuplicates(texts)
    for text in queries:
        index.find(text)
    return time.process_time() - start


def main() -> None:
    """Print the times and their ratio for each kind of text."""
    for make in (usual, the_same, numbered, variant):
        rng = random.Random(0)
        sizes = (SENTENCES, SENTENCES * GROWTH)
        corpora = [([make(rng) for _ in range(size)], [make(rng) for _ in range(size)]) for size in sizes]
        best = [min(times) for times in zip(*([seconds(*corpus) for corpus in corpora] for _ in range(ROUNDS)), strict=True)]
        told = ", ".join(f"{size}: {took:.2f} s" for size, took in zip(sizes, best, strict=True))
        print(f"{make.__name__:10} {told}, ratio {best[1] / max(best[0], 1e-9):.1f}")


if __name__ == "__main__":
    main()
