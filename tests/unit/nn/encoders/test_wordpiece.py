import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.nn.encoders.wordpiece import pieces_of

LETTERS = "abcdeghilnorstuvyABCDEFéÉñçüßσΣςΑάИйא한が"
OTHERS = "0129 \t\n\u3000\u00a0\u200b\ufeff\u0301\ue000\x00\x07\ufffd\U0001f600一丁丂龥𠀀豈々，。“”—…'-_[]()#@.!?€×ｉ１"
WORDS = st.text(st.sampled_from(LETTERS + OTHERS), max_size=30)


@pytest.fixture(scope="module", params=[True, False], ids=["uncased", "cased"])
def oracle(request, items):
    """BERT's tokenizer as transformers has it, with the tiny vocabulary."""
    from transformers import BertTokenizer

    if not request.param:
        items = [*items, *"ABCDEF", "É", "##É"]
    vocab = {item: place for place, item in enumerate(items)}
    return BertTokenizer(vocab=vocab, do_lower_case=request.param), vocab, request.param


@given(word=WORDS)
def test_pieces_are_those_of_the_tokenizer_of_transformers(oracle, word):
    tokenizer, vocab, lower_case = oracle
    actual = pieces_of(word, vocab, unknown=vocab["[UNK]"], lower_case=lower_case)
    assert list(actual) == tokenizer.encode(word, add_special_tokens=False)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        pytest.param("unbelievable", ["un", "##believ", "##able"], id="longest-match-first"),
        pytest.param("Café", ["cafe"], id="case-and-accent"),
        pytest.param("new-york!", ["new", "-", "york", "!"], id="punctuation"),
        pytest.param("一丁", ["一", "丁"], id="han-characters-apart"),
        pytest.param("play㐀", ["play", "[UNK]"], id="one-unknown-part"),
        pytest.param("play龘ing", ["play", "[UNK]", "i", "##n", "##g"], id="nothing-continues-over-a-han-character"),
        pytest.param("a" * 100, ["a", *["##a"] * 99], id="a-hundred-letters"),
        pytest.param("a" * 101, ["[UNK]"], id="more-than-a-hundred-letters"),
        pytest.param(" \u200b", [], id="nothing-to-see"),
    ],
)
def test_a_word_is_split_as_bert_does(items, word, expected):
    ids = {item: place for place, item in enumerate(items)}
    assert [items[place] for place in pieces_of(word, ids, unknown=ids["[UNK]"], lower_case=True)] == expected
