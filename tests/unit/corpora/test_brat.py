"""brat's folders: entities with fragments, the text as it is, and every line of an .ann written back."""

import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import brat
from cnerkit.corpora.bundle import Member
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.records import REPEATED, SURFACE_DIFFERS
from cnerkit.errors import CnerkitError, DataError
from cnerkit.text import Entity, Fragment, Sentence


def members(contents):
    """Members of a folder with these contents, text or bytes, by path."""
    data = {path: each.encode() if isinstance(each, str) else each for path, each in contents.items()}
    return [Member(path, lambda path=path: io.BytesIO(data[path])) for path in sorted(data)]


def read(contents, *, notes=None, offsets=None):
    return list(brat.read(members(contents), Hints(offsets=offsets), Counter() if notes is None else notes, "corpus"))


def read_one(text, ann, **options):
    (document,) = read({"a.txt": text, "a.ann": ann}, **options)
    return document


def written(sentences, notes=None):
    return dict(brat.files(sentences, notes))


def sentence(text, *entities, id="a"):  # noqa: A002 - the field's own word
    return Sentence(id, tuple(text), frozenset(entities))


def entity(type_, *fragments):
    return Entity(tuple(Fragment(start, end) for start, end in fragments), type_)


def test_entities_are_over_code_points_and_fragments_are_kept():
    document = read_one("王一生在上海和北京大学", "T1\tPER 0 3\t王一生\nT2\tORG 4 6;9 11\t上海 大学\n")
    assert document == sentence("王一生在上海和北京大学", entity("PER", (0, 3)), entity("ORG", (4, 6), (9, 11)))


def test_a_text_without_ann_is_not_annotated_and_an_empty_ann_says_that_there_are_no_entities():
    plain, empty = read({"a.txt": "春天", "b.txt": "夏天", "b.ann": ""})
    assert plain.entities is None
    assert empty.entities == frozenset()


def test_line_ends_of_the_text_are_characters_of_it():
    document = read_one("一\r\n二\r三\n", "T1\tX 3 4\t二\n")
    assert document.text == "一\r\n二\r三\n"
    assert {document.surface(each) for each in document.entities} == {"二"}


def test_documents_come_in_natural_order_of_their_paths():
    contents = {f"{name}.txt": "一" for name in ("s-10", "s-9", "s-9-1", "b/2", "b/1")}
    assert [each.id for each in read(contents)] == ["b/1", "b/2", "s-9", "s-9-1", "s-10"]


def test_fragments_out_of_order_are_sorted_and_those_that_touch_joined_with_a_count():
    notes = Counter()
    document = read_one("甲乙丙丁戊", "T1\tX 3 4;0 1\t丁 甲\nT2\tY 1 2;2 3\t乙 丙\n", notes=notes)
    assert document.entities == {entity("X", (0, 1), (3, 4)), entity("Y", (1, 3))}
    assert notes == {"entities whose fragments are out of order, sorted": 1, "entities whose fragments touch, joined": 1}


def test_an_entity_given_twice_is_counted_and_both_lines_are_written_back():
    notes, ann = Counter(), "T1\tX 0 1\t甲\nT2\tX 0 1\t甲\n"
    document = read_one("甲乙", ann, notes=notes)
    assert (len(document.entities), notes[REPEATED]) == (1, 1)
    assert written([document])["a.ann"] == ann


def test_a_surface_that_differs_is_counted_and_the_offsets_win():
    notes = Counter()
    document = read_one("甲乙丙", "T1\tX 0 1\t甲\nT2\tX 1 2\t丁\n", notes=notes)
    assert document.entities == {entity("X", (0, 1)), entity("X", (1, 2))}
    assert notes == {SURFACE_DIFFERS: 1}


@pytest.mark.parametrize("surface", ["甲 乙", "甲\r 乙", "甲  乙"], ids=["space", "return", "two-spaces"])
def test_a_line_break_in_a_surface_may_stand_as_a_space(surface):
    notes = Counter()
    read_one("甲\n乙", f"T1\tX 0 3\t{surface}\n", notes=notes)
    assert not notes


