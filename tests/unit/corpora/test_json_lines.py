"""Span JSON lines and CLUENER: what they mean, what is refused and where, and writing them back."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.cluener import cluener_line, parse_cluener
from cnerkit.corpora.jsonl import parse_spans, span_line
from cnerkit.corpora.records import RecordReader
from cnerkit.corpora.source import TextSource
from cnerkit.errors import DataError
from cnerkit.text import Entity, Fragment, Sentence


def reader_of(text, parse=parse_spans):
    return RecordReader(TextSource(io.BytesIO(text.encode()), "x.jsonl"), parse, ids="dev")


def only(text, parse=parse_spans):
    (sentence,) = reader_of(text, parse)
    return sentence


@pytest.mark.parametrize("key", ["label", "type"])
def test_spans_count_code_points_from_0_with_exclusive_ends(key):
    line = json.dumps({"text": "😀李白 爱", "entities": [{"start": 1, "end": 3, key: "PER"}]})
    assert only(line) == Sentence("dev-1", ("😀", "李", "白", " ", "爱"), frozenset({Entity.span(1, 3, "PER")}))


def test_spans_count_words_where_there_are_words():
    sentence = only('{"tokens": ["Li", "Bai", "drinks"], "entities": [{"start": 0, "end": 2, "label": "PER"}]}')
    assert sentence.joiner == " "
    assert [sentence.surface(entity) for entity in sentence.entities] == ["Li Bai"]


def test_a_record_without_entities_is_not_annotated_and_one_with_an_empty_list_is():
    assert [s.entities for s in reader_of('{"text": "a"}\n\n{"text": "b", "entities": []}\n')] == [None, frozenset()]
    assert [s.entities for s in reader_of('{"text": "a"}\n{"text": "b", "label": {}}\n', parse_cluener)] == [None, frozenset()]


def test_the_id_of_a_record_is_kept_and_others_are_numbered():
    ids = [s.id for s in reader_of('{"text": "a", "id": 11190}\n{"text": "b"}\n{"text": "c", "id": "n-7"}\n')]
    assert ids == ["11190", "dev-2", "n-7"]


def test_cluener_ends_are_inclusive_and_every_repeat_is_an_entity():
    line = json.dumps(
        {"text": "张三见张三", "label": {"/person/sport": {"张三": [[0, 1], [3, 4]]}, "/person": {"见": [[2, 2]]}}}
    )
    expected = {Entity.span(0, 2, "/person/sport"), Entity.span(3, 5, "/person/sport"), Entity.span(2, 3, "/person")}
    assert only(line, parse_cluener).entities == expected


def test_offsets_win_over_a_surface_that_differs_and_the_difference_is_counted():
    text = "金 发 女郎"
    cluener = reader_of(json.dumps({"text": text, "label": {"T": {"金\xa0发": [[0, 2]], "女郎": [[4, 5]]}}}), parse_cluener)
    spans = reader_of(json.dumps({"text": text, "entities": [{"start": 0, "end": 3, "label": "T", "text": "金\xa0发"}]}))
    for reader in (cluener, spans):
        (sentence,) = reader
        assert Entity.span(0, 3, "T") in sentence.entities
        assert reader.notes == {"surfaces that differ from the text at their offsets, which count": 1}


def test_an_entity_given_twice_is_one_and_counted():
    entity = {"start": 0, "end": 1, "label": "T"}
    reader = reader_of(json.dumps({"text": "李", "entities": [entity, entity]}))
    cluener = reader_of('{"text": "李", "label": {"T": {"李": [[0, 0], [0, 0]]}}}', parse_cluener)
    for each in (reader, cluener):
        assert [len(s.entities) for s in each] == [1]
        assert each.notes == {"entities given twice, counted once": 1}


def test_surrogate_pairs_written_as_escapes_are_one_character():
    assert only('{"text": "\\ud83d\\ude00", "entities": []}').tokens == ("😀",)


def spans(*entities, text='"李白"'):
    return f'{{"text": {text}, "entities": [{", ".join(entities)}]}}'


MALFORMED = [
    pytest.param('{"text": "a"', "1:13: not JSON", id="cut-off"),
    pytest.param("{'text': 'a'}", "1:2: not JSON", id="single-quotes"),
    pytest.param("[1]", "1:1: expected a JSON object, got '[1]'", id="no-object"),
    pytest.param('{"text": ' + "[" * 100_000, "1:1: JSON that cannot be read", id="too-deep"),
    pytest.param('{"id": 1}', "1:1: expected a string `text`, got None", id="no-text"),
    pytest.param('{"text": 3}', "1:1: expected a string `text`, got 3", id="text-is-a-number"),
    pytest.param('{"text": "\\ud83d"}', "1:1: character 0 is half of a surrogate pair, U+D83D", id="half-of-a-pair"),
    pytest.param('{"text": "a", "id": []}', "1:1: expected a number or a string `id`, got []", id="id"),
    pytest.param('{"tokens": "a"}', "1:1: expected a list of words as `tokens`, got 'a'", id="tokens-are-text"),
    pytest.param('{"tokens": ["a", ""]}', "1:1: expected a list of words as `tokens`, got ['a', '']", id="empty-word"),
    pytest.param('{"tokens": ["a"], "joiner": 1}', "1:1: expected a string `joiner`, got 1", id="joiner"),
    pytest.param('{"text": "a", "entities": {}}', "1:1: expected a list `entities`, got {}", id="entities-are-a-mapping"),
    pytest.param(spans("3"), "1:1: expected an entity with start, end and label, got 3", id="entity-is-a-number"),
    pytest.param(spans('{"start": 0, "label": "X"}'), "1:1: expected an entity with start, end and label", id="no-end"),
    pytest.param(spans('{"start": 0, "end": 1}'), "1:1: expected a label that is text", id="no-label"),
    pytest.param(spans('{"start": 0, "end": 1, "label": ""}'), "1:1: expected a label that is text", id="empty-label"),
    pytest.param(spans('{"start": 0, "end": 1, "label": 5}'), "1:1: expected a label that is text", id="label-is-a-number"),
    pytest.param(spans('{"start": -1, "end": 1, "label": "X"}'), "1:1: the offsets -1 and 1 are negative", id="negative"),
    pytest.param(spans('{"start": 0, "end": 3, "label": "X"}'), "are beyond the 2 tokens of the sentence", id="beyond"),
    pytest.param(spans('{"start": 2, "end": 1, "label": "X"}'), "the offsets 2 and 1 are reversed or empty", id="reversed"),
    pytest.param(spans('{"start": 1, "end": 1, "label": "X"}'), "the offsets 1 and 1 are reversed or empty", id="empty-span"),
    pytest.param(spans('{"start": 0.0, "end": 1, "label": "X"}'), "offsets must be whole numbers, got 0.0 and 1", id="float"),
    pytest.param(spans('{"start": true, "end": 2, "label": "X"}'), "offsets must be whole numbers, got True", id="bool"),
    pytest.param(spans('{"start": "0", "end": 1, "label": "X"}'), "offsets must be whole numbers, got '0'", id="text"),
    pytest.param(
        spans('{"start": 0, "end": ' + "9" * 5000 + ', "label": "X"}'), "JSON that cannot be read", id="endless-number"
    ),
]


@pytest.mark.parametrize(("line", "message"), MALFORMED)
def test_a_malformed_record_is_refused_with_its_line_and_a_fix(line, message):
    with pytest.raises(DataError) as caught:
        list(reader_of(line))
    assert f"{caught.value.where}: {caught.value.what}".startswith("x.jsonl:1:")
    assert message in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("label", "message"),
    [
        pytest.param("[]", "expected a mapping `label`, got []", id="list"),
        pytest.param('{"X": [0, 1]}', "expected surfaces with offsets for the type 'X', got [0, 1]", id="no-surfaces"),
        pytest.param('{"": {"李": [[0, 0]]}}', "expected surfaces with offsets for the type ''", id="empty-type"),
        pytest.param('{"X": {"李": 0}}', "expected a list of offsets for '李', got 0", id="no-list"),
        pytest.param('{"X": {"李": [0, 0]}}', "expected offsets as [start, end], got 0", id="flat-list"),
        pytest.param('{"X": {"李": [[0]]}}', "expected offsets as [start, end], got [0]", id="one-offset"),
        pytest.param('{"X": {"李": [[1, 0]]}}', "the offsets 1 and 0 are reversed or empty", id="reversed"),
        pytest.param('{"X": {"李": [[0, 2]]}}', "the offsets 0 and 2 are beyond the 2 tokens", id="beyond"),
        pytest.param('{"X": {"李": [[-1, 0]]}}', "the offsets -1 and 0 are negative", id="negative"),
        pytest.param('{"X": {"李": [[0, 0.5]]}}', "offsets must be whole numbers, got 0 and 0.5", id="float"),
    ],
)
def test_a_malformed_cluener_label_is_refused_with_its_line(label, message):
    with pytest.raises(DataError) as caught:
        list(reader_of(f'{{"text": "白"}}\n{{"text": "李白", "label": {label}}}\n', parse_cluener))
    assert caught.value.where == "x.jsonl:2:1"
    assert message in caught.value.what


def test_all_malformed_lines_are_counted_and_the_sentences_before_the_first_are_given():
    reader = iter(reader_of('{"text": "a"}\n{"text"\n{"text": 1}\n{"text": "b"}\n'))
    assert next(reader).text == "a"
    what = r"x\.jsonl:2:8: not JSON.*the first of 2 problems in the file: malformed lines: 1, malformed records: 1"
    with pytest.raises(DataError, match=what):
        next(reader)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
types = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)


@st.composite
def annotated(draw, words=False):
    tokens = draw(st.lists(texts, min_size=1, max_size=6)) if words else draw(texts)
    cuts = st.tuples(st.integers(0, len(tokens) - 1), st.integers(1, len(tokens))).filter(lambda cut: cut[0] < cut[1])
    entities = draw(st.lists(st.tuples(cuts, types), max_size=4))
    joiner = draw(st.sampled_from(["", " ", "_"])) if words else ""
    return Sentence(draw(texts), tuple(tokens), frozenset(Entity.span(*cut, type_) for cut, type_ in entities), joiner)


@given(sentences=st.lists(st.one_of(annotated(), annotated(words=True)), min_size=1, max_size=4))
def test_spans_that_are_written_are_read_again(sentences):
    assert list(reader_of("".join(map(span_line, sentences)))) == sentences


@given(sentences=st.lists(annotated(), min_size=1, max_size=4))
def test_cluener_that_is_written_is_read_again_with_nested_and_repeated_entities(sentences):
    reader = reader_of("".join(map(cluener_line, sentences)), parse_cluener)
    assert list(reader) == sentences
    assert not reader.notes


def test_a_line_holds_text_for_characters_and_tokens_for_words():
    entity = frozenset({Entity.span(0, 1, "X")})
    assert json.loads(span_line(Sentence("7", ("李",), entity))) == {
        "id": "7",
        "text": "李",
        "entities": [{"start": 0, "end": 1, "label": "X"}],
    }
    assert json.loads(span_line(Sentence("7", ("Li",), entity, " ")))["tokens"] == ["Li"]


@pytest.mark.parametrize("write", [span_line, cluener_line])
@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        pytest.param(Sentence("s-1", ("a",)), "the sentence is not annotated", id="not-annotated"),
        pytest.param(Sentence("s-1", ("\ud83d",), frozenset()), "half of a surrogate pair, U\\+D83D", id="half-of-a-pair"),
        pytest.param(
            Sentence("s-1", tuple("abc"), frozenset({Entity((Fragment(0, 1), Fragment(2, 3)), "X")})),
            "the X at 0 is discontinuous",
            id="discontinuous",
        ),
    ],
)
def test_what_spans_cannot_carry_is_refused_by_name(write, sentence, what):
    with pytest.raises(DataError, match=f"^s-1: .*{what}"):
        write(sentence)


def test_cluener_refuses_words():
    with pytest.raises(
        DataError, match="s-1: cluener counts characters, and this sentence comes in words\nfix: write --format jsonl"
    ):
        cluener_line(Sentence("s-1", ("Li", "Bai"), frozenset(), " "))
