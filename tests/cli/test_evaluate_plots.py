"""``cnerkit evaluate --plots`` with a small trained run."""

import json
import sys
from base64 import b64encode


def test_plots_are_written_and_told_and_shown_in_the_page_and_their_numbers_are_in_the_json(cnerkit, tiny_run, tmp_path):
    folder, page = tmp_path / "plots", tmp_path / "page.html"
    asked = ("--plots", folder, "--html", page, "--json", "--gpus", "0")
    done = cnerkit("evaluate", "-m", tiny_run / "best.pt", tiny_run / "test.jsonl", *asked)
    assert done.code == 0, done.err
    files = ["pca.png", "violins.png", "discrepancy.png", "loss.png", "diagnostics.json"]
    assert sorted(file.name for file in folder.iterdir()) == sorted(files)
    assert f"plots: {', '.join(files[:-1])} and diagnostics.json are in {folder}" in done.err
    numbers, scores = json.loads((folder / "diagnostics.json").read_text(encoding="utf-8")), json.loads(done.out)
    assert scores["diagnostics"] == numbers
    assert len(numbers["spans"]) == scores["micro"]["support"] > 0
    shown = page.read_text(encoding="utf-8")
    for name in files[:-1]:
        assert f'src="data:image/png;base64,{b64encode((folder / name).read_bytes()).decode()}"' in shown
    assert "img-src data:" in shown
    assert 'alt="How probable the true type of' in shown


def test_plots_are_of_a_checkpoint(cnerkit, tmp_path):
    done = cnerkit("evaluate", "--gold", "a.jsonl", "--pred", "b.jsonl", "--plots", tmp_path / "plots")
    assert done.code == 2
    assert "--plots" in done.err
    assert "look at what a model predicts" in done.err


def test_without_matplotlib_nothing_is_scored(cnerkit, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = cnerkit("evaluate", "-m", tmp_path / "no.pt", "a.jsonl", "--plots", tmp_path / "plots")
    assert done.code == 5
    assert done.err.splitlines()[-2:] == [
        "Error: pictures are drawn with matplotlib, which is not installed",
        "  fix: pip install 'cnerkit[plots]'",
    ]


def test_plots_and_relevance_exclude_each_other(cnerkit, tmp_path):
    done = cnerkit("evaluate", "-m", "a.pt", "b.jsonl", "--relevance", "7", "--plots", tmp_path / "plots")
    assert done.code == 2
    assert "--plots" in done.err
