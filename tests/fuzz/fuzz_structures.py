"""Nearly well-formed corpora and values, made by Hypothesis; run by hand.

    python tests/fuzz/fuzz_structures.py [--examples N] [--only NAME]... [--seed N]

Prints, for each kind of input, how many were tried, what became of them and the smallest input of each kind of finding.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import sameness
import strategies
import targets
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

TARGETS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], str]]] = {
    "sentences": (
        st.tuples(strategies.sentences(), strategies.writings()),
        lambda given: targets.check_sentences(*given),
    ),
    **{
        name: (
            st.tuples(files, strategies.headers()),
            lambda given: targets.check_file(given[0], targets.choices_of(given[1])),
        )
        for name, files in (
            ("records", strategies.record_files()),
            ("columns", strategies.column_files()),
            ("marks", strategies.mark_files()),
            ("grids", strategies.grid_records()),
        )
    },
    "pairs": (
        st.tuples(strategies.pairs(), strategies.headers()),
        lambda given: targets.check_pair(*given[0], targets.choices_of(given[1])),
    ),
    "bundles": (
        st.tuples(strategies.bundles(), strategies.headers()),
        lambda given: targets.check_bundle(given[0][0], targets.choices_of(given[1]), given[0][1]),
    ),
    "words": (strategies.words(), targets.check_words),
    "wrappings": (
        st.tuples(strategies.files(), strategies.headers(), st.sampled_from(range(256))),
        lambda given: sameness.check_wrapping(*given),
    ),
}


def main() -> None:
    """Try as many inputs of each kind as are asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--only", choices=TARGETS, action="append")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    asked = parser.parse_args()
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    targets.limit_memory()
    for name in asked.only or TARGETS:
        _Run(name, asked.examples, asked.seed).report()


class _Run:
    """The inputs of one kind.

    Args:
        name: Of the kind.
        examples: How many to try.
        start: What makes the inputs the same in another run.
    """

    def __init__(self, name: str, examples: int, start: int) -> None:
        self._name, self._start, self._tried = name, start, 0
        self._outcomes: Counter[str] = Counter()
        self._found: dict[str, str] = {}
        self._known: set[str] = set()
        self._current = ""
        started = time.monotonic()
        while self._tried < examples:
            self._search(min(examples - self._tried, 20_000))
        self._seconds = time.monotonic() - started

    def report(self) -> None:
        """Say what was tried and found."""
        print(f"{self._name}: {self._tried} inputs in {self._seconds:.0f} s from seed {self._start}", flush=True)
        for outcome, count in self._outcomes.most_common(10):
            print(f"  {count} {outcome}")
        for kind, shown in self._found.items():
            print(f"FINDING {self._name}: {kind}\n{shown}\n", flush=True)

    def _search(self, examples: int) -> None:
        """Try inputs until there is a finding of a new kind, which is then made small."""
        strategy, check = TARGETS[self._name]
        self._current, before = "", self._tried

        @seed(self._start + self._tried)
        @settings(
            max_examples=examples, deadline=None, database=None, phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck), verbosity=Verbosity.quiet, report_multiple_bugs=False,
        )  # fmt: skip
        @given(strategy)
        def try_(value: Any) -> None:
            self._try(check, value)

        try:
            try_()
        except Exception:  # noqa: BLE001 - it was kept when it came
            self._known.add(self._current)
        assert self._tried > before, "Hypothesis makes inputs"

    def _try(self, check: Callable[[Any], str], value: Any) -> None:
        self._tried += 1
        try:
            with targets.in_time():
                self._outcomes[check(value)] += 1
        except Exception as error:
            kind = targets.kind_of(error)
            self._outcomes[f"finding {kind}"] += 1
            if kind in self._known or (self._current and kind != self._current):
                return
            self._current = kind
            if kind not in self._found or len(repr(value)) <= len(self._found[kind].split("\n")[0]):
                self._found[kind] = f"{value!r}\n{error}"
            raise


if __name__ == "__main__":
    main()
