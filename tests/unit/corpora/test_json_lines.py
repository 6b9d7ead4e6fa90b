"""Span JSON lines and CLUENER: what tells them, what they mean, what is refused and where, and writing them back."""

import io
import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import cluener, jsonl
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.jsonl import span_line
from cnerkit.corpora.records import RecordReader, json_line
from cnerkit.corpora.source import TextSource
from cnerkit.errors import CnerkitError, DataError
from cnerkit.text import Entity, Fragment, Sentence

NESTED = []
for _ in range(1100):
    NESTED = [NESTED]


def reader_of(text, module=jsonl):
    return RecordReader(TextSource(io.BytesIO(text.encode()), "x.jsonl"), module.parser([], Hints(), "x.jsonl"), ids="dev")


def only(text, module=jsonl):
    (sentence,) = reader_of(text, module)
    return sentence


def cluener_line(sentence):
    return json_line(cluener.record(sentence), sentence)


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
    assert [s.entities for s in reader_of('{"text": "a"}\n{"text": "b", "label": {}}\n', cluener)] == [None, frozenset()]


def test_the_id_of_a_record_is_kept_and_others_are_numbered():
    ids = [s.id for s in reader_of('{"text": "a", "id": 11190}\n{"text": "b"}\n{"text": "c", "id": "n-7"}\n')]
    assert ids == ["11190", "dev-2", "n-7"]


def test_cluener_ends_are_inclusive_and_every_repeat_is_an_entity():
    line = json.dumps(
        {"text": "张三见张三", "label": {"/person/sport": {"张三": [[0, 1], [3, 4]]}, "/person": {"见": [[2, 2]]}}}
    )
    expected = {Entity.span(0, 2, "/person/sport"), Entity.span(3, 5, "/person/sport"), Entity.span(2, 3, "/person")}
    assert only(line, cluener).entities == expected


def test_offsets_win_over_a_surface_that_differs_and_the_difference_is_counted():
    text = "金 发 女郎"
    mapped = reader_of(json.dumps({"text": text, "label": {"T": {"金\xa0发": [[0, 2]], "女郎": [[4, 5]]}}}), cluener)
    spans = reader_of(json.dumps({"text": text, "entities": [{"start": 0, "end": 3, "label": "T", "text": "金\xa0发"}]}))
    for reader in (mapped, spans):
        (sentence,) = reader
        assert Entity.span(0, 3, "T") in sentence.entities
        assert reader.notes == {"surfaces that differ from the text at their offsets, which count": 1}


def test_an_entity_given_twice_is_one_and_counted():
    entity = {"start": 0, "end": 1, "label": "T"}
    reader = reader_of(json.dumps({"text": "李", "entities": [entity, entity]}))
    mapped = reader_of('{"text": "李", "label": {"T": {"李": [[0, 0], [0, 0]]}}}', cluener)
    for each in (reader, mapped):
        assert [len(s.entities) for s in each] == [1]
        assert each.notes == {"entities given twice, counted once": 1}


def test_surrogate_pairs_written_as_escapes_are_one_character():
    assert only('{"text": "\\ud83d\\ude00", "entities": []}').tokens == ("😀",)


def spans(*entities, text='"李白"'):
    return f'{{"text": {text}, "entities": [{", ".join(entities)}]}}'


def pieces(*fragments):
    entity = f'{{"start": 0, "end": 5, "label": "X", "fragments": [{", ".join(fragments)}]}}'
    return f'{{"text": "李白与杜甫", "entities": [{entity}]}}'


