"""How all pages are filled in: what is inserted is escaped, and what a template asks for must be there."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

UNSHOWN = re.compile("[\0\ud800-\udfff]")
"""What no page can hold."""


def environment() -> "Environment":
    """A new environment for the templates of this room."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("cnerkit.page")
    return Environment(autoescape=True, undefined=StrictUndefined, loader=loader, trim_blocks=True, lstrip_blocks=True)
