"""Reading, writing and converting tags: round trips, repairs against a slow reading by definition, and every error's text."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.repair import Repairs
from cnerkit.codecs.schemes import Scheme
from cnerkit.codecs.tags import (
    Repair,
    TagCodec,
    TagError,
    convert_tags,
    entities_from_tags,
    spans_from_tags,
    tags_from_entities,
    tags_from_spans,
)
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment, Sentence

TYPES = ["PER", "PER.NAM", "/person/sport", "Work-Video-Movie", "地名"]


@st.composite
def sentences(draw):
    """A length and flat entities: stretches of O and of types, side by side."""
    parts = draw(st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["", *TYPES])), max_size=8))
    entities, end = set(), 0
    for length, type_ in parts:
        if type_:
            entities.add(Entity.span(end, end + length, type_))
        end += length
    return end, frozenset(entities)


def touch(entities):
    """True when two entities of one type are neighbours."""
    return any(one.end == other.start and one.type == other.type for one in entities for other in entities)


@given(sentence=sentences())
def test_converting_there_and_back_keeps_entities_and_tags_for_every_pair_of_schemes(sentence):
    length, entities = sentence
    schemes = [scheme for scheme in Scheme if scheme != "io" or not touch(entities)]
    written = {scheme: tags_from_entities(entities, length, scheme) for scheme in schemes}
    for source, target in product(schemes, repeat=2):
        converted = convert_tags(written[source], source, target)
        assert len(converted) == length
        assert converted == written[target]
        assert entities_from_tags(converted, target) == entities
        assert convert_tags(converted, target, source) == written[source]


@given(sentence=sentences())
def test_a_codec_decodes_what_it_encodes(sentence):
    length, entities = sentence
    for scheme in Scheme:
        if scheme != "io" or not touch(entities):
            codec = TagCodec(TYPES, scheme)
            assert codec.decode(codec.encode(Sentence("1", ("字",) * length, entities))) == entities


def test_a_converted_list_can_be_changed_without_harm_to_the_next():
    tags = ["B-x", "I-x"]
    convert_tags(tags, Scheme.BIO, Scheme.BIOES).clear()
    assert convert_tags(tags, Scheme.BIO, Scheme.BIOES) == ["B-x", "E-x"]


ROLES = {"M": "I", "L": "E", "U": "S", "W": "S"}
WELL_FORMED = {
    "io": "I+",
    "bio": "BI*",
    "bios": "BI+|S",
    "bioes": "BI*E|S",
    "bmes": "BM*E|S",
    "bilou": "BI*L|U",
    "bmeow": "BM*E|W",
}


def chunk_starts(before, tag):
    """The conlleval rule for two neighbours, (prefix, type) each: does a chunk begin at the second?"""
    (left, left_type), (right, right_type) = before, tag
    left, right = ROLES.get(left, left), ROLES.get(right, right)
    return right in "BS" or left in "OES" or left_type != right_type


def runs_by_definition(tags, scheme):
    """Runs (start, end, type, well-formed) of a sentence: cut by conlleval's rule, then judged by a regular expression."""
    parts = [("O", "")] + [tuple(tag.split("-", 1)) if tag != "O" else ("O", "") for tag in tags] + [("O", "")]
    at = 1
    while at <= len(tags):
        start = at
        at += 1
        if parts[start][0] == "O":
            continue
        while parts[at][0] != "O" and not chunk_starts(parts[at - 1], parts[at]):
            at += 1
        prefixes = "".join(prefix for prefix, _ in parts[start:at])
        iob1 = "BI*" if parts[start - 1][1] == parts[start][1] else "I+"
        pattern = iob1 if scheme == "iob1" else WELL_FORMED[scheme]
        yield start - 1, at - 1, parts[start][1], bool(re.fullmatch(pattern, prefixes))


@st.composite
def any_tags(draw):
    """A scheme and tags of it in any order."""
    scheme = draw(st.sampled_from(list(Scheme)))
    tags = [*TagCodec(["x", "y-z"], scheme).tags, "O", "O"]
    return scheme, draw(st.lists(st.sampled_from(tags), max_size=12))


@given(any_tags())
def test_conlleval_reads_every_run_as_an_entity_and_drop_only_the_well_formed(case):
    scheme, tags = case
    runs = list(runs_by_definition(tags, scheme))
    assert spans_from_tags(tags, scheme, Repair.CONLLEVAL) == [run[:3] for run in runs]
    assert spans_from_tags(tags, scheme, Repair.DROP) == [run[:3] for run in runs if run[3]]