MALFORMED = [
    pytest.param('{"text": "a"', "1:13: not JSON", id="cut-off"),
    pytest.param("{'text': 'a'}", "1:2: not JSON", id="single-quotes"),
    pytest.param("7", "1:1: expected a JSON object, got '7'", id="no-object"),
    pytest.param('{"text": "a"} {"text": "b"}', "1:15: not JSON: Extra data", id="two-objects"),
    pytest.param('{"text": "a", "text": "b"}', "1:1: the key 'text' stands twice in one object", id="key-twice"),
    pytest.param('{"text": "a", "x": {"y": 1, "y": 1}}', "1:1: the key 'y' stands twice in one object", id="inner-key-twice"),
    pytest.param(
        '{"text": "a", "x": [{"y": "\\udc00"}]}', "character 0 is half of a surrogate pair, U+DC00", id="half-anywhere"
    ),
    pytest.param('{"text": "a", "\\udc00": 1}', "character 0 is half of a surrogate pair, U+DC00", id="half-in-a-key"),
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
    pytest.param(spans('{"start": 0, "end": null, "label": "X"}'), "offsets must be whole numbers, got 0 and None", id="null"),
    pytest.param(pieces("[0, 1]", "[2, 3]"), "the fragments of {'start': 0, 'end': 5, ", id="hull-too-long"),
    pytest.param(pieces("[1, 2]", "[4, 5]"), "reach from 1 to 5, not from 0 to 5", id="hull-too-early"),
    pytest.param(pieces("[3, 5]", "[0, 1]"), "overlap, touch or are out of order", id="fragments-in-disorder"),
    pytest.param(pieces("[0, 2]", "[2, 5]"), "overlap, touch or are out of order", id="fragments-touch"),
    pytest.param(pieces("[0, 3]", "[2, 5]"), "overlap, touch or are out of order", id="fragments-overlap"),
    pytest.param(pieces(), "an entity of type 'X' has no fragment", id="no-fragments"),
    pytest.param(pieces("[0, 1]", "[3, 6]"), "the offsets 3 and 6 are beyond the 5 tokens", id="fragment-beyond"),
    pytest.param(pieces("[0, 1, 2]"), "expected a fragment as [start, end], got [0, 1, 2]", id="fragment-of-three"),
    pytest.param(pieces("3"), "expected a fragment as [start, end], got 3", id="fragment-is-a-number"),
    pytest.param(pieces("[0, true]"), "offsets must be whole numbers, got 0 and True", id="fragment-bool"),
    pytest.param(spans('{"start": 0, "end": 1, "label": "X", "fragments": 1}'), "expected a list `fragments`", id="fragments"),
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
        list(reader_of(f'{{"text": "白"}}\n{{"text": "李白", "label": {label}}}\n', cluener))
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
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def fragments_of(numbers):
    """The runs of some token numbers."""
    parts = []
    for number in sorted(numbers):
        if parts and parts[-1].end == number:
            parts[-1] = Fragment(parts[-1].start, number + 1)
        else:
            parts.append(Fragment(number, number + 1))
    return tuple(parts)


@st.composite
def annotated(draw, words=False, contiguous=False):
    """Flat, nested, overlapping and discontinuous entities, several on one place, or no annotation at all."""
    tokens = draw(st.lists(texts, min_size=1, max_size=6)) if words else draw(texts)
    numbers = st.integers(0, len(tokens) - 1)
    spans = st.tuples(numbers, numbers).map(lambda ends: (Fragment(min(ends), max(ends) + 1),))
    places = spans if contiguous else spans | st.sets(numbers, min_size=1).map(fragments_of)
    entities = draw(st.none() | st.frozensets(st.builds(Entity, places, types), max_size=4))
    joiner = draw(st.sampled_from(["", " ", "_"])) if words else ""
    return Sentence(draw(texts), tuple(tokens), entities, joiner)


@given(sentences=st.lists(annotated() | annotated(words=True), min_size=1, max_size=4))
def test_spans_that_are_written_are_read_again(sentences):
    assert list(reader_of("".join(map(span_line, sentences)))) == sentences


@given(sentences=st.lists(annotated(contiguous=True), min_size=1, max_size=4))
def test_cluener_that_is_written_is_read_again_with_nested_and_repeated_entities(sentences):
    reader = reader_of("".join(map(cluener_line, sentences)), cluener)
    assert list(reader) == sentences
    assert not reader.notes


@given(record=st.dictionaries(texts, values, max_size=4), id_=st.integers() | texts, module=st.sampled_from([jsonl, cluener]))
def test_other_fields_are_written_back_as_they_were(record, id_, module):
    record = {**record, "id": id_, "text": "李白", "entities": [], "label": {}}
    record.pop("tokens", None)
    found = module.record(only(json.dumps(record), module))
    assert found == record


def test_fields_of_entities_are_written_back_even_where_a_type_was_changed():
    line = """{"id": 7, "text": "李白与杜甫", "entities": [
        {"start": 0, "end": 2, "label": "PER", "score": 0.5, "id": 3, "text": "李白"},
        {"start": 0, "end": 5, "label": "PER", "fragments": [[0, 1], [4, 5]], "by": "me"},
        {"start": 3, "end": 5, "label": "PER"}, {"start": 3, "end": 5, "label": "POET", "type": "x"}]}""".replace("\n", "")
    sentence = only(line)
    assert jsonl.record(sentence) == json.loads(line)
    assert set(sentence.extra) == {"id", "entities.score", "entities.id", "entities.text", "entities.by", "entities.type"}
    renamed = replace(sentence, entities=frozenset(replace(entity, type="P") for entity in sentence.entities))
    assert jsonl.record(renamed)["entities"] == [
        {"start": 0, "end": 2, "label": "P", "score": 0.5, "id": 3, "text": "李白"},
        {"start": 0, "end": 5, "label": "P", "fragments": [[0, 1], [4, 5]], "by": "me"},
        {"start": 3, "end": 5, "label": "P"},
    ]


def test_a_surface_is_written_anew_where_the_file_had_one():
    line = '{"text": "李白", "entities": [{"start": 0, "end": 1, "label": "X", "text": "白"}]}'
    assert jsonl.record(only(line))["entities"] == [{"start": 0, "end": 1, "label": "X", "text": "李"}]


def test_text_beside_tokens_is_another_field():
    line = '{"id": "1", "tokens": ["李", "白"], "joiner": "", "text": "Li Bai", "entities": []}'
    assert jsonl.record(only(line)) == json.loads(line)


def test_numbers_as_ids_stay_numbers_unless_the_sentence_has_another_id_by_now():
    sentence = only('{"id": 7, "text": "a"}')
    assert jsonl.record(sentence)["id"] == 7
    assert jsonl.record(replace(sentence, id="7:2"))["id"] == "7:2"


def test_a_line_holds_text_for_characters_and_tokens_for_words():
    entity = frozenset({Entity.span(0, 1, "X")})
    assert json.loads(span_line(Sentence("7", ("李",), entity))) == {
        "id": "7",
        "text": "李",
        "entities": [{"start": 0, "end": 1, "label": "X"}],
    }
    assert json.loads(span_line(Sentence("7", ("Li",), entity, " ")))["tokens"] == ["Li"]


def test_a_discontinuous_entity_has_its_hull_and_its_fragments():
    entity = Entity((Fragment(0, 1), Fragment(2, 4)), "X")
    sentence = Sentence("7", tuple("abcd"), frozenset({entity}))
    assert jsonl.record(sentence)["entities"] == [{"start": 0, "end": 4, "label": "X", "fragments": [[0, 1], [2, 4]]}]
    assert only(span_line(sentence)) == sentence


def test_what_is_not_annotated_is_written_without_entities():
    sentence = Sentence("7", ("a",))
    assert jsonl.record(sentence) == cluener.record(sentence) == {"id": "7", "text": "a"}


@pytest.mark.parametrize("write", [span_line, cluener_line])
@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        pytest.param(Sentence("s-1", ("\ud83d",), frozenset()), "half of a surrogate pair, U\\+D83D", id="half-of-a-pair"),
        pytest.param(Sentence("s-1", ("a",), None, "", {"x": float("nan")}), "a number that is not finite", id="nan"),
        pytest.param(Sentence("s-1", ("a",), None, "", {"x": NESTED}), "it is nested too deeply", id="nested"),
    ],
)
def test_what_json_cannot_carry_is_refused_by_name(write, sentence, what):
    with pytest.raises(DataError, match=f"^s-1: .*{what}"):
        write(sentence)


