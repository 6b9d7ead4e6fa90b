"""Files to sentences with entities: schemes, repairs, what is counted and what is refused."""

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.tags import Repair, Scheme, tags_from_entities
from cnerkit.errors import DataError, UsageError
from cnerkit.text import Entity
from cnerkit.workflows.read_options import ReadOptions, repair_named, scheme_named
from cnerkit.workflows.reading import open_corpus_file
from cnerkit.workflows.scheme import recognise_scheme

ORPHANS = "李\tB-PER\n白\tI-PER\n爱\tO\n长\tI-LOC\n安\tI-LOC\n\n杜\tB-PER\n甫\tI-PER\n在\tO\n蜀\tB-LOC\n陆\tB-PER\n游\tB-PER\n"


def read(text, **options):
    stream = text if isinstance(text, io.BytesIO) else io.BytesIO(text.encode())
    with open_corpus_file(stream, ReadOptions(**options), name="x.txt") as reading:
        return reading, list(reading.sentences)


def spans(sentence):
    return sorted((entity.start, entity.end, entity.type) for entity in sentence.entities)


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        pytest.param("B-X I-X B-X O", Scheme.BIO, id="bio"),
        pytest.param("B-X O B-Y", Scheme.BIO, id="bio-without-inside"),
        pytest.param("I-X I-X O I-Y", Scheme.IO, id="io"),
        pytest.param("I-X I-X B-X O", Scheme.IOB1, id="iob1"),
        pytest.param("B-X I-X S-X O", Scheme.BIOS, id="bios"),
        pytest.param("B-X I-X E-X S-X", Scheme.BIOES, id="bioes"),
        pytest.param("B-X M-X E-X S-X", Scheme.BMES, id="bmes"),
        pytest.param("B-X I-X L-X U-X", Scheme.BILOU, id="bilou"),
        pytest.param("B-X M-X E-X W-X", Scheme.BMEOW, id="bmeow"),
        pytest.param("B-X E-X S-X B-X I-X", Scheme.BIOES, id="bioes-with-a-mistake"),
        pytest.param("O O", Scheme.BIO, id="no-entity"),
        pytest.param("B-X I-X O X-X", Scheme.BIO, id="one-strange-tag"),
        pytest.param("B-a-b I-a-b O", Scheme.BIO, id="dash-in-the-type"),
    ],
)
def test_the_scheme_is_told_from_the_tags(tags, scheme):
    assert recognise_scheme([tags.split()], "x", whole=True, repair=Repair.STRICT)[0] is scheme


@given(
    lengths=st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=8),
    scheme=st.sampled_from([scheme for scheme in Scheme if scheme is not Scheme.IO]),
)
def test_any_well_formed_file_is_read_to_the_entities_that_it_was_written_from(lengths, scheme):
    entities, at = set(), 0
    for length, gap in lengths:
        entities.add(Entity.span(at, at + length, "X"))
        at += length + gap
    tags = tags_from_entities(entities, at + 1, scheme)
    _, (sentence,) = read("".join(f"字\t{tag}\n" for tag in tags))
    assert sentence.entities == entities


def test_tags_that_several_schemes_read_differently_are_asked_about():
    with pytest.raises(UsageError, match=r"x\.txt: 2 readings of the tags are possible: bio, iob1\nfix: .*--from-scheme bio"):
        read("李\tB-PER\n白\tI-LOC\n\n杜\tI-PER\n", repair=Repair.DROP)


def test_a_long_file_that_begins_without_entities_is_asked_about():
    with pytest.raises(UsageError, match=r"x\.txt: the first sentences hold no entity[^\n]*\nfix: .*--from-scheme"):
        read("字\tO\n" * 50_000 + "\n李\tB-PER\n")


def test_malformed_tags_are_refused_with_the_first_place_and_the_count_of_all():
    with pytest.raises(DataError) as caught:
        read("李\tI-PER\n\n白\tO\n甫\tI-PER\n" + "\n杜\tB-PER\n甫\tI-PER\n" * 9)
    assert caught.value.where == "x.txt:1:3"
    assert "'I-PER' cannot begin an entity after the start of the sentence" in caught.value.what
    assert "the first of 2 problems in the file: malformed runs of bio tags: 2" in caught.value.what
    assert "--repair conlleval" in caught.value.fix
    assert "--repair drop" in caught.value.fix


@pytest.mark.parametrize(
    ("repair", "expected"),
    [
        pytest.param(Repair.DROP, [(0, 2, "PER")], id="drop"),
        pytest.param(Repair.CONLLEVAL, [(0, 2, "PER"), (3, 5, "LOC")], id="conlleval"),
    ],
)
def test_malformed_tags_are_repaired_as_asked_and_counted(repair, expected):
    reading, (first, _) = read(ORPHANS, repair=repair)
    assert spans(first) == expected
    counts = reading.counts
    assert (counts.sentences, counts.tokens, counts.strict, counts.conlleval) == (2, 11, 5, 6)
    assert (counts.malformed.orphan, counts.malformed.unfinished, counts.malformed.tokens) == (1, 0, 2)


