"""Scores against seqeval, nervaluate and definitions by enumeration, over random corpora.

Where what two of them count is the same thing, the numbers are the same. Where it is not, the tables of differences have a
case for each reason, with the numbers of both. Discontinuous entities have no form in either tool, nested ones none in tags.
As many corpora as ``CNERKIT_CORPORA`` says are drawn for each test, or 200.
"""

import os
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import pytest
from nervaluate import Evaluator
from seqeval import scheme as seqeval_schemes
from seqeval.metrics import classification_report

from cnerkit.codecs.tags import Repair, Scheme, spans_from_tags, tags_from_entities
from cnerkit.scoring.boundaries import score_boundaries, score_types
from cnerkit.scoring.counts import Counts
from cnerkit.scoring.exact import score
from cnerkit.scoring.matching import MatchCounts, score_matches
from cnerkit.scoring.seqeval_metric import SCHEMES, score_as_seqeval
from cnerkit.text import Entity, Fragment

CORPORA = int(os.environ.get("CNERKIT_CORPORA", "200"))
LENGTH = 9
NERVALUATE = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}


@dataclass(frozen=True)
class Difference:
    """Where a tool counts something else, with the counts of both, and why."""

    tool: str
    why: str
    gold: object
    predicted: object
    ours: object
    theirs: object


def spans(*triples):
    return frozenset(Entity.span(*triple) for triple in triples)


NERVALUATE_DIFFERENCES = [
    Difference(
        "nervaluate type",
        "a prediction takes the first gold entity that it overlaps, though a later one has its type and the gold's",
        spans((0, 4, "A")),
        spans((0, 2, "B"), (2, 4, "A")),
        MatchCounts(correct=1, spurious=1),
        MatchCounts(incorrect=1, spurious=1),
    ),
    Difference(
        "nervaluate type",
        "a prediction takes the nearest gold entity of its type, which is the only one that a later prediction overlaps",
        spans((0, 1, "A"), (1, 6, "A")),
        spans((0, 5, "A"), (5, 6, "A")),
        MatchCounts(correct=2),
        MatchCounts(correct=1, missed=1, spurious=1),
    ),
    Difference(
        "nervaluate strict",
        "a nested prediction takes a gold entity that a later one is identical to",
        spans((0, 4, "A")),
        spans((0, 2, "A"), (0, 4, "A")),
        MatchCounts(correct=1, spurious=1),
        MatchCounts(incorrect=1, spurious=1),
    ),
    Difference(
        "nervaluate partial",
        "an overlap of less than a hundredth of the gold entity is none",
        spans((0, 201, "A")),
        spans((200, 202, "A")),
        MatchCounts(partial=1),
        MatchCounts(missed=1, spurious=1),
    ),
]
SEQEVAL_DIFFERENCES = [
    Difference(
        "default",
        "an orphan is an entity, as conlleval has it; by the scheme it is none",
        ["O", "B-A", "I-A"],
        ["I-A", "O", "O"],
        Counts(0, 0, 1),
        Counts(0, 1, 1),
    ),
    Difference(
        "default",
        "an entity that lacks its end is one; by the scheme it is none",
        ["B-A", "E-A", "O"],
        ["B-A", "I-A", "O"],
        Counts(0, 0, 1),
        Counts(1, 0, 0),
    ),
    Difference(
        "strict",
        "malformed gold, which a reader repairs, is no gold, so that nothing is missed and what is found there is too much",
        ["I-A", "O", "O", "I-A", "O", "B-A"],
        ["O", "O", "O", "B-A", "O", "B-A"],
        Counts(2, 0, 1),
        Counts(1, 1, 0),
    ),
]


def nervaluate(gold, predicted):
    """Its four results and those of each type; ends are inclusive there."""
    sides = [
        [[{"label": one.type, "start": one.start, "end": one.end - 1} for one in sorted(found)] for found in side]
        for side in (gold, predicted)
    ]
    results = Evaluator(*sides, tags=["A", "B", "C"], loader="dict").evaluate()

    def counts(result):
        return MatchCounts(result.correct, result.incorrect, result.partial, result.missed, result.spurious)

    return {
        ours: (counts(results["overall"][theirs]), {type_: counts(all_[theirs]) for type_, all_ in results["entities"].items()})
        for ours, theirs in NERVALUATE.items()
    }


def matches(gold, predicted):
    report = score_matches(gold, predicted)
    measures = [report.strict, report.exact, report.partial, report.type]
    return {each.name: (each.micro, {entry.type: entry.counts for entry in each.types}) for each in measures}


def random_flat(rng):
    """Side by side, some of them of one token."""
    cuts = sorted(rng.sample(range(LENGTH + 1), rng.randint(2, 7)))
    return frozenset(Entity.span(a, b, rng.choice("ABC")) for a, b in pairwise(cuts) if rng.random() < 0.6)


