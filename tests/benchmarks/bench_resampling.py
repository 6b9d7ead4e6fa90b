"""Calibration of the tests on pairs of systems that do not differ, and time and memory on many sentences.

python tests/benchmarks/bench_resampling.py [--simulations N] [--samples N] [--times-only]

Two systems of the same law find each gold entity with a probability whose logit adds a sentence's difficulty, what a system
makes of that sentence whatever its seed, and what a seed does to all sentences. Printed: how often each test rejects at 5 %.
"""

import argparse
import resource
import time

import numpy as np

from cnerkit.scoring.resampling import approximate_randomisation, interval, paired_difference

ONE_SEED = [(n_sentences, 1, 0.5, 0.0) for n_sentences in (20, 50, 100, 300, 1000)]
SEEDS = [(100, n_seeds, skill, luck) for n_seeds in (3, 5) for skill in (0.0, 0.5) for luck in (0.0, 0.3, 1.0)]
"""Sentences, seeds, deviation of what a system makes of a sentence, deviation of what a seed does."""


def two_equal_systems(rng, n_sentences, n_seeds, skill, luck):
    """The counts of both, (seed, sentence, 3)."""
    gold = rng.poisson(1.5, n_sentences)
    difficulty = rng.normal(1.0, 0.8, n_sentences)
    systems = []
    for _ in range(2):
        seeds = luck * rng.standard_normal((n_seeds, 1))
        found = 1 / (1 + np.exp(-(difficulty + skill * rng.standard_normal(n_sentences) + seeds)))
        right = rng.binomial(gold, found)
        systems.append(np.stack([right, right + rng.poisson(0.6 * (1 - found)), np.broadcast_to(gold, right.shape)], axis=2))
    return systems


def drawn_seeds(one, other, samples, seed):
    """p of the multi-bootstrap as it stands: seeds are drawn with replacement, then sentences."""
    rng = np.random.default_rng(seed)
    n_seeds, n_sentences, _ = one.shape
    weights = rng.multinomial(n_sentences, np.full(n_sentences, 1 / n_sentences), samples).astype(float)

    def f1(system, weights):
        sums = np.einsum("bn,snk->bsk", weights, system.astype(float), optimize=True)
        return 2 * sums[..., 0] / np.maximum(sums[..., 1] + sums[..., 2], 1)

    drawn = f1(one, weights) - f1(other, weights)
    everything = np.ones((1, n_sentences))
    difference = float((f1(one, everything) - f1(other, everything)).mean())
    seeds = rng.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), samples) / n_seeds
    deviations = np.abs((drawn * seeds).sum(axis=1) - difference)
    return ((deviations >= abs(difference) - 1e-12).sum() + 1) / (samples + 1)


def calibrate(simulations, samples):
    """Print the share of simulations in which each test rejects, and in which the interval leaves 0 out."""
    print("sentences seeds skill luck | paired bootstrap  its interval  seeds drawn  randomisation   (% rejected at 0.05)")
    for setting in (*ONE_SEED, *SEEDS):
        rng, rejected = np.random.default_rng(1), np.zeros(4)
        for number in range(simulations):
            one, other = two_equal_systems(rng, *setting)
            found = paired_difference(one, other, samples=samples, seed=number)
            rejected += (
                found.p <= 0.05,
                found.low > 0 or found.high < 0,
                drawn_seeds(one, other, samples, number) <= 0.05,
                approximate_randomisation(one, other, samples=samples, seed=number) <= 0.05,
            )
        shares = "".join(f"{share:14.1f}" for share in 100 * rejected / simulations)
        print(f"{setting[0]:9d} {setting[1]:5d} {setting[2]:5.1f} {setting[3]:4.1f} | {shares}", flush=True)


def measure():
    """Print seconds of CPU time, least of two, and the most memory so far."""
    print("sentences seeds | interval  difference  randomisation: CPU seconds for 10,000 samples | peak memory")
    for n_sentences, n_seeds in ((270, 3), (4_365, 1), (4_365, 3), (50_000, 1), (50_000, 3)):
        one, other = two_equal_systems(np.random.default_rng(0), n_sentences, n_seeds, 0.5, 0.1)
        sides = (
            lambda one=one: interval(one),
            lambda one=one, other=other: paired_difference(one, other),
            lambda one=one, other=other: approximate_randomisation(one, other),
        )
        least = [float("inf")] * len(sides)
        for _ in range(2):
            for place, side in enumerate(sides):
                start = time.process_time()
                side()
                least[place] = min(least[place], time.process_time() - start)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{n_sentences:9d} {n_seeds:5d} | " + "".join(f"{seconds:10.2f}" for seconds in least) + f" | {peak} MB", flush=True
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=999)
    parser.add_argument("--times-only", action="store_true")
    options = parser.parse_args()
    measure()
    if not options.times_only:
        calibrate(options.simulations, options.samples)


if __name__ == "__main__":
    main()
