"""SoftFiNE against the facts of its specification: label algebra, losses and their gradients, the augmented copy."""

import math

import numpy as np
import pytest
import torch

from cnerkit.codecs.schemes import Scheme
from cnerkit.codecs.soft_labels import HierarchicalLabel, SoftLabels
from cnerkit.codecs.tags import TagCodec
from cnerkit.nn.ranking import LambdaRankHead, RankNetHead, ndcg
from cnerkit.nn.softfine import augmented, feature_distance, soft_cross_entropy
from cnerkit.text import Sentence, TypeHierarchy

DASHES = TypeHierarchy("-")


def soft_labels(inputs):
    keys = ("beta", "gamma", "gate", "match")
    return SoftLabels(tuple(inputs["categories"]), DASHES, **{key: inputs[key] for key in keys if key in inputs})


def number_of(labels, name):
    return labels.labels.index(HierarchicalLabel.parse(name, DASHES))


def close(found, expected, case):
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    np.testing.assert_allclose(found, expected, case["tolerance"]["rtol"], case["tolerance"]["atol"])


@pytest.mark.paper_cases("softfine", "label_parse")
def test_labels_are_a_letter_and_a_path(case):
    label, expected = HierarchicalLabel.parse(case["inputs"]["label"], DASHES), case["expected"]
    assert (label.segment or None, list(label.path), label.level) == (expected["segment"], expected["path"], expected["level"])
    assert sorted(name for _, name in label.components) == sorted(expected["components"])


@pytest.mark.paper_cases("softfine", "category_path")
def test_raw_categories_are_paths(case):
    raw, separator = case["inputs"]["raw"], case["inputs"]["separator"]
    path = TypeHierarchy(separator).path(raw) if separator else (raw,)
    assert list(path) == case["expected"]


@pytest.mark.paper_cases("softfine", "inventory")
def test_the_inventory_is_o_and_four_labels_for_each_category(case):
    codec = TagCodec(tuple(case["inputs"]["categories"]), Scheme.BIOES)
    assert list(codec.tags) == case["expected"]["labels"]
    labels = SoftLabels(codec.types, DASHES).labels
    assert [label.segment for label in labels] == ["", *"BIES" * len(codec.types)]


@pytest.mark.paper_cases("softfine", "pair_score")
def test_the_worth_of_one_label_for_another(case):
    inputs, expected = case["inputs"] | case["options"] | case["params"], case["expected"]
    types = dict.fromkeys(name.partition("-")[2] for name in (inputs["truth"], inputs["candidate"]) if name != "O")
    labels = soft_labels({**inputs, "categories": types})
    i, j = number_of(labels, inputs["truth"]), number_of(labels, inputs["candidate"])
    assert labels.worth[i, j] == pytest.approx(expected["score"], abs=1e-9)
    if "miss" in expected and expected["miss"] is not None:
        assert (labels.miss[i, j], labels.wrong[i, j]) == (expected["miss"], expected["wrong"])
    if "related" in expected and expected["related"] is not None:
        assert bool(labels.related[i, j]) == expected["related"]
    if "rank" in expected:
        assert labels.ranks[i, j] == (-math.inf if expected["rank"] is None else pytest.approx(expected["rank"]))


@pytest.mark.paper_cases("softfine", "score_matrix")
def test_the_matrix_of_an_inventory(case):
    labels = soft_labels(case["inputs"] | case["options"] | case["params"])
    close(labels.worth, case["expected"]["score"], case)
    close(labels.worth.sum(axis=1), case["expected"]["row_sum"], case)


def test_the_matrix_of_fine_is_the_one_that_its_tables_follow(paper_facts):
    groups = paper_facts("softfine")["groups"]
    for fact in groups["fine_full_matrix"][0]["cases"]:
        labels = soft_labels({**fact, "categories": groups["fine_categories"]})
        worth, expected = labels.worth, fact["expect"]
        assert worth.shape == (expected["n_labels"], expected["n_labels"])
        assert worth.sum() == pytest.approx(expected["total"], abs=1e-5)
        assert int((worth > 0).sum()) == expected["nonzero"]
        assert np.trace(worth) == expected["trace"]
        for row in expected["rows"]:
            at = number_of(labels, row["truth"])
            assert worth[at].sum() == pytest.approx(row["row_sum"], abs=1e-6)
            assert int((worth[at] > 0).sum()) == row["support"]
        level = np.array([label.level for label in labels.labels])
        same = level[:, None] == level[None, :]
        np.testing.assert_array_equal(worth[same], worth.T[same])


