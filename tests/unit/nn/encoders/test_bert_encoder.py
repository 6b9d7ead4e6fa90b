import copy
import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.errors import DataError, RecipeError
from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders.bert import BertEncoder
from cnerkit.nn.encoders.vocabulary import Vocabulary
from cnerkit.nn.encoders.weights import pretrained_bert
from cnerkit.text import Sentence

WORDS = ("new", "york", "played", "unbelievable", "?", "", "一丁", "café-2024", "zzz")


@pytest.fixture(scope="module")
def encoder(tiny_folder):
    return pretrained_bert(str(tiny_folder), revision=None, pooling="first", overlap=8).eval()


@pytest.fixture(scope="module")
def pooled(encoder):
    """The encoder with each way to make one vector of a word's pieces."""
    parts = (encoder.bert, encoder.architecture, encoder.vocabulary)
    return {name: BertEncoder(*parts, pooling=name, overlap=8).eval() for name in ("first", "mean", "max")}


def text(length, first=0):
    return Sentence("s", tuple(chr(0x4E00 + (first + 7 * place) % 200) for place in range(length)))


def words(*tokens):
    return Sentence("s", tokens, joiner=" ")


def encode(encoder, *sentences):
    with torch.no_grad():
        hidden = encoder(Batch.of(sentences))
    return [row[: len(sentence)] for row, sentence in zip(hidden, sentences, strict=True)]


def run_bert(encoder, ids):
    """The definition: [CLS], these pieces, [SEP] through the bare model, alone."""
    vocabulary = encoder.vocabulary
    with torch.no_grad():
        row = torch.tensor([[vocabulary.start, *ids, vocabulary.end]])
        return encoder.bert(input_ids=row).last_hidden_state[0, 1:-1]


@pytest.mark.parametrize("layers", [1, 2])
def test_vectors_are_the_mean_over_the_hidden_states_of_the_last_layers(encoder, layers):
    averaging = BertEncoder(
        encoder.bert, encoder.architecture, encoder.vocabulary, pooling="first", overlap=8, layers=layers
    ).eval()
    vocabulary, sentence = encoder.vocabulary, text(7)
    row = torch.tensor([[vocabulary.start, *ids_of(encoder, sentence), vocabulary.end]])
    with torch.no_grad():
        every = encoder.bert(input_ids=row, output_hidden_states=True).hidden_states
    expected = sum(every[-number] for number in range(1, layers + 1)) / layers
    torch.testing.assert_close(encode(averaging, sentence)[0], expected[0, 1:-1])


def test_more_layers_than_there_are_cannot_be_averaged(encoder):
    with pytest.raises(RecipeError, match="the mean over the last 3 layers of an encoder that has 2"):
        BertEncoder(encoder.bert, encoder.architecture, encoder.vocabulary, pooling="first", overlap=8, layers=3)


def ids_of(encoder, sentence):
    return encoder.vocabulary.pieces([sentence], at_most=1000).ids.tolist()


def test_vectors_of_characters_are_the_hidden_states_of_their_pieces(encoder):
    sentences = [text(5), Sentence("s", tuple("一 A\u3000\U0001f600丁")), text(30), text(1)]
    for sentence, actual in zip(sentences, encode(encoder, *sentences), strict=True):
        torch.testing.assert_close(actual, run_bert(encoder, ids_of(encoder, sentence)))


def test_a_sentences_vectors_do_not_depend_on_the_batch(encoder):
    sentences = [text(3), text(17, first=50), text(90, first=9), text(32)]
    together = encode(encoder, *sentences)
    for sentence, among_others in zip(sentences, together, strict=True):
        torch.testing.assert_close(among_others, encode(encoder, sentence)[0])


@pytest.mark.parametrize("length", [32, 33, 40, 56, 57, 100, 333])
def test_a_long_sentence_has_one_vector_per_token_each_from_its_most_central_window(encoder, length):
    sentence = text(length)
    ids = ids_of(encoder, sentence)
    [actual] = encode(encoder, sentence)
    assert actual.shape == (length, 16)
    starts = sorted({min(start, max(length - 32, 0)) for start in range(0, length, 24)})
    for token in range(length):
        holding = [start for start in starts if start <= token < start + 32]
        candidates = [run_bert(encoder, ids[start : start + 32])[token - start] for start in holding]
        margins = [
            min(token - start if start else length, start + 31 - token if start + 32 < length else length) for start in holding
        ]
        central = [row for row, margin in zip(candidates, margins, strict=True) if margin == max(margins)]
        assert min((actual[token] - row).abs().max() for row in central) < 1e-5


def test_long_and_short_sentences_go_together(encoder):
    sentences = [text(100), text(2), words("new", "york"), text(60, first=3)]
    for sentence, among_others in zip(sentences, encode(encoder, *sentences), strict=True):
        torch.testing.assert_close(among_others, encode(encoder, sentence)[0])


def test_windows_computed_in_parts_give_the_same_vectors(encoder, monkeypatch):
    sentence = text(500)
    [at_once] = encode(encoder, sentence)
    monkeypatch.setattr("cnerkit.nn.encoders.bert._PIECES_AT_ONCE", 3 * 34)
    calls = []
    hook = encoder.bert.register_forward_pre_hook(lambda *given: calls.append(given[2]["input_ids"].shape), with_kwargs=True)
    [in_parts] = encode(encoder, sentence)
    hook.remove()
    assert max(rows for rows, _ in calls) == 3
    torch.testing.assert_close(in_parts, at_once)


