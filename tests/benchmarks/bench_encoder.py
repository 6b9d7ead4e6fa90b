"""Our encoder against transformers' BertModel on the same padded batch, and the look-up of characters against its tokenizer.

Run by hand: ``python tests/benchmarks/bench_encoder.py [FOLDER]``; without a folder of a real encoder, random weights of
4 layers x 312. Prints the best of interleaved repeats and their ratio.
"""

import argparse
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import torch

from cnerkit.nn.batch import Batch
from cnerkit.nn.encoders import BertEncoder, encoder_from_description, new_encoder
from cnerkit.text import Sentence

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
HAN = [chr(0x4E00 + place) for place in range(20_000)]


def best(runs: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Least CPU seconds of each, one after the other in each repeat."""
    seconds = dict.fromkeys(runs, float("inf"))
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.process_time()
            run()
            seconds[name] = min(seconds[name], time.process_time() - start)
    return seconds


def encoder_of(folder: Path | None) -> BertEncoder:
    """A real encoder, or random weights of 4 x 312."""
    if folder is not None:
        settings = SimpleNamespace(kind="bert", path=str(folder), revision=None, pooling="first", overlap=64)
        encoder = new_encoder(settings, ())
    else:
        items = [*SPECIAL, *HAN]
        config = {"vocab_size": len(items), "hidden_size": 312, "num_hidden_layers": 4, "intermediate_size": 1248}
        description = {"kind": "bert", "model_type": "bert", "config": config, "vocabulary": items}
        encoder = encoder_from_description({**description, "lower_case": True, "pooling": "first", "overlap": 64})
    assert isinstance(encoder, BertEncoder)
    return encoder.eval()


def sentences(n_sentences: int, longest: int, seed: int = 0) -> list[Sentence]:
    """Random Chinese characters with some Latin letters and spaces, half to whole of the longest length."""
    draw = random.Random(seed)
    alphabet = [*HAN[:3000], *"ABCxyz 019"]
    lengths = [draw.randint(longest // 2, longest) for _ in range(n_sentences)]
    return [Sentence(str(place), tuple(draw.choices(alphabet, k=length))) for place, length in enumerate(lengths)]


def compare_forward(encoder: BertEncoder, n_sentences: int, longest: int) -> None:
    """Print one row: a whole call of ours, from sentences, against the bare model on tensors that are ready."""
    batch = Batch.of(sentences(n_sentences, longest))
    pieces = encoder.vocabulary.pieces(batch.sentences, at_most=encoder.capacity)
    ids = torch.full((n_sentences, batch.mask.shape[1] + 2), encoder.vocabulary.pad)
    for row, (values, length) in enumerate(zip(torch.from_numpy(pieces.ids).split(batch.lengths), batch.lengths, strict=True)):
        ids[row, : length + 2] = torch.cat(
            (torch.tensor([encoder.vocabulary.start]), values, torch.tensor([encoder.vocabulary.end]))
        )
    mask = (ids != encoder.vocabulary.pad).long()
    with torch.inference_mode():
        ours, theirs = encoder(batch), encoder.bert(input_ids=ids, attention_mask=mask).last_hidden_state[:, 1:-1]
        torch.testing.assert_close(ours[batch.mask], theirs[batch.mask])
        seconds = best(
            {"ours": lambda: encoder(batch), "bert": lambda: encoder.bert(input_ids=ids, attention_mask=mask)}, repeats=7
        )
    ours_ms, bert_ms = seconds["ours"] * 1e3, seconds["bert"] * 1e3
    print(f"{n_sentences:4d} x {longest:4d}  ours {ours_ms:8.1f} ms  BertModel {bert_ms:8.1f} ms  {ours_ms / bert_ms:5.3f}")


def compare_lookup(encoder: BertEncoder) -> None:
    """Print the speed of the look-up, in millions of characters a second, against transformers' tokenizer."""
    from transformers import BertTokenizer

    corpus = sentences(2000, 100)
    tokenizer = BertTokenizer(vocab={item: place for place, item in enumerate(encoder.vocabulary.items)})
    texts = [sentence.text for sentence in corpus]
    seconds = best(
        {"ours": lambda: encoder.vocabulary.pieces(corpus, at_most=510), "theirs": lambda: tokenizer(texts)}, repeats=5
    )
    n_characters = sum(map(len, corpus)) / 1e6
    ours, theirs = n_characters / seconds["ours"], n_characters / seconds["theirs"]
    print(f"look-up  ours {ours:6.1f} Mchar/s  BertTokenizer {theirs:6.2f} Mchar/s  {ours / theirs:5.1f} times")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    encoder = encoder_of(options.folder)
    compare_lookup(encoder)
    for n_sentences, longest in ((1, 10), (1, 50), (32, 50), (16, 128), (4, 500)):
        compare_forward(encoder, n_sentences, longest)


if __name__ == "__main__":
    main()
