"""What SoftFiNE is compared with, and how it is scored, against the facts of its specification."""

import json

import numpy as np
import pytest
import torch

from cnerkit.codecs.label_nodes import LabelNodes
from cnerkit.codecs.release_reading import release_spans
from cnerkit.codecs.repair import Repair
from cnerkit.codecs.schemes import Scheme
from cnerkit.codecs.soft_labels import HierarchicalLabel, SoftLabels
from cnerkit.codecs.tags import TagCodec, entities_from_tags
from cnerkit.engine.optimisation import rate_at
from cnerkit.nn.hmcn import HmcnHead
from cnerkit.nn.softfine import augmented, feature_distance, soft_cross_entropy
from cnerkit.nn.tag_heads import shares_of_best
from cnerkit.recipe.schema import TrainingSettings
from cnerkit.scoring.exact import harmonic_mean
from cnerkit.text import LabelSet, Prediction, Sentence, TypeHierarchy
from cnerkit.workflows.corpus import load_split
from cnerkit.workflows.level_scoring import evaluate_levels

DASHES = TypeHierarchy("-")


def close(found, expected, case):
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    np.testing.assert_allclose(found, expected, case["tolerance"]["rtol"], case["tolerance"]["atol"])


def worth_of(inputs):
    keys = ("beta", "gamma", "gate")
    return torch.from_numpy(SoftLabels(tuple(inputs["categories"]), DASHES, **{key: inputs[key] for key in keys}).worth)


@pytest.mark.paper_cases("softfine", "hmcn_f")
class TestHmcn:
    def nodes(self, case):
        return LabelNodes(SoftLabels(tuple(case["inputs"]["categories"]), DASHES).labels)

    def head(self, case):
        """The head with the given weights; batch norm and dropout change nothing."""
        inputs, weights = case["inputs"], case["inputs"]["weights"]
        head = HmcnHead(
            3,
            self.nodes(case),
            dim=3,
            dropout=0.0,
            local_share=inputs["beta"],
            violation=inputs["lambda"],
            decoding="joint",
        ).double()
        head.eval()
        layers = [layer.linear for layer in head.global_flow]
        for layer in head.global_flow:
            layer.norm.eps = 0.0
        given = [*weights["global"], weights["global_out"], *weights["transition"], *weights["local"]]
        for linear, values in zip([*layers, head.global_out, *head.local_flow, *head.local_out], given, strict=True):
            linear.weight.data, linear.bias.data = (torch.tensor(values[key], dtype=torch.float64) for key in "wb")
        return head

    def scores(self, case):
        hidden = torch.tensor(case["inputs"]["x"], dtype=torch.float64).unsqueeze(0)
        return self.head(case)(hidden, torch.ones(hidden.shape[:2], dtype=torch.bool))

    def targets(self, case):
        numbers = {label: number for number, label in enumerate(SoftLabels(tuple(case["inputs"]["categories"]), DASHES).labels)}
        return [[numbers[HierarchicalLabel.parse(label, DASHES)] for label in case["inputs"]["labels"]]]

    def test_levels_nodes_and_encoding(self, case):
        nodes, expected = self.nodes(case), case["expected"]
        names = [
            [["O", "NONE"][level > 0] if not node else "-".join(node) for node in each]
            for level, each in enumerate(nodes.levels)
        ]
        assert names == expected["levels"]
        assert list(nodes.sizes) == expected["sizes"]
        assert [list(nodes.label_index[label]) for label in self.targets(case)[0]] == expected["label_index"]
        assert [list(pair) for pair in nodes.child_parent] == expected["child_parent"]

    def test_forward(self, case):
        scores, expected = self.scores(case)[0].detach(), case["expected"]
        close(scores[:, 0].sigmoid(), expected["p_global"], case)
        close(scores[:, 1].sigmoid(), expected["p_local"], case)
        close(self.head(case).node_log_probs(scores).exp(), expected["p_final"], case)

    def test_losses(self, case):
        terms = self.head(case).loss(self.scores(case), self.targets(case), torch.ones(1, 4, dtype=torch.bool))
        expected = case["expected"]
        close(terms["local"].item(), expected["loss_local"], case)
        close(terms["global"].item(), expected["loss_global"], case)
        close(terms["violation"].item(), expected["loss_violation"], case)
        close(sum(terms.values()).item(), expected["loss"], case)

    def test_joint_decoding(self, case):
        head, scores, categories = self.head(case), self.scores(case), tuple(case["inputs"]["categories"])
        close(
            head.tag_scores(scores)[0].detach(), case["expected"]["joint_log_score"], {"tolerance": {"atol": 1e-6, "rtol": 0}}
        )
        (best,) = head.best(scores, torch.ones(1, 4, dtype=torch.bool))
        tags = TagCodec(categories, Scheme.BIOES).tags
        assert [tags[label] for label in best] == case["expected"]["decoded"]