def random_entity(rng):
    """Of one to three fragments."""
    tokens = sorted(rng.sample(range(LENGTH), rng.choice((1, 1, 2, 2, 3))))
    if rng.random() < 0.7:
        return Entity.span(tokens[0], tokens[-1] + 1, rng.choice("ABC"))
    starts = [token for token in tokens if token - 1 not in tokens]
    ends = [token + 1 for token in tokens if token + 1 not in tokens]
    return Entity(tuple(Fragment(*part) for part in zip(starts, ends, strict=True)), rng.choice("ABC"))


def random_any(rng):
    """Nested, crossing and discontinuous."""
    return frozenset(random_entity(rng) for _ in range(rng.randint(0, 4)))


def corpora(seed, draw):
    """Gold and predicted sides that agree in about a third of the entities; the seed of each comes with it."""
    for number in range(CORPORA):
        rng = Random(f"{seed} {number}")
        gold = [draw(rng) for _ in range(rng.randint(1, 4))]
        yield number, gold, [_changed(one, draw(rng), rng, flat=draw is random_flat) for one in gold]


def _changed(gold, drawn, rng, *, flat):
    """Some of the gold and of what was drawn; flat where both are."""
    kept = {one for one in gold if rng.random() < 0.5}
    retyped = {Entity(one.fragments, rng.choice("ABC")) if rng.random() < 0.3 else one for one in kept}
    taken = {token for one in kept for token in tokens(one)}
    return frozenset(retyped | {one for one in drawn if not (flat and tokens(one) & taken)})


def tokens(entity):
    return {token for part in entity.fragments for token in range(part.start, part.end)}


def best(gold, predicted, same):
    """Of all one-to-one pairings of what overlaps: the most pairs that are the same in something, then the most pairs."""
    if not gold:
        return 0, 0
    first, *rest = gold
    found = [best(rest, predicted, same)]
    for other in predicted:
        if tokens(first) & tokens(other):
            right, pairs = best(rest, predicted - {other}, same)
            found.append((right + (same(first) == same(other)), pairs + 1))
    return max(found)


def definition(gold, predicted):
    """SemEval's counts of one sentence."""
    identical, missing, extra = len(gold & predicted), gold - predicted, predicted - gold
    by_tokens, pairs = best(sorted(missing), extra, tokens)
    by_type, type_pairs = best(sorted(missing), extra, lambda entity: entity.type)

    def alone(pairs):
        return {"missed": len(missing) - pairs, "spurious": len(extra) - pairs}

    return {
        "strict": MatchCounts(identical, pairs, **alone(pairs)),
        "exact": MatchCounts(identical + by_tokens, pairs - by_tokens, **alone(pairs)),
        "partial": MatchCounts(identical + by_tokens, 0, pairs - by_tokens, **alone(pairs)),
        "type": MatchCounts(identical + by_type, type_pairs - by_type, **alone(type_pairs)),
    }


def of_type(entities, type_):
    return frozenset(entity for entity in entities if entity.type == type_)


def total(gold, predicted, name):
    return sum((definition(one, other)[name] for one, other in zip(gold, predicted, strict=True)), MatchCounts())


def test_semeval_counts_are_those_of_the_definition_for_entities_of_any_kind():
    for number, gold, predicted in corpora("any", random_any):
        for name, (micro, types) in matches(gold, predicted).items():
            assert micro == total(gold, predicted, name), (number, name)
            for type_, counts in types.items():
                sides = [[of_type(one, type_) for one in side] for side in (gold, predicted)]
                assert counts == total(*sides, name), (number, name, type_)


def test_semeval_counts_of_flat_entities_are_those_of_nervaluate():
    for number, gold, predicted in corpora("flat", random_flat):
        ours, theirs = matches(gold, predicted), nervaluate(gold, predicted)
        for name in ("strict", "exact", "partial"):
            assert ours[name] == theirs[name], (number, name)


def overlapped_once(gold, predicted):
    """What is left of the predictions when no gold entity overlaps two: then none can take another's."""
    kept = set()
    for found in sorted(predicted):
        touched = [one for one in gold if tokens(one) & tokens(found)]
        if not any(tokens(one) & tokens(other) for one in touched for other in kept):
            kept.add(found)
    return frozenset(kept)


def test_type_counts_are_those_of_nervaluate_where_no_gold_entity_overlaps_two_predictions():
    for number, gold, predicted in corpora("type", random_flat):
        once = [overlapped_once(one, other) for one, other in zip(gold, predicted, strict=True)]
        assert matches(gold, once)["type"] == nervaluate(gold, once)["type"], number


def test_exact_boundary_and_type_scores_are_those_of_sets():
    for number, gold, predicted in corpora("sets", random_any):
        pairs = list(zip(gold, predicted, strict=True))
        right, said, both = (sum(map(len, side)) for side in (gold, predicted, [one & other for one, other in pairs]))
        assert score(gold, predicted).micro == Counts(both, said - both, right - both), number
        edges = [({one.fragments for one in gold_}, {one.fragments for one in found}) for gold_, found in pairs]
        hits = sum(len(one & other) for one, other in edges)
        misses, extras = sum(len(one - other) for one, other in edges), sum(len(other - one) for one, other in edges)
        assert score_boundaries(gold, predicted).micro == Counts(hits, extras, misses), number
        inside = [[one for one in found if one.fragments in known] for (known, _), found in zip(edges, predicted, strict=True)]
        assert score_types(gold, predicted).report == score_types(gold, inside).report, number
        assert score_types(gold, inside).report.micro == score(gold, inside).micro, number


