"""Files with tags in columns, in layers of columns and in JSON: recognised, read to entities, and refused with their place."""

import io
import json

import pytest

from cnerkit.codecs.tags import Repair, Scheme
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.recognition import recognise
from cnerkit.corpora.source import TextSource
from cnerkit.errors import DataError, UsageError
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.tag_files import OTHER_FIELDS, open_tags
from cnerkit.workflows.tagged import ReadCounts

COLUMNS = "李\tB-PER\n白\tI-PER\n爱\tO\n\n蜀\tB-LOC\n"
WORDS = "Li B-PER\nBai I-PER\nis O\nin O\nShu B-LOC\n"
LAYERS = "北\tB-LOC\tB-ORG\n京\tI-LOC\tI-ORG\n大\tO\tI-ORG\n学\tO\tI-ORG\n"


def opened(content, **known):
    """A file, and what is counted while it is read."""
    text, options, counts = TextSource(io.BytesIO(content.encode()), "x.txt"), ReadOptions(**known), ReadCounts()
    head = text.head()
    found = recognise(head, "x.txt", format=options.format, columns=options.columns)
    return open_tags(text, head, found, options, "x", counts), counts


def spans(content, **known):
    return [(each.id, list(each.spans)) for each in opened(content, **known)[0].sentences]


def hf(*records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


RECORD = {"tokens": ["李", "白", "爱"], "ner_tags": ["B-PER", "I-PER", "O"]}


def test_columns_are_read_to_entities_with_the_evidence_of_format_and_scheme():
    tagged, counts = opened(COLUMNS)
    assert (tagged.name, tagged.format, tagged.scheme, tagged.joiner) == ("x.txt", "conll", Scheme.BIO, "")
    assert tagged.evidence == (
        "tokens in column 1 and tags in column 2 of 2, separated by a tab",
        "2 B-, 1 I- in the first sentences",
    )
    assert [(each.id, list(each.spans)) for each in tagged.sentences] == [("x-1", [(0, 2, "PER")]), ("x-2", [(0, 1, "LOC")])]
    assert (counts.sentences, counts.tokens, counts.strict, counts.conlleval) == (2, 4, 2, 2)


def test_what_is_known_needs_no_evidence():
    assert opened(COLUMNS, format="conll", scheme="bio")[0].evidence == ("", "")


def test_a_scheme_that_is_not_known_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="no tag scheme is called 'boi'\nfix: did you mean bio"):
        opened(COLUMNS, scheme="boi")


def test_two_schemes_that_read_other_entities_are_asked_about():
    with pytest.raises(UsageError, match=r"x\.txt: 2 readings of the tags are possible: .*\nfix: say which it is"):
        opened("李\tB-PER\n白\tB-PER\n爱\tI-X\n", repair=Repair.DROP)


def test_words_are_joined_by_a_space_when_most_tokens_are_longer_than_a_character():
    assert opened(WORDS)[0].joiner == " "
    assert opened("A\tO\nBC\tB-X\n")[0].joiner == ""


def test_layers_are_read_together_as_one_sentence():
    tagged, counts = opened(LAYERS, columns=(0, 1, 2))
    assert tagged.format == "layers"
    assert [list(each.spans) for each in tagged.sentences] == [[(0, 2, "LOC"), (0, 4, "ORG")]]
    assert (counts.sentences, counts.tokens, counts.strict) == (1, 4, 2)