@pytest.mark.paper_cases("softfine", "bioes_decode")
def test_tags_as_the_release_reads_them(case):
    found = [[type_, start, end - 1] for start, end, type_ in release_spans(case["inputs"]["tags"])]
    assert found == case["expected"]["release"]


@pytest.mark.paper_cases("softfine", "level_eval")
def test_scores_by_level_in_both_orders_of_cutting(case):
    gold = [entities_from_tags(row, Scheme.BIOES, Repair.DROP) for row in case["inputs"]["gold"]]
    rows = case["inputs"]["pred"]
    found = [entities_from_tags(row, Scheme.BIOES, Repair.DROP) for row in rows]
    predictions = [
        Prediction(str(number), tuple(entities), (1.0,) * len(entities), tuple(row))
        for number, (entities, row) in enumerate(zip(found, rows, strict=True))
    ]
    types = LabelSet.of(tag[2:] for row in (*rows, *case["inputs"]["gold"]) for tag in row if tag != "O")
    scored = evaluate_levels(gold, predictions, types=types, hierarchy_separator="-", scheme=Scheme.BIOES)
    for scores, name in ((scored.scores, "truncate_tags"), (scored.cut_after, "truncate_entities")):
        for level, expected in case["expected"][name].items():
            micro = scores.reports[min(int(level), len(scores.reports) - 1)].micro
            assert (micro.true_positive, micro.predicted, micro.support) == (
                expected["tp"],
                expected["n_pred"],
                expected["n_gold"],
            )
            assert micro.f1 == pytest.approx(expected["f1"], abs=1e-8)


@pytest.mark.paper_cases("softfine", "relevance_view")
def test_relevance_is_the_share_of_the_highest_probability(case):
    close(shares_of_best(torch.tensor(case["inputs"]["logits"], dtype=torch.float64)), case["expected"], case)


@pytest.mark.paper_cases("softfine", "total_loss")
def test_the_total_loss_of_every_row_of_the_ablation(case):
    inputs, expected = case["inputs"], case["expected"]
    codec = TagCodec(tuple(inputs["categories"]), Scheme.BIOES)
    tags = torch.tensor([[codec.tags.index(tag) for tag in row] for row in inputs["gold"]])
    mask = torch.tensor(inputs["mask"], dtype=torch.bool)
    real, inside = tags[mask], mask & (tags != 0)
    tensors = {key: torch.tensor(inputs[key], dtype=torch.float64) for key in ("logits", "logits_aug", "h", "h_aug")}
    soft, hard = worth_of(inputs), torch.eye(len(codec.tags), dtype=torch.float64)
    features = feature_distance(tensors["h"][inside], tensors["h_aug"][inside], detach_target=False).mean()

    def part(name, worth):
        return soft_cross_entropy(tensors[name][mask], worth[real]).mean()

    def total(worth, weight_aug, weight_fea):
        return (part("logits", worth) + weight_aug * part("logits_aug", worth) + weight_fea * features).item()

    close(part("logits", soft), expected["loss"], case)
    close(part("logits_aug", soft), expected["loss_aug"], case)
    close(features, expected["loss_fea"], case)
    aug, fea = inputs["alpha_aug"], inputs["alpha_fea"]
    close(total(soft, aug, fea), expected["softfine"], case)
    close(total(hard, aug, fea), expected["minus_soft"], case)
    close(total(soft, 0, 0), expected["minus_aug"], case)
    close(total(soft, aug, 0), expected["minus_fea"], case)
    close(total(hard, 0, 0), expected["minus_soft_minus_aug"], case)


