"""Sentences on their way into a format: made fit for it, what it cannot hold refused or counted, and read back as they went."""

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.overlap import Overlap
from cnerkit.corpora.formats import FORMATS, WRITABLE, Hints
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment, Sentence
from cnerkit.workflows.losses import Losses
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.reading import open_corpus_file
from cnerkit.workflows.writing import Target, Writing

FLAT = Sentence("s-1", tuple("李白爱酒"), frozenset({Entity.span(0, 2, "PER")}))
NESTED = Sentence("s-2", tuple("北京大学"), frozenset({Entity.span(0, 2, "LOC"), Entity.span(0, 4, "ORG")}))
SPLIT = Sentence(
    "s-3", tuple("左右手"), frozenset({Entity((Fragment(0, 1), Fragment(2, 3)), "PART"), Entity.span(1, 3, "PART")})
)
WORDS = Sentence("s-4", ("Li", "Bai", "drinks"), frozenset({Entity.span(0, 2, "PER")}), " ")
UNKNOWN = Sentence("s-5", tuple("李白"))
SINGLE_FILES = [name for name in WRITABLE if FORMATS[name].kind != "folder"]


def target(format_, overlap=Overlap.ERROR, scheme="bio"):
    tags = FORMATS[format_].has_tags
    return Target(scheme if tags else "grid" if format_ == "grid" else "span", FORMATS[format_], overlap)


def writing(format_, overlap=Overlap.ERROR, source="jsonl", **more):
    return Writing(target(format_, overlap, **more), source, "corpus.x", Losses())


def written(format_, *sentences, **more):
    return "".join(writing(format_, **more).texts(sentences))


def read(format_, text):
    hints = Hints(ends="inclusive" if format_ == "cmeee" else None)
    options = ReadOptions(format=format_, scheme="bio" if FORMATS[format_].has_tags else None, hints=hints)
    with open_corpus_file(io.BytesIO(text.encode()), options) as reading:
        return list(reading.sentences)


@pytest.mark.parametrize("format_", [name for name in SINGLE_FILES if name != "text"])
def test_every_format_is_read_back_with_the_entities_that_were_written(format_):
    (back,) = read(format_, written(format_, FLAT))
    assert (back.text, back.entities) == (FLAT.text, FLAT.entities)


@pytest.mark.parametrize("format_", [name for name in SINGLE_FILES if FORMATS[name].carries and name != "text"])
def test_nested_entities_are_written_where_the_format_holds_them(format_):
    (back,) = read(format_, written(format_, NESTED)) if format_ != "layers" else (NESTED,)
    assert back.entities == NESTED.entities


@pytest.mark.parametrize("format_", [name for name in SINGLE_FILES if not FORMATS[name].carries])
def test_nested_entities_are_refused_or_left_out_where_the_format_cannot_hold_them(format_):
    with pytest.raises(
        DataError, match=r"^corpus\.x, sentence s-2: the entities ORG \[0, 4\) and LOC \[0, 2\) overlap\nfix: say"
    ):
        written(format_, FLAT, NESTED)
    kept = writing(format_, Overlap.INNERMOST)
    assert list(kept.texts([NESTED, FLAT]))
    assert kept.losses.notes() == ["1 entity left out, nested (ORG 1), first the ORG '北京大学' in sentence s-2"]
    assert kept.written == {"LOC": 1, "PER": 1}


@pytest.mark.parametrize("format_", [name for name in SINGLE_FILES if "discontinuous" not in FORMATS[name].carries])
def test_fragments_are_refused_or_left_out_where_the_format_cannot_hold_them(format_):
    overlap = Overlap.LAYERS if format_ == "layers" else Overlap.OUTERMOST
    with pytest.raises(DataError, match=r"sentence s-3: the entity PART over \[0, 1\) and \[2, 3\) is discontinuous"):
        written(format_, SPLIT)
    kept = writing(format_, overlap)
    assert list(kept.texts([SPLIT]))
    assert kept.losses.notes() == ["1 entity left out, discontinuous (PART 1), first the PART '左 手' in sentence s-3"]


def test_plain_text_loses_every_entity_and_says_so():
    plain = writing("text")
    assert "".join(plain.texts([FLAT, UNKNOWN])) == "李白爱酒\n李白\n"
    assert plain.losses.notes() == [
        "1 entity left out, since plain text holds none (PER 1), first the PER '李白' in sentence s-1"
    ]


