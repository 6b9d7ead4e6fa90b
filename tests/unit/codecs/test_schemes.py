"""The table of schemes, and everything that is derived from it, against spellings and enumeration."""

from itertools import pairwise, product

import pytest

from cnerkit.codecs.schemes import Scheme, Tag, may_follow, split_tag
from cnerkit.codecs.tags import Repair, TagCodec, TagError, entities_from_tags, spans_from_tags
from cnerkit.text import Entity

SPELLINGS = {
    "io": ("I", "II", "III", "IIII"),
    "bio": ("B", "BI", "BII", "BIII"),
    "iob1": ("I", "II", "III", "IIII"),
    "bios": ("S", "BI", "BII", "BIII"),
    "bioes": ("S", "BE", "BIE", "BIIE"),
    "bmes": ("S", "BE", "BME", "BMME"),
    "bilou": ("U", "BL", "BIL", "BIIL"),
    "bmeow": ("W", "BE", "BME", "BMME"),
}
"""How each scheme writes an entity of one to four tokens, by hand."""


def spelled(lengths_and_types, scheme):
    """Tags of adjoining stretches ``(length, type)``, where the type "" is O: written from ``SPELLINGS`` alone."""
    tags, before = [], ""
    for length, type_ in lengths_and_types:
        prefixes = SPELLINGS[scheme][length - 1]
        if scheme == "iob1" and type_ == before:
            prefixes = "B" + prefixes[1:]
        tags += [f"{prefix}-{type_}" if type_ else "O" for prefix in prefixes]
        before = type_
    return tuple(tags)


def partitions(length):
    """Every way to cut a sentence into stretches of at most four tokens, each O (of one token) or of type x or y."""
    if length == 0:
        yield ()
    for first in range(1, min(length, 4) + 1):
        for type_, rest in product(("", "x", "y") if first == 1 else ("x", "y"), partitions(length - first)):
            yield ((first, type_), *rest)


def legal_sentences(scheme, length):
    """Every sentence that the scheme can write, with its entities; IO writes no two touching entities of one type."""
    sentences = {}
    for parts in partitions(length):
        if scheme == "io" and any(one[1] == other[1] != "" for one, other in pairwise(parts)):
            continue
        ends = [sum(part[0] for part in parts[: at + 1]) for at in range(len(parts))]
        entities = {Entity.span(end - part[0], end, part[1]) for end, part in zip(ends, parts, strict=True) if part[1]}
        sentences[spelled(parts, scheme)] = entities
    return sentences


@pytest.mark.parametrize("scheme", Scheme)
def test_every_length_of_entity_is_spelled_as_the_scheme_is_known(scheme):
    assert tuple("".join(scheme.shape.prefixes_of(length)) for length in (1, 2, 3, 4)) == SPELLINGS[scheme]


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_exactly_the_sentences_that_a_scheme_can_write_are_legal(scheme, length):
    legal = legal_sentences(scheme, length)
    for tags in product(TagCodec(["x", "y"], scheme).tags, repeat=length):
        if tags in legal:
            assert entities_from_tags(tags, scheme) == legal[tags]
        else:
            with pytest.raises(TagError):
                entities_from_tags(tags, scheme)


@pytest.mark.parametrize("scheme", Scheme)
def test_the_legality_tables_allow_exactly_the_legal_sentences(scheme):
    codec = TagCodec(["x", "y"], scheme)
    starts, pairs, ends = codec.starts_allowed(), codec.transitions_allowed(), codec.ends_allowed()
    legal = legal_sentences(scheme, 3)
    for a, b, c in product(range(len(codec.tags)), repeat=3):
        allowed = starts[a] and pairs[a][b] and pairs[b][c] and ends[c]
        assert allowed == ((codec.tags[a], codec.tags[b], codec.tags[c]) in legal)


@pytest.mark.parametrize(("one", "other"), [(a, b) for a in Scheme for b in Scheme if a < b])
def test_tags_that_are_legal_in_two_schemes_hold_the_same_entities_in_both(one, other):
    first, second = legal_sentences(one, 4), legal_sentences(other, 4)
    assert {tags: first[tags] for tags in first.keys() & second.keys()} == {
        tags: second[tags] for tags in first.keys() & second.keys()
    }


@pytest.mark.parametrize("scheme", Scheme)
def test_only_io_cannot_tell_touching_entities_of_one_type_apart(scheme):
    assert scheme.shape.tells_neighbours_apart == (scheme != "io")


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        pytest.param("O", Tag("O", ""), id="outside"),
        pytest.param("B-PER.NAM", Tag("B", "PER.NAM"), id="dot"),
        pytest.param("I-/person/sport", Tag("I", "/person/sport"), id="slashes"),
        pytest.param("B-Work-Video-Movie", Tag("B", "Work-Video-Movie"), id="dashes"),
        pytest.param("B-地名", Tag("B", "地名"), id="chinese"),
        pytest.param("PER", None, id="bare-type"),
        pytest.param("E-PER", None, id="prefix-of-another-scheme"),
        pytest.param("X-PER", None, id="prefix-of-none"),
        pytest.param("B-", None, id="no-type"),
        pytest.param("B", None, id="no-dash"),
        pytest.param("", None, id="empty"),
        pytest.param("o", None, id="small-o"),
        pytest.param("b-PER", None, id="small-b"),
        pytest.param("-PER", None, id="no-prefix"),
    ],
)
def test_a_tag_is_a_prefix_of_the_scheme_and_all_that_follows_the_first_dash(tag, expected):
    assert split_tag(tag, Scheme.BIO) == expected


def test_in_iob1_a_b_stands_only_after_the_same_type():
    inside, begin, other = Tag("I", "x"), Tag("B", "x"), Tag("I", "y")
    assert may_follow(inside, begin, Scheme.IOB1)
    assert may_follow(begin, begin, Scheme.IOB1)
    assert not may_follow(other, begin, Scheme.IOB1)
    assert not may_follow(Tag("O", ""), begin, Scheme.IOB1)
    assert spans_from_tags(["B-x", "I-x"], Scheme.IOB1, Repair.DROP) == []


@pytest.mark.parametrize("scheme", Scheme)
def test_a_class_continues_another_where_the_two_decode_to_one_entity(scheme):
    codec = TagCodec(["x", "y"], scheme)
    for left, right in product(range(len(codec.tags)), repeat=2):
        one = {(entity.start, entity.end) for entity in codec.decode([left, right])} == {(0, 2)}
        assert codec.continues()[left][right] == one
