"""Tags and scores against seqeval and iobes, where these are right.

Both are wrong on BMES: iobes reads ``S-`` beside ``M-`` as O, without an error, and seqeval ends an entity at ``M-``. Of BMES
the tests in ``unit/codecs`` have a slow reading of their own.
"""

import iobes
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import classification_report
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import BILOU as SEQEVAL_BILOU
from seqeval.scheme import IOB2, IOBES, Entities

from cnerkit.codecs.tags import Repair, Scheme, TagCodec, convert_tags, spans_from_tags, tags_from_spans
from cnerkit.workflows.tag_scoring import score_tags

SEQEVAL = {Scheme.BIO: IOB2, Scheme.BIOES: IOBES, Scheme.BILOU: SEQEVAL_BILOU}
IOBES_CONVERSIONS = {
    (Scheme.BIO, Scheme.BIOES): iobes.bio_to_iobes,
    (Scheme.BIO, Scheme.BILOU): iobes.bio_to_bilou,
    (Scheme.BIO, Scheme.BMEOW): iobes.bio_to_bmeow,
    (Scheme.IOB1, Scheme.BIO): iobes.iob_to_bio,
    (Scheme.BIOES, Scheme.IOB1): iobes.iobes_to_iob,
    (Scheme.BILOU, Scheme.BIOES): iobes.bilou_to_iobes,
    (Scheme.BMEOW, Scheme.BIO): iobes.bmeow_to_bio,
}


def sentences_in(scheme):
    return st.lists(st.sampled_from([*TagCodec(["PER", "LOC"], scheme).tags, "O"]), min_size=6, max_size=6)


@st.composite
def flat_spans(draw):
    """Spans side by side in a sentence of ten tokens."""
    cuts = sorted(draw(st.sets(st.integers(0, 10), max_size=8)))
    types = draw(st.lists(st.sampled_from(["", "PER", "LOC"]), min_size=len(cuts), max_size=len(cuts)))
    return [(a, b, type_) for a, b, type_ in zip(cuts, cuts[1:], types, strict=False) if type_]


@pytest.mark.parametrize("scheme", [Scheme.BIO, Scheme.BIOES])
@given(data=st.data())
def test_the_conlleval_reading_is_that_of_seqeval_by_default(scheme, data):
    tags = data.draw(sentences_in(scheme))
    expected = [(start, last + 1, type_) for type_, start, last in get_entities(tags)]
    assert spans_from_tags(tags, scheme, Repair.CONLLEVAL) == expected


@pytest.mark.parametrize("scheme", SEQEVAL)
@given(data=st.data())
def test_the_well_formed_entities_are_those_of_seqeval_strict(scheme, data):
    tags = data.draw(sentences_in(scheme))
    expected = [(entity.start, entity.end, entity.tag) for entity in Entities([tags], SEQEVAL[scheme]).entities[0]]
    assert spans_from_tags(tags, scheme, Repair.DROP) == expected


@pytest.mark.parametrize(("source", "target"), IOBES_CONVERSIONS, ids=str)
@given(spans=flat_spans())
def test_conversions_are_those_of_iobes(source, target, spans):
    tags = tags_from_spans(spans, 10, source)
    assert convert_tags(tags, source, target) == IOBES_CONVERSIONS[source, target](tags)


@pytest.mark.filterwarnings("ignore::seqeval.metrics.v1.UndefinedMetricWarning")
@pytest.mark.parametrize("scheme", SEQEVAL)
@given(data=st.data())
def test_scores_are_those_of_seqeval_strict(scheme, data):
    gold = data.draw(st.lists(sentences_in(scheme), min_size=1, max_size=4))
    predicted = [data.draw(st.sampled_from([right, data.draw(sentences_in(scheme))])) for right in gold]
    report = score_tags(gold, predicted, scheme).to_json()
    if not report["types"]:
        return  # seqeval has no report of nothing
    theirs = classification_report(gold, predicted, mode="strict", scheme=SEQEVAL[scheme], output_dict=True)
    for ours, name in [(report["micro"], "micro avg"), (report["macro"], "macro avg"), *map(reversed, report["types"].items())]:
        expected = theirs[name]
        assert [ours["precision"], ours["recall"], ours["f1"]] == pytest.approx(
            [expected["precision"], expected["recall"], expected["f1-score"]], rel=1e-12
        )
        assert ours.get("support", expected["support"]) == expected["support"]
