"""What users of annotation tools and of their converters complained about, and what happens here."""

import io
import json
import re

import pytest

from cnerkit.codecs.tags import Scheme, tags_from_entities
from cnerkit.corpora import doccano, formats, label_studio, prodigy
from cnerkit.corpora.conll import ConllWriter
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.records import RecordReader, json_line
from cnerkit.corpora.source import TextSource
from cnerkit.errors import DataError, UsageError
from cnerkit.text import Entity, Sentence


def read(module, *records, **hints):
    text = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    return RecordReader(
        TextSource(io.BytesIO(text.encode()), "x.jsonl"), module.parser(records, Hints(**hints), "x.jsonl"), ids="x"
    )


def only(module, record, **hints):
    (sentence,) = read(module, record, **hints)
    return sentence


def columns(sentence):
    """The lines of a CoNLL file."""
    return ConllWriter().text(sentence.tokens, tags_from_entities(sentence.entities, len(sentence), Scheme("bio"))).split("\n")


def labelled(text, *surfaces):
    """A Label Studio task in which each surface is labelled where it first stands."""
    values = [
        {"start": text.index(surface), "end": text.index(surface) + len(surface), "text": surface, "labels": [type_]}
        for surface, type_ in surfaces
    ]
    result = [{"from_name": "label", "to_name": "text", "type": "labels", "value": value} for value in values]
    return {"data": {"text": text}, "annotations": [{"result": result}]}


def test_each_character_of_a_chinese_task_has_its_line():
    """label-studio#1250: the export to CoNLL put a whole Chinese sentence on one line, since it is cut at white space."""
    sentence = only(label_studio, labelled("货车撞坏护栏,无人受伤.", ("护栏", "物件")))
    assert columns(sentence) == [
        *("货\tO", "车\tO", "撞\tO", "坏\tO", "护\tB-物件", "栏\tI-物件", ",\tO", "无\tO", "人\tO", "受\tO", "伤\tO", ".\tO"),
        *("", ""),
    ]


def test_labels_within_a_word_are_neither_dropped_nor_merged():
    """label-studio-converter#15: two labels in `a-b` without spaces became one token with the first label."""
    sentence = only(label_studio, labelled("甲机组-3-阀门-开", ("甲机组-3", "设备"), ("阀门-开", "点位")))
    assert [sentence.surface(entity) for entity in sorted(sentence.entities)] == ["甲机组-3", "阀门-开"]
    assert columns(sentence)[4:7] == ["3\tI-设备", "-\tO", "阀\tB-点位"]


def test_a_label_stays_on_its_characters_next_to_quotes_and_spaces():
    """label-studio#556: the CoNLL export missed labels or set them on the token that follows."""
    sentence = only(label_studio, labelled('转让 "红 熊" 牌 软糖 9 颗', ("软糖", "货"), ("红 熊", "牌子")))
    assert {sentence.surface(entity): entity.type for entity in sentence.entities} == {"软糖": "货", "红 熊": "牌子"}
    assert columns(sentence)[4:7] == ["红\tB-牌子", " \tI-牌子", "熊\tI-牌子"]


def test_regions_that_the_tool_itself_exported_beside_their_text_are_counted():
    """label-studio-converter#254: offsets were already wrong in the JSON, and labels went missing without a word."""
    task = labelled("   接口一与接口二", ("接口一", "接口"), ("接口二", "接口"))
    for result in task["annotations"][0]["result"]:
        result["value"]["start"] -= 2
        result["value"]["end"] -= 2
    reader = read(label_studio, task)
    assert [len(sentence.entities) for sentence in reader] == [2]
    assert reader.notes == {"surfaces that differ from the text at their offsets, which count": 2}


def test_a_beginning_is_tagged_at_the_first_character_of_the_entity():
    """doccano-transformer#17: `B-` came one character early on Chinese text."""
    sentence = only(doccano, {"text": "诗人 李白在西安。", "label": [[3, 5, "人名"], [6, 8, "地名"]]})
    assert columns(sentence)[2:8] == [" \tO", "李\tB-人名", "白\tI-人名", "在\tO", "西\tB-地名", "安\tI-地名"]


