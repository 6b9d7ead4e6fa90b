"""The embedded sample corpus keeps what its NOTICE promises: counts, offsets, no leak, one reading per name, hard cases."""

import json
import re
from collections import Counter, defaultdict
from importlib import resources
from itertools import combinations, pairwise
from typing import NamedTuple

import pytest

SAMPLE = resources.files("cnerkit") / "corpora" / "sample"
SPLITS = ("train", "dev", "test")
TYPES = ("PER", "ORG", "LOC", "GPE", "DATE")

HOMONYMS = {"苏", "韩", "秦岭", "小满", "小寒"}
"""Texts that the NOTICE allows two types, because they mean two things."""

NOT_THE_NAME = {("十五", "江城纺织厂的老宿舍月底前要腾空，七十户人家已经搬走了六十五户。"), ("丁香", "丁香最怕丁香花的味道。")}
"""Texts of entities, and the sentences where they occur without being one."""

TRADITIONAL = set("話請補課東廣過學員門檢雲發國來個會這說對們時長開關節餃詠琳滬縫盧華舊蘇馮澳間書圖慶滿")
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]")


class Mention(NamedTuple):
    text: str
    start: int
    end: int
    type: str

    @property
    def surface(self):
        return self.text[self.start : self.end]

    @property
    def before(self):
        return self.text[: self.start][-1:]

    @property
    def after(self):
        return self.text[self.end :][:1]