@pytest.mark.paper_cases("softfine", "augment_ids")
def test_the_copy_has_the_same_ids_but_for_the_marks(case):
    inputs = case["inputs"]
    (ids,), (tags,) = inputs["input_ids"], inputs["tags"]
    real = [place for place, tag in enumerate(tags) if tag is not None]
    codec = TagCodec(tuple({tag[2:]: None for tag in tags if tag and tag != "O"}), Scheme.BIOES)
    marks = ["" if tag == "O" else str(inputs["segment_ids"][tag[0]]) for tag in codec.tags]
    sentence = Sentence("s", tuple(str(ids[place]) for place in real))
    copy = augmented(sentence, [codec.tags.index(tags[place]) for place in real], marks)
    found = dict(zip(real, map(int, copy.tokens), strict=True))
    assert [found.get(place, number) for place, number in enumerate(ids)] == case["expected"]["aug_input_ids"][0]


@pytest.mark.paper_cases("softfine", "lr_schedule")
def test_the_rate_rises_and_falls_as_the_release_has_it_one_step_earlier(case):
    """The release takes its first step at a rate of 0 and never the last; ours starts one step into the rise."""
    inputs, expected = case["inputs"], case["expected"]
    n_steps, rising = inputs["total_steps"], expected["warmup_steps"]
    settings = TrainingSettings(warmup=inputs["warmup_ratio"])
    assert round(settings.warmup * n_steps) == rising
    for step, rate in zip(inputs["steps"], expected["lr"], strict=True):
        if rising <= step < n_steps:
            assert inputs["lr"] * rate_at(step, n_steps, settings) == pytest.approx(rate, rel=1e-6)
        elif step < rising:
            close(inputs["lr"] * rate_at(step, n_steps, settings) * (rising + 1) / rising, rate + inputs["lr"] / rising, case)


@pytest.mark.paper_cases("softfine", "fine_record")
def test_a_record_of_fine_becomes_the_tags_of_its_characters(case, tmp_path):
    file = tmp_path / "fine.json"
    file.write_text(json.dumps(case["inputs"]["record"], ensure_ascii=False) + "\n", encoding="utf-8")
    (sentence,) = load_split(str(file), None)
    codec = TagCodec(LabelSet.of(entity.type for entity in sentence.entities), Scheme.BIOES)
    tags = [codec.tags[number] for number in codec.encode(sentence)]
    assert [tag.replace("-/", "-").replace("/", "-") for tag in tags] == case["expected"]


@pytest.mark.paper_cases("softfine", "f1_check")
def test_whether_the_printed_f1_of_a_row_can_follow_from_its_precision_and_recall(case):
    inputs, expected = case["inputs"], case["expected"]
    # Printed values were rounded: what they stand for lies within half a unit of the last place.
    lowest, highest = (harmonic_mean(inputs["precision"] + by, inputs["recall"] + by) for by in (-0.005, 0.005))
    reachable = lowest - 0.005 <= inputs["printed_f1"] <= highest + 0.005
    exact = round(harmonic_mean(inputs["precision"], inputs["recall"]), 2) == inputs["printed_f1"]
    assert expected["verdict"] == ("agrees" if exact else "rounding" if reachable else "differs")
