"""Characters that tokenizers and converters of other projects lose, join or count otherwise, and what becomes of them here.

Each comment names the project, the issue or what was run, and what came of it there. That an encoder gives every code point
exactly one position is tested with the encoders, in ``tests/unit/nn/encoders/test_vocabulary.py``.
"""

import io
import json

import pytest

from cnerkit.codecs.overlap import Overlap
from cnerkit.corpora.formats import Hints
from cnerkit.errors import DataError
from cnerkit.workflows.convert import Conversion, convert
from cnerkit.workflows.division import Division, Tokens
from cnerkit.workflows.read_options import ReadOptions

NAME = "李白"
ODD = [
    # tokenizers#404: emoji in a row become one token
    pytest.param("😀😀😀", id="emoji-in-a-row"),
    pytest.param("👨\u200d👩\u200d👧\ufe0f", id="joined-emoji"),
    # tokenizers#1077: no token for 141,318 code points
    # BERT's WordPiece, run on lists of characters: no token for these either
    pytest.param("\u3000", id="ideographic-space"),
    pytest.param("\u00a0", id="no-break-space"),
    pytest.param("\u200b", id="zero-width-space"),
    pytest.param("\ufeff", id="byte-order-mark-inside"),
    pytest.param("\ue00c", id="private-use"),
    pytest.param("e\u0301", id="combining-accent"),
    pytest.param("\U000e0001\U0010fffd\u0378", id="tag-plane-16-and-unassigned"),
    # BERT's WordPiece: one [UNK] for all of a full-width word
    pytest.param("Ｉｐｈｏｎｅ１２", id="full-width-word"),
    # PaddleNLP#875, #3985, #4241, #4656, #4863: offsets are wrong around [UNK]; #4598: list index out of range
    pytest.param("˃ʍ˂", id="modifier-letters"),
    pytest.param("𠀀𪚥龘", id="rare-han"),
    # rasa#6755: [UNK] is counted as five characters
    pytest.param("[UNK][CLS]", id="names-of-special-tokens"),
    # SpanNER#6, zh-NER-TF#67: special characters break offsets
    pytest.param("\x07\x1b\x85\u2028\u2029\x0b\x0c", id="control-characters-and-line-ends-of-some-programs"),
    pytest.param("ﬁß İ㍿①", id="what-normalisation-would-lengthen"),
    pytest.param('"\\/<&>{}', id="quotes-and-brackets"),
]
"""What stands before a name whose offsets must stay exact."""
SPACES = [
    # HanLP#675, #1325: a half- or full-width space before a name hides it
    pytest.param(" ", id="leading-space"),
    pytest.param("\u3000\u3000", id="leading-full-width-spaces"),
    # ltp#453: with spaces in the text, offsets are off
    # NER#46 (shiyybua): two spaces, and words and tags are no longer as many; rasa#7910: an error for Chinese with spaces
    pytest.param("去  了 ", id="spaces-in-the-text"),
]
IN_SPANS = ["jsonl", "doccano", "label-studio", "prodigy", "cluener", "w2ner", "mentions", "sng", "cmeee", "harem-json", "grid"]
IN_TAGS = ["conll", "hf"]


def converted(content, **asked):
    out = io.StringIO()
    convert(Conversion("-", **asked), stdin=io.BytesIO(content.encode()), stdout=out)
    return out.getvalue()


def record(text, *entities):
    found = [{"start": start, "end": end, "label": label} for start, end, label in entities]
    return json.dumps({"id": "1", "text": text, "entities": found}, ensure_ascii=False) + "\n"


def named(before, after="来"):
    """A text with a name in it: the file, and where the name is."""
    return record(f"{before}{NAME}{after}", (len(before), len(before) + 2, "PER"))


def back(text, format_):
    """What a file holds as span JSON: its text, and what its entities cover."""
    read = ReadOptions(format=format_, hints=Hints(ends="inclusive" if format_ == "cmeee" else None))
    (line,) = converted(text, scheme="span", format="jsonl", read=read).removesuffix("\n").split("\n")
    found = json.loads(line)
    whole = found["text"] if "text" in found else found["joiner"].join(found["tokens"])
    return whole, [(one["start"], one["end"], whole[one["start"] : one["end"]]) for one in found["entities"]]


@pytest.mark.parametrize("format_", [*IN_SPANS, *IN_TAGS])
@pytest.mark.parametrize("before", [*ODD, *SPACES])
def test_a_name_behind_odd_characters_stays_where_it_is_in_every_format(before, format_):
    written = converted(named(before), format=format_)
    assert back(written, format_) == (f"{before}{NAME}来", [(len(before), len(before) + 2, NAME)])


@pytest.mark.parametrize("before", [*ODD, *SPACES])
def test_a_name_behind_odd_characters_stays_where_it_is_in_brat(before, tmp_path):
    source = tmp_path / "a.jsonl"
    source.write_text(named(before), encoding="utf-8")
    convert(Conversion(str(source), format="brat", output=tmp_path / "brat"), stdin=io.BytesIO(), stdout=io.StringIO())
    out = io.StringIO()
    convert(Conversion(str(tmp_path / "brat"), format="jsonl"), stdin=io.BytesIO(), stdout=out)
    found = json.loads(out.getvalue())
    assert found["text"] == f"{before}{NAME}来"
    assert found["entities"] == [{"start": len(before), "end": len(before) + 2, "label": "PER"}]


