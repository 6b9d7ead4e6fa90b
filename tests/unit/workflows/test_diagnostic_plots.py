"""Pictures of diagnostics: whatever the types are called and however few the spans are, without a box and without a warning."""

import sys

import matplotlib as mpl
import numpy as np
import pytest

from cnerkit.engine.progress import EpochRecord, Score
from cnerkit.scoring.diagnostics import diagnose
from cnerkit.workflows import diagnostic_plots, fonts
from cnerkit.workflows.diagnostic_plots import draw_all, lettering


def diagnostics(types, count=60, seed=2):
    rng = np.random.default_rng(seed)
    table = rng.dirichlet(np.full(len(types) + 1, 0.3), count)
    return diagnose(table, np.arange(count) % len(types), (*types, "no entity"))


def words_in(monkeypatch, types, **options):
    """The texts of all pictures of some diagnostics, by the name of the picture."""
    found = {}
    save = diagnostic_plots._png

    def kept(figure):
        png = save(figure)
        axes = figure.axes[0]
        legends = [legend for legend in (*figure.legends, axes.get_legend()) if legend]
        texts = [*axes.get_xticklabels(), *(text for legend in legends for text in legend.get_texts())]
        found[axes.get_title()[:7]] = [text.get_text() for text in texts]
        return png

    monkeypatch.setattr(diagnostic_plots, "_png", kept)
    for draw in (diagnostic_plots._components, diagnostic_plots._violins):
        draw(diagnostics(types, **options), lettering(types))
    return found


def test_odd_names_are_written_as_they_are(monkeypatch):
    types = ("$x^2$", "_hidden", "100%", "loc/city")
    found = words_in(monkeypatch, types)
    assert tuple(found["Outputs"][-4:]) == types
    assert sorted(found["Blue: r"]) == sorted(["all", *types])


def test_types_that_no_font_here_can_write_are_numbered(monkeypatch):
    types = ("人名\n", "地\x07名")
    found = words_in(monkeypatch, types)
    assert found["Outputs"][-2:] == ["1", "2"]
    assert sorted(found["Blue: r"]) == ["1", "2", "all"]


def test_a_font_of_the_system_is_taken_only_if_it_has_every_letter(monkeypatch):
    files = ["one.ttf", "two.ttf", "three.ttf"]
    has = {"one.ttf": set("abc…"), "two.ttf": set("人地名"), "three.ttf": set("人地名abc…")}
    monkeypatch.setattr(fonts, "_fonts", lambda: iter(files))
    monkeypatch.setattr(fonts, "_has", lambda file, letters: letters <= has[file])
    assert (lettering(("人名", "a")).font, lettering(("人名", "a")).numbered) == ("three.ttf", False)
    assert lettering(("ab",)).font == "one.ttf"
    assert lettering(("新",)).numbered


def test_a_font_is_asked_for_its_letters():
    plain = next(fonts._fonts())
    assert fonts._has(plain, set("abc…"))
    assert not fonts._has(plain, {"人"})
    assert not fonts._has(plain + ".gone", {"a"})


def test_the_font_that_has_a_box_for_everything_is_none_to_write_with():
    assert not [file for file in fonts._fonts() if "LastResort" in file]


def test_long_and_many_names_leave_room_for_the_picture(monkeypatch):
    monkeypatch.setattr(diagnostic_plots, "LEGEND_ROWS", 1)
    monkeypatch.setattr(diagnostic_plots, "SHOWN_TYPES", 2)
    types = tuple(f"a very long name of a type that goes on and on {number}" for number in range(6))
    found = words_in(monkeypatch, types)
    assert set(found["Outputs"][-6:]) == {"a very long name of a type th…"}
    assert found["Blue: r"] == ["all", *["a very long name of a type th…"] * 2]


def test_one_span_of_one_class_after_one_epoch_is_enough_to_draw():
    epochs = (EpochRecord(1, 1, 0.5, Score(0, 0, 0), is_best=True),)
    *_, loss = draw_all(diagnose([[1.0]], [0], ("人",)), epochs, None, lettering(("人",)))
    assert loss.alt == "The mean loss in training of 1 epoch: 0.5 in the first."


@pytest.mark.parametrize("low", [1e-200, 0.0], ids=["almost the same", "the same"])
def test_violins_of_what_hardly_differs_are_drawn(low):
    found = diagnose([[0.8, 0.2], [low, 1.0], [1e-190, 1.0]], [0] * 3, ("人", "no entity"))
    assert diagnostic_plots._violins(found, lettering(("人",))).png


def test_what_a_user_set_for_matplotlib_has_no_part_in_it_and_stays(monkeypatch):
    monkeypatch.setitem(mpl.rcParams, "axes.facecolor", "black")
    found, written = diagnostics(("A",)), lettering(("A",))
    monkeypatch.setattr(diagnostic_plots, "_components", lambda *_: mpl.rcParams["axes.facecolor"])
    monkeypatch.setattr(diagnostic_plots, "_violins", lambda *_: None)
    assert draw_all(found, (), None, written)[0] == "white"
    assert mpl.rcParams["axes.facecolor"] == "black"


def test_pictures_are_drawn_without_pyplots_state_and_told_in_words(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    found = diagnose([[0.9, 0.1], [0.25, 0.75]], [0, 0], ("人", "no entity"))
    pca, violins, discrepancy = draw_all(found, (), None, lettering(("人",)))
    whole = "on their first two principal components, which hold 100.0% of the variance"
    assert pca.alt == (
        f"The probabilities of the classes of 2 entities of the gold, {whole}; the model is right about 1 and wrong about 1."
    )
    assert violins.alt.endswith("the median is 0.900 where it is right and 0.250 where it is wrong.")
    assert discrepancy.alt.endswith("1 are Up and 1 are Stable.")
