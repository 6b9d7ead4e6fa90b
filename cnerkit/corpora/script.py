"""Which script texts are in, as far as it tells that two corpora cannot share sentences."""

import re
from collections.abc import Iterable

HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""The ranges of Han characters, for a class of a regular expression."""

_HAN = f"[{HAN}]"
_A_QUARTER = 4


def are_han(texts: Iterable[str]) -> bool:
    """True when at least a quarter of the letters and digits of some texts are Han characters."""
    letters = "".join(filter(str.isalnum, "".join(texts)))
    return len(re.findall(_HAN, letters)) * _A_QUARTER >= max(1, len(letters))
