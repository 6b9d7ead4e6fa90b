import pytest
import torch

from cnerkit.engine.capacity import Capacity
from cnerkit.engine.memory_errors import out_of_memory, translated_memory_errors
from cnerkit.errors import CnerkitError
from cnerkit.text import Sentence

TOKENS, CELLS = Capacity(), Capacity(256, "cells", 256)
SHORT, LONG = Sentence("short", ("字",) * 20), Sentence("news:7", ("字",) * 100)


@pytest.mark.parametrize(
    ("capacity", "training", "sentences", "what", "fix"),
    [
        (TOKENS, True, [SHORT, LONG], "a batch of 2 sentences and 200 padded tokens", "--set training.batch_tokens=100"),
        (CELLS, True, [SHORT, LONG], "2 sentences and 20000 cells", "--set training.batch_cells=10000"),
        (CELLS, True, [SHORT, LONG], "100 × 100 pairs of tokens", "turn on checkpointing"),
        (TOKENS, True, [LONG], "a batch of 1 sentence and 100 padded", "--set training.max_tokens=50"),
        (CELLS, True, [LONG], "1 sentence and 10000 cells", "--set training.max_tokens=50"),
        (TOKENS, False, [SHORT, LONG], "200 padded tokens", "--batch-tokens 100"),
        (CELLS, False, [SHORT, LONG], "20000 cells", "--batch-tokens 100), or training.batch_cells while training"),
        (CELLS, False, [LONG], "10000 cells", "--gpus 0 is the CPU"),
    ],
)
def test_the_sentence_its_length_and_the_setting_are_named(capacity, training, sentences, what, fix):
    error = out_of_memory(sentences, capacity, training=training)
    assert what in error.what
    assert "the longest, news:7, has 100 tokens" in error.what
    assert fix in error.fix


@pytest.mark.parametrize(
    "error", [MemoryError(), torch.OutOfMemoryError("x"), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_every_way_to_run_out_of_memory_is_known(error):
    with pytest.raises(CnerkitError, match="out of memory"), translated_memory_errors([LONG], TOKENS, training=True):
        raise error


def test_another_error_stays_what_it_is():
    with pytest.raises(RuntimeError, match="shapes differ"), translated_memory_errors([LONG], TOKENS, training=True):
        raise RuntimeError("shapes differ")
