"""What several tests at once make of their p-values."""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p-values, adjusted so that the chance of rejecting any true null at all stays within the level of a single test.

    The step-down procedure of Holm (1979): the smallest of n is times n, the next times n - 1 and so on, none less than the one
    before it and none above 1. It asks nothing of how the tests hang together, so it holds for systems that are all compared
    with one and the same.

    Args:
        p_values: Of each test, 0 to 1.

    Returns:
        The adjusted ones, in the same order; a test is significant where its own is at most the level.
    """
    ascending = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, least = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(ascending):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = least
    return tuple(adjusted)
