"""HAREM's original files: which reading of them is taken, what is left out and counted, and what is refused."""

import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import harem
from cnerkit.corpora.formats import Hints
from cnerkit.corpora.harem_passages import Mention, Passage, in_lines
from cnerkit.corpora.source import TextSource
from cnerkit.errors import CnerkitError, DataError
from cnerkit.text import Entity

PESSOA = '<PESSOA TIPO="INDIVIDUAL" MORF="F,S">'


def first(*texts):
    documents = (
        f"<DOC>\r\n<DOCID>H-{n}</DOCID>\r\n<GENERO>Web</GENERO>\r\n<ORIGEM>PT</ORIGEM>\r\n<TEXTO>{text}</TEXTO>\r\n</DOC>\r\n"
        for n, text in enumerate(texts, start=1)
    )
    return "".join(documents)


def second(*texts):
    documents = (f'  <DOC DOCID="d-{n}">\r\n{text}\r\n  </DOC>\r\n' for n, text in enumerate(texts, start=1))
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>\r\n<!DOCTYPE colHAREM>\r\n<colHAREM versao="x">\r\n'
    return f"{head}{''.join(documents)}</colHAREM>\r\n"


def read(text, notes=None, **hints):
    source = TextSource(io.BytesIO(text.encode()), "h.xml")
    return list(harem.read(source, "h", Hints(**hints), Counter() if notes is None else notes))


def only(text, notes=None):
    (document,) = read(text, notes)
    return document


def surfaces(document):
    return [(document.surface(entity), entity.type) for entity in sorted(document.entities)]


def refusal(text, **hints):
    with pytest.raises(DataError) as caught:
        read(text, **hints)
    return str(caught.value)


def test_a_document_of_the_first_collection_is_its_text_with_its_white_space_and_unix_line_ends():
    notes = Counter()
    document = only(first(f"\r\n{PESSOA}Ana  Luz</PESSOA>\r\n mora em <LOCAL>Faro</LOCAL>.\r\n"), notes)
    assert (document.id, document.text) == ("H-1", "\nAna  Luz\n mora em Faro.\n")
    assert document.entities == {Entity.span(1, 9, "PESSOA"), Entity.span(19, 23, "LOCAL")}
    assert document.in_characters
    kinds = ("attributes TIPO", "attributes MORF", "elements GENERO", "elements ORIGEM")
    assert notes == {f"{kind}, left out": 1 for kind in kinds}


def test_a_line_break_within_a_paragraph_of_the_second_collection_is_a_space_and_paragraphs_are_lines():
    text = "<p>\nTítulo\n</p>\r\n    <p>\n\r\n      A\r\n      <EM ID='1' CATEG='PESSOA'>Ana  Luz</EM>\r\n      ri.\r\n\n</p>"
    document = only(second(text))
    assert (document.id, document.text) == ("d-1", "Título\nA Ana  Luz ri.")
    assert surfaces(document) == [("Ana  Luz", "PESSOA")]


def test_of_alternatives_the_one_with_most_entities_is_read_and_the_first_among_equals():
    notes = Counter()
    apart = "<OBRA>Carta</OBRA> de <PESSOA>Ana</PESSOA>"
    text = (
        f"<ALT><OBRA>Carta de Ana</OBRA>|{apart}</ALT>, <ALT>Sul|<LOCAL>Sul</LOCAL></ALT>, "
        "<ALT><OBRA>Lua</OBRA>|<LOCAL>Lua</LOCAL>|Lua</ALT>"
    )
    document = only(first(text), notes)
    assert document.text == "Carta de Ana, Sul, Lua"
    assert surfaces(document) == [("Carta", "OBRA"), ("Ana", "PESSOA"), ("Sul", "LOCAL"), ("Lua", "OBRA")]
    assert (notes[harem.ALTERNATIVES], notes[harem.IN_ALTERNATIVES], notes[harem.OTHER_TEXTS]) == (4, 2, 0)


def test_an_alternative_with_another_text_is_counted_and_a_bar_elsewhere_is_text():
    notes = Counter()
    document = only(first("a | b <ALT>x<OBRA>y|z</OBRA> | xyz</ALT>"), notes)
    assert (document.text, surfaces(document)) == ("a | b xy|z ", [("y|z", "OBRA")])
    assert notes[harem.OTHER_TEXTS] == 1