class TestJson:
    """JSON objects with a list of tokens and a list of tags."""

    def test_records_are_read_with_their_ids(self):
        assert spans(hf({**RECORD, "id": 7}, RECORD)) == [("7", [(0, 2, "PER")]), ("x-2", [(0, 2, "PER")])]

    def test_an_array_is_read_as_lines_are(self):
        assert spans(json.dumps([RECORD, RECORD])) == [("x-1", [(0, 2, "PER")]), ("x-2", [(0, 2, "PER")])]

    def test_numbers_are_the_names_that_are_given(self):
        numbered = hf({"tokens": ["李", "白", "爱"], "ner_tags": [1, 2, 0]})
        assert spans(numbered, hints=Hints(labels=("O", "B-PER", "I-PER"))) == [("x-1", [(0, 2, "PER")])]
        with pytest.raises(UsageError, match=r"x\.txt: the `ner_tags` are numbers, .*\nfix: .*--labels O,B-PER,I-PER"):
            opened(numbered)

    def test_other_fields_are_counted(self):
        tagged, counts = opened(hf({**RECORD, "pos_tags": [1, 2, 3]}, RECORD, {**RECORD, "id": 3, "url": "u"}))
        assert len(list(tagged.sentences)) == 3
        assert counts.overlooked == {OTHER_FIELDS: 2}

    def test_malformed_tags_are_placed_in_the_line_of_their_record(self):
        bad = {"tokens": ["李", "白"], "ner_tags": ["O", "I-PER"]}
        with pytest.raises(DataError, match=r"^x\.txt:2:1: 'I-PER' cannot begin an entity after 'O'\nfix: correct the tags"):
            spans(hf(RECORD, bad), scheme="bio")
        assert spans(hf(RECORD, bad), scheme="bio", repair=Repair.CONLLEVAL)[1] == ("x-2", [(1, 2, "PER")])

    @pytest.mark.parametrize(
        ("line", "what"),
        [
            pytest.param('{"tokens": ["a"], "ner_tags": ["O", "O"]}', "x.txt:2:1: 1 tokens have 2 tags", id="more-tags"),
            pytest.param('{"tokens": [""], "ner_tags": ["O"]}', "x.txt:2:1: expected a list of words as `tokens`", id="empty"),
            pytest.param(
                '{"tokens": ["a"], "ner_tags": "O"}', "x.txt:2:1: expected a list of tags as `ner_tags`", id="no-list"
            ),
            pytest.param('{"ner_tags": ["O"]}', "x.txt:2:1: a record without `tokens` has only 'ner_tags'", id="no-tokens"),
            pytest.param('{"tokens": ["a"], "ner_tags": [null]}', "x.txt:2:1: the tag of token 0 is None", id="no-tag"),
            pytest.param('{"tokens": ["a"], "ner_tags": ["O"], "id": []}', "x.txt:2:1: expected a number or a string", id="id"),
            pytest.param('{"tokens": ["a"]', "x.txt:2:17: not JSON: Expecting ',' delimiter", id="cut-off"),
            pytest.param("[1]", "x.txt:2:1: expected a JSON object, got '[1]'", id="no-object"),
        ],
    )
    def test_a_broken_record_is_refused_with_its_place(self, line, what):
        with pytest.raises(DataError) as caught:
            spans(f"{hf(RECORD)}{line}\n{hf(RECORD)}")
        assert str(caught.value).startswith(what)
        assert caught.value.fix

    def test_all_broken_records_are_counted(self):
        with pytest.raises(DataError, match=r"x\.txt:2:1: .* \(the first of 3 problems in the file: malformed records: 3\)"):
            spans(hf(RECORD, *[{"tokens": ["a"], "ner_tags": []}] * 3, RECORD, RECORD, RECORD))


def test_what_a_reader_repairs_is_counted_with_everything_else():
    tagged, counts = opened("李\tB-PER\n白\t\n", empty_tag="O")
    assert [list(each.spans) for each in tagged.sentences] == [[(0, 1, "PER")]]
    assert counts.overlooked == {"empty tags read as O": 1}


def test_part_of_a_file_is_read_as_if_there_were_no_more():
    content = "甲 B-X\n\n O\n乙 B-Y\n\n丙 O\n\n丁 B-X\n\n"
    assert spans(content, part=(1, 3, 1), mend_lines=True) == [("x-1", [(0, 1, "Y")]), ("x-2", [])]
    assert spans(content, part=(0, None, 3), mend_lines=True) == [("x-1", [(0, 1, "X")]), ("x-2", [(0, 1, "X")])]


def test_what_was_repaired_before_a_part_is_not_counted():
    content = "甲 B-X\n O\n\n乙 B-Y\n O\n O\n\n"
    found = []
    for part in [(0, 1, 1), (1, None, 1)]:
        tagged, counts = opened(content, part=part, mend_lines=True)
        found.append((len(list(tagged.sentences)), *counts.overlooked.values()))
    assert found == [(1, 1), (1, 2)]


def test_part_of_a_file_with_layers():
    content = f"李\tB-PER\tO\n\n{LAYERS}"
    assert spans(content, format="layers", part=(1, None, 1)) == [("x-1", [(0, 2, "LOC"), (0, 4, "ORG")])]