# tokenizers#1077: 141,318 code points give no token
def test_every_code_point_that_utf_8_has_is_one_character_of_the_text():
    text = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF)
    place = len(text) - 1
    assert back(record(text, (place, place + 1, "X")), "jsonl") == (text, [(place, place + 1, "\U0010ffff")])


@pytest.mark.parametrize("code", [0x0, 0x9, 0xA])
def test_what_a_line_cannot_hold_is_refused_with_its_place_and_never_dropped(code):
    with pytest.raises(DataError, match=r"sentence 1: token 1 is .*, which a line cannot hold"):
        converted(record(f"李{chr(code)}白", (0, 3, "PER")), format="conll")


# tokenizers#143: offsets in pairs of Chinese texts are wrong
# transformers#18738, #27876: the word of an entity is another than the text has there
@pytest.mark.parametrize(
    ("format_", "surface"),
    [
        ("cluener", lambda found: next(iter(found["label"]["PER"]))),
        ("sng", lambda found: found["label"][0][3]),
        ("cmeee", lambda found: found[0]["entities"][0]["entity"]),
        ("label-studio", lambda found: found[0]["annotations"][0]["result"][0]["value"]["text"]),
    ],
)
def test_the_text_of_an_entity_is_a_piece_of_the_text(format_, surface):
    text = "\u3000Ｉe\u0301 ˃ʍ˂😀"
    written = converted(record(f"看{text}吧", (1, 1 + len(text), "PER")), format=format_)
    assert surface(json.loads(written)) == text


# GLiNER: the splitter makes one word of a whole Chinese clause; GLiNER#202, GLiNER2#121, #147, #156: nothing is found in it
def test_a_han_character_is_a_word_of_its_own():
    text = "中国国家主席访问美国。iPhone 12发布"
    words = ReadOptions(division=Division(tokens=Tokens.WORDS))
    written = converted(record(text, (0, 2, "LOC"), (8, 10, "LOC"), (11, 20, "PROD")), scheme="bioes", read=words)
    lines = written.removesuffix("\n\n").split("\n")
    assert [line.split("\t")[0] for line in lines] == [*"中国国家主席访问美国。", "iPhone", "12", "发", "布"]
    assert [line for line in lines if not line.endswith("\tO")] == [
        "中\tB-LOC", "国\tE-LOC", "美\tB-LOC", "国\tE-LOC", "iPhone\tB-PROD", "12\tE-PROD",
    ]  # fmt: skip


# Offsets of tools in browsers count UTF-16 code units, those of others bytes
@pytest.mark.parametrize(("unit", "size"), [("utf-16", 2), ("bytes", 1)])
def test_offsets_in_other_units_are_brought_to_code_points_exactly(unit, size):
    before = "😀e\u0301𠀀中"
    encoded = before.encode("utf-16-le" if unit == "utf-16" else "utf-8")
    start, end = len(encoded) // size, (len(encoded) + len(NAME.encode("utf-16-le" if unit == "utf-16" else "utf-8"))) // size
    doccano = json.dumps({"text": f"{before}{NAME}来", "label": [[start, end, "PER"]]}) + "\n"
    written = converted(doccano, format="jsonl", read=ReadOptions(hints=Hints(offsets=unit)))
    assert json.loads(written)["entities"] == [{"start": len(before), "end": len(before) + 2, "label": "PER"}]


@pytest.mark.parametrize(("unit", "start"), [("utf-16", 1), ("bytes", 2)])
def test_offsets_inside_a_character_are_refused(unit, start):
    doccano = json.dumps({"text": "😀😀李白", "label": [[start, 4, "PER"]]}) + "\n"
    with pytest.raises(DataError, match=r"stdin:1:1: .*\nfix: "):
        converted(doccano, format="jsonl", read=ReadOptions(hints=Hints(offsets=unit)))


# doccano#99: an emoji is two units in a browser; a lone half of one cannot be written
@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00", "\\ude00\\ud83d"])
def test_half_of_a_surrogate_pair_is_refused_by_its_place(half):
    corpus = f'{{"text": "李{half}白", "entities": [{{"start": 0, "end": 3, "label": "PER"}}]}}\n'
    with pytest.raises(DataError, match=r"stdin:1:.*character 1 is half of a surrogate pair, U\+D[8E]"):
        converted(corpus, format="jsonl")


# Peers that clean a text before reading it cannot give back where its entities were
def test_nothing_of_a_text_is_normalised_or_trimmed():
    text = "\u3000 ＡＢＣ  １２\u00a0\u200b "
    corpus = record(text, (2, 5, "X"))
    for scheme in ("bio", "bmes", "grid", "span"):
        assert back(converted(corpus, scheme=scheme), {"grid": "grid", "span": "jsonl"}.get(scheme, "conll"))[0] == text
    assert converted(corpus, format="text", overlap=Overlap.OUTERMOST).removesuffix("\n") == text