def test_cluener_refuses_words_and_discontinuous_entities():
    with pytest.raises(DataError, match=r"s-1: .* this sentence comes in words\nfix: write --format jsonl"):
        cluener_line(Sentence("s-1", ("Li", "Bai"), frozenset(), " "))
    entity = Entity((Fragment(0, 1), Fragment(2, 3)), "X")
    with pytest.raises(DataError, match=r"s-1: the X at 0 is discontinuous.*\nfix: choose a format for discontinuous"):
        cluener_line(Sentence("s-1", tuple("abc"), frozenset({entity})))


@pytest.mark.parametrize(
    ("records", "spans", "mapping"),
    [
        pytest.param(
            [{"text": "a", "entities": [{"start": 0, "end": 1}]}, {"text": "b"}], "1 of the first 2 ", None, id="spans"
        ),
        pytest.param(
            [{"tokens": ["a"], "entities": []}, {"text": "b"}], "nothing but text in the first 2 ", None, id="no-spans"
        ),
        pytest.param([{"text": "a", "id": 1, "entities": None}], "nothing but text in the first 1 ", None, id="text"),
        pytest.param([{"text": "a", "label": {}}, {"text": "b"}], None, "1 of the first 2 ", id="cluener"),
        pytest.param([{"text": "a", "entities": [], "relations": []}], None, None, id="another-list"),
        pytest.param([{"text": "a", "entities": [{"start_offset": 0, "end_offset": 1}]}], None, None, id="other-offsets"),
        pytest.param([{"text": "a", "label": [[0, 1, "X"]]}], None, None, id="list-of-labels"),
        pytest.param([{"text": "a", "spans": []}], None, None, id="spans-of-another-name"),
        pytest.param([{"tokens": ["a"], "ner_tags": ["O"]}], None, None, id="tags"),
        pytest.param([{"tokens": [{"text": "a"}], "text": "a"}], None, None, id="tokens-are-objects"),
        pytest.param([{"id": 1}], None, None, id="no-text"),
        pytest.param([], None, None, id="nothing"),
    ],
)
def test_a_format_is_told_by_what_its_records_have(records, spans, mapping):
    for module, expected in ((jsonl, spans), (cluener, mapping)):
        found = module.evidence(records)
        assert found is None if expected is None else expected in found