def test_a_missing_surface_is_no_mistake():
    assert read_one("甲乙", "T1\tX 0 1\nT2\tX 1 2").entities == {entity("X", (0, 1)), entity("X", (1, 2))}


def test_lines_that_are_no_records_are_counted_and_written_back():
    notes, ann = Counter(), "T1\tX 0 1\t甲\n这一行是误入的文字\n\nT-shirt 2\nT2\tX 1 2\t乙"
    document = read_one("甲乙", ann, notes=notes)
    assert notes == {"lines of .ann files that are no records, skipped": 2}
    assert written([document])["a.ann"] == ann


OTHERS = (
    "T1\tPER 0 1\t甲\nT2\tPER 1 2\t乙\nT3\tLOC 2 3\t丙\n*\tEquiv T1 T2\nR1\tlives Arg1:T1 Arg2:T3\t\nA1\tOld T2\n"
    "N1\tReference T3 Wikidata:T1\t丙\n#1\tAnnotatorNotes R1\t看看\nE1\tPER:T2 Place:T3\nM1\tSure E1\n"
)


def test_everything_besides_entities_is_kept_and_named_by_its_kind():
    document = read_one("甲乙丙", OTHERS)
    assert written([document])["a.ann"] == OTHERS
    kinds = {key: value for key, value in document.extra.items() if type(value) is int}
    assert kinds == {
        "equivalences": 1,
        "relations": 1,
        "attributes": 2,
        "links to knowledge bases": 1,
        "notes of annotators": 1,
        "events": 1,
    }


def test_a_dropped_entity_takes_with_it_what_refers_to_it_and_that_is_counted():
    document, notes = read_one("甲乙丙", OTHERS), Counter()
    fewer = Sentence("a", document.tokens, document.entities - {entity("PER", (0, 1))}, extra=document.extra)
    assert written([fewer], notes)["a.ann"] == (
        "T2\tPER 1 2\t乙\nT3\tLOC 2 3\t丙\nA1\tOld T2\nN1\tReference T3 Wikidata:T1\t丙\nE1\tPER:T2 Place:T3\nM1\tSure E1\n"
    )
    assert notes == {
        "equivalences of entities that are gone, left out": 1,
        "relations of entities that are gone, left out": 1,
        "notes of annotators of entities that are gone, left out": 1,
    }


def test_a_type_that_was_mapped_changes_its_line_and_nothing_else():
    document, notes = read_one("甲乙丙", OTHERS), Counter()
    mapped = frozenset(Entity(each.fragments, each.type.replace("PER", "人")) for each in document.entities)
    changed = Sentence("a", document.tokens, mapped, extra=document.extra)
    assert written([changed], notes)["a.ann"] == OTHERS.replace("\tPER ", "\t人 ")
    assert not notes


def test_new_entities_follow_with_ids_of_their_own():
    document = read_one("甲乙丙", "T7\tX 0 1\t甲\nR1\tr Arg1:T7 Arg2:T7")
    more = Sentence("a", document.tokens, document.entities | {entity("Y", (0, 1), (2, 3))}, extra=document.extra)
    assert written([more])["a.ann"] == "T7\tX 0 1\t甲\nR1\tr Arg1:T7 Arg2:T7\nT8\tY 0 1;2 3\t甲 丙\n"


def test_what_was_read_of_another_text_is_not_written_back_and_that_is_counted():
    document, notes = read_one("甲乙", "T9\tX 0 1\t甲\n"), Counter()
    other = Sentence("a", tuple("甲 乙"), frozenset({entity("X", (0, 1))}), extra=document.extra)
    assert written([other], notes)["a.ann"] == "T1\tX 0 1\t甲\n"
    assert notes.total() == 1


def test_a_document_that_would_be_written_so_anyway_keeps_nothing():
    assert read_one("甲乙", "T1\tX 0 1\t甲\n").extra is None
    assert read({"a.txt": "甲"})[0].extra is None


