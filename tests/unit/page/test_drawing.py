"""Sentences in colour, read back from their markup: the text, the bars over each character, the names of types."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.page.drawing import N_COLOURS, Colours, sentence_html, stylesheet, type_html
from cnerkit.text import Entity, Fragment, Sentence

TYPES = ("地名", "机构", "<b>'\"&", "/work/film")
COLOURS = Colours.of(TYPES)


class Drawn(HTMLParser):
    """What a browser makes of a sentence: its text, the bars over each character, and the names before each character."""

    def __init__(self, markup):
        super().__init__()
        self.text, self.names, self.bars, self.tags = "", [], [], Counter()
        self._over = []
        self.feed(str(markup))
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags[tag] += 1
        attributes = dict(attributes)
        if tag == "b":
            row = int(attributes["style"].removeprefix("--row:"))
            self._over.append((row, frozenset(attributes["class"].split())))
        elif tag == "i":
            self.names.append((len(self.text), attributes["data-type"]))

    def handle_endtag(self, tag):
        if tag == "b":
            self._over.pop()

    def handle_data(self, data):
        self.text += data
        self.bars += [tuple(self._over)] * len(data)


@st.composite
def annotated(draw):
    tokens = draw(st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=8))
    edges = st.lists(st.integers(0, len(tokens)), min_size=2, max_size=6, unique=True).map(sorted)
    fragments = edges.map(lambda found: tuple(Fragment(*found[at : at + 2]) for at in range(0, len(found) - 1, 2)))
    entities = draw(st.frozensets(st.builds(Entity, fragments, st.sampled_from(TYPES)), max_size=6))
    return Sentence("s", tuple(tokens), entities, draw(st.sampled_from(["", " "])))


@given(annotated())
def test_the_text_is_the_sentence_s_whatever_it_holds_and_however_entities_overlap(sentence):
    assert Drawn(sentence_html(sentence, sentence.entities, COLOURS)).text == sentence.text.replace("\0", "\ufffd")


@given(annotated())
def test_each_character_has_a_bar_of_its_own_row_for_each_entity_over_it_and_a_gap_for_each_around_it(sentence):
    drawn, characters = Drawn(sentence_html(sentence, sentence.entities, COLOURS)), sentence.as_characters()
    for place, bars in enumerate(drawn.bars):
        rows = [row for row, _ in bars]
        assert len(rows) == len(set(rows))
        around = [entity for entity in characters.entities if entity.start <= place < entity.end]
        expected = Counter(
            (COLOURS.css_class(entity.type), all(not part.start <= place < part.end for part in entity.fragments))
            for entity in around
        )
        assert Counter((next(iter(names & {"c0", "c1", "c2", "c3"})), "gap" in names) for _, names in bars) == expected


@given(annotated())
def test_each_entity_is_named_once_where_it_starts(sentence):
    drawn = Drawn(sentence_html(sentence, sentence.entities, COLOURS))
    assert sorted(drawn.names) == sorted((entity.start, entity.type) for entity in sentence.as_characters().entities)


def test_the_shortest_of_nested_entities_is_next_to_the_text_and_bars_side_by_side_share_a_row():
    nested = {Entity.span(0, 2, "地名"), Entity.span(0, 4, "机构"), Entity.span(4, 6, "地名"), Entity.span(0, 6, "机构")}
    drawn = Drawn(sentence_html(Sentence("s", tuple("北京大学医院")), nested, COLOURS))
    assert [sorted(row for row, _ in bars) for bars in drawn.bars] == [[0, 1, 2]] * 2 + [[1, 2]] * 2 + [[0, 2]] * 2


def test_what_is_wrong_is_marked_and_nothing_else():
    right, wrong = Entity.span(0, 2, "地名"), Entity.span(2, 3, "地名")
    drawn = Drawn(sentence_html(Sentence("s", tuple("北京人")), [right, wrong], COLOURS, wrong=[wrong]))
    assert ["wrong" in bars[0][1] for bars in drawn.bars] == [False, False, True]


def test_text_and_types_that_look_like_markup_stay_text():
    markup = sentence_html(Sentence("s", tuple("<script>&amp;")), [Entity.span(0, 8, "<b>'\"&")], COLOURS)
    drawn = Drawn(markup)
    assert drawn.tags == {"p": 1, "b": 1, "i": 1}
    assert (drawn.text, drawn.names) == ("<script>&amp;", [(0, "<b>'\"&")])
    assert ">&lt;b&gt;&#39;&#34;&amp;</span>" in type_html("<b>'\"&", COLOURS)


def test_what_no_page_can_hold_is_shown_as_a_replacement_character():
    assert Drawn(sentence_html(Sentence("s", tuple("a\0\ud800\r\n")), [], COLOURS)).text == "a\ufffd\ufffd\r\n"


def test_colours_depend_on_the_types_and_not_on_their_order():
    assert Colours.of(["b", "a", "b"]) == Colours.of(["a", "b"])
    many = Colours.of(f"{number:02}" for number in range(2 * N_COLOURS))
    assert [many.css_class(type_) for type_ in many.types] == [f"c{number}" for number in range(N_COLOURS)] * 2


def test_a_type_without_a_colour_and_an_entity_beyond_the_end_are_refused():
    with pytest.raises(ValueError, match="the type '人名' has no colour among those of"):
        sentence_html(Sentence("s", ("北",)), [Entity.span(0, 1, "人名")], COLOURS)
    with pytest.raises(ValueError, match="ends at token 2, but the sentence has 1 tokens"):
        sentence_html(Sentence("s", ("北",)), [Entity.span(0, 2, "地名")], COLOURS)


def luminance(colour):
    """WCAG 2.1, relative luminance."""
    parts = [int(part * (3 - len(colour) // 3), 16) / 255 for part in re.findall(".." if len(colour) == 6 else ".", colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_reads_on_the_ground_of_its_scheme(scheme):
    css = stylesheet()
    block = css.partition("@media (prefers-color-scheme: dark)")[2 * scheme]
    block = block.partition(".c0")[0]
    ground = luminance(re.search(r"--ground: #(\w+);", block)[1])
    colours = dict(re.findall(r"--colour-(\d+): #(\w+);", block))
    assert sorted(map(int, colours)) == list(range(N_COLOURS))
    assert all(f".c{number} {{ --colour: var(--colour-{number}); }}" in css for number in range(N_COLOURS))
    for colour in colours.values():
        darker, lighter = sorted([ground, luminance(colour)])
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5
