"""Records of tokens and one tag for each, by name or by number, as datasets for the transformers library have them."""

from collections.abc import Callable, Sequence
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.formats import Hints, Record
from cnerkit.corpora.records import tokens_of
from cnerkit.errors import DataError, UsageError

FIELDS = ("ner_tags", "tags", "labels")
"""What the list of tags can be called; the first says that its tags are those of entities, whatever else there is."""


def evidence(sample: Sequence[Record]) -> str | None:
    """What tells that most of some records have tokens and a tag for each; None when they have not."""
    found = [field for record in sample if (field := _field(record))]
    if len(found) * 2 <= len(sample):
        return None
    return f"`tokens` and as many `{found[0]}` in {len(found)} of the first {len(sample)} records"


def tagger(sample: Sequence[Record], hints: Hints, name: str) -> Callable[[Record], tuple[tuple[str, ...], tuple[str, ...]]]:
    """What gives the tokens and the tags of a record.

    Args:
        sample: The first records.
        hints: The names that tag numbers stand for.
        name: What messages call the file.

    Raises:
        UsageError: There are two lists that may be the tags, or the tags are numbers without names.
    """
    fields = [field for field in FIELDS if any(_is_tagged(record, field) for record in sample)]
    if len(fields) > 1 and fields[0] != FIELDS[0]:
        what = f"two readings are possible: `{fields[0]}` and `{fields[1]}` each hold a tag for each token"
        raise UsageError(what, where=name, fix=f"rename the one that holds the entities to `{FIELDS[0]}`")
    field, names = fields[0] if fields else FIELDS[0], hints.labels
    if names is None and any(type(tag) is int for record in sample if _is_tagged(record, field) for tag in record[field]):
        fix = "give the names in the order of their numbers, as in --labels O,B-PER,I-PER"
        raise UsageError(f"the `{field}` are numbers, and nothing says what they stand for", where=name, fix=fix)

    def tokens_and_tags(record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if "tokens" not in record:
            fix = f'write {{"tokens": ["…"], "{field}": ["…"]}}'
            raise DataError(f"a record without `tokens` has only {quote(', '.join(record))}", fix=fix)
        tokens = tokens_of(record)
        return tokens, _tags(record.get(field), field, tokens, names)

    return tokens_and_tags


def record(tokens: Sequence[str], tags: Sequence[str], id_: str) -> dict[str, Any]:
    """The record of a sentence."""
    return {"id": id_, "tokens": list(tokens), FIELDS[0]: list(tags)}


def _field(record: Record) -> str | None:
    return next((field for field in FIELDS if _is_tagged(record, field)), None)


def _is_tagged(record: Record, field: str) -> bool:
    """True when a field is a list with a name or a number for each token."""
    tokens, tags = record.get("tokens"), record.get(field)
    if not isinstance(tokens, list) or not isinstance(tags, list) or len(tokens) != len(tags):
        return False
    return all(isinstance(token, str) for token in tokens) and all(type(tag) in (str, int) for tag in tags)


def _tags(tags: object, field: str, tokens: Sequence[str], names: Sequence[str] | None) -> tuple[str, ...]:
    if not isinstance(tags, list):
        fix = "write a tag for each token, O for those outside of entities"
        raise DataError(f"expected a list of tags as `{field}`, got {quote(tags)}", fix=fix)
    if len(tags) != len(tokens):
        raise DataError(f"{len(tokens)} tokens have {len(tags)} tags", fix="write one tag for each token")
    return tuple([_name(tag, at, names) for at, tag in enumerate(tags)])


def _name(tag: object, at: int, names: Sequence[str] | None) -> str:
    """The name of a tag that may be a number.

    Raises:
        DataError: It is neither, or there is no such number.
    """
    if isinstance(tag, str) and tag:
        return tag
    if type(tag) is not int:
        fix = "write the name of a tag such as B-PER, or its number"
        raise DataError(f"the tag of token {at} is {quote(tag)}", fix=fix)
    if names is None:
        fix = "write names throughout, or give those of the numbers with --labels"
        raise DataError(f"the tag of token {at} is the number {quote(tag)}, and others are names", fix=fix)
    if not 0 <= tag < len(names):
        fix = "give the names of all numbers, from 0 on, with --labels"
        raise DataError(f"the tag of token {at} is {quote(tag)}, and --labels names {len(names)} tags", fix=fix)
    return names[tag]
