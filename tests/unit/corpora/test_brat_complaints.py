"""What users of other tools ran into with standoff files and with lines of text, and what happens here."""

import io
from collections import Counter

import pytest

from cnerkit.corpora import boson, brat, text, text_slash
from cnerkit.corpora.bundle import Member
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.source import TextSource
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment, Sentence


def from_brat(text_, ann):
    files = {"a.txt": text_.encode(), "a.ann": ann.encode()}
    members = [Member(path, lambda data=data: io.BytesIO(data)) for path, data in files.items()]
    (document,) = brat.read(members, Hints(), Counter(), "corpus")
    return document


def from_lines(module, data):
    return list(module.read(TextSource(io.BytesIO(data), "x.txt"), "x", Hints(), Counter()))


def surfaces(sentence):
    return sorted(map(sentence.surface, sentence.entities))


def test_fragments_do_not_crash_and_are_not_taken_for_what_lies_between_them():
    """NeuroNER#36 and brat#1027: ``0 5;12 17`` ended converters that split at the space."""
    document = from_brat("left and right lung", "T1\tPart 0 4;15 19\tleft lung\n")
    assert document.entities == {Entity((Fragment(0, 4), Fragment(15, 19)), "Part")}
    assert dict(brat.files([document]))["a.ann"] == "T1\tPart 0 4;15 19\tleft lung\n"


def test_discontinuous_and_overlapping_entities_are_kept_together():
    """flair#824: only flat entities survived the way from standoff."""
    ann = "T1\tORG 0 6\t北京大学医院\nT2\tLOC 0 2\t北京\nT3\tX 1 3\t京大\nT4\tY 0 2;4 6\t北京 医院\n"
    assert len(from_brat("北京大学医院", ann).entities) == 4


def test_a_brat_folder_is_read_without_a_script_of_ones_own():
    """spaCy#651: asked for since 2016."""
    assert surfaces(from_brat("李白在长安", "T1\tPER 0 2\t李白\nT2\tLOC 3 5\t长安\n")) == ["李白", "长安"]


def test_an_emoji_before_an_entity_does_not_shift_it():
    """doccano#99: JavaScript counts it as two, Python as one; here the surfaces tell which."""
    assert surfaces(from_brat("😀李白", "T1\tPER 1 3\t李白\n")) == ["李白"]
    assert surfaces(from_brat("😀李白", "T1\tPER 2 4\t李白\n")) == ["李白"]


def test_line_breaks_before_an_entity_do_not_shift_it():
    """doccano#372 and #1360: texts were divided at line breaks and offsets shifted."""
    ann = "T1\tPER 5 7\t李白\n"
    assert surfaces(from_brat("一\r\n\r\n李白", ann)) == surfaces(from_brat("一\n\n李白", ann)) == ["李白"]


@pytest.mark.parametrize("module", [text, text_slash, boson])
def test_a_byte_order_mark_is_no_character_of_the_first_line(module):
    """DeepKE#142: ``KeyError: ''`` from a byte-order mark."""
    data = b"\xef\xbb\xbf" + "李白/nr 来/o \n".encode()
    assert from_lines(module, data)[0].tokens[0] == "李"


def test_spaces_and_tabs_in_a_text_are_characters_of_it():
    """entity_extractor#30, ltp#453, HanLP#675: a tab or a space in the text ended reading, or moved or hid a name."""
    line = " \t\u3000{{PER:李 白}}\t \n"
    (sentence,) = from_lines(boson, line.encode())
    assert (sentence.text, surfaces(sentence)) == (" \t\u3000李 白\t ", ["李 白"])
    assert "".join(boson.write([sentence])) == line


def test_a_space_that_a_format_cannot_hold_is_refused_and_not_made_a_token_boundary():
    """NER#46: two spaces in a row, and the number of words was not that of the tags."""
    with pytest.raises(DataError, match="character 1 is a space, which parts chunks"):
        list(text_slash.write([Sentence("a", tuple("a b"), frozenset())]))


def test_what_was_read_is_written_in_the_format_it_came_in():
    """biaffine-ner#34: predictions are wanted in the format of the input, with everything else that was in it."""
    ann = "T1\tPER 0 2\t李白\nR1\tIn Arg1:T1 Arg2:T1\n"
    document = from_brat("李白写诗", ann)
    predicted = Sentence(document.id, document.tokens, document.entities | {Entity.span(3, 4, "WORK")}, extra=document.extra)
    assert dict(brat.files([predicted]))["a.ann"] == ann + "T2\tWORK 3 4\t诗\n"
