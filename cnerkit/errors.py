"""Mistakes that a user can make, each kind with the exit code of the process that meets it."""

from collections.abc import Sequence


class CnerkitError(Exception):
    """Something that the user can put right: what is wrong, where, and how to fix it.

    Args:
        what: One sentence about what is wrong, quoting the offending value.
        where: ``file:line:column``, ``recipe:line`` or a name; None when there is no place.
        fix: What to do next, as an imperative.
        also: Further mistakes found in the same reading, so that all are reported at once.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        fix: str | None = None,
        also: Sequence["CnerkitError"] = (),
    ) -> None:
        self.what, self.where, self.fix, self.also = what, where, fix, tuple(also)
        super().__init__(what)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        lines = [head, f"fix: {self.fix}"] if self.fix else [head]
        return "\n".join([*lines, *map(str, self.also)])


class UsageError(CnerkitError):
    """The command line asks for something that does not exist or does not fit together."""

    exit_code = 2


class DataError(CnerkitError):
    """A corpus, a text or a checkpoint does not hold what it should."""

    exit_code = 3


class RecipeError(CnerkitError):
    """A recipe, an override or a plugin's declaration is wrong."""

    exit_code = 4


class MissingError(CnerkitError):
    """Weights, a dataset, a GPU, an optional dependency or the network is not there."""

    exit_code = 5