def random_tags(prefixes, rng):
    """Of any sequence of tags, well-formed or not."""
    tags = ["O", *(f"{prefix}-{type_}" for prefix in prefixes for type_ in ("A", "B"))]
    return rng.choices(tags, weights=[3, *[1] * (len(tags) - 1)], k=rng.randint(1, LENGTH))


def tagged_corpora(prefixes, seed):
    for number in range(CORPORA):
        rng = Random(f"{seed} {prefixes} {number}")
        gold = [random_tags(prefixes, rng) for _ in range(rng.randint(1, 4))]
        kept = rng.choice((0.0, 0.6, 0.9))
        drawn = [rng.choices(random_tags(prefixes, rng), k=len(one)) for one in gold]
        yield (
            number,
            gold,
            [
                [right if rng.random() < kept else other for right, other in zip(one, two, strict=True)]
                for one, two in zip(gold, drawn, strict=True)
            ],
        )


def assert_same_as_seqeval(report, theirs, number):
    plain = report.to_json()
    named = {"micro avg": plain["micro"], "macro avg": plain["macro"], "weighted avg": plain["weighted"], **plain["types"]}
    assert named.keys() == theirs.keys(), number
    for name, ours in named.items():
        expected = theirs[name]
        assert [ours["precision"], ours["recall"], ours["f1"]] == pytest.approx(
            [expected["precision"], expected["recall"], expected["f1-score"]], rel=1e-12, abs=1e-15
        ), (number, name)
        assert ours.get("support", expected["support"]) == expected["support"], (number, name)


@pytest.mark.filterwarnings("ignore:.*seems not to be NE tag")
@pytest.mark.parametrize("prefixes", ["BI", "BIES", "BMES", "BILU"])
def test_the_numbers_of_the_default_mode_are_those_of_seqeval(prefixes):
    for number, gold, predicted in tagged_corpora(prefixes, "default"):
        report = score_as_seqeval(gold, predicted)
        if report.report.types:  # seqeval has no report of nothing
            assert_same_as_seqeval(report, classification_report(gold, predicted, output_dict=True, zero_division=0), number)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_numbers_of_the_strict_mode_are_those_of_seqeval(scheme):
    prefixes = {"IOE1": "IE", "IOE2": "IE", "IOBES": "BIES", "BILOU": "BILU"}.get(scheme, "BI")
    how = {"mode": "strict", "scheme": getattr(seqeval_schemes, scheme), "output_dict": True, "zero_division": 0}
    for number, gold, predicted in tagged_corpora(prefixes, "strict"):
        report = score_as_seqeval(gold, predicted, "strict", scheme)
        if report.report.types:
            assert_same_as_seqeval(report, classification_report(gold, predicted, **how), number)


@pytest.mark.parametrize(("scheme", "strict"), [(Scheme.BIO, "IOB2"), (Scheme.BIOES, "IOBES"), (Scheme.BILOU, "BILOU")])
def test_flat_entities_in_well_formed_tags_score_the_same_everywhere(scheme, strict):
    for number, gold, predicted in corpora(f"well-formed {scheme}", random_flat):
        tags = [[tags_from_entities(one, LENGTH, scheme) for one in side] for side in (gold, predicted)]
        ours = score(gold, predicted)
        assert score_as_seqeval(*tags, "strict", strict).report.types == ours.types, number
        if scheme is not Scheme.BILOU:  # of which the default mode reads neither L nor U
            assert score_as_seqeval(*tags).report.types == ours.types, number


@pytest.mark.parametrize("case", NERVALUATE_DIFFERENCES, ids=lambda case: case.why)
def test_nervaluate_counts_something_else(case):
    measure = case.tool.split()[1]
    assert matches([case.gold], [case.predicted])[measure][0] == case.ours
    assert nervaluate([case.gold], [case.predicted])[measure][0] == case.theirs


@pytest.mark.parametrize("case", SEQEVAL_DIFFERENCES, ids=lambda case: case.why)
def test_seqeval_counts_something_else(case):
    scheme = Scheme.BIOES if "E-A" in case.gold else Scheme.BIO
    repair = Repair.DROP if case.tool == "default" else Repair.CONLLEVAL
    sides = [[{Entity.span(*span) for span in spans_from_tags(tags, scheme, repair)}] for tags in (case.gold, case.predicted)]
    assert score(*sides).micro == case.ours
    assert score_as_seqeval([case.gold], [case.predicted], case.tool, "IOB2").report.micro == case.theirs
