"""The page about an evaluation, read back as a browser does."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnerkit.page import browser
from cnerkit.page.report import Content, EpochPoint, PublishedScore, render
from cnerkit.scoring.against import score_against
from cnerkit.scoring.analysis import analyse
from cnerkit.scoring.buckets import TrainEntities, bucketings
from cnerkit.scoring.levels import LevelScores
from cnerkit.text import Entity, Sentence

VOID = {"meta", "input", "rect", "line", "circle", "polyline"}
NASTY = ("<script>alert(1)</script>", '</script><img src=x onerror="alert(1)">', "\" onclick='x' &amp;", "<!-- {{ 1 }}")


class Page(HTMLParser):
    """The elements of a page with their attributes and text; every element must be closed in its turn."""

    def __init__(self, markup):
        super().__init__()
        self.elements, self._open = [], []
        self.feed(markup)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attributes):
        self.elements.append([tag, dict(attributes), ""])
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.elements[self._open.pop()][0] == tag

    def handle_data(self, data):
        for place in self._open:
            self.elements[place][2] += data

    def all(self, tag, class_=None):
        return [each for each in self.elements if each[0] == tag and class_ in {None, each[1].get("class")}]

    def texts(self, tag, class_=None):
        return [" ".join(each[2].split()) for each in self.all(tag, class_)]


def sentence(text, *entities, id_="s"):
    return Sentence(id_, tuple(text), frozenset(Entity.span(*entity) for entity in entities))


GOLD = (sentence("李白写诗", (0, 2, "人名")), sentence("他在北京", (2, 4, "地名")), sentence("没有实体"))
FOUND = (frozenset({Entity.span(0, 2, "人名")}), frozenset({Entity.span(2, 4, "人名")}), frozenset({Entity.span(0, 1, "地名")}))


def content(gold=GOLD, found=FOUND, title="诗", **others):
    ways = bucketings(TrainEntities.of(gold[:1]))
    parts = {"system": "best.pt", "source": "poems", "split": "test", **others}
    return Content(title=title, analysis=analyse(gold, found, ways), sentences=gold, predictions=found, ways=ways, **parts)


def page_of(*arguments, **others):
    return Page(render(content(*arguments, **others)))


def test_the_summary_has_the_scores_with_their_interval_and_what_papers_print():
    row = PublishedScore("BERT", "Li 2020, Table 2", 71.5, recall=70.0, note="on another split")
    page = page_of(published=(row,), notes=("dev is test",))
    summary = next(text for tag, attributes, text in page.elements if attributes.get("id") == "summary")
    told = " ".join(summary.split())
    assert re.search(r"Micro F1 40\.00 95 % interval \d+\.\d\d to \d+\.\d\d Precision33\.33.*Recall50\.00", told)
    assert "right when a gold entity of the same sentence has exactly the same tokens and the same type" in told
    assert "BERT published: Li 2020, Table 2; on another split–70.0071.50" in told
    assert "dev is test" in told


def test_parts_without_content_are_not_there():
    sections = {attributes.get("id") for _, attributes, _ in page_of().all("section")}
    assert sections == {"summary", "types", "errors", "confusion", "buckets", "sentences"}


def test_levels_the_other_system_and_learning_have_their_parts():
    scores = content().analysis.exact
    gold = [one.entities for one in GOLD]
    page = page_of(
        levels=LevelScores("types are cut", (scores,)),
        against=score_against(gold, FOUND, gold, system="other.pt"),
        epochs=(EpochPoint(1, 2.0, 0.1, 0.2, 0.15, is_best=True), EpochPoint(2, 1.0, 0.1, 0.1, 0.1, is_best=False)),
    )
    assert {"levels", "against", "learning"} < {attributes.get("id") for _, attributes, _ in page.all("section")}
    told = " ".join(page.texts("main"))
    assert "Micro F1 is 60.00 points lower than that of other.pt" in told
    assert "only this system 0, only the other 1, and neither 0" in told
    assert "F1 on dev, %; best at epoch 1" in told
    assert "Types are cut. Level 0 is boundaries alone." in told


def test_gold_and_prediction_stand_one_above_the_other_where_they_differ():
    page = page_of()
    assert page.texts("span", "side") == ["Both agree", "Gold", "Predicted", "Gold", "Predicted"]
    assert page.texts("p", "sentence") == ["李白写诗", *["他在北京"] * 2, *["没有实体"] * 2]
    findings = [text for attributes, text in ((each[1], each[2]) for each in page.all("ul", "findings"))]
    assert " ".join(findings[0].split()) == "wrong type gold 北京 地名; predicted 北京 人名"


def test_the_script_is_told_which_entities_and_buckets_a_sentence_has():
    page = page_of()
    known = json.loads(next(each[2] for each in page.all("script") if each[1].get("id") == "index"))
    assert known["types"] == ["人名", "地名"]
    marks = [each[1]["data-marks"] for each in page.all("article")]
    kinds = [known["classes"].index(kind) for kind in ("correct", "wrong-type", "spurious")]
    assert marks == [f"{kinds[0]}.0.0-0", f"{kinds[1]}.1.1-0", f"{kinds[2]}.1.-1"]
    length = known["buckets"].index("entity length: 2")
    places = [set(each[1]["data-places"].split()) for each in page.all("article")]
    assert [f"{length}r" in places[0], {f"{length}m", f"{length}i"} <= places[1]] == [True, True]
    assert f"{known['buckets'].index('entity length: elsewhere')}i" in places[2]


def test_numbers_lead_to_their_sentences_and_zeros_nowhere():
    page = page_of()
    links = {each[1]["href"]: each[2] for each in page.all("a", "to")}
    assert links["#class=error&gold=%E5%9C%B0%E5%90%8D"] == "1"
    assert links["#gold=%E5%9C%B0%E5%90%8D&predicted=%E4%BA%BA%E5%90%8D"] == "1"
    assert links["#bucket=entity+length%3A+2&entities=missed"] == "1"
    assert "0" not in links.values()


def test_what_looks_like_html_stays_text():
    types = NASTY[:2]
    gold = tuple(
        Sentence(nasty, tuple(nasty), frozenset({Entity.span(0, 3, types[0]), Entity.span(2, 5, types[1])})) for nasty in NASTY
    )
    found = tuple(frozenset({Entity.span(0, 3, types[1])}) for _ in NASTY)
    told = dict.fromkeys(("title", "system", "source", "split"), NASTY[1])
    others = {"published": tuple(PublishedScore(nasty, nasty, 1.0, note=nasty) for nasty in NASTY), "notes": NASTY}
    page = page_of(gold, found, **told, **others)
    names = [tag for tag, attributes, _ in page.elements]
    assert (names.count("script"), names.count("img")) == (2, 0)
    assert not [attributes for _, attributes, _ in page.elements if any(name.startswith("on") for name in attributes)]
    assert page.texts("title") == [NASTY[1]]
    assert [each[2] for each in page.all("p", "sentence")] == [nasty for nasty in NASTY for _ in range(2)]
    assert [each[2] for each in page.all("span", "id")] == list(NASTY)
    known = json.loads(next(each[2] for each in page.all("script") if each[1].get("id") == "index"))
    assert known["types"] == sorted(types)
    assert set(NASTY) <= {each[2] for each in page.all("li")}


@settings(max_examples=15)
@given(text=st.text(st.characters(), min_size=1, max_size=6), type_=st.text(st.characters(), min_size=1, max_size=4))
def test_a_page_is_whole_and_can_be_written_whatever_stands_in_it(text, type_):
    page = render(content((sentence(text, (0, 1, type_)),), (frozenset(),), title=text, notes=(type_,)))
    Page(page.encode("utf-8").decode("utf-8"))
    assert "\0" not in page


def test_the_page_refers_to_nothing_outside_itself():
    page = page_of()
    policy = next(each[1]["content"] for each in page.all("meta") if "http-equiv" in each[1])
    assert policy.startswith("default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'")
    references = [value for _, attributes, _ in page.elements for name, value in attributes.items() if name in {"href", "src"}]
    assert references
    assert all(value.startswith("#") for value in references)
    assert not page.all("link")
    styles = "".join(each[2] for each in page.all("style"))
    assert not re.search(r"url\(|@import", styles)


def test_every_link_to_a_part_of_the_page_has_its_part():
    page = page_of()
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    parts = {each[1]["href"][1:] for each in page.all("a") if "=" not in each[1].get("href", "=")}
    assert parts <= set(ids)


def test_a_large_corpus_leaves_out_what_is_right_and_says_so(monkeypatch):
    monkeypatch.setattr(browser, "MOST_SENTENCES", 2)
    page = page_of()
    assert page.texts("p", "sentence") == [*["他在北京"] * 2, *["没有实体"] * 2]
    said = "Of the 3 sentences, 1 without an error are left out here."
    assert f"{said} Scores and numbers are of all of them." in page.texts("p", "notes")


def test_of_more_errors_than_there_is_room_for_the_last_are_left_out(monkeypatch):
    monkeypatch.setattr(browser, "MOST_SENTENCES", 3)
    kept, said = browser.kept_sentences(9, [1, 2, 4, 7, 8])
    assert kept == [1, 2, 4]
    assert said == "Of the 9 sentences, 4 without an error and the last 2 of the 5 with one are left out here."


def test_a_corpus_without_sentences_or_entities_has_a_page():
    assert page_of((), ()).texts("h1") == ["诗"]
    assert "There are none." in " ".join(page_of((sentence("没有"),), (frozenset(),)).texts("main"))


def test_another_number_of_predictions_is_refused():
    with pytest.raises(ValueError, match="3 sentences but 2 predictions"):
        render(Content("诗", "best.pt", "poems", None, analysis=content().analysis, sentences=GOLD, predictions=FOUND[:2]))


def luminance(colour):
    """The relative luminance of WCAG 2.1."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_reads_on_every_ground_of_its_scheme(scheme):
    style = "".join(each[2] for each in page_of().all("style"))
    colours = {name: re.findall(rf"--{name}: (#\w+)", style)[scheme] for name in re.findall(r"--([a-z-]+): #", style)}
    on = {"ink": ("ground", "card", "right-mix", "wrong-mix"), "soft": ("ground", "card"), "link": ("ground", "card")}
    for text, grounds in on.items():
        for ground in grounds:
            dark, light = sorted((luminance(colours[text]), luminance(colours[ground])))
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
