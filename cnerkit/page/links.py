"""Links from a number to the sentences that it counts: conditions that the script of the page reads from the address."""

from urllib.parse import urlencode

ERROR = "error"
"""Stands for all classes but ``correct``."""
NONE = ""
"""Stands for no entity where a type is asked for."""


def link(**conditions: str) -> str:
    """An address within the page that shows the sentences which meet all conditions.

    Args:
        conditions: ``class`` is that of an error (or ``ERROR``) and ``type`` its type; ``gold`` and ``predicted`` are types
            that stand for one another in it; ``entities`` are gold, right, missed or invented, and ``bucket`` where they are,
            as ``bucket_name`` gives it.
    """
    return f"#{urlencode(conditions, errors='replace')}"


def bucket_name(way: str, label: str) -> str:
    """A bucket as the conditions of a link name it."""
    return f"{way}: {label}"