def test_new_documents_are_written_in_order_with_line_breaks_as_spaces():
    document = sentence("甲\r\n乙丙\t丁", entity("Y", (0, 4)), entity("X", (0, 4)), entity("X", (0, 1), (4, 7)), id="d/1")
    assert written([document, Sentence("d/2", tuple("戊"), None)]) == {
        "d/1.txt": "甲\r\n乙丙\t丁",
        "d/1.ann": "T1\tX 0 4\t甲  乙\nT2\tY 0 4\t甲  乙\nT3\tX 0 1;4 7\t甲 丙 丁\n",
        "d/2.txt": "戊",
    }


def test_a_sentence_in_words_is_written_as_its_text():
    words = Sentence("a", ("New", "York"), frozenset({entity("LOC", (0, 2))}), " ")
    assert written([words]) == {"a.txt": "New York", "a.ann": "T1\tLOC 0 8\tNew York\n"}


CRLF = "第一行\r\n第二行有李白\r\n第三行有杜甫"
COUNTED = {
    "two": "T1\tPER 9 11\t李白\nT2\tPER 17 19\t杜甫\n",
    "one": "T1\tPER 8 10\t李白\nT2\tPER 15 17\t杜甫\n",
}


@pytest.mark.parametrize(
    ("text", "counted", "note"),
    [
        pytest.param(CRLF, "two", None, id="brat's-own"),
        pytest.param(CRLF, "one", r"documents whose offsets count \r\n as one character, converted", id="folded"),
        pytest.param(CRLF.replace("\r", ""), "one", None, id="plain"),
        pytest.param(
            CRLF.replace("\r", ""),
            "two",
            r"documents whose offsets count \n as two characters, as \r\n is, converted",
            id="text-was-folded-later",
        ),
    ],
)
def test_what_line_breaks_count_is_told_by_the_surfaces(text, counted, note):
    notes = Counter()
    document = read_one(text, COUNTED[counted], notes=notes)
    assert {document.surface(each) for each in document.entities} == {"李白", "杜甫"}
    assert notes == ({note: 1} if note else {})
    assert written([document]) == {"a.txt": text, "a.ann": COUNTED[counted]}


def test_new_entities_of_a_document_that_counts_otherwise_are_counted_as_the_others():
    document = read_one(CRLF, COUNTED["one"])
    more = Sentence("a", document.tokens, document.entities | {entity("X", (15, 16))}, extra=document.extra)
    assert written([more])["a.ann"] == COUNTED["one"] + "T3\tX 13 14\t行\n"


@pytest.mark.parametrize(
    ("ann", "note"),
    [
        pytest.param("T1\tPER 2 4\t李白\n", None, id="counted"),
        pytest.param("T1\tPER 1 3\t李白\n", "documents whose offsets leave out the byte-order mark, converted", id="left-out"),
    ],
)
def test_a_byte_order_mark_is_no_part_of_the_text_and_may_count_or_not(ann, note):
    notes = Counter()
    document = read_one("\ufeff有李白", ann, notes=notes)
    assert document == sentence("有李白", entity("PER", (1, 3)))
    assert notes == ({note: 1} if note else {})
    assert written([document]) == {"a.txt": "\ufeff有李白", "a.ann": ann}


def test_utf_16_offsets_are_recognised_and_can_be_asked_for():
    notes, ann = Counter(), "T1\tPER 3 5\t李白\n"
    assert read_one("😀有李白", ann, notes=notes).entities == {entity("PER", (2, 4))}
    assert notes == {"documents whose offsets count utf-16 instead of characters, converted": 1}
    assert read_one("😀有李白", "T1\tX 2 3\n", offsets="utf-16").entities == {entity("X", (1, 2))}


