import json
import sys

import numpy as np
import pytest

from cnerkit.errors import DataError
from cnerkit.nn.encoders.vocabulary import Vocabulary, read_vocabulary
from cnerkit.text import Sentence

SURROGATES = range(0xD800, 0xE000)


def all_of_unicode():
    return tuple(chr(code) for code in range(sys.maxunicode + 1) if code not in SURROGATES)


def id_by_definition(char, items, *, lower_case):
    """One id if the (lower-cased) character is exactly one item, else that of [UNK]."""
    char = char.lower() if lower_case else char
    return items.index(char) if len(char) == 1 and char in items else items.index("[UNK]")


def ids_of(vocabulary, *tokens, joiner=""):
    pieces = vocabulary.pieces([Sentence("s", tokens, joiner=joiner)], at_most=100)
    return pieces.ids.tolist()


@pytest.mark.parametrize("lower_case", [True, False])
def test_every_code_point_of_unicode_is_exactly_one_position_with_the_id_of_its_definition(items, lower_case):
    tokens = all_of_unicode()
    pieces = Vocabulary(items, lower_case=lower_case).pieces([Sentence("s", tokens)], at_most=32)
    assert pieces.ids.shape == (0x110000 - len(SURROGATES),)
    assert (pieces.per_token == 1).all()
    known = np.flatnonzero(pieces.ids != items.index("[UNK]"))
    characters = {item for item in items if len(item) == 1}
    expected = [place for place, token in enumerate(tokens) if (token.lower() if lower_case else token) in characters]
    assert known.tolist() == expected
    assert pieces.ids[known].tolist() == [id_by_definition(tokens[place], items, lower_case=lower_case) for place in expected]


@pytest.mark.parametrize("lower_case", [True, False])
def test_lone_surrogates_are_unknown_positions_too(items, lower_case):
    vocabulary = Vocabulary(items, lower_case=lower_case)
    assert set(ids_of(vocabulary, *map(chr, SURROGATES))) == {items.index("[UNK]")}


@pytest.mark.parametrize(
    "char",
    [
        pytest.param(" ", id="space"),
        pytest.param("\u3000", id="ideographic-space"),
        pytest.param("\u200b", id="zero-width-space"),
        pytest.param("\ufe0f", id="variation-selector"),
        pytest.param("\ue00c", id="private-use"),
        pytest.param("\U0001f600", id="emoji"),
        pytest.param("\uff29", id="full-width-letter"),
        pytest.param("\u0301", id="lone-accent"),
        pytest.param("\u0130", id="lower-case-of-two-code-points"),
        pytest.param("\x00", id="null"),
    ],
)
def test_characters_that_tokenizers_drop_or_join_are_one_unknown_position(items, char):
    vocabulary = Vocabulary(items, lower_case=True)
    assert ids_of(vocabulary, "一", char, "丁") == [items.index("一"), items.index("[UNK]"), items.index("丁")]


def test_capitals_of_an_uncased_vocabulary_have_the_id_of_the_small_letter(items):
    assert ids_of(Vocabulary(items, lower_case=True), "A", "a") == [items.index("a")] * 2


def test_a_token_of_several_code_points_among_characters_is_split_into_pieces_and_moves_no_other(items):
    pieces = Vocabulary(items, lower_case=True).pieces([Sentence("s", ("一", "played", "丁"))], at_most=32)
    assert [items[place] for place in pieces.ids] == ["一", "play", "##ed", "丁"]
    assert pieces.per_token.tolist() == [1, 2, 1]


@pytest.mark.parametrize("word", ["", " ", "\u200b", "\u0301", "\x07\ue000"])
def test_a_word_without_pieces_is_one_unknown_position(items, word):
    assert ids_of(Vocabulary(items, lower_case=True), "new", word, "york", joiner=" ") == [
        items.index(item) for item in ("new", "[UNK]", "york")
    ]


def test_a_word_of_one_letter_is_normalised_like_any_word(items):
    assert ids_of(Vocabulary(items, lower_case=True), "É", joiner=" ") == [items.index("e")]


def test_the_name_of_a_special_item_in_a_text_is_not_that_item(items):
    ids = ids_of(Vocabulary(items, lower_case=True), "[SEP]", joiner=" ")
    assert items.index("[SEP]") not in ids
    assert len(ids) > 1