@pytest.mark.paper_cases("softfine", "soft_cross_entropy")
def test_the_soft_cross_entropy_and_its_gradient(case):
    inputs, expected = case["inputs"] | case["options"] | case["params"], case["expected"]
    labels = soft_labels(inputs)
    mask = torch.tensor(inputs["mask"], dtype=torch.bool)
    scores = torch.tensor(inputs["logits"], dtype=torch.float64, requires_grad=True)
    gold = torch.tensor([[number_of(labels, name or "O") for name in row] for row in inputs["gold"]])
    per_token = soft_cross_entropy(scores, torch.from_numpy(labels.worth)[gold]) * mask
    close(per_token.detach(), expected["per_token"], case)
    close(per_token.sum().detach(), expected["sum"], case)
    mean = per_token.sum() / mask.sum()
    close(mean.detach(), expected["token_mean"], case)
    (gradient,) = torch.autograd.grad(mean, scores)
    close(gradient, expected["grad_token_mean"], case)


@pytest.mark.paper_cases("softfine", "augment_text")
def test_marks_stand_for_the_characters_of_entities(case):
    chars, tags = case["inputs"]["chars"], case["inputs"]["tags"]
    codec = TagCodec(tuple(dict.fromkeys(tag[2:] for tag in tags if tag != "O")), Scheme.BIOES)
    marks = ["" if tag == "O" else f"[{tag[0]}]" for tag in codec.tags]
    copy = augmented(Sentence("s", tuple(chars)), [codec.tags.index(tag) for tag in tags], marks)
    assert list(copy.tokens) == case["expected"]


@pytest.mark.paper_cases("softfine", "feature_kl")
def test_the_distance_of_features_and_its_gradients(case):
    inputs, expected = case["inputs"], case["expected"]
    plain = torch.tensor(inputs["h"], dtype=torch.float64, requires_grad=True)
    copy = torch.tensor(inputs["h_aug"], dtype=torch.float64, requires_grad=True)
    inside = torch.tensor(inputs["entity_mask"], dtype=torch.bool)
    found = feature_distance(plain[inside], copy[inside], detach_target=False)
    per_token = torch.zeros(inside.shape, dtype=torch.float64)
    per_token[inside] = found.detach()
    close(per_token, expected["per_token"], case)
    close(found.sum().detach(), expected["sum"], case)
    mean = found.sum() / max(1, len(found))
    close(mean.detach(), expected["entity_mean"], case)
    for values, name in ((plain, "grad_h"), (copy, "grad_h_aug")):
        if name in expected:
            (gradient,) = torch.autograd.grad(mean, values, retain_graph=True)
            close(gradient, expected[name], case)


@pytest.mark.paper_cases("softfine", "rank_objectives")
@pytest.mark.parametrize(("head", "name"), [(RankNetHead, "ranknet"), (LambdaRankHead, "lambdarank")])
def test_the_ranking_losses_and_their_gradients(case, head, name):
    inputs, expected = case["inputs"] | case["options"] | case["params"], case["expected"]
    labels = soft_labels(inputs)
    ranks = torch.from_numpy(labels.ranks)
    gold = torch.tensor([number_of(labels, each) for each in inputs["gold"]])
    close(ranks[gold], [[-math.inf if rank is None else rank for rank in row] for row in expected["rank"]], case)
    assert (ranks[gold].unsqueeze(2) > ranks[gold].unsqueeze(1)).sum((1, 2)).tolist() == expected["n_pairs"]
    scores = torch.tensor(inputs["scores"], dtype=torch.float64, requires_grad=True)
    close(ndcg(scores.detach(), ranks[gold]), expected["ndcg"], case)
    per_token = head(3, ranks).per_token(scores, gold)
    close(per_token.detach(), expected[f"{name}_per_token"], case)
    close(per_token.mean().detach(), expected[name], case)
    (gradient,) = torch.autograd.grad(per_token.mean(), scores)
    close(gradient, expected[f"{name}_grad"], case)
