"""GENIA's XML: which terms are entities, which sentences belong to which article, what is left out and what is refused."""

import io
import tracemalloc
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import genia
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.source import TextSource
from cnerkit.errors import CnerkitError, DataError
from cnerkit.text import Entity

HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE set SYSTEM "gpml.dtd">\n'


def cons(text, class_=None, lex="x"):
    sem = f' sem="{class_}"' if class_ else ""
    return f'<cons lex="{lex}"{sem}>{text}</cons>'


def article(id_, *abstract, title="T"):
    sentences = "\n".join(f"<sentence>{each}</sentence>" for each in abstract)
    return (
        f"<article>\n<articleinfo>\n<bibliomisc>{id_}</bibliomisc>\n</articleinfo>\n"
        f"<title>\n<sentence>{title}</sentence>\n</title>\n<abstract>\n{sentences}\n</abstract>\n</article>\n"
    )


def corpus(*articles):
    return f"{HEADER}<set>\n{''.join(articles)}</set>\n"


def read(text, notes=None, **hints):
    source = TextSource(io.BytesIO(text.encode()), "g.xml")
    return list(genia.read(source, "g", Hints(**hints), Counter() if notes is None else notes))


def abstract(*sentences, notes=None):
    return read(corpus(article("M:1", *sentences)), notes)[1:]


def refusal(text, **hints):
    with pytest.raises(DataError) as caught:
        read(text, **hints)
    return str(caught.value)


def test_sentences_are_named_by_article_section_and_number_and_hold_their_text_as_it_is():
    sentences = read(corpus(article("M:1", "A  b &lt; c.", "D.", title=" Title "), article("M:2", "E.")))
    assert [(each.id, each.text) for each in sentences] == [
        ("M:1-title-1", " Title "),
        ("M:1-abstract-1", "A  b < c."),
        ("M:1-abstract-2", "D."),
        ("M:2-title-1", "T"),
        ("M:2-abstract-1", "E."),
    ]
    assert all(each.in_characters and each.entities == frozenset() for each in sentences)


def test_terms_are_entities_of_their_class_however_deep():
    inner = cons("Xa", "G#protein_molecule")
    (sentence,) = abstract(f"The {cons(f'{inner} site', 'G#DNA_domain_or_region')} binds {cons('Xa', 'G#protein_molecule')}.")
    assert sentence.text == "The Xa site binds Xa."
    assert sentence.entities == {
        Entity.span(4, 11, "G#DNA_domain_or_region"),
        Entity.span(4, 6, "G#protein_molecule"),
        Entity.span(18, 20, "G#protein_molecule"),
    }


def test_coordinated_terms_and_their_parts_are_counted_and_left_out_but_not_the_terms_within():
    notes = Counter()
    parts = f"{cons(cons('a', 'G#lipid'), lex='a*')}- and {cons('b-', lex='b*')}{cons('cells', lex='*cell')}"
    (sentence,) = abstract(cons(parts, "(AND G#cell_type G#cell_type)"), notes=notes)
    assert (sentence.text, sentence.entities) == ("a- and b-cells", {Entity.span(0, 1, "G#lipid")})
    assert notes == {genia.COORDINATED: 1, genia.UNCLASSED: 3, genia.LEXICAL: 5}


def test_one_place_with_two_classes_is_two_entities_and_a_repeat_is_counted_once():
    notes = Counter()
    twice = cons(cons(cons("ab", "G#virus", ""), "G#lipid", ""), "G#virus", "")
    (sentence,) = abstract(twice, notes=notes)
    assert sentence.entities == {Entity.span(0, 2, "G#virus"), Entity.span(0, 2, "G#lipid")}
    assert notes == {"entities given twice, counted once": 1}


def test_articles_are_selected_by_id_and_nothing_of_the_others_is_counted():
    notes = Counter()
    text = corpus(article("M:1", cons("a")), article("M:2", cons("b", "G#atom")), article("M:3", cons("c")))
    sentences = read(text, notes, articles=frozenset({"M:2"}))
    assert [each.id for each in sentences] == ["M:2-title-1", "M:2-abstract-1"]
    assert notes == {genia.LEXICAL: 1}


def test_two_articles_with_one_id_are_told_apart_and_counted():
    text = corpus(article("M:1", "First."), article("M:2", "Other."), article("M:1", "Second."))
    notes = Counter()
    assert [each.id for each in read(text, notes) if "abstract" in each.id] == [
        "M:1-abstract-1",
        "M:2-abstract-1",
        "M:1-2-abstract-1",
    ]
    assert notes == {genia.SAME_ID: 1}
    assert [each.text for each in read(text, articles=frozenset({"M:1"}))] == ["T", "First.", "T", "Second."]
    assert [each.text for each in read(text, articles=frozenset({"M:1-2"}))] == ["T", "Second."]


def test_an_article_that_is_asked_for_and_missing_is_an_error():
    message = refusal(corpus(article("M:1", "A.")), articles=frozenset({"M:1", "M:7", "M:8"}))
    assert "g.xml:1:1: the file has no document 'M:7', which was asked for (the first of 2 problems" in message
    assert "fix: check the list of documents" in message


def test_sentences_without_an_article_id_are_numbered():
    text = "<set><article><title><sentence>A</sentence></title></article><article><sentence>B</sentence></article></set>"
    assert [each.id for each in read(text)] == ["g-1", "g-2"]
    assert "has no document 'M:1'" in refusal(text, articles=frozenset({"M:1"}))