@given(any_tags())
def test_strict_refuses_exactly_the_sentences_with_a_malformed_run_and_counts_the_runs(case):
    scheme, tags = case
    malformed = [run for run in runs_by_definition(tags, scheme) if not run[3]]
    if malformed:
        with pytest.raises(TagError) as caught:
            spans_from_tags(tags, scheme)
        assert caught.value.count == len(malformed)
        assert malformed[0][0] <= caught.value.token < malformed[0][1]
    else:
        assert spans_from_tags(tags, scheme) == [run[:3] for run in runs_by_definition(tags, scheme)]


@given(any_tags())
def test_repairs_count_runs_and_tokens_over_sentences(case):
    scheme, tags = case
    malformed = [run for run in runs_by_definition(tags, scheme) if not run[3]]
    tally = Repairs()
    for repair in (Repair.DROP, Repair.CONLLEVAL):
        entities_from_tags(tags, scheme, repair, tally)
    assert tally.runs == 2 * len(malformed)
    assert tally.tokens == 2 * sum(end - start for start, end, _, _ in malformed)


@given(any_tags(), st.sampled_from(list(Scheme)), st.sampled_from([Repair.DROP, Repair.CONLLEVAL]))
def test_a_repaired_conversion_holds_the_entities_of_the_repaired_reading(case, target, repair):
    scheme, tags = case
    entities = entities_from_tags(tags, scheme, repair)
    if target == "io" and touch(entities):
        return
    tally = Repairs()
    assert entities_from_tags(convert_tags(tags, scheme, target, repair, tally), target) == entities
    assert tally.runs == sum(not run[3] for run in runs_by_definition(tags, scheme))


def test_a_run_is_an_orphan_without_beginning_and_unfinished_without_end():
    tally = Repairs()
    tags = ["M-x", "O", "B-x", "M-x", "O", "M-x", "E-x", "S-x", "O", "B-y"]
    assert spans_from_tags(tags, Scheme.BMES, Repair.DROP, tally) == [(7, 8, "x")]
    assert tally == Repairs(orphan=2, unfinished=2, tokens=6)


@pytest.mark.parametrize(
    ("tags", "scheme", "text"),
    [
        pytest.param(
            ["O", "I-PER"],
            "bio",
            "token 1: 'I-PER' cannot begin an entity after 'O'\n"
            "fix: correct the tags, or repair them: conlleval makes an entity of a malformed run, drop makes it O",
            id="orphan",
        ),
        pytest.param(
            ["E-PER"],
            "bioes",
            "token 0: 'E-PER' cannot begin an entity after the start of the sentence\n"
            "fix: correct the tags, or repair them: conlleval makes an entity of a malformed run, drop makes it O",
            id="orphan-at-the-start",
        ),
        pytest.param(
            ["B-PER", "M-PER", "O"],
            "bmes",
            "token 1: 'M-PER' needs M-PER or E-PER after it, not 'O'\n"
            "fix: correct the tags, or repair them: conlleval makes an entity of a malformed run, drop makes it O",
            id="unfinished",
        ),
        pytest.param(
            ["O", "B-PER"],
            "bios",
            "token 1: 'B-PER' needs I-PER after it, not the end of the sentence\n"
            "fix: correct the tags, or repair them: conlleval makes an entity of a malformed run, drop makes it O",
            id="unfinished-at-the-end",
        ),
        pytest.param(
            ["I-x", "O", "I-x", "I-y"],
            "bio",
            "token 0: 'I-x' cannot begin an entity after the start of the sentence (and 2 more in this sentence)\n"
            "fix: correct the tags, or repair them: conlleval makes an entity of a malformed run, drop makes it O",
            id="several",
        ),
        pytest.param(
            ["O", "B-x", "PER"],
            "bio",
            "token 2: 'PER' is not a tag of the scheme bio, which has O, B-type, I-type\n"
            "fix: choose the column that holds the tags, name their scheme, or correct the tag",
            id="bare-type",
        ),
        pytest.param(
            ["", "O", "B-x", "X-x"],
            "bmeow",
            "token 0: '' is not a tag of the scheme bmeow, which has O, B-type, M-type, E-type, W-type (and 1 more in this "
            "sentence)\nfix: choose the column that holds the tags, name their scheme, or correct the tag",
            id="unknown-prefix-and-empty",
        ),
    ],
)
def test_tags_that_a_scheme_does_not_allow_are_refused_with_place_and_reason(tags, scheme, text):
    for read in (spans_from_tags, lambda tags, scheme: convert_tags(tags, scheme, Scheme.BILOU)):
        with pytest.raises(TagError) as caught:
            read(tags, Scheme(scheme))
        assert str(caught.value) == text
        assert caught.value.exit_code == 3


def test_an_unknown_tag_is_named_before_a_malformed_run_that_comes_first():
    with pytest.raises(TagError, match="token 3: 'PER' is not a tag"):
        spans_from_tags(["I-x", "O", "B-x", "PER"], Scheme.BIO)


