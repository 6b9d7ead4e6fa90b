"""Tags and text: what is read from mark-up, against the standard library's parser, and what is refused and where."""

import io
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.markup import Characters, Closing, MarkupReader, Opening
from cnerkit.corpora.problems import Problem
from cnerkit.corpora.source import TextSource

XML = '<?xml version="1.0"?>'


def events_of(text, kind=TextSource):
    return list(MarkupReader(kind(io.BytesIO(text.encode()), "x.xml")))


def only_problem(text):
    *_, problem = events_of(text)
    assert isinstance(problem, Problem)
    return problem


def tree_of(text):
    """Tags, attributes and joined text, in order, as nested lists; None for what is refused."""
    root = ["", {}, []]
    stack = [root]
    for event in events_of(text):
        match event:
            case Problem():
                return None
            case Opening():
                stack.append([event.name, event.attributes, []])
                stack[-2][2].append(stack[-1])
            case Closing():
                stack.pop()
            case Characters():
                siblings = stack[-1][2]
                if siblings and isinstance(siblings[-1], str):
                    siblings[-1] += event.text
                elif event.text:
                    siblings.append(event.text)
    return [each for each in root[2] if not isinstance(each, str)]


def tree_of_element(element):
    children = [element.text] if element.text else []
    for child in element:
        children += [tree_of_element(child), *([child.tail] if child.tail else [])]
    return [element.tag, element.attrib, children]


def test_tags_come_with_attributes_and_places_and_text_with_its_references_resolved():
    assert events_of('<s>\n <t a="1 &lt; 2" b=\'"\'>李白 &amp; x&#26446;&#x767D;</t><u/></s>') == [
        Opening("s", {}, 1, 1),
        Characters("\n "),
        Opening("t", {"a": "1 < 2", "b": '"'}, 2, 2),
        Characters("李白 & x李白"),
        Closing("t", 2, 50),
        Opening("u", {}, 2, 54),
        Closing("u", 2, 54),
        Closing("s", 2, 58),
    ]


def test_comments_instructions_and_a_document_type_are_skipped_and_literal_text_is_read():
    text = f'{XML}<!DOCTYPE s SYSTEM "s.dtd">\n<!-- <b> & -- --><s><?do <x>?><![CDATA[<b> &amp; >]]></s>'
    assert tree_of(text) == [["s", {}, ["<b> &amp; >"]]]


def test_an_ampersand_stands_for_itself_where_no_declaration_says_xml():
    assert tree_of("<s>Lu & Ma, A&B &amp; C</s>") == [["s", {}, ["Lu & Ma, A&B & C"]]]
    problem = only_problem(f"{XML}\n<s>\nLu & Ma</s>")
    assert (problem.what, problem.line, problem.column) == ("'& Ma' stands for no character", 3, 4)


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        pytest.param("<s>\n<t>x</s>", (2, 5), "</s> stands where <t> of 2:1 should be closed first", id="crossing"),
        pytest.param("<s>x</s></t>", (1, 9), "</t> closes an element that is not open", id="not-open"),
        pytest.param("<s>\n <t>x", (2, 2), "<t> is never closed", id="not-closed"),
        pytest.param("<s>1 < 2</s>", (1, 6), "this is no tag: '< 2</s>'", id="stray"),
        pytest.param("<s>x<", (1, 5), "this is no tag: '<'", id="cut"),
        pytest.param('<s a="1>x</s>', (1, 1), "this is no tag: '<s a=\"1>x</s>'", id="quote"),
        pytest.param("<s a=1>x</s>", (1, 1), "this is no tag: '<s a=1>x</s>'", id="unquoted"),
        pytest.param('<s a="1" a="2">x</s>', (1, 1), "<s> has the attribute a twice", id="attribute-twice"),
        pytest.param("<s>\n李&nbsp;白</s>", (2, 2), "'&nbsp;' stands for no character", id="unknown-entity"),
        pytest.param('<s a="&copy;">x</s>', (1, 1), "'&copy;' stands for no character", id="entity-in-attribute"),
        pytest.param("<s>&#xD83D;</s>", (1, 4), "'&#xD83D;' stands for no character", id="half-of-a-pair"),
        pytest.param("<s>&#0;</s>", (1, 4), "'&#0;' stands for no character", id="nul"),
        pytest.param("<s>&#1114112;</s>", (1, 4), "'&#1114112;' stands for no character", id="beyond-unicode"),
        pytest.param("<s>x</s>\n<!-- y", (2, 1), "<!-- is never closed", id="comment"),
    ],
)
def test_malformed_mark_up_ends_the_reading_with_its_place(text, place, what):
    problem = only_problem(text)
    assert (problem.what, (problem.line, problem.column)) == (what, place)


def test_a_document_that_declares_entities_is_refused_before_anything_grows():
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    problem = only_problem(f'{XML}\n<!DOCTYPE s [<!ENTITY l0 "ha">{laughs}]>\n<s>&l9;</s>')
    assert problem.what == "a document type with declarations of its own, which are not read"
    assert (problem.line, problem.column) == (2, 1)


def test_nothing_outside_of_the_file_is_ever_looked_at(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    entity = f'<!DOCTYPE s [<!ENTITY e SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]><s>&e;</s>'
    dtd = f'{XML}<!DOCTYPE s SYSTEM "{tmp_path.as_uri()}/secret.txt"><s>&e;</s>'
    assert "declarations of its own" in only_problem(entity).what
    assert only_problem(dtd).what == "'&e;' stands for no character"


SOUND = ["<a>", "</a>", "<b x='1' y=\"&lt;&#65;\">", "</b>", "<c/>", "<c >", "</c >", "x", "李", " ", "\n", "&amp;", ">"]
OTHER = ["&#x767d;", "<!-- <a> -->", "<?go on?>", "<![CDATA[<&]]>"]
BROKEN = ["&", "&no;", "<", "<a", "'", '"', "=", "<b x='1' x='2'>", "<d e>", "&#0;", "</a/>", "</a x='1'>", "</ a>"]
PIECES = st.sampled_from([*SOUND, *OTHER, *BROKEN])


@given(st.lists(PIECES, max_size=20))
def test_what_is_read_and_what_is_refused_is_as_in_the_standard_library(pieces):
    text = f"{XML}<r>{''.join(pieces)}</r>"
    try:
        expected = [tree_of_element(ET.fromstring(text))]
    except ET.ParseError:
        expected = None
    assert tree_of(text) == expected


@pytest.mark.parametrize("size", [1, 7, 64])
def test_it_does_not_matter_where_the_text_is_cut_into_pieces(size):
    class Slow(io.BytesIO):
        def read(self, _=-1):
            return super().read(size)

    text = f'{XML}<s a="1 > 2">a > b<!-- > > --><t>李白 &amp; 杜甫</t><![CDATA[ > ]]>\n</s>\n'
    joined = tree_of(text)

    def slow(stream, name):
        return TextSource(Slow(stream.read()), name)

    assert [e for e in events_of(text, slow) if not isinstance(e, Characters)] == [
        e for e in events_of(text) if not isinstance(e, Characters)
    ]
    assert joined == [["s", {"a": "1 > 2"}, ["a > b", ["t", {}, ["李白 & 杜甫"]], " > \n"]]]


def test_a_hundred_thousand_open_elements_and_a_comment_of_megabytes_are_no_burden():
    text = "<a>" * 100_000 + f"<!-- {'<x> ' * 500_000}-->" + "</a>" * 100_000
    events = events_of(text)
    assert sum(isinstance(event, Opening) for event in events) == sum(isinstance(event, Closing) for event in events) == 100_000