@pytest.mark.parametrize(
    ("text", "types", "several"),
    [
        pytest.param(first("<LOCAL|ORGANIZACAO>Banco</LOCAL|ORGANIZACAO>"), ["LOCAL"], 1, id="first"),
        pytest.param(first("<PESSOA|PESSOA>Rei</PESSOA|PESSOA>"), ["PESSOA"], 0, id="first-same"),
        pytest.param(second('<p><EM CATEG="OBRA|COISA|OBRA">Arca</EM></p>'), ["OBRA"], 1, id="second"),
        pytest.param(second('<p><EM CATEG="TEMPO|TEMPO">hoje</EM></p>'), ["TEMPO"], 0, id="second-same"),
        pytest.param(second('<p><EM CATEG="|LOCAL">Faro</EM></p>'), ["LOCAL"], 0, id="second-empty"),
    ],
)
def test_of_several_categories_the_first_is_read_and_differing_ones_are_counted(text, types, several):
    notes = Counter()
    assert [entity.type for entity in only(text, notes).entities] == types
    assert notes[harem.SEVERAL] == several


def test_an_entity_without_a_category_is_counted_and_left_out():
    notes = Counter()
    document = only(second('<p><EM ID="1">Arca</EM> e <EM ID="2" CATEG="">Titã</EM></p>'), notes)
    assert (document.text, document.entities) == ("Arca e Titã", frozenset())
    assert notes[harem.UNCATEGORISED] == 2


@pytest.mark.parametrize(
    ("text", "expected", "entities"),
    [
        pytest.param(first("a <OMITIDO>b <LOCAL>Faro</LOCAL></OMITIDO>c"), "a c", 1, id="first"),
        pytest.param(second("<p>a</p><OMITIDO><p>b</p>c</OMITIDO><p>d</p>"), "a\nd", 0, id="paragraphs"),
        pytest.param(
            second("<p>a <OMITIDO><ALT><EM CATEG='OBRA'>x</EM>|x</ALT></OMITIDO> b</p>"), "a  b", 1, id="alternatives"
        ),
    ],
)
def test_a_passage_marked_as_omitted_is_left_out_with_its_entities_and_counted(text, expected, entities):
    notes = Counter()
    document = only(text, notes)
    assert (document.text, document.entities) == (expected, frozenset())
    assert (notes[harem.OMITTED], notes[harem.IN_OMITTED]) == (1, entities)


def test_documents_are_selected_by_id_and_nothing_of_the_others_is_counted():
    notes = Counter()
    text = second("<p><EM>a</EM></p>", "<p>b</p>", "<p><OMITIDO>c</OMITIDO></p>")
    assert [each.id for each in read(text, notes, articles=frozenset({"d-2"}))] == ["d-2"]
    assert notes == {}
    assert "h.xml:1:1: the file has no document 'd-9', which was asked for" in refusal(text, articles=frozenset({"d-9"}))


def test_documents_without_an_id_are_numbered_and_text_between_documents_is_counted():
    notes = Counter()
    text = "<DOC><TEXTO>a</TEXTO></DOC> and <DOC><TEXTO>b</TEXTO></DOC>"
    assert [(each.id, each.text) for each in read(text, notes)] == [("h-1", "a"), ("h-2", "b")]
    assert notes == {harem.OUTSIDE: 1}


def test_ampersands_and_right_angles_stand_for_themselves_in_the_first_collection():
    document = only(first("<ORGANIZACAO>Lu & Ma</ORGANIZACAO>, C&T e &lt;a&amp;b> > c"))
    assert document.text == "Lu & Ma, C&T e <a&b> > c"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(first("\n<PESSOA>Ana"), "h.xml:6:12: </TEXTO> stands where <PESSOA> of 6:1 should be", id="not-closed"),
        pytest.param(first("<OBRA><LOCAL>a</OBRA></LOCAL>"), "h.xml:5:22: </OBRA> stands where <LOCAL> of 5:14", id="crossing"),
        pytest.param(first("<LOCAL|OBRA>a</LOCAL>"), "</LOCAL> stands where <LOCAL|OBRA> of 5:8", id="categories"),
        pytest.param(first("1 < 2"), "h.xml:5:10: this is no tag: '< 2</TEXTO>", id="stray"),
        pytest.param(first("a&eacute;"), "h.xml:5:9: '&eacute;' stands for no character", id="reference"),
        pytest.param(first("<PESOA>Ana</PESOA>"), "h.xml:5:8: <PESOA> is no element of HAREM", id="unknown"),
        pytest.param(first("a <OBRA> </OBRA>"), "h.xml:5:10: an entity without text", id="blank"),
        pytest.param("<DOC>\n<DOC></DOC></DOC>", "h.xml:2:1: a document within a document", id="nested"),
        pytest.param(second("<p>C&T</p>"), "h.xml:5:5: '&T' stands for no character", id="ampersand"),
        pytest.param(second("<p>a</p>")[:-24], "h.xml:4:3: <DOC> is never closed", id="cut"),
        pytest.param(first("<ALT>a|<ALT>b</ALT></ALT>"), "h.xml:5:15: alternatives within an alternative", id="alternatives"),
        pytest.param("<p>a</p>", "h.xml:1:1: <p> is no element of HAREM", id="no-document"),
    ],
)
def test_malformed_mark_up_is_refused_with_its_place(text, message):
    assert message in refusal(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(first("a"), "SGML with DOC, DOCID and TEXTO, as in the first HAREM", id="first"),
        pytest.param(second("<p>a</p>"), "XML with colHAREM, as in the second HAREM", id="second"),
        pytest.param("<DOC><TEXT>a</TEXT></DOC>", None, id="another"),
        pytest.param("DOCID TEXTO", None, id="text"),
    ],
)
def test_the_two_collections_are_told_by_their_elements(text, told):
    assert harem.evidence(TextSource(io.BytesIO(text.encode()), "h.xml").head()) == told