@given(
    record=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("id", "text", "tokens", "joiner", "entities"), values)
        | {
            "entities": st.lists(
                values
                | st.fixed_dictionaries({}, optional=dict.fromkeys(("start", "end", "label", "type", "fragments"), values))
            ),
            "label": values | st.dictionaries(texts, st.dictionaries(texts, st.lists(values | st.lists(values, max_size=2)))),
        },
    ),
    module=st.sampled_from([jsonl, cluener]),
)
def test_any_record_is_a_sentence_or_refused(record, module):
    module.evidence([record])
    with suppress(CnerkitError):
        sentence = only(json.dumps(record), module)
        assert sentence.text == record["text"] if sentence.in_characters else sentence.tokens == tuple(record["tokens"])


@pytest.mark.parametrize("depth", range(860, 1000, 7))
def test_deep_nesting_is_refused_or_kept(depth):
    deep = "[" * depth + "]" * depth
    for line in (f'{{"text": "a", "x": {deep}}}', f'{{"text": {deep}}}', f'{{"text": "a", "entities": [{deep}]}}'):
        with suppress(DataError):
            span_line(only(line))


def test_a_million_characters_with_a_hundred_thousand_entities_are_one_sentence():
    spans = [{"start": start, "end": start + 5, "label": f"T{start % 3}"} for start in range(0, 1_000_000, 10)]
    sentence = only(json.dumps({"text": "李" * 1_000_000, "entities": spans}))
    assert (len(sentence), len(sentence.entities)) == (1_000_000, 100_000)
    label = cluener.record(sentence)["label"]
    assert jsonl.record(sentence)["entities"] == spans
    assert label["T1"] == {"李" * 5: [[start, start + 4] for start in range(10, 1_000_000, 30)]}
    assert only(json.dumps({"text": "李" * 1_000_000, "label": label}), cluener).entities == sentence.entities


def test_a_line_of_fifty_megabytes_with_as_many_fields_of_entities_is_read_and_written():
    given_ = [{"start": n, "end": n + 1, "label": "X", f"field {n}": n} for n in range(20_000)]
    record = {"id": "1", "text": "李" * 16_000_000, "entities": given_}
    assert jsonl.record(only(json.dumps(record, ensure_ascii=False))) == record
