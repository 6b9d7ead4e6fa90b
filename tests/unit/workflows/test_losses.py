"""What a conversion could not carry over: counted by reason and type, the first ones named, in words and for a report."""

from cnerkit.text import Entity, Fragment, Sentence
from cnerkit.workflows import losses
from cnerkit.workflows.losses import Losses

SENTENCE = Sentence("s-1", tuple("北京大学"))
LOC, ORG = Entity.span(0, 2, "LOC"), Entity.span(0, 4, "ORG")


def test_nothing_lost_is_nothing_said():
    assert Losses().notes() == []
    assert Losses().as_dict() == {"entities": [], "named": [], "fields": {}, "others": {}}


def test_losses_are_said_by_reason_with_their_types_and_the_first_of_each():
    found = Losses()
    found.add(SENTENCE, LOC, "nested")
    found.add(SENTENCE, ORG, "crossing")
    found.add(Sentence("s-2", tuple("北京大学")), ORG, "nested")
    found.add(SENTENCE, Entity.span(2, 4, "LOC"), "nested")
    assert found.notes() == [
        "3 entities left out, nested (LOC 2, ORG 1), first the LOC '北京' in sentence s-1",
        "1 entity left out, crossing (ORG 1), first the ORG '北京大学' in sentence s-1",
    ]


def test_fields_and_other_losses_are_said_in_order():
    found = Losses()
    found.fields.update({"url": 2, "date": 1})
    found.others.update({"relations of entities that were left out": 3})
    assert found.notes() == [
        "left out: date of 1 sentence",
        "left out: url of 2 sentences",
        "relations of entities that were left out: 3",
    ]


def test_a_report_names_every_loss_with_its_place():
    found = Losses()
    found.add(SENTENCE, Entity((Fragment(0, 1), Fragment(2, 4)), "X"), "discontinuous")
    found.fields["url"] += 1
    assert found.as_dict() == {
        "entities": [{"why": "discontinuous", "type": "X", "entities": 1}],
        "named": [{"sentence": "s-1", "why": "discontinuous", "type": "X", "tokens": [[0, 1], [2, 4]], "text": "北 大学"}],
        "fields": {"url": 1},
        "others": {},
    }


def test_losses_beyond_a_limit_are_counted_and_not_named(monkeypatch):
    monkeypatch.setattr(losses, "_NAMED", 2)
    found = Losses()
    for why in ("nested", "nested", "nested", "crossing"):
        found.add(SENTENCE, LOC, why)
    assert len(found.named) == 2
    assert found.notes() == [
        "3 entities left out, nested (LOC 3), first the LOC '北京' in sentence s-1",
        "1 entity left out, crossing (LOC 1)",
    ]


def test_long_surfaces_are_cut_where_they_are_shown():
    words = Sentence("s-1", tuple(f"w{number}" for number in range(1000)), joiner=" ")
    found = Losses()
    found.add(words, Entity.span(0, 1000, "X"), "nested")
    found.add(words, Entity(tuple(Fragment(at, at + 1) for at in range(0, 1000, 2)), "X"), "discontinuous")
    found.add(Sentence("s-2", tuple("国" * 200)), Entity.span(0, 200, "X"), "nested")
    long, many, whole = [one.surface for one in found.named]
    assert (len(long), long[:5], long[-1]) == (200, "w0 w1", "…")
    assert (len(many), many[:5], many[-1]) == (200, "w0 w2", "…")
    assert whole == "国" * 200