def test_the_gradient_of_a_long_sentence_reaches_the_embedding_of_every_token(encoder):
    trained = copy.deepcopy(encoder).train()
    sentence = text(150)
    trained(Batch.of([sentence])).square().sum().backward()
    used = trained.bert.embeddings.word_embeddings.weight.grad.abs().sum(dim=1).nonzero().flatten().tolist()
    vocabulary = trained.vocabulary
    assert used == sorted({*ids_of(encoder, sentence), vocabulary.start, vocabulary.end})


def pooled_by_definition(encoder, tokens, pooling):
    """Words that fit the encoder: all pieces at once, then each word's first or mean."""
    rows = [encoder.vocabulary.pieces([words(token)], at_most=32).ids.tolist() for token in tokens]
    hidden = run_bert(encoder, list(itertools.chain.from_iterable(rows)))
    parts = hidden.split([len(row) for row in rows])
    pool = {"first": lambda part: part[0], "mean": lambda part: part.mean(dim=0), "max": lambda part: part.amax(dim=0)}
    return torch.stack([pool[pooling](part) for part in parts])


@pytest.mark.parametrize("pooling", ["first", "mean", "max"])
@given(tokens=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5))
def test_a_word_has_the_vector_of_its_first_piece_or_the_mean_or_maximum_over_its_pieces(pooled, pooling, tokens):
    chosen = pooled[pooling]
    expected = pooled_by_definition(chosen, tokens, pooling)
    alone, padded = encode(chosen, words(*tokens))[0], encode(chosen, words(*tokens), words(*WORDS))[0]
    torch.testing.assert_close(alone, expected)
    torch.testing.assert_close(padded, expected)


@pytest.mark.parametrize("pooling", ["first", "mean", "max"])
def test_words_longer_than_the_encoder_together_have_one_vector_each(pooled, pooling):
    chosen = pooled[pooling]
    tokens = WORDS * 20
    [hidden] = encode(chosen, words(*tokens))
    assert hidden.shape == (len(tokens), 16)
    fits = len(WORDS) // 2
    window = next(n for n in range(fits, 40) if len(ids_of(chosen, words(*tokens[: n + 1]))) > 32)
    torch.testing.assert_close(hidden[:fits], pooled_by_definition(chosen, tokens[:window], pooling)[:fits])


def test_a_single_word_with_more_pieces_than_the_encoder_takes_keeps_its_one_vector(encoder):
    [hidden] = encode(encoder, words("new", "a-" * 60, "york"))
    assert hidden.shape == (3, 16)


def test_characters_are_a_view_of_what_the_model_computed(encoder):
    hidden = encoder(Batch.of([text(5), text(3)]))
    assert hidden._is_view()


@pytest.mark.parametrize("pooling", ["first", "mean", "max"])
@pytest.mark.parametrize("precision", ["float32", "autocast", "cast"])
def test_the_gradient_of_words_reaches_all_parameters_in_every_precision(pooled, pooling, precision):
    trained = copy.deepcopy(pooled[pooling]).train()
    trained = trained.to(torch.bfloat16) if precision == "cast" else trained
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "autocast"):
        (trained(Batch.of([words(*WORDS * 10), words("new")])).float() * torch.randn(16)).sum().backward()
    assert [
        name for name, parameter in trained.named_parameters() if parameter.grad is None or parameter.grad.isnan().any()
    ] == []


@pytest.mark.parametrize("length", [20, 100], ids=["short", "windows"])
@pytest.mark.parametrize("pooling", ["first", "mean", "max"])
def test_bfloat16_gives_nearly_the_same_vectors(pooled, pooling, length):
    chosen = pooled[pooling]
    sentences = [text(length), words("played", "unbelievable")]
    exact = encode(chosen, *sentences)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        autocast = encode(chosen, *sentences)
    cast = encode(copy.deepcopy(chosen).to(torch.bfloat16), *sentences)
    for rows in (autocast, cast):
        for row, expected in zip(rows, exact, strict=True):
            assert row.isfinite().all()
            torch.testing.assert_close(row.float(), expected, rtol=0, atol=0.1)


def test_all_parameters_are_pretrained_ones_and_all_learn(encoder):
    trained = copy.deepcopy(encoder).train()
    assert {id(parameter) for parameter in trained.pretrained_parameters()} == {id(one) for one in trained.parameters()}
    (trained(Batch.of([text(9)])) * torch.randn(16)).sum().backward()
    assert [name for name, parameter in trained.named_parameters() if parameter.grad is None] == []


def test_a_new_encoder_is_in_training_mode_throughout(tiny_folder):
    fresh = pretrained_bert(str(tiny_folder), revision=None, pooling="first", overlap=8)
    assert all(module.training for module in fresh.modules())


def test_a_vocabulary_larger_than_the_embedding_is_refused(encoder):
    vocabulary = Vocabulary([*encoder.vocabulary.items, "龙"], lower_case=True)
    n_vectors = len(encoder.vocabulary.items)
    with pytest.raises(
        DataError, match=f"the vocabulary has {n_vectors + 1} items, but the encoder has only {n_vectors} vectors"
    ):
        BertEncoder(encoder.bert, encoder.architecture, vocabulary, pooling="first", overlap=8)
