"""Ids of documents as paths of files, and back: safe on every file system, and nothing is lost.

What a file system refuses or hides is written as in URLs, by the bytes of the character in UTF-8: ``%3A`` for a colon. ``/``
parts folders.
"""

import re
import unicodedata
from urllib.parse import quote, unquote

from cnerkit.errors import DataError

_ESCAPED = (
    r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*%\u2028\u2029]'  # refused somewhere, or it breaks lines
    r"|^\.|^_(?=_MACOSX\Z)"  # hidden, or left out by who reads archives
    r"|^(?=(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?:\.|\Z))[a-z]"  # devices of Windows
    r"|[. ]\Z"  # cut off by Windows
)
_IN_FILE = re.compile(_ESCAPED, re.IGNORECASE)
_IN_FOLDER = re.compile(rf"{_ESCAPED}|\.(?=(?:txt|ann)\Z)", re.IGNORECASE)
"""A folder named as a file is would stand in that file's way."""

_LONGEST = 251
"""Bytes of a name that leave room for a suffix of four within the 255 of most file systems."""


def path_of(id_: str) -> str:
    """The path, without a suffix, of the files of a document; never absolute, never outside of the folder.

    Raises:
        DataError: The id is empty, too long, or holds half of a surrogate pair; without a place.
    """
    if not id_:
        raise DataError("the id is empty, which makes no file name", fix="give every document an id")
    *folders, file = id_.split("/") if "" not in id_.split("/") else [id_]
    names = [*(_IN_FOLDER.sub(_escape, each) for each in folders), _IN_FILE.sub(_escape, file)]
    try:
        longest = max(len(name.encode()) for name in names)
    except UnicodeEncodeError as error:
        raise DataError(f"the id {id_!r} holds half of a surrogate pair", fix="give the document another id") from error
    if longest > _LONGEST:
        what = f"the id {id_[:40]!r}… makes a file name of {longest} bytes, and with its suffix a name can have 255"
        raise DataError(what, fix="give the document a shorter id")
    return "/".join(names)


def id_of(path: str) -> str:
    """The id that a path was made of; the path itself when ``path_of`` would never make it."""
    try:
        id_ = unquote(path, errors="strict")
        return id_ if path_of(id_) == path else path
    except (UnicodeDecodeError, DataError):
        return path


class TakenPaths:
    """The paths that were given away, so that no two documents share a file where upper and lower case are the same."""

    def __init__(self) -> None:
        self._spelled: dict[str, str] = {}

    def take(self, path: str) -> None:
        """Give a path away.

        Raises:
            DataError: It is taken already, or one that such a file system takes for the same; without a place.
        """
        if _key(path) in self._spelled:
            what = f"two documents would be written as {self._spelled[_key(path)]} and {path}, which can be one file"
            raise DataError(what, fix="give every document an id of its own, different in more than upper and lower case")
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth]) + "/"
            if (spelled := self._spelled.setdefault(_key(folder), folder)) != folder:
                what = f"the folders {spelled} and {folder} can be one folder"
                raise DataError(what, fix="spell the folders of all ids alike")
        self._spelled[_key(path)] = path


def _key(path: str) -> str:
    """The same for paths that some file system takes for the same, by their case or by how accents are composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    escaped = quote(char, safe="")
    return escaped if escaped != char else f"%{ord(char):02X}"
