"""The vocabulary of a BERT: one id per character, or the pieces of a word; never fewer than one position per token."""

import json
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from cnerkit.errors import DataError
from cnerkit.nn.encoders.lookup import Ids, Lookup
from cnerkit.nn.encoders.wordpiece import pieces_of
from cnerkit.text import Sentence

_NOT_A_CHARACTER = -2
_REMEMBERED_WORDS = 1 << 16


@dataclass(frozen=True, slots=True)
class Pieces:
    """Piece ids of some sentences, one after the other, and how many belong to each token (at least one)."""

    ids: Ids
    per_token: Ids


class Vocabulary:
    """The items of a WordPiece vocabulary, and what becomes of a token.

    A single code point in text without a joiner is looked up as it is (lower-cased first when the vocabulary is uncased) and is
    ``[UNK]`` unless it is exactly one item: no space, control character, emoji or full-width letter can ever become none or
    several. Words, and tokens of several code points, are split into pieces; one that has none is ``[UNK]``.

    Args:
        items: The vocabulary; an item's id is its place, the last one where an item occurs twice.
        lower_case: Whether text is lower-cased first.
        marks: Ids of single code points that a model puts in the place of tokens; no text has them.

    Raises:
        DataError: It lacks one of BERT's special items.
    """

    def __init__(self, items: Sequence[str], *, lower_case: bool, marks: Mapping[str, int] | None = None) -> None:
        self.items, self.lower_case, self._marks = tuple(items), lower_case, dict(marks or {})
        self._ids = {item: place for place, item in enumerate(self.items)} | self._marks
        self.pad, self.unknown, self.start, self.end = map(self._special, ("[PAD]", "[UNK]", "[CLS]", "[SEP]"))
        ready = {item: place for item, place in self._ids.items() if len(item) == 1 and item == self._folded(item)}
        self._characters = Lookup(ready, self._character)
        self._words: dict[str, tuple[int, ...]] = {}

    def with_marks(self, marks: Mapping[str, int]) -> "Vocabulary":
        """The same vocabulary, with ids for single code points that stand for no character of a text."""
        return Vocabulary(self.items, lower_case=self.lower_case, marks=marks)

    def pieces(self, sentences: Sequence[Sentence], *, at_most: int) -> Pieces:
        """Piece ids of the sentences' tokens; of a token with more pieces than ``at_most``, the first ones."""
        if not any(sentence.joiner for sentence in sentences):
            ids = self._characters.ids(list(chain.from_iterable(sentence.tokens for sentence in sentences)))
            if not (ids == _NOT_A_CHARACTER).any():
                return Pieces(ids, np.ones_like(ids))
        rows = [self._of_token(token, sentence.joiner)[:at_most] for sentence in sentences for token in sentence.tokens]
        per_token = np.fromiter(map(len, rows), np.int64, len(rows))
        return Pieces(np.fromiter(chain.from_iterable(rows), np.int64, int(per_token.sum())), per_token)

    def knows(self, character: str) -> bool:
        """Whether a single code point, in text without a joiner, is an item."""
        return self._character(character) != self.unknown

    def _of_token(self, token: str, joiner: str) -> tuple[int, ...]:
        if (not joiner and len(token) == 1) or token in self._marks:
            return (self._character(token),)
        found = self._words.get(token)
        if found is None:
            if len(self._words) >= _REMEMBERED_WORDS:
                self._words.clear()
            found = pieces_of(token, self._ids, unknown=self.unknown, lower_case=self.lower_case) or (self.unknown,)
            self._words[token] = found
        return found

    def _character(self, token: str) -> int:
        if len(token) != 1:
            return _NOT_A_CHARACTER
        folded = self._folded(token)
        return self._ids.get(folded, self.unknown) if len(folded) == 1 else self.unknown

    def _folded(self, token: str) -> str:
        return token.lower() if self.lower_case else token

    def _special(self, item: str) -> int:
        if item not in self._ids:
            raise DataError(
                f"the encoder's vocabulary has no item {item}",
                fix="take an encoder with a WordPiece vocabulary, as BERT, MacBERT, ELECTRA and ERNIE for Chinese have",
            )
        return self._ids[item]


def read_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary in an encoder's folder: ``vocab.txt``, or a ``tokenizer.json`` that holds a WordPiece vocabulary.

    Text is lower-cased when the vocabulary has no capital letter (bert-base-chinese says ``do_lower_case: false`` and has
    none, so that every capital would be unknown) or when ``tokenizer_config.json`` says so.

    Raises:
        DataError: A file is broken, or is no WordPiece vocabulary.
    """
    lines = folder / "vocab.txt"
    items = _read_lines(lines) if lines.exists() else _read_tokenizer(folder / "tokenizer.json")
    cased = not set(string.ascii_uppercase).isdisjoint(items)
    try:
        return Vocabulary(items, lower_case=not cased or _says_lower_case(folder / "tokenizer_config.json"))
    except DataError as error:
        raise DataError(error.what, where=str(folder), fix=error.fix) from error


def read_json(file: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        DataError: It is not JSON, or not an object.
    """
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"not a JSON file: {error}", where=str(file), fix="download the encoder again") from error
    if not isinstance(value, dict):
        raise DataError(
            f"expected a JSON object, got {type(value).__name__}", where=str(file), fix="download the encoder again"
        )
    return value


def _read_lines(file: Path) -> list[str]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8 at byte {error.start}", where=str(file), fix="download the encoder again") from error
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _read_tokenizer(file: Path) -> list[str]:
    model = read_json(file).get("model")
    facts = model if isinstance(model, dict) else {}
    if facts.get("type") != "WordPiece":
        raise DataError(
            f"a vocabulary of the kind {facts.get('type')}, not WordPiece, which has one item for each character",
            where=str(file),
            fix="take an encoder with a vocab.txt, as BERT, MacBERT, ELECTRA and ERNIE for Chinese have",
        )
    ids = facts.get("vocab")
    if not isinstance(ids, dict) or not all(type(place) is int and 0 <= place < 2 * len(ids) for place in ids.values()):
        raise DataError("the vocabulary is not a table of items and ids", where=str(file), fix="download the encoder again")
    items = [""] * (max(ids.values(), default=-1) + 1)
    for item, place in ids.items():
        items[place] = item
    return items


def _says_lower_case(file: Path) -> bool:
    return file.exists() and read_json(file).get("do_lower_case") is True
