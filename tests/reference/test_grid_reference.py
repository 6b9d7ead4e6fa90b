"""Grids against the facts of CRENER, and over real corpora where the environment names a folder with them."""

import json
import os
import tarfile
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

from cnerkit.codecs.grid import EdgeRule, GridCodec
from cnerkit.codecs.grid_inversion import entities_to_leave_out, inversion
from cnerkit.codecs.grid_labels import GridFlavour
from cnerkit.codecs.grid_paths import MAX_PATHS
from cnerkit.scoring.exact import score
from cnerkit.text import Entity, Fragment, Sentence

DATA = os.environ.get("CNERKIT_DATA")


def entity(fact):
    """The entity over a list of token numbers."""
    tokens = fact["indices"]
    breaks = [0, *(at for at in range(1, len(tokens)) if tokens[at] - tokens[at - 1] > 1), len(tokens)]
    return Entity(tuple(Fragment(tokens[start], tokens[end - 1] + 1) for start, end in pairwise(breaks)), fact["type"])


def entities(facts):
    return frozenset(map(entity, facts))


def sentence(inputs):
    return Sentence("fact", tuple(inputs["sentence"]), entities(inputs["entities"]))


def codec_of(found, **options):
    return GridCodec({each.type for each in found}, **options)


def cells_of(codec, named):
    return [(row, column, codec.labels.index(label)) for row, column, label in named]


def overflows_of(overflows):
    return [[each.head, each.tail, each.type] for each in sorted(overflows)]


@pytest.mark.paper_cases("crener", "label_order")
def test_labels_are_in_the_canonical_order(case):
    assert list(GridCodec(case["inputs"]["types"]).labels) == case["expected"]["labels"]


@pytest.mark.paper_cases("crener", "encode")
def test_entities_become_the_cells_of_the_paper(case):
    given = sentence(case["inputs"])
    codec = codec_of(given.entities)
    assert sorted([row, column, codec.labels[label]] for row, column, label in codec.encode(given)) == case["expected"]["cells"]


@pytest.mark.paper_cases("crener", "roundtrip")
def test_entities_come_back_with_those_that_their_edges_make_besides(case):
    given, expected = sentence(case["inputs"]), case["expected"]
    codec = codec_of(given.entities)
    assert codec.decode_array(codec.encode_array(given)) == codec.decode(codec.encode(given)) == entities(expected["decoded"])
    found = inversion(given.entities)
    assert found.is_exact == bool(expected["invertible"])
    assert found.extra == entities(expected["decoded"]) - given.entities
    assert not found.missing


@pytest.mark.paper_cases("crener", "roundtrip")
def test_the_best_score_that_a_grid_allows_is_that_of_the_paper(case):
    given, expected = sentence(case["inputs"]), case["expected"]["oracle"]
    codec = codec_of(given.entities)
    micro = score([given.entities], [codec.decode(codec.encode(given))]).micro
    assert (micro.true_positive, micro.predicted, micro.support) == (expected["tp"], expected["n_pred"], expected["n_gold"])
    for name in ("precision", "recall", "f1"):
        assert getattr(micro, name) == pytest.approx(
            expected[name], abs=case["tolerance"]["atol"], rel=case["tolerance"]["rtol"]
        )


@pytest.mark.paper_cases("crener", "decode")
def test_cells_become_the_entities_of_the_paper(case):
    inputs, options, overflows = case["inputs"], case["inputs"].get("options", {}), []
    types = {label.partition("-")[2] for _, _, label in inputs["cells"]} - {""}
    codec = GridCodec(
        types, max_paths=options.get("max_paths", MAX_PATHS), edge_rule=EdgeRule(options.get("edge_rule", EdgeRule.AND))
    )
    assert codec.decode(cells_of(codec, inputs["cells"]), overflows) == entities(case["expected"]["entities"])
    assert overflows_of(overflows) == case["expected"]["overflow_pairs"]


