"""The page about one prediction, read back as a browser does."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.page.drawing import Colours
from cnerkit.page.prediction import DrawnLine, PredictionPage
from cnerkit.text import Entity, Sentence

COLOURS = Colours.of(["地名", "<b>"])
VOID = {"meta"}


class Page(HTMLParser):
    """The text within each element that matters; every element must be closed in its turn."""

    def __init__(self, markup):
        super().__init__()
        self.found = {name: [] for name in ("title", "h1", "h2", "ol", "li", "p")}
        self._open = []
        self.feed(markup)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, _):
        if tag in VOID:
            return
        self._open.append(tag)
        if tag in self.found:
            self.found[tag].append("")

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        for tag in {*self._open} & self.found.keys():
            self.found[tag][-1] += data


def line(text, *entities, source="a.txt", number=1, problem=None):
    return DrawnLine(source, number, Sentence("s", tuple(text), frozenset(entities)), problem)


def page_of(*lines, is_complete=True, sources=("a.txt",)):
    page = PredictionPage(sources, "bert_crf, best.pt", COLOURS)
    return Page("".join([page.head(), *map(page.line, lines), page.foot(is_complete=is_complete)]))


@given(st.lists(st.text(max_size=6), max_size=3), st.text(max_size=6), st.booleans())
def test_a_page_is_whole_whatever_stands_in_it(texts, name, is_complete):
    lines = [line(text, source=name, number=number) for number, text in enumerate(texts, start=1)]
    page = page_of(*lines, is_complete=is_complete, sources=(name,))
    drawn = page.found["p"][1 : len(texts) + 1]
    assert drawn == [text.replace("\0", "\ufffd") for text in texts]
    assert page.found["title"] == [f"Entities in {name}".replace("\0", "\ufffd")]


def test_lines_stand_in_a_list_below_the_name_of_their_file():
    lines = [line("甲"), line("", number=2), line("乙", source="b.txt")]
    page = page_of(*lines, sources=("a.txt", "b.txt", "c.txt"))
    assert page.found["h1"] == ["Entities in a.txt and 2 more"]
    assert page.found["h2"] == ["a.txt", "b.txt"]
    assert [found.split() for found in page.found["ol"]] == [["甲"], ["乙"]]
    assert page.found["li"] == ["甲", "", "乙"]


def test_entities_are_counted_by_type_the_most_frequent_first():
    first, second, third = Entity.span(0, 1, "地名"), Entity.span(0, 2, "<b>"), Entity.span(1, 2, "地名")
    page = page_of(line("北京", first, second), line("北京", third, number=2), line("", number=3, problem="byte <1>"))
    assert [item.strip() for item in page.found["li"][3:]] == ["地名 2", "<b> 1"]
    assert "2 lines read, 1 not read." in page.found["p"]
    assert "Not read: byte <1>" in page.found["p"]


def test_a_page_without_entities_says_so():
    assert page_of(line("北京")).found["p"][-2:] == ["1 line read.", "No entities were found."]


@pytest.mark.parametrize(
    ("lines", "place"), [([], "before the first line"), ([line("甲", number=7)], "after line 7 of a.txt")], ids=["none", "some"]
)
def test_a_page_that_was_stopped_says_where(lines, place):
    page = page_of(*lines, is_complete=False)
    assert f"This page is not complete: prediction was stopped {place}." in page.found["p"]
    assert not any("not complete" in text for text in page_of(*lines).found["p"])