def lines(split):
    return (SAMPLE / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()


RECORDS = {split: [json.loads(line) for line in lines(split)] for split in SPLITS}
MENTIONS = {
    split: [
        [Mention(record["text"], one["start"], one["end"], one["label"]) for one in record["entities"]] for record in records
    ]
    for split, records in RECORDS.items()
}
EVERY_MENTION = [mention for split in SPLITS for sentence in MENTIONS[split] for mention in sentence]

each_split = pytest.mark.parametrize("split", SPLITS)


def flat(split):
    return [mention for sentence in MENTIONS[split] for mention in sentence]


def texts(split):
    return [record["text"] for record in RECORDS[split]]


@each_split
def test_counts_are_those_of_the_notice(split):
    row = re.search(rf"^\| {split} \|(.*)\|$", (SAMPLE / "NOTICE.md").read_text(encoding="utf-8"), re.MULTILINE)[1]
    types = Counter(mention.type for mention in flat(split))
    counts = [len(RECORDS[split]), *(types[type_] for type_ in TYPES), types.total()]
    assert [int(cell) for cell in row.split("|")] == counts
    assert set(types) == set(TYPES)


def test_the_corpus_is_as_large_as_promised():
    sizes = {split: len(RECORDS[split]) for split in SPLITS}
    assert sizes["train"] >= 500
    assert sizes["dev"] >= 100
    assert sizes["test"] >= 100
    assert len(EVERY_MENTION) >= 1500


@pytest.mark.parametrize("type_", TYPES)
def test_each_type_can_be_evaluated(type_):
    assert sum(mention.type == type_ for mention in flat("dev") + flat("test")) >= 80


@each_split
def test_lines_are_plain_json_with_the_documented_keys(split):
    for line, record in zip(lines(split), RECORDS[split], strict=True):
        assert line == json.dumps(record, ensure_ascii=False)
        assert list(record) == ["text", "entities"]
        assert all(list(entity) == ["start", "end", "label"] for entity in record["entities"])


@each_split
def test_files_end_lines_with_a_line_feed_only(split):
    content = (SAMPLE / f"{split}.jsonl").read_bytes()
    assert b"\r" not in content
    assert content.endswith(b"}\n")
    assert content.count(b"\n") == len(RECORDS[split])


@each_split
def test_entities_are_sorted_inside_the_text_and_do_not_overlap(split):
    for sentence in MENTIONS[split]:
        assert all(0 <= mention.start < mention.end <= len(mention.text) for mention in sentence)
        assert all(one.end <= other.start for one, other in pairwise(sentence))


def test_entities_begin_and_end_with_a_character_of_the_name():
    loose = [mention.surface for mention in EVERY_MENTION if not mention.surface[0].isalnum()]
    loose += [
        mention.surface for mention in EVERY_MENTION if not (mention.surface[-1].isalnum() or mention.surface[-1] == "）")
    ]
    assert loose == []


def test_no_sentence_occurs_twice():
    counts = Counter(text for split in SPLITS for text in texts(split))
    assert [text for text, count in counts.items() if count > 1] == []


def grams(text):
    return {text[start : start + 5] for start in range(len(text) - 4)} or {text}


@pytest.mark.parametrize(("one", "other"), list(combinations(SPLITS, 2)))
def test_no_sentence_nearly_occurs_in_another_split(one, other):
    where = defaultdict(list)
    others = [grams(text) for text in texts(other)]
    for number, pieces in enumerate(others):
        for piece in pieces:
            where[piece].append(number)
    for text in texts(one):
        pieces = grams(text)
        for number in {number for piece in pieces for number in where[piece]}:
            assert len(pieces & others[number]) / len(pieces | others[number]) < 0.6, text


def test_a_text_has_one_type_unless_it_means_two_things():
    types = defaultdict(set)
    for mention in EVERY_MENTION:
        types[mention.surface].add(mention.type)
    assert {surface for surface, found in types.items() if len(found) > 1} == HOMONYMS


def uncovered(sentence, record, spans):
    covered = {place for mention in sentence for place in range(mention.start, mention.end)}
    return [record["text"][start:end] for start, end in spans if covered.isdisjoint(range(start, end))]


def test_a_name_that_is_annotated_somewhere_is_annotated_everywhere():
    names = {mention.surface for mention in EVERY_MENTION if len(mention.surface) > 1}
    missed = set()
    for split in SPLITS:
        for record, sentence in zip(RECORDS[split], MENTIONS[split], strict=True):
            present = [name for name in names if name in record["text"]]
            spans = [found.span() for name in present for found in re.finditer(re.escape(name), record["text"])]
            missed |= {(name, record["text"]) for name in uncovered(sentence, record, spans)}
    assert missed == NOT_THE_NAME


CALENDAR = re.compile(
    r"[今昨明]天|[今昨明]日|[今去明]年|[昨今明][晚晨早夜]|[上下本]周|(?<!每)周[一二三四五六日]|\d{4}年|[0-9０-９]+[月日号](?!线)|除夕|春节|元旦|中秋|端午"
)


@each_split
def test_calendar_words_are_inside_entities(split):
    for record, sentence in zip(RECORDS[split], MENTIONS[split], strict=True):
        spans = [found.span() for found in CALENDAR.finditer(record["text"])]
        assert uncovered(sentence, record, spans) == [], record["text"]


def neighbours(split):
    return [(one, other) for sentence in MENTIONS[split] for one, other in pairwise(sentence) if one.end == other.start]


def has(pattern):
    return lambda mention: re.search(pattern, mention.surface) is not None


HARD_MENTIONS = {
    "one character": (lambda mention: len(mention.surface) == 1, 15),
    "one-character person": (lambda mention: len(mention.surface) == 1 and mention.type == "PER", 8),
    "one-character place": (lambda mention: len(mention.surface) == 1 and mention.type == "GPE", 8),
    "12 characters or more": (lambda mention: len(mention.surface) >= 12, 3),
    "20 characters or more": (lambda mention: len(mention.surface) >= 20, 1),
    "Latin letters": (has("[A-Za-z]"), 6),
    "digits": (has("[0-9]"), 20),
    "full-width digits or letters": (has("[０-９Ａ-Ｚａ-ｚ]"), 1),
    "white space inside": (has(r"\s"), 3),
    "supplementary plane": (has("[\U00020000-\U0003ffff]"), 2),
    "beside emoji": (lambda mention: bool(EMOJI.match(mention.before) or EMOJI.match(mention.after)), 3),
    "after an opening mark": (lambda mention: mention.before in {*"“「《（【("}, 2),
    "first in the sentence": (lambda mention: mention.start == 0, 50),
    "last in the sentence": (lambda mention: mention.after == "", 1),
}


@each_split
@pytest.mark.parametrize("kind", HARD_MENTIONS)
def test_each_split_has_entities_of_each_hard_kind(split, kind):
    is_hard, least = HARD_MENTIONS[kind]
    assert sum(is_hard(mention) for mention in flat(split)) >= least


def test_some_entities_hold_brackets():
    assert sum(map(has("[（）]"), EVERY_MENTION)) >= 3


HARD_TEXTS = {
    "no entity in every tenth": lambda text: text in NO_ENTITY,
    "variation selector": lambda text: "\ufe0f" in text,
    "zero-width joiner": lambda text: "\u200d" in text,
    "ideographic space": lambda text: "\u3000" in text,
    "ASCII space": lambda text: " " in text,
    "traditional characters": lambda text: len(TRADITIONAL & set(text)) >= 3,
    "eight characters at most": lambda text: len(text) <= 8,
    "a hundred characters at least": lambda text: len(text) >= 100,
}
NO_ENTITY = {record["text"] for split in SPLITS for record in RECORDS[split] if not record["entities"]}


@each_split
@pytest.mark.parametrize("kind", HARD_TEXTS)
def test_each_split_has_sentences_of_each_hard_kind(split, kind):
    least = len(RECORDS[split]) / 10 if kind.startswith("no entity") else 1
    assert sum(map(HARD_TEXTS[kind], texts(split))) >= least


@each_split
@pytest.mark.parametrize(("same", "least"), [pytest.param(True, 15, id="same-type"), pytest.param(False, 8, id="two-types")])
def test_each_split_has_entities_that_touch(split, same, least):
    assert sum((one.type == other.type) == same for one, other in neighbours(split)) >= least