@pytest.mark.paper_cases("crener", "decode_logits")
def test_scores_above_0_are_on(case):
    scores, expected = np.array(case["inputs"]["scores"]), case["expected"]
    codec = GridCodec(case["inputs"]["types"])
    assert list(codec.labels) == case["inputs"]["labels"]
    on = [[row, column, codec.labels[label]] for row, column, label in np.argwhere(scores > 0).tolist()]
    assert on == expected["cells"]
    assert codec.decode_scores(scores) == entities(expected["entities"])


@pytest.mark.paper_cases("crener", "path_count")
def test_paths_between_all_tokens_are_counted_and_cut_at_the_bound(case):
    n, expected, overflows = case["inputs"]["n"], case["expected"], []
    codec = GridCodec(["X"], max_paths=case["inputs"]["max_paths"])
    cells = [[a, b, "NNC"] for a, b in combinations(range(n), 2)] + [[b, a, "PNC"] for a, b in combinations(range(n), 2)]
    cells = cells_of(codec, [*cells, [n - 1, 0, "THC-X"]])
    assert codec.decode(cells, overflows) == entities(expected["entities_with_cap"])
    assert overflows_of(overflows) == expected["overflow_pairs"]
    assert len(GridCodec(["X"], max_paths=1000).decode(cells)) == expected["paths_from_0_to_last"]


def genia(split):
    """Sentences in words with the numbers of each entity's words, some of which are given twice."""
    for number, record in enumerate(json.loads((Path(DATA) / f"genia/w2ner/{split}.json").read_text(encoding="utf-8"))):
        given = frozenset(entity({"indices": each["index"], "type": each["type"]}) for each in record["ner"])
        yield Sentence(str(number), tuple(record["sentence"]), given, " ")


@cache
def nerel():
    """The content of each file of the corpus by its path."""
    with tarfile.open(Path(DATA) / "nerel/NEREL-v1.1.tar.gz") as archive:
        files = [each for each in archive if each.isfile()]
        return {each.name: archive.extractfile(each).read().decode("utf-8") for each in files}


def documents(split):
    """Documents of characters with the fragments of each entity; those that touch are joined."""
    for path, content in sorted(nerel().items()):
        if f"/{split}/" in path and path.endswith(".ann"):
            found = set()
            for line in content.split("\n"):
                if line.startswith("T"):
                    type_, _, offsets = line.split("\t")[1].partition(" ")
                    spans = [tuple(map(int, span.split(" "))) for span in offsets.split(";")]
                    tokens = sorted({at for start, end in spans for at in range(start, end)})
                    found.add(entity({"indices": tokens, "type": type_}))
            yield Sentence(path, tuple(nerel()[path.removesuffix("ann") + "txt"]), frozenset(found))


@pytest.mark.skipif(DATA is None, reason="CNERKIT_DATA names no folder with corpora")
@pytest.mark.parametrize("flavour", list(GridFlavour))
@pytest.mark.parametrize("split", ["dev", "test"])
def test_every_sentence_of_genia_comes_back_from_its_grid(split, flavour):
    sentences = list(genia(split))
    codec = codec_of([each for given in sentences for each in given.entities], flavour=flavour)
    for given in sentences:
        assert codec.decode(codec.encode(given)) == given.entities


@pytest.mark.skipif(DATA is None, reason="CNERKIT_DATA names no folder with corpora")
@pytest.mark.parametrize(
    ("split", "inexact"),
    [
        pytest.param("train", {"156300_text", "23422_text", "26230_text", "28649_text"}, id="train"),
        pytest.param("dev", set(), id="dev"),
        pytest.param("test", set(), id="test"),
    ],
)
def test_documents_of_nerel_come_back_but_for_four_with_two_entities_more_and_one_to_leave_out(split, inexact):
    found = set()
    for given in documents(split):
        back = inversion(given.entities)
        if not back.is_exact:
            found.add(Path(given.id).stem)
            assert (len(back.extra), len(back.missing)) == (2, 0)
            assert [len(entities_to_leave_out(given.entities, longest_first=first)) for first in (True, False)] == [1, 1]
    assert found == inexact