@pytest.mark.parametrize("repair", Repair)
def test_an_unknown_tag_is_an_error_under_every_repair(repair):
    with pytest.raises(TagError, match="'X-PER' is not a tag of the scheme io, which has O, I-type"):
        spans_from_tags(["I-PER", "X-PER"], Scheme.IO, repair)


@pytest.mark.parametrize(
    ("entities", "scheme", "text"),
    [
        pytest.param(
            {Entity.span(2, 3, "LOC"), Entity.span(3, 4, "LOC")},
            "io",
            "the entities LOC [2, 3) and LOC [3, 4) touch, and io would join them to one\n"
            "fix: choose a scheme that marks where an entity begins, such as bio",
            id="touching-in-io",
        ),
        pytest.param(
            {Entity.span(0, 3, "ORG"), Entity.span(1, 2, "LOC")},
            "bioes",
            "the entities ORG [0, 3) and LOC [1, 2) overlap, and bioes gives each token one tag\n"
            "fix: write spans, which hold entities of any kind",
            id="nested",
        ),
        pytest.param(
            {Entity.span(0, 2, "ORG"), Entity.span(0, 2, "LOC")},
            "bio",
            "the entities LOC [0, 2) and ORG [0, 2) overlap, and bio gives each token one tag\n"
            "fix: write spans, which hold entities of any kind",
            id="two-types",
        ),
        pytest.param(
            {Entity((Fragment(0, 1), Fragment(2, 4)), "ADR")},
            "bio",
            "the ADR entity over [0, 1) and [2, 4) is discontinuous, which bio cannot write\n"
            "fix: write spans, which hold entities of any kind",
            id="discontinuous",
        ),
        pytest.param(
            {Entity.span(3, 6, "LOC")},
            "bio",
            "the entity LOC [3, 6) ends after the sentence, which has 5 tokens\n"
            "fix: offsets count tokens from 0 and end is exclusive",
            id="too-long",
        ),
    ],
)
def test_entities_that_a_scheme_cannot_write_are_refused_by_name(entities, scheme, text):
    with pytest.raises(DataError) as caught:
        tags_from_entities(entities, 5, Scheme(scheme))
    assert str(caught.value) == text


def test_a_conversion_to_io_names_the_touching_entities_by_their_place_in_the_sentence():
    with pytest.raises(
        DataError, match=re.escape("the entities LOC [2, 3) and LOC [3, 4) touch, and io would join them to one")
    ):
        convert_tags(["O", "O", "B-LOC", "B-LOC"], Scheme.BIO, Scheme.IO)


def test_io_writes_touching_entities_of_different_types():
    assert tags_from_spans([(1, 2, "x"), (0, 1, "y")], 2, Scheme.IO) == ["I-y", "I-x"]


def test_a_codec_lists_o_and_then_for_each_type_the_prefixes_in_order():
    assert TagCodec(["b", "a"], Scheme.BIOES).tags == ("O", "B-b", "I-b", "E-b", "S-b", "B-a", "I-a", "E-a", "S-a")
    assert TagCodec(("a",), Scheme.IOB1) == TagCodec(["a"], Scheme.IOB1)


def test_a_codec_reads_malformed_model_output_as_conlleval_does():
    codec = TagCodec(["x"], Scheme.BIOES)
    ids = [codec.tags.index(tag) for tag in ("I-x", "E-x", "O", "B-x")]
    assert codec.decode(ids) == {Entity.span(0, 2, "x"), Entity.span(3, 4, "x")}


def test_a_codec_refuses_a_sentence_that_is_not_annotated():
    with pytest.raises(DataError, match=r"^train-7: the sentence is not annotated\nfix: train on annotated sentences only$"):
        TagCodec(["x"], Scheme.BIO).encode(Sentence("train-7", ("字",)))


def test_a_codec_refuses_a_type_that_the_model_does_not_know():
    sentence = Sentence("dev-3", ("字",), frozenset({Entity.span(0, 1, "GPE")}))
    with pytest.raises(DataError) as caught:
        TagCodec(["PER", "LOC"], Scheme.BIO).encode(sentence)
    assert str(caught.value) == (
        "dev-3: the type 'GPE' is not among those of the model: PER, LOC\n"
        "fix: train on data that has this type, or rename or drop it with data.types"
    )


def test_a_scheme_or_repair_given_by_its_bare_name_reads_the_same():
    tags = ["I-x", "O"]
    assert spans_from_tags(tags, "bio", "conlleval") == spans_from_tags(tags, Scheme.BIO, Repair.CONLLEVAL) == [(0, 1, "x")]
    assert convert_tags(["I-x"], "io", "bmes") == convert_tags(["I-x"], Scheme.IO, Scheme.BMES) == ["S-x"]