@given(st.text(" \nab", max_size=30), st.data())
def test_entities_keep_their_text_when_layout_is_undone(text, data):
    passage = Passage()
    passage.add(text)
    spans = [(a, b) for a in range(len(text)) for b in range(a + 1, len(text) + 1) if text[a:b].strip()]
    chosen = data.draw(st.lists(st.sampled_from(spans), max_size=4)) if spans else []
    passage.mentions = [Mention(*span, "x") for span in chosen]
    tidy = in_lines(passage)
    lines = [line.strip() for line in text.split("\n")]
    assert tidy.text == "\n".join(line for line in lines if line)
    for old, new in zip(passage.mentions, tidy.mentions, strict=True):
        surface = tidy.text[new.start : new.end]
        assert surface.split() == text[old.start : old.end].split()
        assert surface[0] not in " \n" or text[old.start] == " "
        assert "\n" not in (surface[0], surface[-1])


PIECES = [
    "<DOC>",
    "</DOC>",
    "<DOCID>",
    "</DOCID>",
    "<TEXTO>",
    "</TEXTO>",
    "<ALT>",
    "|",
    "</ALT>",
    "<LOCAL>",
    "</LOCAL>",
    "<EM>",
]
PIECES += [
    "<colHAREM>",
    "</colHAREM>",
    '<DOC DOCID="1">',
    "<p>",
    "</p>",
    '<EM CATEG="A|B">',
    "</EM>",
    "<OMITIDO>",
    "</OMITIDO>",
]
PIECES += ["a", "á", " ", "\n", "&", "<", ">", "<GENERO>", "</GENERO>"]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=30))
def test_whatever_is_read_there_is_never_a_traceback(text):
    try:
        documents = read(text)
    except CnerkitError as error:
        assert error.where  # noqa: PT017 - most of what is drawn is refused
    else:
        assert all(each.entities is not None for each in documents)


def element(tag, parts):
    return f"<{tag}>a{''.join(parts)}</{tag.split()[0]}>"


TAGS = st.sampled_from(["OMITIDO", "p", "LOCAL", "OBRA|LOCAL", 'EM CATEG="A|B"', "EM"])
WITHIN = st.recursive(
    st.text(" ab\n|", min_size=1, max_size=4),
    lambda inner: st.builds(element, TAGS, st.lists(inner, max_size=3)),
    max_leaves=12,
)
ALTERNATIVES = st.lists(WITHIN, max_size=4).map(lambda parts: element("ALT", parts))


@given(st.lists(WITHIN | ALTERNATIVES, max_size=5).map("".join), st.sampled_from([first, second]))
def test_every_entity_is_read_or_counted_as_left_out(text, collection):
    notes = Counter()
    document = only(collection(text), notes)
    left = (harem.IN_ALTERNATIVES, harem.IN_OMITTED, harem.UNCATEGORISED, "entities given twice, counted once")
    marked = sum(text.count(f"<{name}") for name in ("LOCAL", "OBRA", "EM"))
    assert len(document.entities) + sum(notes[kind] for kind in left) == marked


def test_a_document_of_a_million_characters_with_elements_a_thousand_deep_is_read():
    deep = "<OBRA>" * 1000 + "a" + "</OBRA>" * 1000
    flat = "<LOCAL>Faro</LOCAL>\n" * 20_000
    in_sgml = only(first(deep + flat + "b " * 450_000))
    in_xml = only(second(f"<p>{deep}{flat}</p>" + f"<p>{'b ' * 450}</p>\n" * 1000))
    assert len(in_sgml.entities) == len(in_xml.entities) == 20_001
    assert len(in_sgml) == 1_000_001
    assert len(in_xml) == 1 + 20_000 * 5 - 1 + 1000 * 900


def test_deeply_nested_alternatives_are_refused_without_trying_them_all():
    text = first("<ALT>a<LOCAL>b</LOCAL>" * 20_000 + "</ALT>" * 20_000)
    assert "(the first of 19999 problems in the file: nested alternatives: 19999)" in refusal(text)
