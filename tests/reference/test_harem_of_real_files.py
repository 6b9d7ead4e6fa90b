"""HAREM's original files, read as published: runs where the environment names a folder with them.

The comparison with the JSON of the first collection is in ``harem_differences.py``, which prints all of it.
"""

import os
import re
import runpy
from collections import Counter
from pathlib import Path

import pytest

from cnerkit.corpora import harem

DATA = os.environ.get("CNERKIT_DATA")
pytestmark = pytest.mark.skipif(DATA is None, reason="CNERKIT_DATA names no folder with corpora")


@pytest.fixture(scope="module")
def differences():
    return runpy.run_path(str(Path(__file__).with_name("harem_differences.py")))


@pytest.mark.parametrize(
    ("file", "tag", "marked", "read", "left"),
    [
        pytest.param("FIRST", r"<[A-Z|]+ TIPO|<[A-Z|]+ MORF", 5132, 5086, (36, 10, 0), id="first"),
        pytest.param("SECOND", "<EM ", 7846, 7351, (364, 102, 29), id="second"),
    ],
)
def test_every_entity_that_is_marked_is_read_or_counted_as_left_out(differences, file, tag, marked, read, left):
    notes = Counter()
    documents = differences["read"](Path(DATA), differences[file], notes)
    assert len(documents) == 129
    assert len(re.findall(tag, differences["raw"](Path(DATA), differences[file]))) == marked
    assert sum(len(document.entities) for document in documents.values()) == read
    assert (notes[harem.IN_ALTERNATIVES], notes[harem.IN_OMITTED], notes[harem.UNCATEGORISED]) == left
    assert notes["entities given twice, counted once"] == 0
    assert read + sum(left) == marked


def test_alternatives_and_passages_that_are_left_out_are_as_many_as_in_the_files(differences):
    notes = {file: Counter() for file in ("FIRST", "SECOND")}
    for file, found in notes.items():
        differences["read"](Path(DATA), differences[file], found)
    # 65 alternatives, one of them threefold; 411, 13 of them threefold; none with another text than the others.
    assert [found[harem.ALTERNATIVES] for found in notes.values()] == [66, 424]
    assert [found[harem.OMITTED] for found in notes.values()] == [14, 116]
    assert [found[harem.OTHER_TEXTS] for found in notes.values()] == [0, 0]


def test_several_categories_are_647_in_the_second_collection_of_which_549_are_not_the_same_twice(differences):
    notes = Counter()
    differences["read"](Path(DATA), differences["SECOND"], notes)
    several = re.findall(r'CATEG="([^"]*\|[^"]*)"', differences["raw"](Path(DATA), differences["SECOND"]))
    assert (len(several), sum(len(set(each.split("|"))) > 1 for each in several)) == (647, 549)
    assert notes[harem.SEVERAL] == 549


def test_line_breaks_of_the_second_collection_are_those_between_paragraphs(differences):
    documents = differences["read"](Path(DATA), differences["SECOND"], Counter())
    assert not any("\n" in document.surface(each) for document in documents.values() for each in document.entities)
    raw = differences["raw"](Path(DATA), differences["SECOND"])
    kept = re.sub("<OMITIDO>.*?</OMITIDO>", "", raw, flags=re.DOTALL)
    filled = [each for each in re.findall("<p>(.*?)</p>", kept, re.DOTALL) if re.sub("<[^>]*>", "", each).strip()]
    lines = sum(len(document.text.split("\n")) for document in documents.values())
    assert lines == len(filled) + 2  # "DA" in ric-42664 and "?" in dav-833351 stand outside of any paragraph


def test_the_first_collection_agrees_with_its_json_but_for_what_another_edition_changed(differences):
    counts = differences["compare"](Path(DATA), "total")
    assert (counts["documents only read"], counts["texts equal"], counts["texts that differ"]) == (0, 123, 6)
    assert (counts["entities read"], counts["entities published"], counts["equal"]) == (5086, 5016, 4796)
    changed = {kind: count for kind, count in counts.items() if kind.startswith("of other categories")}
    # Plans became works, brands and products things, and VARIADO was renamed.
    assert {kind.removeprefix("of other categories: "): count for kind, count in changed.items() if count > 2} == {
        "VARIADO read, OUTRO published": 39,
        "OBRA read, COISA published": 36,
        "ABSTRACCAO read, OBRA published": 33,
        "ABSTRACCAO read, COISA published": 24,
    }
    assert sum(changed.values()) == 139
    # "mais de 500" instead of "500", and addresses in parts.
    assert (counts["with other ends read: VALOR"], counts["with other ends published: VALOR"]) == (68, 50)
    assert (counts["with other ends read: LOCAL"], counts["with other ends published: LOCAL"]) == (11, 30)
    # Telephone numbers and web addresses are no places any more.
    assert counts["only read: LOCAL"] == 60
    assert not any(kind.startswith("only published") for kind in counts)
