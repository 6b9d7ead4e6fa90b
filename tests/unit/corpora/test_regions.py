"""Regions of annotation tools, brought in line with entities that have changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.regions import Region, refuse_dangling, rewrite
from cnerkit.errors import DataError

places = st.sampled_from([(0, 1), (0, 2), (1, 3)])
types = st.sampled_from("ABCD")
regions = st.lists(
    st.builds(lambda place, found: Region(*place, tuple(found), {}), places, st.lists(types, min_size=1, max_size=3))
)
spans = st.lists(st.builds(lambda place, type_: (*place, type_), places, types), unique=True)


@given(regions=regions, spans=spans)
def test_every_entity_and_no_other_is_in_a_region_that_is_kept_or_is_new(regions, spans):
    found = rewrite(regions, spans)
    written = {(region.start, region.end, type_) for region in found.kept for type_ in region.types} | set(found.new)
    assert written == set(spans)
    assert len(found.kept) + len(found.lost) == len(regions)
    assert not set(found.new) & {(region.start, region.end, type_) for region in found.kept for type_ in region.types}


@given(regions=regions)
def test_regions_whose_entities_did_not_change_are_the_same(regions):
    held = list(dict.fromkeys((region.start, region.end, type_) for region in regions for type_ in region.types))
    found = rewrite(regions, held)
    assert (found.kept, found.lost, found.new) == (regions, [], [])


def test_a_renamed_entity_stays_in_its_region():
    region = Region(0, 1, ("A",), {"id": 3})
    found = rewrite([region], [(0, 1, "B")])
    assert (found.kept, found.lost, found.new) == ([Region(0, 1, ("B",), {"id": 3})], [], [])


def test_what_is_referred_to_cannot_be_lost():
    lost = [Region(4, 5, ("A",), {"id": 3}), Region(0, 1, ("B",), {})]
    refuse_dangling(lost, [("a relation", "3"), ("a relation", None), ("a relation", 4)])
    with pytest.raises(DataError, match=r"^a relation refers to the A at 4, which is left out\nfix: keep its type, or write a"):
        refuse_dangling(lost, [("a relation", 3)])