@pytest.mark.parametrize("format_", SINGLE_FILES)
def test_what_is_not_annotated_is_only_written_where_that_can_be_told(format_):
    if FORMATS[format_].unannotated:
        assert [each.entities for each in read(format_, written(format_, UNKNOWN))] == [None]
    else:
        message = "corpus.x, sentence s-5: it is not annotated\nfix: give every sentence its entities, [] where there are none"
        with pytest.raises(DataError, match=f"^{re.escape(message)}"):
            written(format_, FLAT, UNKNOWN)


def test_a_sentence_in_words_is_text_where_offsets_count_characters():
    record = json.loads(written("cluener", WORDS))
    assert (record["text"], record["label"]) == ("Li Bai drinks", {"PER": {"Li Bai": [[0, 5]]}})
    assert json.loads(written("jsonl", WORDS))["tokens"] == ["Li", "Bai", "drinks"]


def test_what_the_source_has_besides_is_kept_for_its_own_format_and_counted_for_others():
    rich = Sentence("7", FLAT.tokens, FLAT.entities, extra={"id": 7, "url": "u", "date": 3})
    kept, lost = writing("jsonl", source="jsonl"), writing("conll", source="jsonl")
    assert json.loads("".join(kept.texts([rich]))) == {
        "id": 7,
        "text": "李白爱酒",
        "entities": [{"start": 0, "end": 2, "label": "PER"}],
        "url": "u",
        "date": 3,
    }
    assert kept.losses.notes() == []
    assert list(lost.texts([rich, FLAT, rich]))
    assert lost.losses.notes() == ["left out: date of 2 sentences", "left out: url of 2 sentences"]


@pytest.mark.parametrize("format_", [name for name, each in FORMATS.items() if each.array])
def test_an_array_is_json_however_many_objects_it_has(format_):
    for count in (0, 1, 2):
        text = written(format_, *[FLAT] * count)
        assert len(json.loads(text)) == count
        assert text.endswith("]\n")


@pytest.mark.parametrize("format_", [name for name in SINGLE_FILES if not FORMATS[name].array])
def test_no_sentences_are_an_empty_file(format_):
    assert written(format_) == ""


def test_grids_are_of_the_flavour_that_is_asked_for():
    for flavour, label in (("crener", "HTC-PER"), ("w2ner", "THW-PER")):
        asked = Target("grid", FORMATS["grid"], grid=flavour)
        record = json.loads("".join(Writing(asked, "jsonl", "corpus.x", Losses()).texts([FLAT])))
        assert label in {cell[2] for cell in record["cells"]}


@pytest.mark.parametrize(("scheme", "second"), [("bio", "I-PER"), ("bioes", "E-PER"), ("bilou", "L-PER")])
def test_tags_are_in_the_scheme_that_is_asked_for(scheme, second):
    assert json.loads(written("hf", FLAT, scheme=scheme))["ner_tags"] == ["B-PER", second, "O", "O"]
    assert written("conll", FLAT, scheme=scheme).split("\n")[1] == f"白\t{second}"


def test_the_files_of_a_folder_come_with_their_paths():
    files = dict(writing("brat").files([NESTED]))
    assert files == {"s-2.txt": "北京大学", "s-2.ann": "T1\tLOC 0 2\t北京\nT2\tORG 0 4\t北京大学\n"}


def test_a_mistake_is_placed_at_its_sentence_unless_it_has_a_place():
    odd = Sentence("s-6", ("李", "\n"), frozenset())
    with pytest.raises(DataError, match=r"^corpus\.x, sentence s-6: token 1 is '\\n', which a line cannot hold\nfix: "):
        written("conll", FLAT, odd)

    def broken():
        yield FLAT
        raise DataError("it is broken", where="corpus.x:3:1", fix="mend it")

    with pytest.raises(DataError, match=r"^corpus\.x:3:1: it is broken\nfix: mend it$"):
        list(writing("conll").texts(broken()))


def test_a_mistake_before_the_first_sentence_is_placed_at_the_file():
    def broken():
        raise DataError("it is broken", fix="mend it")
        yield

    with pytest.raises(DataError, match=r"^corpus\.x: it is broken"):
        list(writing("conll").texts(broken()))


texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters="{}/:\ufeff"), min_size=3)


@given(text=texts, format_=st.sampled_from([name for name in SINGLE_FILES if name != "text"]))
def test_any_text_is_read_back_as_it_was_written(text, format_):
    sentence = Sentence("s-1", tuple(text), frozenset({Entity.span(1, 2, "PER")}))
    (back,) = read(format_, written(format_, sentence))
    assert (back.text, back.entities) == (text, sentence.entities)