def test_a_token_keeps_no_more_pieces_than_asked_for(items):
    pieces = Vocabulary(items, lower_case=True).pieces([Sentence("s", ("abcdefgh", "new"), joiner=" ")], at_most=3)
    assert pieces.per_token.tolist() == [3, 1]


def test_words_are_forgotten_before_they_fill_the_memory(items, monkeypatch):
    monkeypatch.setattr("cnerkit.nn.encoders.vocabulary._REMEMBERED_WORDS", 10)
    vocabulary = Vocabulary(items, lower_case=True)
    words = [f"{letter}{digit}" for letter in "abcdef" for digit in "0123456789"]
    first, second = (ids_of(vocabulary, *words, joiner=" ") for _ in range(2))
    assert first == second
    assert len(vocabulary._words) <= 10


def test_of_an_item_that_occurs_twice_the_last_counts(items):
    assert ids_of(Vocabulary([*items, "一"], lower_case=True), "一") == [len(items)]


@pytest.mark.parametrize("special", ["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
def test_a_vocabulary_without_a_special_item_is_refused_with_its_folder(items, special, tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join(item for item in items if item != special), encoding="utf-8")
    with pytest.raises(DataError, match=rf"the encoder's vocabulary has no item \{special}") as caught:
        read_vocabulary(tmp_path)
    assert caught.value.where == str(tmp_path)


@pytest.mark.parametrize(
    ("capitals", "config", "lower_case"),
    [
        pytest.param(False, None, True, id="uncased-vocabulary"),
        pytest.param(False, {"do_lower_case": False}, True, id="uncased-vocabulary-whose-config-would-lose-every-capital"),
        pytest.param(True, None, False, id="cased-vocabulary"),
        pytest.param(True, {"do_lower_case": False}, False, id="cased-as-its-config-says"),
        pytest.param(True, {"do_lower_case": True}, True, id="lower-cased-as-its-config-says"),
    ],
)
def test_text_is_lower_cased_when_the_vocabulary_has_no_capital_or_its_config_says_so(
    items, tmp_path, capitals, config, lower_case
):
    (tmp_path / "vocab.txt").write_text("\n".join([*items, "A"] if capitals else items), encoding="utf-8")
    if config is not None:
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    assert read_vocabulary(tmp_path).lower_case is lower_case


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_vocab_txt_has_one_item_per_line_whatever_its_line_ends(items, tmp_path, ending):
    strange = [*items, "\u2028", "\x85", "", "龙"]
    (tmp_path / "vocab.txt").write_bytes(("\ufeff" + ending.join(strange) + ending).encode())
    assert read_vocabulary(tmp_path).items == tuple(strange)


def test_a_tokenizer_json_with_word_pieces_is_as_good_as_vocab_txt(items, tmp_path):
    vocab = {item: place for place, item in enumerate(items)} | {"龙": len(items) + 1}
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"type": "WordPiece", "vocab": vocab}}), encoding="utf-8")
    assert read_vocabulary(tmp_path).items == (*items, "", "龙")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('{"model": {"type": "Unigram"}}', "a vocabulary of the kind Unigram, not WordPiece", id="sentencepiece"),
        pytest.param('{"model": null}', "a vocabulary of the kind None", id="no-model"),
        pytest.param(
            '{"model": {"type": "WordPiece", "vocab": {"a": "0"}}}', "not a table of items and ids", id="ids-are-text"
        ),
        pytest.param(
            '{"model": {"type": "WordPiece", "vocab": {"a": 9999999}}}', "not a table of items and ids", id="id-too-large"
        ),
        pytest.param("[1]", "expected a JSON object, got list", id="not-an-object"),
        pytest.param("{", "not a JSON file", id="cut-off"),
    ],
)
def test_a_tokenizer_json_of_another_kind_is_refused_with_its_place(tmp_path, text, message):
    file = tmp_path / "tokenizer.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        read_vocabulary(tmp_path)
    assert caught.value.where == str(file)


def test_a_vocab_txt_that_is_not_utf8_is_refused_with_its_place(tmp_path):
    (tmp_path / "vocab.txt").write_bytes("[PAD]\n丁".encode("gb18030"))
    with pytest.raises(DataError, match="not UTF-8 at byte 6"):
        read_vocabulary(tmp_path)


@pytest.mark.parametrize(("character", "known"), [("一", True), ("A", True), ("龘", False), (" ", False), ("\u0130", False)])
def test_a_character_is_known_when_its_position_is_not_the_unknown_one(items, character, known):
    assert Vocabulary(items, lower_case=True).knows(character) is known
