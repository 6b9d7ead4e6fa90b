"""What the papers say about tags and scores: decoding, exact match, and the F1 of the P and R that they print."""

import pytest

from cnerkit.codecs.tags import Repair, Scheme, TagCodec, convert_tags, entities_from_tags
from cnerkit.scoring.exact import harmonic_mean, score
from cnerkit.text import Entity, Fragment


def inclusive(entities):
    """Entities as the papers' facts write them: ``[first, last, type]``, in order."""
    return [[entity.start, entity.end - 1, entity.type] for entity in sorted(entities)]


def strict(tags, scheme):
    return entities_from_tags(tags, scheme, Repair.DROP)


def assert_scores(counts, expected, tolerance):
    for name in ("precision", "recall", "f1"):
        assert getattr(counts, name) == pytest.approx(expected[name], abs=tolerance["atol"], rel=tolerance["rtol"])


@pytest.mark.paper_cases("softfine", "bioes_decode")
def test_only_well_formed_bioes_is_an_entity(case):
    entities = strict(case["inputs"]["tags"], Scheme.BIOES)
    assert [[type_, first, last] for first, last, type_ in inclusive(entities)] == case["expected"]["strict"]


@pytest.mark.paper_cases("softfine", "inventory")
def test_the_tags_of_a_codec_are_the_label_inventory(case):
    tags = TagCodec(case["inputs"]["categories"], Scheme.BIOES).tags
    assert list(tags) == case["expected"]["labels"]
    assert len(tags) == case["expected"]["n"]


@pytest.mark.paper_cases("classattn", "bio_to_bmes")
def test_bio_becomes_bmes_where_an_orphan_opens_an_entity(case):
    bmes = [convert_tags(tags, Scheme.BIO, Scheme.BMES, Repair.CONLLEVAL) for tags in case["inputs"]["bio"]]
    assert bmes == case["expected"]["bmes"]
    assert [inclusive(entities_from_tags(tags, Scheme.BMES)) for tags in bmes] == case["expected"]["spans"]


@pytest.mark.paper_cases("classattn", "bmes_spans")
def test_only_well_formed_bmes_is_an_entity(case):
    assert [inclusive(strict(tags, Scheme.BMES)) for tags in case["inputs"]["tags"]] == case["expected"]["spans"]


@pytest.mark.paper_cases("classattn", "merge_tags")
def test_an_entity_that_a_cut_divides_is_an_error_of_the_whole_sentence(case):
    merged = [tag for piece in case["inputs"]["piece_tags"] for tag in piece]
    predicted, gold = strict(merged, Scheme.BMES), strict(case["inputs"]["gold"], Scheme.BMES)
    assert merged == case["expected"]["merged"]
    assert inclusive(predicted) == case["expected"]["pred_spans"]
    assert inclusive(gold) == case["expected"]["gold_spans"]
    assert score([gold], [predicted]).micro.true_positive == case["expected"]["tp"]


@pytest.mark.paper_cases("hreb", "metrics")
def test_strict_entity_scores_of_bio_tags(case):
    gold, predicted = ([strict(tags, Scheme.BIO) for tags in case["inputs"][side]] for side in ("gold", "pred"))
    assert_scores(score(gold, predicted).micro, case["expected"]["entity_strict"], case["tolerance"])


@pytest.mark.paper_cases("hreb", "harmonic_mean")
@pytest.mark.paper_cases("classattn", "harmonic_mean")
def test_the_harmonic_mean_tells_which_printed_f1_fit_their_p_and_r(case):
    rows, tolerance = case["inputs"]["rows"], case["tolerance"]
    means = [harmonic_mean(precision, recall) for precision, recall, _ in rows]
    assert means == pytest.approx(case["expected"]["hm"], abs=tolerance["atol"], rel=tolerance["rtol"])
    consistent = [abs(mean - printed) <= 0.0101 for mean, (_, _, printed) in zip(means, rows, strict=True)]
    assert consistent == case["expected"]["consistent_at_2_decimals"]


@pytest.mark.paper_cases("sng", "f1_from_pr")
def test_f1_from_printed_p_and_r_to_two_decimals(case):
    assert [round(harmonic_mean(*row), 2) for row in case["inputs"]["rows"]] == case["expected"]["f1"]


@pytest.mark.paper_cases("softfine", "f1_check")
def test_f1_recomputed_from_printed_p_and_r_to_four_decimals(case):
    mean = harmonic_mean(case["inputs"]["precision"], case["inputs"]["recall"])
    assert round(mean, 4) == case["expected"]["recomputed"]


@pytest.mark.paper_cases("crener", "metrics")
def test_scores_of_entities_given_by_their_tokens_with_duplicates_counted_once(case):
    micro = score(*by_sentence(case["inputs"], from_indices)).micro
    expected = case["expected"]
    assert (micro.true_positive, micro.predicted, micro.support) == (expected["tp"], expected["n_pred"], expected["n_gold"])
    assert_scores(micro, expected, case["tolerance"])


@pytest.mark.paper_cases("sng", "end_to_end_metrics")
@pytest.mark.parametrize("what", ["typed", "boundary"])
def test_scores_of_nested_entities_with_and_without_their_type(case, what):
    def entity(fact):
        return Entity.span(fact["start"], fact["end"] + 1, fact["type"] if what == "typed" else "entity")

    micro, expected = score(*by_sentence(case["inputs"], entity)).micro, case["expected"][what]
    assert (micro.true_positive, micro.predicted, micro.support) == (expected["tp"], expected["n_pred"], expected["n_gold"])
    assert_scores(micro, expected, case["tolerance"])


def by_sentence(inputs, entity):
    """Gold and predicted entities of each sentence; a fact says in ``s`` which sentence it is of."""
    count = 1 + max(fact["s"] for fact in (*inputs["gold"], *inputs["pred"]))
    return [[[entity(fact) for fact in inputs[side] if fact["s"] == s] for s in range(count)] for side in ("gold", "pred")]


def from_indices(fact):
    """The entity over a list of token numbers, discontinuous where they have gaps."""
    indices = fact["indices"]
    starts = [at for at in indices if at - 1 not in indices]
    ends = [at + 1 for at in indices if at + 1 not in indices]
    return Entity(tuple(Fragment(start, end) for start, end in zip(starts, ends, strict=True)), fact["type"])
