"""`cnerkit compare`: scores, differences and what is significant, of runs that are kept and of checkpoints that predict."""

import json
import statistics
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from cnerkit.engine.runs import RunFolder, write_json
from cnerkit.recipe.loading import load_recipe
from cnerkit.scoring.exact import score
from cnerkit.scoring.multiplicity import holm
from cnerkit.scoring.resampling import paired_difference
from cnerkit.scoring.typing_score import score_typing
from cnerkit.text import Prediction
from cnerkit.workflows.corpus import load_corpus
from cnerkit.workflows.predictions import write_predictions
from cnerkit.workflows.result import TrainingResult

HEAD = ["system", "dev", "F1", "test", "P", "test", "R", "test", "F1"]
ON_CPU = ("--gpus", "0")
MODEL = {"name": "bilstm_crf", "dim": 8}


def write_corpus(path: Path, n_sentences: int, *, place: str = "LOC") -> None:
    """Sentences with a person and a place each."""
    spans = [{"start": 0, "end": 2, "label": "PER"}, {"start": 3, "end": 5, "label": place}]
    rows = [{"text": f"王{'明红刚'[number % 3]}在北京，{number}", "entities": spans} for number in range(n_sentences)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_recipe(path: Path, corpus: Path, *, model: dict | None = None, **data) -> Path:
    """A recipe on the files of a folder; ``data`` goes over its data section."""
    files = {split: str(corpus / f"{split}.jsonl") for split in ("train", "dev", "test")}
    sections = {
        "data": {key: value for key, value in {**files, **data}.items() if value is not None},
        "encoder": {"kind": "static", "dim": 8},
        "model": model or MODEL,
    }
    path.write_text(yaml.safe_dump(sections, allow_unicode=True), encoding="utf-8")
    return path


def keep_run(folder: Path, recipe: Path, missed: set[int], *, seed: int = 1) -> Path:
    """The folder of a run that finds all entities of dev and test but those of the sentences ``missed``, by their places."""
    loaded = load_recipe(str(recipe))
    loaded = replace(loaded, training=loaded.training.model_copy(update={"seed": seed}))
    run = RunFolder(folder)
    run.begin(loaded.resolved(), "new")
    corpus, reports, typing = load_corpus(loaded.data, base=None, data_dir=None), {"test": None}, {}
    for split, file in (("dev", run.dev_predictions), ("test", run.predictions)):
        if gold := corpus.splits.get(split):
            found = [() if place in missed else tuple(sorted(one.entities)) for place, one in enumerate(gold)]
            predictions = [Prediction(one.id, each, (1.0,) * len(each)) for one, each in zip(gold, found, strict=True)]
            write_predictions(file, gold, predictions)
            reports[split] = score((one.entities for one in gold), found)
            if loaded.model.name == "sng_typing":
                typing[split] = score_typing([one.entities for one in gold], found)
    result = TrainingResult(loaded, folder, 1, 1, reports["dev"], reports["test"], corpus.dev_is_test, typing=typing)
    write_json(run.metrics, result.to_json())
    return folder


@pytest.fixture
def keep(tmp_path, monkeypatch):
    """Keep a run on 30 sentences of test: ``keep("one", {3, 5}, seed=2)`` misses all of two of them."""
    monkeypatch.chdir(tmp_path)
    for split, count in (("train", 4), ("dev", 20), ("test", 30)):
        write_corpus(tmp_path / f"{split}.jsonl", count)
    recipe = write_recipe(tmp_path / "own.yaml", tmp_path)
    return lambda name, missed=(), seed=1: keep_run(tmp_path / name, recipe, set(missed), seed=seed)


def compared(cnerkit, *arguments):
    done = cnerkit("compare", *arguments, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_the_tables_show_scores_differences_and_which_of_them_are_significant(cnerkit, keep):
    done = cnerkit("compare", keep("good"), keep("poor", range(0, 30, 2)), keep("fair", [7]))
    assert (done.code, done.err) == (0, "")
    scored, _, head, good, poor, _, _, columns, base, worse, same, _, *notes = done.out.splitlines()
    assert scored == "train, test: 30 sentences, 60 entities of 2 types: LOC, PER"
    assert head.split() == HEAD
    assert good.split() == ["good", "100.00", "100.00", "100.00", "100.00"]
    assert poor.split() == ["poor", "66.67", "100.00", "50.00", "66.67"]
    assert columns.split() == ["system", "F1", "interval", "difference", "interval", "p", "p", "(Holm)"]
    assert base.split() == ["good", "[100.00,", "100.00]"]
    all_right = np.full((30, 3), 2)
    half = np.where(np.arange(30)[:, None] % 2, all_right, [0, 0, 2])
    p = paired_difference(half, all_right).p
    assert [worse.split()[3], *worse.split()[-2:]] == ["-33.33*", f"{p:.4f}", f"{2 * p:.4f}"]
    assert same.split()[3] == "-1.69"
    assert "*: significant, adjusted p at most 0.05: poor" in notes
    assert "p: no difference, two-sided, same bootstrap; p (Holm): the same, adjusted for 2 comparisons" in notes
    assert "difference in F1 to good; intervals: 95%, paired bootstrap over sentences alone, since there is one seed" in notes
    assert notes[0].startswith("percent, one seed each; exact match: right when")
    assert max(map(len, (head, good, poor, columns, base, worse, same))) <= 80


def test_runs_that_are_kept_are_compared_without_torch(without_torch, keep):
    assert without_torch("compare", keep("one"), keep("other", [3])) == []


def test_one_pair_has_the_p_of_approximate_randomisation_and_none_that_is_adjusted(cnerkit, keep):
    one, other = keep("one"), keep("other", [1, 2, 3])
    out = cnerkit("compare", one, other).out
    assert "p (randomised)" in out
    assert "(Holm)" not in out
    told = compared(cnerkit, one, other)["systems"][1]["difference"]
    assert told["p_holm"] == told["p"]
    assert told["p_approximate_randomisation"] == pytest.approx(2 * 0.5**3, abs=0.02), "all exchanged, or none of the three"


def test_seeds_have_no_p_of_approximate_randomisation_which_knows_nothing_of_other_seeds(cnerkit, keep):
    for name, missed in (("one", [0]), ("other", [4, 5])):
        for seed in (1, 2):
            keep(f"{name}/seed-{seed}", missed, seed)
    lines = cnerkit("compare", "one", "other").out.splitlines()
    assert next(line for line in lines if "difference" in line).split()[-1] == "p"
    assert "p: no difference, two-sided, same bootstrap" in lines
    assert compared(cnerkit, "one", "other")["systems"][1]["difference"]["p_approximate_randomisation"] is None


def test_several_seeds_are_a_mean_and_a_sample_deviation_with_an_interval_over_both(cnerkit, keep):
    missed = {1: range(3), 2: range(5), 10: range(4)}
    for seed, places in missed.items():
        keep(f"many/seed-{seed}", places, seed)
    told = compared(cnerkit, "many", keep("single", [0]))
    many = told["systems"][0]
    f1s = [2 * (30 - len(places)) / (60 - len(places)) for places in missed.values()]
    assert [run["f1"] for run in many["runs"]] == pytest.approx(f1s)
    assert [run["seed"] for run in many["runs"]] == [1, 2, 10]
    assert many["f1"] == pytest.approx({"mean": sum(f1s) / 3, "sample_standard_deviation": statistics.stdev(f1s)})
    assert many["interval"]["low"] < min(f1s) < max(f1s) < many["interval"]["high"]
    out = cnerkit("compare", "many", "single").out
    assert f"{100 * sum(f1s) / 3:.2f} ± {100 * statistics.stdev(f1s):.2f}" in out
    assert "mean ± sample standard deviation over seeds" in out
    assert "seeds: many 1, 2, 10; single 1" in out


@pytest.mark.parametrize(
    ("seeds", "others", "pairs", "note"),
    [
        pytest.param((1, 2), (1, 2), [(1, 1), (2, 2)], None, id="the-same"),
        pytest.param((1, 2, 3), (2,), [(2, 2)], "2 with 2", id="fewer"),
        pytest.param((2, 5), (1, 2), [(2, 2), (5, 1)], "2 with 2, 5 with 1", id="partly-others"),
        pytest.param((3,), (1,), [(3, 1)], None, id="single-ones"),
    ],
)
def test_equal_seeds_are_paired_first_and_what_does_not_go_without_saying_is_said(cnerkit, keep, seeds, others, pairs, note):
    for name, each in (("base", others), ("new", seeds)):
        for seed in each:
            keep(f"{name}/seed-{seed}", [seed], seed)
    told = compared(cnerkit, "base", "new")
    found = told["systems"][1]["difference"]["seeds"]
    assert [(pair["system"], pair["baseline"]) for pair in found] == pairs
    said = [text for text in told["notes"] if "do not share all seeds" in text]
    assert said == ([f"new and base do not share all seeds; their difference is over {note}"] if note else [])


def test_differences_are_to_the_baseline_and_adjusted_over_all(cnerkit, keep):
    runs = [keep("a", range(12)), keep("b", range(9)), keep("c"), keep("d", [0])]
    told = compared(cnerkit, *runs, "--baseline", "c")
    assert told["baseline"] == "c"
    found = [each["difference"] for each in told["systems"]]
    assert found[2] is None
    others = [each for each in found if each]
    assert [each["p_holm"] for each in others] == pytest.approx(holm([each["p"] for each in others]))
    assert [each["significant"] for each in others] == [True, True, False]
    assert all(each["p_approximate_randomisation"] is None for each in others)
    assert others[0]["difference"] == pytest.approx(2 * 18 / 48 - 1)
    assert compared(cnerkit, *runs, "--baseline", runs[2]) == told


def test_an_ablation_stands_for_its_variants_the_full_model_first(cnerkit, keep, tmp_path):
    variants = [{"folder": name, "digest": "x", "corpus": "x"} for name in ("full", "drop-crf")]
    for variant in variants:
        keep(f"ablation/{variant['folder']}/seed-1", [4])
    plan = {"recipe": "own", "model": "bilstm_crf", "settings": {}, "variants": variants}
    (tmp_path / "ablation/ablation.json").write_text(json.dumps(plan), encoding="utf-8")
    assert [each["name"] for each in compared(cnerkit, "ablation")["systems"]] == ["full", "drop-crf"]


def test_names_are_as_much_of_the_end_of_a_path_as_tells_systems_apart(cnerkit, keep):
    told = compared(cnerkit, keep("x/run"), keep("y/run"))
    assert [each["name"] for each in told["systems"]] == ["x/run", "y/run"]


def test_a_corpus_without_test_is_compared_on_dev_which_is_said_to_be_too_high(cnerkit, tmp_path, keep):  # noqa: ARG001
    recipe = write_recipe(tmp_path / "no_test.yaml", tmp_path, test=None)
    runs = [keep_run(tmp_path / name, recipe, missed) for name, missed in (("one", set()), ("other", {1, 2}))]
    done = cnerkit("compare", *runs)
    assert "train, dev: 20 sentences" in done.out
    assert done.out.splitlines()[2].split() == ["system", "dev", "P", "dev", "R", "dev", "F1"]
    assert "so scores are too high: one, other" in done.out


def test_what_was_trained_on_other_data_and_scored_on_the_same_is_compared_and_said(cnerkit, tmp_path, keep):
    write_corpus(tmp_path / "more.jsonl", 9)
    recipe = write_recipe(
        tmp_path / "more.yaml", tmp_path, train=str(tmp_path / "train.jsonl"), dev=str(tmp_path / "more.jsonl")
    )
    told = compared(cnerkit, keep("one"), keep_run(tmp_path / "more", recipe, {2}))
    assert "more was trained on other data than one (data.dev)" in told["notes"]


def test_a_checkpoint_predicts_and_comes_to_the_scores_that_its_run_kept(cnerkit, tiny_run):
    told = compared(cnerkit, tiny_run, tiny_run / "best.pt", *ON_CPU)
    run, checkpoint = told["systems"]
    kept = json.loads((tiny_run / "metrics.json").read_text(encoding="utf-8"))
    assert 0 < run["f1"]["mean"] == checkpoint["f1"]["mean"] == kept["test"]["micro"]["f1"]
    assert run["dev_f1"]["mean"] == checkpoint["dev_f1"]["mean"] == kept["dev"]["micro"]["f1"]
    assert checkpoint["difference"]["p"] == 1.0
    assert "1 checkpoint predicted now; of the runs, the predictions that they kept are scored" in told["notes"]


def test_checkpoints_predict_another_split_or_file_when_asked(cnerkit, tiny_run):
    systems = (tiny_run, tiny_run / "best.pt")
    dev = compared(cnerkit, *systems, "--on", "sample", "--split", "dev", *ON_CPU)
    kept = json.loads((tiny_run / "metrics.json").read_text(encoding="utf-8"))
    assert [each["f1"]["mean"] for each in dev["systems"]] == [kept["dev"]["micro"]["f1"]] * 2
    assert dev["systems"][0]["dev_f1"] is None
    assert any("so scores are too high: run, best.pt" in text for text in dev["notes"])
    file = compared(cnerkit, *systems, "--on", tiny_run / "test.jsonl", "--from", "jsonl", *ON_CPU)
    assert file["split"] is None
    assert file["systems"][0]["f1"]["mean"] == kept["test"]["micro"]["f1"]


@pytest.mark.parametrize(
    ("options", "support"),
    [
        pytest.param(("--from-scheme", "io"), 1, id="scheme"),
        pytest.param(("--from-scheme", "bio", "--repair", "conlleval"), 1, id="repaired"),
        pytest.param(("--from-scheme", "bio", "--repair", "drop"), 0, id="dropped"),
    ],
)
def test_what_is_predicted_is_read_as_the_options_say(cnerkit, tiny_run, tmp_path, options, support):
    (tmp_path / "odd.txt").write_text("月\tI-MOON\n亮\tI-MOON\n圆\tO\n", encoding="utf-8")
    told = compared(cnerkit, tiny_run, tiny_run / "best.pt", "--on", tmp_path / "odd.txt", *options, *ON_CPU)
    assert told["support"] == support
    note = "gold of types that checkpoints do not know is missed, 1 entity: MOON"
    assert (note in told["notes"]) == bool(support)


def without(folder, *files):
    for file in files:
        (folder / file).unlink()
    return folder


def refused(cnerkit, *arguments):
    done = cnerkit("compare", *arguments)
    assert done.code != 0
    assert done.out == ""
    return done.code, done.err


def test_runs_on_other_sentences_types_and_gold_are_refused_with_the_difference(cnerkit, keep, tmp_path):
    def against(name, n_sentences=30, **changed):
        (tmp_path / name).mkdir()
        for split in ("train", "dev"):
            write_corpus(tmp_path / name / f"{split}.jsonl", 4, **changed)
        write_corpus(tmp_path / name / "test.jsonl", n_sentences, **changed)
        return write_recipe(tmp_path / f"{name}.yaml", tmp_path / name)

    one = keep("one")
    fewer = keep_run(tmp_path / "fewer/run", against("fewer", 29), set())
    code, said = refused(cnerkit, one, fewer)
    assert code == 2
    assert f"{fewer}: one and run are not scored on the same: 30 sentences of test and 29" in said
    assert "fix: compare their checkpoints on one corpus with --on SOURCE [--split P], or train them on the same one" in said
    typed = keep_run(tmp_path / "typed/run", against("typed", place="GPE"), set())
    assert "the same: other types, only the first has LOC; only the second has GPE" in refused(cnerkit, one, typed)[1]
    gold = tmp_path / "gold"
    recipe = against("gold")
    lines = (gold / "test.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    lines[4] = json.dumps({"text": json.loads(lines[4])["text"], "entities": []}) + "\n"
    (gold / "test.jsonl").write_text("".join(lines), encoding="utf-8")
    said = refused(cnerkit, one, keep_run(gold / "run", recipe, set()))[1]
    assert "the same: sentence 5 of test has other gold entities, '王红在北京，4'" in said
    lines[4] = json.dumps({"text": "别的话", "entities": []}) + "\n"
    (gold / "test.jsonl").write_text("".join(lines), encoding="utf-8")
    said = refused(cnerkit, one, keep_run(gold / "again", recipe, set()))[1]
    assert "the same: sentence 5 of test is '王红在北京，4' and '别的话'" in said
    no_test = write_recipe(tmp_path / "no_test.yaml", tmp_path, test=None)
    said = refused(cnerkit, one, keep_run(tmp_path / "no_test", no_test, set()))[1]
    assert "the same: test and dev, as one has no test" in said


def test_a_run_on_another_corpus_and_one_with_a_map_of_types_are_refused(cnerkit, keep, tmp_path, tiny_run):
    assert "the same: train and sample" in refused(cnerkit, keep("one"), tiny_run)[1]
    recipe = write_recipe(tmp_path / "mapped.yaml", tmp_path, types={"LOC": "GPE"})
    said = refused(cnerkit, "one", keep_run(tmp_path / "mapped", recipe, set()))[1]
    assert "other types, only the first has LOC; only the second has GPE" in said


def test_a_typing_score_is_not_compared_with_one_of_extraction(cnerkit, keep, tmp_path):
    recipe = write_recipe(tmp_path / "typing.yaml", tmp_path, model={"name": "sng_typing"})
    typing = [keep_run(tmp_path / name, recipe, missed) for name, missed in (("typing", set()), ("other", {1}))]
    said = refused(cnerkit, keep("one"), typing[0])[1]
    assert "typing is given spans and scored on their types, and one finds entities in text" in said
    told = compared(cnerkit, *typing)
    assert told["metric"] == "typing"
    assert "typing: the spans of the gold entities are given" in told["notes"][0]


def test_checkpoints_that_know_other_types_are_refused(cnerkit, tiny_run, checkpoint):
    said = refused(cnerkit, tiny_run, checkpoint("bilstm_crf"), "--on", "sample", *ON_CPU)[1]
    assert "run and best.pt know other types: only the first has" in said
    assert "fix: compare models of the same types" in said


def test_every_run_that_is_not_finished_is_named(cnerkit, keep):
    for seed in (1, 2, 3):
        keep(f"many/seed-{seed}", seed=seed)
    for seed in (2, 3):
        without(Path("many") / f"seed-{seed}", "metrics.json")
    code, said = refused(cnerkit, keep("one"), "many")
    assert code == 2
    assert [line.split(": ")[1] for line in said.splitlines() if line.startswith("Error")] == ["many/seed-2", "many/seed-3"]
    assert said.count("the run is not finished") == 2


def test_predictions_that_do_not_give_the_scores_are_refused(cnerkit, keep, tmp_path):
    one, other = keep("one"), keep("other")
    write_corpus(tmp_path / "test.jsonl", 31)
    code, said = refused(cnerkit, one, other)
    assert code == 3
    assert "the predictions of one, seed 1 are not those that its scores were computed from, or the corpus has changed" in said
    assert f"fix: bring back the corpus as it was, or delete {one} and train it again" in said


def test_runs_of_several_recipes_or_twice_of_one_seed_are_no_system(cnerkit, keep, tmp_path):
    keep("many/seed-1")
    keep("many/seed-2")
    assert "many: several runs have the seed 1" in refused(cnerkit, keep("one"), "many")[1]
    recipe = write_recipe(tmp_path / "wide.yaml", tmp_path, model={**MODEL, "dim": 16})
    keep("mixed/seed-1")
    keep_run(tmp_path / "mixed/seed-2", recipe, set(), seed=2)
    said = refused(cnerkit, "one", "mixed")[1]
    assert "differ in more than their seed: between seed-1 and seed-2, model.dim was 8 and is 16 now" in said
    assert "fix: keep runs that differ in their seed alone in one folder, and name others by themselves" in said


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["one"], 2, "there is one system to compare: one", id="one-system"),
        pytest.param(["one", "./one"], 2, "the system is named twice", id="twice"),
        pytest.param(["one", "none"], 5, "none: there is no such run or checkpoint", id="missing"),
        pytest.param(["one", "empty"], 2, "empty: no run is kept here", id="no-run"),
        pytest.param(["one", "two", "--baseline", "three"], 2, "--baseline three is not among what is compared", id="baseline"),
        pytest.param(["one", "two", "--split", "dev"], 2, "say how to read what --on names", id="split"),
        pytest.param(["one", "two", "--tokens", "words"], 2, "say how to read what --on names", id="tokens"),
        pytest.param(["one", "two", "--gpus", "0"], 2, "the predictions of these runs are kept", id="gpus"),
        pytest.param(["one", "two", "--precision", "bf16"], 2, "are for predicting", id="precision"),
        pytest.param(["one", "two", "--on", "test.jsonl"], 5, "best.pt: there is no such checkpoint", id="no-weights"),
        pytest.param(["one", "two", "--plugin", "none.py"], 5, "there is no such plugin file", id="plugin"),
    ],
)
def test_mistakes_end_with_their_exit_code(cnerkit, keep, tmp_path, arguments, code, message):
    keep("one")
    keep("two")
    (tmp_path / "empty").mkdir()
    got, said = refused(cnerkit, *arguments)
    assert (got, message in said) == (code, True), said
    assert "fix: " in said


def test_a_dataset_that_is_named_is_read_as_each_recipe_reads_it(cnerkit, tiny_run_of_words, tmp_path):
    (tmp_path / "same.pt").write_bytes((tiny_run_of_words / "best.pt").read_bytes())
    both = compared(cnerkit, tiny_run_of_words / "best.pt", tmp_path / "same.pt", "--on", "sample", *ON_CPU)
    kept = json.loads((tiny_run_of_words / "metrics.json").read_text(encoding="utf-8"))
    assert [each["f1"]["mean"] for each in both["systems"]] == [kept["test"]["micro"]["f1"]] * 2
