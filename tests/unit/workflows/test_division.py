"""Running text to sentences and words: what is cut where, and what becomes of entities that no sentence can hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.codecs.tags import Repair
from cnerkit.errors import DataError, UsageError
from cnerkit.text import Entity, Fragment, Sentence
from cnerkit.workflows.division import Cut, Division, Tokens, cut_named, divided, tokens_named
from cnerkit.workflows.losses import Losses


def document(text, *spans, id_="doc"):
    entities = [
        Entity(tuple(Fragment(start, end) for start, end in each[:-1]), each[-1])
        if isinstance(each[0], tuple)
        else Entity.span(*each)
        for each in spans
    ]
    return Sentence(id_, tuple(text), frozenset(entities))


def divide(text, *spans, tokens=Tokens.CHARACTERS, cut=Cut.WHOLE, repair=Repair.STRICT, losses=None):
    given_ = [document(text, *spans)]
    losses = Losses() if losses is None else losses
    return list(divided(given_, Division(tokens, cut), "x.json", repair, losses))


def test_lines_are_sentences_whatever_ends_them_and_blank_ones_are_none():
    found = divide("李白\r\n\r\n杜甫\n王维\r苏轼", (0, 2, "PER"), (6, 8, "PER"), cut=Cut.LINES)
    assert [sentence.text for sentence in found] == ["李白", "杜甫", "王维", "苏轼"]
    assert [sentence.id for sentence in found] == ["doc:1", "doc:2", "doc:3", "doc:4"]
    assert [sorted(sentence.entities) for sentence in found] == [
        [Entity.span(0, 2, "PER")], [Entity.span(0, 2, "PER")], [], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("他说：“走吧！”我走了。", ["他说：“走吧！”", "我走了。"]),
        ("什么？！真的……好", ["什么？！", "真的……", "好"]),
        ("Version 3.5 is out. Get it!", ["Version 3.5 is out.", " Get it!"]),
        ("一\n二。三", ["一", "二。", "三"]),
        ("（见上。）下一句", ["（见上。）", "下一句"]),
    ],
)
def test_sentences_end_at_their_marks_and_what_closes_after_them(text, sentences):
    assert [sentence.text for sentence in divide(text, cut=Cut.ENDS)] == sentences


def test_spaces_part_words_and_entities_follow():
    (found,) = divide("Li Bai met\tDu Fu", (0, 6, "PER"), (11, 16, "PER"), tokens=Tokens.SPACES)
    assert found.tokens == ("Li", "Bai", "met", "Du", "Fu")
    assert found.joiner == " "
    assert found.entities == {Entity.span(0, 2, "PER"), Entity.span(3, 5, "PER")}


def test_words_are_runs_of_letters_single_han_characters_and_single_marks():
    (found,) = divide("IL-2基因, 第3次", (0, 4, "GENE"), tokens=Tokens.WORDS)
    assert found.tokens == ("IL", "-", "2", "基", "因", ",", "第", "3", "次")
    assert found.entities == {Entity.span(0, 3, "GENE")}


def test_a_discontinuous_entity_stays_one_and_joins_over_white_space():
    (found,) = divide("left and right knee", ((0, 4), (15, 19), "X"), ((0, 4), (5, 8), "Y"), tokens=Tokens.SPACES)
    assert found.entities == {Entity((Fragment(0, 1), Fragment(3, 4)), "X"), Entity.span(0, 2, "Y")}


def test_an_entity_within_a_word_or_over_two_lines_is_refused_with_the_count_of_all():
    with pytest.raises(DataError) as caught:
        divide("Peking-based\nfirm", (0, 6, "LOC"), (7, 17, "ORG"), tokens=Tokens.SPACES, cut=Cut.LINES)
    assert caught.value.what == (
        "the LOC 'Peking' in sentence doc cannot be kept: its ends are not those of tokens or it is over several sentences "
        "(the first of 2)"
    )
    assert caught.value.where == "x.json"
    assert "--repair drop" in caught.value.fix


def test_such_entities_are_left_out_and_named_when_they_are_to_be():
    losses = Losses()
    (found,) = divide(
        "Peking-based firm", (0, 6, "LOC"), (13, 17, "ORG"), tokens=Tokens.SPACES, repair=Repair.DROP, losses=losses
    )
    assert found.entities == {Entity.span(1, 2, "ORG")}
    (note,) = losses.notes()
    assert note == (
        "1 entity left out, its ends are not those of tokens or it is over several sentences (LOC 1), "
        "first the LOC 'Peking' in sentence doc"
    )


def test_entities_that_become_the_same_are_counted():
    losses = Losses()
    (found,) = divide("Du Fu", ((0, 2), (3, 5), "PER"), (0, 5, "PER"), tokens=Tokens.SPACES, losses=losses)
    assert found.entities == {Entity.span(0, 2, "PER")}
    assert losses.notes() == ["left out: entities that became the same as another of 1 sentence"]


def test_a_document_that_is_not_annotated_stays_so():
    source = [Sentence("d", tuple("一。二。"), None)]
    found = list(divided(source, Division(cut=Cut.ENDS), "x", Repair.STRICT, Losses()))
    assert [sentence.entities for sentence in found] == [None, None]


@pytest.mark.parametrize(("named", "name"), [(tokens_named, "bytes"), (cut_named, "pages")])
def test_an_unknown_name_is_refused_with_those_there_are(named, name):
    with pytest.raises(UsageError, match=f"called '{name}'") as caught:
        named(name)
    assert "choose from" in caught.value.fix


@given(st.text(alphabet="李白ab3 .。！”\n\r\t，", max_size=60), st.sampled_from(Tokens), st.sampled_from(Cut), st.data())
def test_division_keeps_every_visible_character_and_the_surface_of_every_entity_that_it_keeps(text, tokens, cut, data):
    places = st.integers(0, len(text))
    spans = data.draw(st.lists(st.tuples(places, places).filter(lambda each: each[0] < each[1]), max_size=4, unique=True))
    losses = Losses()
    found = divide(
        text, *[(*span, f"T{n}") for n, span in enumerate(spans)], tokens=tokens, cut=cut, repair=Repair.DROP, losses=losses
    )
    visible = "".join(text.split())
    assert (
        "".join("".join(sentence.tokens) for sentence in found).replace(" ", "").translate({9: None, 10: None, 13: None})
        == visible
    )
    kept = {entity.type: sentence.surface(entity) for sentence in found for entity in sentence.entities}
    assert len(kept) + losses.counts.total() == len(spans)
    for type_, surface in kept.items():
        start, end = spans[int(type_[1:])]
        assert "".join(surface.split()) == "".join(text[start:end].split())


@pytest.mark.parametrize(
    "brings_tokens",
    [
        Sentence("r1", ("Ada", "spoke"), frozenset({Entity((Fragment(0, 1),), "PER")}), " "),
        Sentence("r1", ("中", "國人"), frozenset({Entity((Fragment(1, 2),), "PER")})),
        Sentence("r1", ("中", "國"), None, " "),
    ],
)
@pytest.mark.parametrize("division", [Division(Tokens.WORDS), Division(cut=Cut.ENDS)])
def test_a_record_that_brings_its_own_tokens_is_refused(brings_tokens, division):
    with pytest.raises(UsageError, match="sentence r1 has tokens of its own, and no running text to divide") as told:
        list(divided([document("一", id_="d"), brings_tokens], division, "notes.jsonl", Repair.DROP, Losses()))
    fix = "leave --tokens and --sentences out (data.tokens and data.sentences of a recipe)"
    assert (told.value.where, told.value.fix) == ("notes.jsonl", fix)