def test_offsets_that_fit_in_no_way_are_refused_where_line_breaks_leave_a_choice():
    wrong = r"corpus/a\.ann:1:1: the offsets fit the text in no single way: 1 of 2 entities .*\nfix: look at line breaks"
    with pytest.raises(DataError, match=wrong):
        read_one(CRLF, "T1\tPER 9 11\t李白\nT2\tPER 15 17\t杜甫\n")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("T1\tX 0 9\t甲", r"a\.ann:1:6: T1: 0 9 is outside of the text, which counts from 0 to 3", id="beyond"),
        pytest.param("T1\tX 2 1\t甲", "T1: 2 1 is reversed or empty", id="reversed"),
        pytest.param("T1\tX -1 1\t甲", "T1: -1 1 is negative", id="negative"),
        pytest.param("T1\tX 0 2;1 3\t甲", "T1: its fragments overlap", id="overlapping"),
        pytest.param("T1 X 0 1 甲", "not an entity as brat writes it: 'T1 X 0 1 甲'", id="no-tabs"),
        pytest.param("T1\tX 0 1;\t甲", "not an entity as brat writes it", id="cut-off"),
        pytest.param(f"T1\tX 0 {'9' * 5000}\t甲", "not an entity as brat writes it", id="huge"),
    ],
)
def test_a_broken_line_is_refused_with_its_place(line, expected):
    with pytest.raises(DataError, match=expected):
        read_one("甲乙丙", f"{line}\n")


def test_all_mistakes_of_all_documents_are_counted():
    bad = {"a.txt": "甲", "b.txt": "甲", "b.ann": "T1\tX 0 1\t甲\nT2\tX 0 5\t甲\nT3\tX 0 1;0 1\t甲\n"}
    bad |= {"c.txt": "甲", "c.ann": "T1\n"}
    with pytest.raises(DataError, match=r"corpus/b\.ann:2:6: .*\(the first of 3 problems") as caught:
        read(bad)
    assert "malformed annotations: 1" in str(caught.value)


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        pytest.param({"x.ann": "", "y.ann": ""}, r"corpus/x\.ann: the \.txt .* is not there, as for 1 more", id="no-text"),
        pytest.param({"x.conf": ""}, r"corpus: there is no \.txt", id="nothing"),
        pytest.param({"x.txt": "", "x.a1": ""}, r"corpus/x\.a1: annotations in \.a1 and \.a2 are not read", id="bionlp"),
        pytest.param({"x.txt": b"\xff"}, r"corpus/x\.txt:1:1: byte 0xFF is not valid UTF-8", id="text-encoding"),
        pytest.param({"x.txt": "", "x.ann": b"a\n\xff"}, r"corpus/x\.ann:2:1: byte 0xFF is not valid UTF-8", id="ann-encoding"),
        pytest.param({"x.txt": "a\0"}, r"corpus/x\.txt:1:2: a NUL byte", id="binary"),
    ],
)
def test_files_that_do_not_make_documents_are_refused(contents, expected):
    with pytest.raises(DataError, match=expected):
        read(contents)


def test_other_files_are_counted():
    notes = Counter()
    read({"a.txt": "甲", "annotation.conf": "[entities]", "LICENSE": ""}, notes=notes)
    assert notes == {"files that are neither .txt nor .ann, left out": 2}


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        pytest.param([sentence("甲", entity("A B", (0, 1)))], "brat's lines cannot hold the type 'A B'", id="type"),
        pytest.param([sentence("甲\0")], "the text holds a NUL", id="nul"),
        pytest.param([sentence("甲\ud83d")], r"character 1 is half of a surrogate pair, U\+D83D", id="half"),
        pytest.param([sentence("甲", id="a"), sentence("甲", id="A")], "two documents would be written as a and A", id="case"),
        pytest.param([sentence("甲", id="")], "the id is empty", id="no-id"),
    ],
)
def test_what_brat_cannot_carry_is_refused(sentences, expected):
    with pytest.raises(DataError, match=expected):
        written(sentences)


