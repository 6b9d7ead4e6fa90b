"""A choice by the name that a user gives it."""

from enum import StrEnum
from typing import TypeVar

from cnerkit.errors import UsageError

Choice = TypeVar("Choice", bound=StrEnum)


def chosen(choices: type[Choice], name: str, what: str) -> Choice:
    """The choice of this name.

    Args:
        choices: All there are.
        name: What the user wrote.
        what: What none of them is: ``no metric is``, ``no tokens are``.

    Raises:
        UsageError: None is called so; all are named.
    """
    try:
        return choices(name)
    except ValueError as error:
        raise UsageError(f"{what} called {name!r}", fix=f"choose from {', '.join(choices)}") from error
