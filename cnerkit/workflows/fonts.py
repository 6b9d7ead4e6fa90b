"""Fonts for pictures that matplotlib draws, which shows a box for what a font does not have."""

from collections.abc import Collection, Iterator

from cnerkit.errors import MissingError


def refuse_without_matplotlib() -> None:
    """Refuse to draw where matplotlib is not installed.

    Raises:
        MissingError: It is not.
    """
    try:
        import matplotlib as mpl  # noqa: F401
    except ImportError as error:
        raise MissingError(
            "pictures are drawn with matplotlib, which is not installed", fix="pip install 'cnerkit[plots]'"
        ) from error


def font_with(characters: Collection[str]) -> str | None:
    """The file of a font of this system that has all of these characters; None if no font has."""
    return next((file for file in _fonts() if _has(file, characters)), None)


def _fonts() -> Iterator[str]:
    """Files of fonts: the one that matplotlib comes with, then those of the system, plain ones with Chinese letters first."""
    from matplotlib.font_manager import findfont, fontManager

    yield findfont("DejaVu Sans")
    faces = [face for face in fontManager.ttflist if "last resort" not in face.name.lower()]  # it has a box for each letter
    faces.sort(key=lambda face: ("CJK" not in face.name, "Serif" in face.name, str(face.weight) != "400", face.fname))
    yield from dict.fromkeys(face.fname for face in faces if face.style == "normal")


def _has(file: str, characters: Collection[str]) -> bool:
    from matplotlib.font_manager import get_font

    try:
        font = get_font(file)
    except (OSError, RuntimeError):  # a file that is gone, or of a kind that cannot be drawn
        return False
    return all(font.get_char_index(ord(character)) for character in characters)
