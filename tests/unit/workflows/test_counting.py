"""What a split holds is counted as the catalogue counts, against the definitions."""

from cnerkit.corpora.catalogue import Counts
from cnerkit.workflows.counting import compare


def test_every_kind_of_count_that_differs_is_told():
    known = Counts(3, None, 4, 5, {"PER": 4, "LOC": 1}, 6, 7, 8)
    actual = Counts(1, None, 2, 3, {"PER": 2, "ORG": 1}, 4, 5, 6)
    assert compare(actual, known) == (
        "1 sentences, expected 3",
        "2 tokens, expected 4",
        "3 entities, expected 5",
        "4 entities read as conlleval does, expected 6",
        "5 nested pairs, expected 7",
        "6 discontinuous entities, expected 8",
        "2 PER entities, expected 4",
        "0 LOC entities, expected 1",
        "1 ORG entities, expected 0",
    )


def test_documents_are_told_as_documents():
    assert compare(Counts(documents=1), Counts(documents=2)) == ("1 documents, expected 2",)


def test_what_nobody_has_counted_is_not_compared():
    actual = Counts(sentences=3, tokens=4, entities=5, per_type={"PER": 5}, conlleval=6, nested=1, discontinuous=1)
    assert compare(actual, Counts()) == ()
    assert compare(actual, Counts(sentences=2)) == ("3 sentences, expected 2",)
