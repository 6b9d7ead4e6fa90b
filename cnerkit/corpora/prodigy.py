"""Prodigy's JSON lines: a text, its tokens and spans over them, and the answer of the annotator.

A span has offsets in characters and, where there are tokens, the numbers of its first and last token; one of the two is enough.
Tokens are kept and written back; where there are none Prodigy makes them itself, so that none are made up.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from cnerkit.corpora.columns import quote
from cnerkit.corpora.formats import Hints, Parse, Record
from cnerkit.corpora.offsets import Counting, Mark, OffsetMap, recognise_counting, same_surface
from cnerkit.corpora.records import (
    SURFACE_DIFFERS,
    id_to_write,
    list_of,
    offsets_to_write,
    other_fields,
    sentence_of,
    span,
    text_of,
    text_to_write,
    type_of,
)
from cnerkit.corpora.regions import Region, rewrite
from cnerkit.errors import DataError
from cnerkit.text import Sentence

_LEFT_OUT = ("reject", "ignore")
_KEPT = "other fields of spans"
_PLACES = ("start", "end", "token_start", "token_end")
_BINARY = "records answered with yes or no (_is_binary), whose other entities nobody has marked"
_SHAPE = '{"start": 0, "end": 2, "label": "PER"}'


@dataclass(frozen=True, slots=True)
class _Token:
    """The code points of a token, and its object in the file."""

    start: int
    end: int
    fields: Mapping[str, Any]


def evidence(sample: Sequence[Record]) -> str | None:
    """What tells that records are Prodigy's: ``spans``, or tokens that are objects, beside a text."""
    count = sum(map(_is_task, sample))
    return f"a text with `spans` or `tokens` as Prodigy has them ({count} of the first {len(sample)})" if count else None


def parser(sample: Sequence[Record], hints: Hints, name: str) -> Parse:
    """What reads the records of a file; what offsets count is told from the texts of tokens and spans.

    Raises:
        UsageError: These contradict one another.
    """
    counting = recognise_counting(
        ((each["text"], list(_marks(each))) for each in sample if _is_task(each)), name, hints.offsets
    )
    return partial(_sentence, counting=counting)


def record(sentence: Sentence) -> dict[str, Any]:
    """The record of a sentence, accepted when it is annotated.

    Raises:
        DataError: Its tokens are words, or an entity has several fragments.
    """
    extra = dict(sentence.extra or {})
    kept = extra.pop(_KEPT, [])
    made: dict[str, Any] = {"id": id_to_write(sentence), "text": text_to_write(sentence)}
    if "tokens" in extra:
        made["tokens"] = extra.pop("tokens")
    if sentence.entities is not None:
        made["spans"] = _spans(offsets_to_write(sentence), kept, made.get("tokens", []))
        made["answer"] = "accept"
    return extra | made


def _sentence(record: Record, id_: str, notes: Counter[str], *, counting: Counting) -> Sentence | None:
    answer = record.get("answer")
    if answer in _LEFT_OUT:
        notes[f"records whose answer is {answer}, left out"] += 1
        return None
    if answer not in (None, "accept"):
        raise DataError(f"expected an answer, got {quote(answer)}", fix=f"write accept, {' or '.join(_LEFT_OUT)}")
    text = text_of(record)
    places = OffsetMap(text, counting)
    tokens = _tokens(record.get("tokens"), text, places)
    extra = other_fields(record, "id", "text", "tokens", "spans", "answer")
    if tokens:
        extra["tokens"] = [{**token.fields, "start": token.start, "end": token.end} for token in tokens]
    spans = _objects(record, "spans")
    if spans is None:
        # Prodigy leaves `spans` out of an accepted task in which nothing was marked.
        return sentence_of(id_, text, None if answer is None else [], notes, extra)
    regions = [_region(each, tokens, places) for each in spans]
    if regions:
        places.note(notes)
    _note(record, text, regions, notes)
    if any(region.fields.keys() - {*_made_anew(tokens), "label"} for region in regions):
        extra[_KEPT] = [{**each.fields, "start": each.start, "end": each.end} for each in regions]
    entities = [span(each.start, each.end, type_) for each in regions for type_ in each.types]
    return sentence_of(id_, text, entities, notes, extra)


def _note(record: Record, text: str, regions: Sequence[Region], notes: Counter[str]) -> None:
    if record.get("_is_binary") is True:
        notes[_BINARY] += 1
    for region in regions:
        surface = region.fields.get("text")
        if isinstance(surface, str) and not same_surface(text[region.start : region.end], surface):
            notes[SURFACE_DIFFERS] += 1
        if not region.types:
            notes["spans that the annotator rejected, left out"] += 1