def test_an_emoji_before_an_entity_shifts_nothing():
    """doccano#99: a browser counts an emoji as two, Python as one, and entities behind it moved by one."""
    record = {"id": 1, "text": "好吃😄李家饺子", "label": [[4, 8, "店"]]}
    sentence = only(doccano, record, offsets="utf-16")
    assert {sentence.surface(entity) for entity in sentence.entities} == {"李家饺子"}
    assert doccano.record(sentence) == {**record, "offsets": "utf-16"}


def test_offsets_that_may_have_shifted_are_not_guessed():
    """doccano#1360, #2290: offsets are off by as many as there are emoji, in some versions and not in others."""
    with pytest.raises(UsageError, match=r"--offsets utf-16 for a file of doccano 1\.5 or later, --offsets code-points"):
        read(doccano, {"text": "😄😄李家饺子很好吃", "label": [[4, 8, "店"]]})


def test_an_export_with_numbers_for_labels_is_refused_and_says_what_to_do():
    """doccano#113: what was exported could not be imported again, since it named its labels by their numbers."""
    record = {
        "id": 9,
        "text": "李家饺子",
        "annotations": [{"label": 7, "start_offset": 0, "end_offset": 4, "user": 1}],
        "meta": {},
    }
    with pytest.raises(DataError, match=re.escape("x.jsonl:1:1: the label 7 is a number, a key of the database")) as caught:
        list(read(doccano, record))
    assert caught.value.fix == "replace the numbers by names: doccano exports its labels with their `id` and `text`"


@pytest.mark.parametrize("name", ["doccano", "label-studio", "prodigy"])
def test_what_is_written_for_a_tool_is_recognised_and_read_again(name):
    """doccano#113, #1605: an export is no import."""
    module = formats.records(name)
    sentence = Sentence("x-1", tuple("😄李家\n饺子"), frozenset({Entity.span(1, 6, "店"), Entity.span(1, 3, "人名")}))
    record = json.loads(json_line(module.record(sentence), sentence))
    assert only(module, record) == sentence
    others = [each for each in ("doccano", "label-studio", "prodigy") if formats.records(each).evidence([record])]
    assert others == [name]


@pytest.mark.parametrize("name", ["doccano", "label-studio", "prodigy"])
def test_line_breaks_within_a_document_do_not_divide_it(name):
    """doccano#372: a document was divided at its line breaks."""
    module = formats.records(name)
    text = "第一行\n第二行\r\n\u2028第三行"
    sentence = Sentence("x-1", tuple(text), frozenset({Entity.span(2, 6, "跨行")}))
    assert only(module, module.record(sentence)) == sentence


@pytest.mark.parametrize("name", ["doccano", "label-studio", "prodigy"])
def test_columns_can_be_made_of_every_tools_records_and_records_of_columns(name):
    """doccano#936, #1046: CoNLL files could neither be imported nor exported."""
    module = formats.records(name)
    sentence = Sentence("x-1", tuple("李白在西安"), frozenset({Entity.span(0, 2, "人名"), Entity.span(3, 5, "地名")}))
    assert columns(only(module, module.record(sentence))) == columns(sentence)


def test_spans_need_no_tags_and_may_be_nested():
    """SpanMarkerNER#79: "I don't want BIO", but start, end and label, and nested entities."""
    spans = [{"start": 0, "end": 6, "label": "机构"}, {"start": 0, "end": 2, "label": "地名"}]
    sentence = only(prodigy, {"text": "西安交通大学", "spans": spans, "answer": "accept"})
    assert sentence.entities == frozenset({Entity.span(0, 6, "机构"), Entity.span(0, 2, "地名")})
    assert {(span["start"], span["end"], span["label"]) for span in prodigy.record(sentence)["spans"]} == {
        (0, 6, "机构"),
        (0, 2, "地名"),
    }
