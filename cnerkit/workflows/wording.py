"""Numbers in sentences that people read."""

_IRREGULAR = {"entity": "entities"}


def counted(count: int, noun: str, rest: str = "") -> str:
    """A number and what it counts, in the singular or plural: ``1 entity``, ``2 malformed runs of tags``.

    Args:
        count: How many.
        noun: What, in the singular.
        rest: What follows the noun unchanged.
    """
    words = noun if count == 1 else _IRREGULAR.get(noun, f"{noun}s")
    return f"{count} {words}{rest}"