def test_many_entities_and_a_chain_of_relations_take_no_quadratic_time():
    n = 20_000
    text = "字" * n
    ann = "".join(f"T{at + 1}\tX {at} {at + 1}\t字\n" for at in range(n))
    ann += "".join(f"R{at}\tr Arg1:T{at} Arg2:R{at - 1}\n" for at in range(2, n))
    document, notes = read_one(text, ann), Counter()
    fewer = Sentence("a", document.tokens, document.entities - {entity("X", (1, 2))}, extra=document.extra)
    assert len(written([fewer], notes)["a.ann"].splitlines()) == n - 1
    assert notes == {"relations of entities that are gone, left out": n - 2}


def test_long_spans_with_short_surfaces_are_not_looked_through():
    text = "字" * 1_000_000
    with pytest.raises(DataError, match="the offsets fit the text in no single way"):
        read_one("\ufeff" + text, "".join(f"T{at}\tX {at} 1000000\t字\n" for at in range(1, 20_001)))


texts = st.text(st.sampled_from("甲乙丙A 1\n\r\t\u3000\ufeff\u2028😀\x85{}"), max_size=25)
types = st.sampled_from(["PER", "地名", "/a/b", "A-B;C"])
ids = st.text(st.sampled_from("aA.%/: \\\0甲"), min_size=1, max_size=6)


@st.composite
def entities_in(draw, text):
    found = set()
    for _ in range(draw(st.integers(0, 4)) if text else 0):
        cuts = sorted(draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=6)))
        pairs = list(zip(cuts[0::2], cuts[1::2], strict=False))
        found.add(entity(draw(types), *pairs))
    return frozenset(found)


@st.composite
def documents(draw):
    text = draw(texts)
    return Sentence(draw(ids), tuple(text), draw(st.none() | entities_in(text)))


@given(documents())
def test_a_document_that_was_written_is_read_back_the_same(document):
    contents = written([document])
    (again,) = read(contents)
    assert (again, again.id) == (document, document.id)
    assert written([again]) == contents


@st.composite
def annotated_twice(draw):
    text = draw(texts.filter(bool))
    return text, draw(entities_in(text)), draw(entities_in(text))


@given(annotated_twice(), st.booleans())
def test_whatever_entities_a_document_gets_are_those_that_are_read_back(case, numbered_otherwise):
    text, before, after = case
    contents = written([sentence(text, *before)])
    if numbered_otherwise:
        contents["a.ann"] += "".join(f"R{n}\tr Arg1:T{n} Arg2:T1\n" for n in range(1, 4))
    (document,) = read(contents)
    changed = Sentence("a", document.tokens, after, extra=document.extra)
    assert read(written([changed])) == [changed]


lines = st.one_of(
    st.text(max_size=20),
    st.builds(
        "T{}\tX {}\t{}".format, st.integers(0, 9), st.from_regex(r"-?[0-9]+ [0-9]+(;[0-9] [0-9])?", fullmatch=True), texts
    ),
    st.builds("{}{}\ta x:T{} T1".format, st.sampled_from("REAMN#*"), st.integers(0, 9), st.integers(0, 9)),
)


@given(texts, st.lists(lines).map("\n".join), st.booleans())
def test_an_ann_of_any_lines_is_refused_or_written_back_byte_for_byte(text, ann, carriage):
    contents = {"a.txt": text, "a.ann": ann.replace("\n", "\r\n") if carriage else ann}
    try:
        documents = read(contents)
    except CnerkitError:
        return
    assert written(documents) == contents
    without = [Sentence(each.id, each.tokens, frozenset(), extra=each.extra) for each in documents]
    assert read(written(without)) == without


@given(st.binary(max_size=40), st.binary(max_size=40) | st.none())
def test_random_bytes_are_refused_or_written_back_byte_for_byte(text, ann):
    contents = {"a.txt": text} if ann is None else {"a.txt": text, "a.ann": ann}
    try:
        documents = read(contents)
    except CnerkitError:
        return
    assert {path: content.encode() for path, content in written(documents).items()} == contents