def test_an_unknown_tag_is_refused_with_its_place():
    with pytest.raises(DataError, match=r"^x\.txt:2:3: 'PER' is not a tag of the scheme bio") as caught:
        read("李\tB-PER\n白\tPER\n爱\tO\n")
    assert "--from-scheme" in caught.value.fix
    assert "--columns" in caught.value.fix


def test_tags_of_no_scheme_at_all_are_refused_with_their_place():
    with pytest.raises(DataError, match=r"^x\.txt:1:3: '人名' is not a tag of the scheme"):
        read("李\t人名\n白\t人名\n")


def test_all_kinds_of_problems_are_counted_and_the_first_line_is_named():
    text = "李\tB-PER\n白\tI-LOC\n\n酒\n月\tX-PER\n\n\tO\n" + "杜\tB-PER\n甫\tI-PER\n\n" * 3
    with pytest.raises(DataError) as caught:
        read(text)
    assert caught.value.where == "x.txt:2:3"
    for kind in ("malformed runs of bio tags: 1", "lines with a missing column: 1", "unknown tags: 1", "empty tokens: 1"):
        assert kind in caught.value.what


def test_a_missing_line_does_not_make_the_tags_around_it_malformed():
    with pytest.raises(DataError) as caught:
        read("李\n白\tI-PER\n\n杜\tB-PER\n甫\tI-PER\n")
    assert caught.value.what == "expected 2 columns separated by a tab, got 1: '李'"


def test_a_scheme_that_is_named_is_not_doubted():
    reading, (sentence,) = read("李\tI-PER\n白\tI-PER\n", scheme="iob1")
    assert reading.scheme is Scheme.IOB1
    assert reading.evidence == ("tokens in column 1 and tags in column 2 of 2, separated by a tab",)
    assert spans(sentence) == [(0, 2, "PER")]


@pytest.mark.parametrize("options", [{"scheme": "bio"}, {"columns": (0, 1)}])
def test_options_about_tags_are_refused_where_there_are_none(options):
    with pytest.raises(UsageError, match=r"x\.txt: jsonl has no columns of tags"):
        read('{"text": "a", "entities": []}\n', **options)


def test_words_are_joined_by_spaces_and_characters_by_nothing():
    assert read("Li B-PER\nBai I-PER\ndrinks O\n")[1][0].text == "Li Bai drinks"
    assert read("李 B-PER\n白 I-PER\nOK O\n")[1][0].text == "李白OK"


def test_sentences_are_numbered_below_the_name_of_the_file(tmp_path):
    path = tmp_path / "train.char.bmes"
    path.write_text("李 S-PER\n\n白 O\n", encoding="utf-8")
    with open_corpus_file(path) as reading:
        assert [sentence.id for sentence in reading.sentences] == ["train-1", "train-2"]
    with open_corpus_file(path, ids="dev") as reading:
        assert [sentence.id for sentence in reading.sentences] == ["dev-1", "dev-2"]


def test_the_last_line_of_a_file_that_ends_without_an_empty_one_is_read():
    assert [len(sentence) for sentence in read("李 B-PER\n\n白 O\n爱 O")[1]] == [1, 2]


def test_names_that_are_not_known_get_the_nearest():
    with pytest.raises(UsageError, match="no tag scheme is called 'bieos'\nfix: did you mean"):
        scheme_named("bieos")
    with pytest.raises(UsageError, match="no repair is called 'conleval'\nfix: did you mean conlleval"):
        repair_named("conleval")
    assert (scheme_named("BIOES"), repair_named("Drop")) == (Scheme.BIOES, Repair.DROP)


def peak_while_reading(n_sentences):
    data = io.BytesIO(("李" * 300 + "\tB-PER\n\n").encode() * n_sentences)
    tracemalloc.start()
    try:
        with open_corpus_file(data, name="x") as reading:
            assert sum(1 for _ in reading.sentences) == n_sentences
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file():
    assert peak_while_reading(3_600) < 1.1 * peak_while_reading(1_200)


def test_sentences_are_the_tagged_ones_with_their_entities_made_values():
    options = ReadOptions(scheme="bio", repair=Repair.CONLLEVAL)
    with (
        open_corpus_file(io.BytesIO(ORPHANS.encode()), options) as one,
        open_corpus_file(io.BytesIO(ORPHANS.encode()), options) as other,
    ):
        assert [each.sentence("") for each in one.tagged] == list(other.sentences)
    assert one.counts == other.counts


def test_an_xml_declaration_in_text_that_is_no_xml_says_nothing_of_the_encoding():
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>\n{{PER:李白}}é\n'
    with open_corpus_file(io.BytesIO(text.encode()), ReadOptions(format="boson"), name="x") as reading:
        assert [sentence.text for sentence in reading.sentences][1] == "李白é"