def _objects(record: Record, name: str) -> list[dict[str, Any]] | None:
    given = list_of(record, name)
    if given is not None and not all(isinstance(each, dict) for each in given):
        raise DataError(f"expected a list of objects as `{name}`, got {quote(given)}", fix="write it as Prodigy's db-out does")
    return given


def _tokens(given: object, text: str, places: OffsetMap) -> list[_Token]:
    tokens = []
    for number, token in enumerate(_objects({"tokens": given}, "tokens") or ()):
        start, end = places.span(token.get("start"), token.get("end"))
        surface = token.get("text")
        if surface is not None and surface != text[start:end]:
            what = (
                f"the token {number} is {quote(surface)}, but {quote(text[start:end])} stands at its offsets {start} and {end}"
            )
            raise DataError(what, fix="make the tokens anew from the text; or say what offsets count, as in --offsets utf-16")
        if token.get("id", number) != number:
            raise DataError(
                f"the token {number} has the id {quote(token['id'])}", fix="number the tokens from 0 in their order"
            )
        tokens.append(_Token(start, end, token))
    return tokens


def _region(given: Mapping[str, Any], tokens: Sequence[_Token], places: OffsetMap) -> Region:
    """The code points of a span; its types are none when the annotator has rejected it."""
    by_tokens = _by_tokens(given, tokens)
    has_offsets = given.get("start") is not None or given.get("end") is not None
    if not has_offsets and by_tokens is None:
        raise DataError(f"the span {quote(given)} has neither offsets nor tokens", fix=f"write {_SHAPE}")
    found = places.span(given.get("start"), given.get("end")) if has_offsets or by_tokens is None else by_tokens
    if by_tokens not in (None, found):
        raise DataError(
            f"the span at {found[0]} to {found[1]} contradicts its tokens, which are at {by_tokens[0]} to {by_tokens[1]}",
            fix="take either the offsets or token_start and token_end out of the span",
        )
    label = type_of(given.get("label"), "label", given)
    return Region(*found, () if given.get("answer") in _LEFT_OUT else (label,), given)


def _by_tokens(given: Mapping[str, Any], tokens: Sequence[_Token]) -> tuple[int, int] | None:
    first, last = given.get("token_start"), given.get("token_end")
    if first is None or last is None or (not tokens and given.get("start") is not None):
        return None
    if type(first) is not int or type(last) is not int or not 0 <= first <= last < len(tokens):
        what = f"the tokens {quote(first)} to {quote(last)} of a span are not among the {len(tokens)} tokens of the record"
        raise DataError(what, fix="token_start and token_end count from 0, and token_end is the last token of the span")
    return tokens[first].start, tokens[last].end


def _spans(
    spans: Sequence[tuple[int, int, str]], kept: Sequence[Mapping[str, Any]], tokens: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The spans to write: with the fields that they had, and with the tokens at which they begin and end."""
    regions = [
        Region(each["start"], each["end"], (each["label"],), each) for each in kept if each.get("answer") not in _LEFT_OUT
    ]
    rejected = [Region(each["start"], each["end"], (each["label"],), each) for each in kept if each.get("answer") in _LEFT_OUT]
    rewritten = rewrite(regions, spans)
    new = [Region(start, end, (type_,), {}) for start, end, type_ in rewritten.new]
    first = {token["start"]: number for number, token in enumerate(tokens)}
    last = {token["end"]: number for number, token in enumerate(tokens)}
    return [
        _span(each, first, last) for each in sorted((*rewritten.kept, *rejected, *new), key=lambda each: (each.start, each.end))
    ]


def _span(region: Region, first: Mapping[int, int], last: Mapping[int, int]) -> dict[str, Any]:
    span = {key: value for key, value in region.fields.items() if key not in _made_anew(first)} | {
        "start": region.start,
        "end": region.end,
    }
    if region.start in first and region.end in last:
        span |= {"token_start": first[region.start], "token_end": last[region.end]}
    return span | {"label": region.types[0]}


def _made_anew(tokens: Collection[object]) -> tuple[str, ...]:
    """The places of a span that follow from its code points: those among the tokens only where there are some."""
    return _PLACES if tokens else _PLACES[:2]


def _is_task(record: Record) -> bool:
    if not isinstance(record.get("text"), str) or isinstance(record.get("entities"), list):
        return False
    lists = [given for name in ("spans", "tokens") if isinstance(given := record.get(name), list)]
    return any(isinstance(next(iter(given), None), dict) for given in lists) or ("spans" in record and "answer" in record)


def _marks(record: Record) -> Iterator[Mark]:
    for name in ("tokens", "spans"):
        for each in given if isinstance(given := record.get(name), list) else ():
            if isinstance(each, dict) and isinstance(surface := each.get("text"), str):
                yield Mark(each.get("start"), each.get("end"), surface)