def test_text_outside_of_sentences_and_other_elements_within_are_counted():
    notes = Counter()
    text = "<article><title>Stray<sentence><w c='NN'>ab</w> <w c='.'>.</w></sentence></title></article>"
    assert [each.text for each in read(text, notes)] == ["ab ."]
    assert notes == {genia.OUTSIDE: 1, "elements w within sentences, of which only the text was read": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("<sentence>a\n<cons sem='G#x'></cons></sentence>", "g.xml:2:1: a term without text", id="empty-term"),
        pytest.param("<title>\n <cons>a</cons></title>", "g.xml:2:2: a term outside of a sentence", id="outside"),
        pytest.param("<sentence><sentence>a</sentence></sentence>", "g.xml:1:11: a sentence within a sentence", id="nested"),
        pytest.param("<sentence><cons>a</sentence>", "</sentence> stands where <cons> of 1:11 should be closed", id="crossing"),
        pytest.param("<sentence>a</sentence><article>", "g.xml:1:23: <article> is never closed", id="cut"),
        pytest.param(f"{HEADER}<sentence>&alpha;</sentence>", "g.xml:3:11: '&alpha;' stands for no character", id="entity"),
    ],
)
def test_malformed_mark_up_is_refused_with_its_place(text, message):
    assert message in refusal(text)


def test_all_mistakes_are_counted_and_no_sentence_follows_the_first():
    text = corpus(article("M:1", "A.", cons("", "G#x"), "B.", cons("", "G#y")))
    seen = []
    with pytest.raises(DataError, match="the first of 2 problems in the file: empty terms: 2"):
        seen.extend(each.text for each in genia.read(TextSource(io.BytesIO(text.encode()), "g.xml"), "g", Hints(), Counter()))
    assert seen == ["T", "A."]


def test_the_format_is_told_by_its_elements():
    text = corpus(article("M:1", cons("a", "G#atom")))
    head = TextSource(io.BytesIO(text.encode()), "g.xml").head()
    assert genia.evidence(head) == "mark-up with article, sentence, cons"
    assert genia.evidence(TextSource(io.BytesIO(b"<article>a<sentence></sentence></article>"), "g.xml").head()) is None


@st.composite
def nested(draw, depth=3):
    """A sentence of terms, as mark-up, and the entities that it means."""
    text, marked, entities = "", "", set()
    for _ in range(draw(st.integers(0, 3))):
        plain = draw(st.text("ab <&李\n", max_size=3))
        text, marked = text + plain, marked + plain.replace("&", "&amp;").replace("<", "&lt;")
        if depth:
            within, tagged, below = draw(nested(depth=depth - 1))
            if within:
                class_ = draw(st.sampled_from(["G#x", "G#y", None, "(OR G#x G#y)"]))
                start, text = len(text), text + within
                marked += cons(tagged, class_)
                entities |= {Entity.span(e.start + start, e.end + start, e.type) for e in below}
                entities |= {Entity.span(start, len(text), class_)} if class_ in ("G#x", "G#y") else set()
    return text, marked, entities


@given(nested())
def test_any_nested_terms_are_read_as_they_were_marked(sentence):
    text, marked, entities = sentence
    (read_,) = abstract(marked)
    assert (read_.text, read_.entities) == (text, entities)


PIECES = ["<set>", "<article>", "</article>", "<bibliomisc>", "</bibliomisc>", "M:1", "<title>", "</title>", "<sentence>"]
PIECES += ["</sentence>", "<cons>", '<cons sem="G#x">', '<cons sem="(', ')">', "</cons>", "a", "<", "&", ";", "\n", "李", "]]>"]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=30))
def test_whatever_is_read_there_is_never_a_traceback(text):
    try:
        sentences = read(text)
    except CnerkitError as error:
        assert error.where  # noqa: PT017 - most of what is drawn is refused
    else:
        assert all(each.entities is not None for each in sentences)


def test_a_sentence_of_a_million_characters_with_terms_a_thousand_deep_is_read():
    deep = "".join(f'<cons sem="G#x{n}">' for n in range(1000)) + "ab" + "</cons>" * 1000
    flat = cons("cd", "G#flat", "") * 20_000
    (sentence,) = abstract(deep + flat + "e" * 960_000)
    assert len(sentence) == 2 + 40_000 + 960_000
    assert len(sentence.entities) == 21_000
    assert {(e.start, e.end) for e in sentence.entities if e.type != "G#flat"} == {(0, 2)}


def test_memory_does_not_grow_with_the_number_of_articles():
    class Articles(io.RawIOBase):
        def __init__(self, count):
            self._count, self._held = count, HEADER.encode() + b"<set>"

        def readable(self):
            return True

        def readinto(self, buffer):
            while not self._held and self._count >= 0:
                self._held = article("M:1", cons("ab", "G#x") * 40).encode() if self._count else b"</set>"
                self._count -= 1
            size = min(len(buffer), len(self._held))
            buffer[:size], self._held = self._held[:size], self._held[size:]
            return size

    def peak(count):
        tracemalloc.start()
        source = TextSource(io.BufferedReader(Articles(count)), "g.xml")
        number = sum(1 for _ in genia.read(source, "g", Hints(), Counter()))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert number == 2 * count
        return highest

    peak(50)
    assert peak(400) < 1.5 * peak(100)
