import json
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from cnerkit.engine.checkpoint import load_checkpoint
from cnerkit.engine.inference import predict_sentences
from cnerkit.errors import CnerkitError, DataError, MissingError, UsageError
from cnerkit.recipe.loading import load_recipe
from cnerkit.registry import load_plugin
from cnerkit.workflows.corpus import load_split
from cnerkit.workflows.model import restore
from cnerkit.workflows.planning import plan
from cnerkit.workflows.train import Options, train, train_seeds

PLUGIN = Path(__file__).with_name("toy_plugin.py")
PEOPLE, PLACES = ("王明", "李小红", "张三", "赵子龙"), ("北京", "上海市", "昆明", "长江大桥")
RUN_FILES = {"recipe.yaml", "metrics.json", "report.html", "log.jsonl", "best.pt", "last.pt", "environment.json"} | {
    f"predictions.{split}.jsonl" for split in ("dev", "test")
}


def write_corpus(path: Path, first: int, n_sentences: int) -> None:
    lines = []
    for number in range(first, first + n_sentences):
        person, place = PEOPLE[number % 4], PLACES[number // 4 % 4]
        text = f"{person}{'在' if number % 3 else '昨天去了'}{place}"
        spans = [(0, len(person), "PER"), (len(text) - len(place), len(text), "LOC")]
        entities = [{"start": start, "end": end, "label": label} for start, end, label in spans]
        lines.append(json.dumps({"text": text, "entities": entities}, ensure_ascii=False))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def recipe(tmp_path):
    """The toy on a corpus of 40 sentences that it learns within a second."""
    for split, first, count in (("train", 0, 40), ("dev", 7, 9), ("test", 20, 11)):
        write_corpus(tmp_path / f"{split}.jsonl", first, count)
    load_plugin(PLUGIN)
    written = {
        "data": {split: str(tmp_path / f"{split}.jsonl") for split in ("train", "dev", "test")},
        "encoder": {"kind": "static", "dim": 16},
        "model": {"name": "toy_plugin"},
        "training": {"epochs": 4, "batch_tokens": 64, "lr": 0.03},
        "published": [{"row": "Toy", "source": "nowhere", "f1": 90.5}],
    }
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
    return load_recipe(str(tmp_path / "toy.yaml"))


ON_CPU = Options(gpus=0)


def test_run_folder_holds_what_is_documented(recipe, tmp_path):
    train(recipe, tmp_path / "run", ON_CPU)
    assert {path.name for path in (tmp_path / "run").iterdir()} == RUN_FILES
    assert load_recipe(str(tmp_path / "run/recipe.yaml")).resolved() == recipe.resolved()


def test_metrics_are_the_result_and_the_environment_says_what_computed(recipe, tmp_path):
    result = train(recipe, tmp_path / "run", ON_CPU)
    metrics = json.loads((tmp_path / "run/metrics.json").read_text(encoding="utf-8"))
    assert metrics == result.to_json()
    assert metrics["published"][0]["f1"] == 90.5
    assert metrics["test"]["micro"]["f1"] > 0.7
    environment = json.loads((tmp_path / "run/environment.json").read_text(encoding="utf-8"))
    assert environment["device"] == "cpu"
    assert {"python", "torch", "cnerkit"} <= environment["versions"].keys()


def test_test_score_is_that_of_the_predictions_which_lie_beside_it(recipe, tmp_path):
    result = train(recipe, tmp_path / "run", ON_CPU)
    gold, found = load_split(str(tmp_path / "test.jsonl")), load_split(str(tmp_path / "run/predictions.test.jsonl"))
    right = sum(len(one.entities & other.entities) for one, other in zip(gold, found, strict=True))
    assert result.test.micro.true_positive == right
    assert result.test.micro.predicted == sum(len(one.entities) for one in found)
    assert result.test.micro.support == sum(len(one.entities) for one in gold) == 22


def test_restored_best_finds_what_the_run_found(recipe, tmp_path):
    result = train(recipe, tmp_path / "run", ON_CPU)
    restored = restore(tmp_path / "run/best.pt", gpus=0)
    sentences = load_split(str(tmp_path / "test.jsonl"))
    lines = (tmp_path / "run/predictions.test.jsonl").read_text(encoding="utf-8").splitlines()
    for prediction, line in zip(predict_sentences(restored.model, sentences, batch_tokens=50), lines, strict=True):
        written = [(e["start"], e["end"], e["label"], e["score"]) for e in json.loads(line)["entities"]]
        pairs = zip(prediction.entities, prediction.scores, strict=True)
        assert written == [(e.start, e.end, e.type, pytest.approx(score, abs=1e-4)) for e, score in pairs]
    assert restored.scores["epoch"] == result.best_epoch
    assert restored.recipe == recipe.resolved()


def test_restoring_needs_no_corpus_and_no_recipe(recipe, tmp_path):
    train(recipe, tmp_path / "run", ON_CPU)
    for path in [*tmp_path.glob("*.jsonl"), tmp_path / "toy.yaml"]:
        path.unlink()
    assert restore(tmp_path / "run/best.pt", gpus=0).task.types.types == ("LOC", "PER")


def test_same_recipe_gives_the_same_bytes_and_another_seed_does_not(recipe, tmp_path):
    train(recipe, tmp_path / "one", ON_CPU)
    train(recipe, tmp_path / "two", ON_CPU)
    train(replace(recipe, training=recipe.training.model_copy(update={"seed": 2})), tmp_path / "other", ON_CPU)
    one, two, other = ((tmp_path / name / "best.pt").read_bytes() for name in ("one", "two", "other"))
    assert one == two
    assert one != other


def test_folder_with_a_run_is_refused_and_overwritten_when_asked(recipe, tmp_path):
    train(recipe, tmp_path / "run", ON_CPU)
    with pytest.raises(UsageError, match="the run folder is not empty"):
        train(recipe, tmp_path / "run", ON_CPU)
    shorter = replace(recipe, training=recipe.training.model_copy(update={"epochs": 1}))
    assert train(shorter, tmp_path / "run", replace(ON_CPU, start="overwrite")).n_epochs == 1


def test_resumed_run_that_was_done_comes_to_the_same_metrics(recipe, tmp_path):
    first = train(recipe, tmp_path / "run", ON_CPU)
    (tmp_path / "run/metrics.json").unlink()
    again = train(recipe, tmp_path / "run", replace(ON_CPU, start="resume"))
    assert again.to_json() == first.to_json()
    assert (tmp_path / "run/metrics.json").exists()


def test_resuming_with_another_recipe_is_refused(recipe, tmp_path):
    train(recipe, tmp_path / "run", ON_CPU)
    longer = replace(recipe, training=recipe.training.model_copy(update={"epochs": 9}))
    with pytest.raises(UsageError, match=r"training\.epochs was 4 and is 9 now"):
        train(longer, tmp_path / "run", replace(ON_CPU, start="resume"))


def test_resuming_on_a_corpus_that_has_changed_is_refused(recipe, tmp_path):
    train(recipe, tmp_path / "run", ON_CPU)
    write_corpus(tmp_path / "train.jsonl", 1, 40)
    with pytest.raises(UsageError, match="the corpus has changed since the run was started"):
        train(recipe, tmp_path / "run", replace(ON_CPU, start="resume"))


def test_what_a_model_prepares_is_made_once_kept_and_saved_in_the_checkpoint(recipe, tmp_path):
    made = load_plugin(PLUGIN).prepare.__globals__["PREPARED"]
    before = len(made)
    train(recipe, tmp_path / "run", ON_CPU)
    train(recipe, tmp_path / "run", replace(ON_CPU, start="resume"))
    restored = restore(tmp_path / "run/best.pt", gpus=0)
    assert len(made) == before + 1
    prepared = load_checkpoint(tmp_path / "run/best.pt").origin.prepared
    assert prepared["types"] == ["LOC", "PER"]
    assert restored.model.shares.tolist() == prepared["shares"].tolist()


def test_what_was_prepared_for_another_recipe_is_not_taken(recipe, tmp_path):
    made = load_plugin(PLUGIN).prepare.__globals__["PREPARED"]
    train(recipe, tmp_path / "run", ON_CPU)
    before = len(made)
    other = replace(recipe, training=recipe.training.model_copy(update={"seed": 3}))
    train(other, tmp_path / "run", replace(ON_CPU, start="overwrite"))
    assert len(made) == before + 1


def test_seeds_train_in_folders_of_their_own_and_give_mean_and_sample_deviation(recipe, tmp_path):
    short = replace(recipe, training=recipe.training.model_copy(update={"epochs": 1}))
    result = train_seeds(short, [1, 2, 3], tmp_path / "runs", ON_CPU)
    f1s = [
        json.loads((tmp_path / f"runs/seed-{seed}/metrics.json").read_text(encoding="utf-8"))["test"]["micro"]["f1"]
        for seed in (1, 2, 3)
    ]
    told = json.loads((tmp_path / "runs/seeds.json").read_text(encoding="utf-8"))["test_f1"]
    assert told == result.to_json()["test_f1"]
    assert told["mean"] == pytest.approx(sum(f1s) / 3)
    assert told["sample_standard_deviation"] == pytest.approx(statistics.stdev(f1s))
    assert len(set(f1s)) > 1


def test_single_seed_has_no_deviation_and_an_interval_over_sentences_alone(recipe, tmp_path):
    single = train_seeds(recipe, [5], tmp_path / "runs", ON_CPU)
    assert single.test_f1.deviation is None
    assert single.interval.over == "sentences alone, since there is one seed"


def test_seed_that_is_given_twice_is_refused(recipe, tmp_path):
    with pytest.raises(UsageError, match="a seed is given twice in 1, 2, 1"):
        train_seeds(recipe, [1, 2, 1], tmp_path / "runs", ON_CPU)


def test_dev_that_is_test_is_told_with_the_scores(recipe, tmp_path):
    assert not train(recipe, tmp_path / "honest", ON_CPU).dev_is_test
    on_test = load_recipe(str(tmp_path / "toy.yaml"), ["~data.dev", "data.dev_from.split=test"])
    result = train(on_test, tmp_path / "run", ON_CPU)
    assert result.dev_is_test
    assert result.to_json()["dev_is_test"]


def test_what_a_model_of_spans_can_find_is_told_with_the_scores(recipe, tmp_path, monkeypatch):
    def covered(_, splits):
        return (f"{split}: coverage of {len(sentences)}" for split, sentences in splits.items())

    monkeypatch.setattr("cnerkit.workflows.train.notes_on_reach", covered)
    result = train(recipe, tmp_path / "run", ON_CPU)
    assert result.remark == "dev: coverage of 9; test: coverage of 11"


def test_corpus_without_test_is_scored_on_dev_alone(recipe, tmp_path):
    result = train(replace(recipe, data=recipe.data.model_copy(update={"test": None})), tmp_path / "run", ON_CPU)
    assert result.test is None
    assert result.to_json()["test"] is None
    assert not (tmp_path / "run/predictions.test.jsonl").exists()


def test_corpus_with_entities_that_the_model_cannot_predict_is_refused_and_nothing_is_written(recipe, tmp_path):
    nested = {"text": "北京大学", "entities": [{"start": 0, "end": 2, "label": "LOC"}, {"start": 0, "end": 4, "label": "PER"}]}
    with (tmp_path / "dev.jsonl").open("a", encoding="utf-8") as dev:
        dev.write(json.dumps(nested) + "\n")
    with pytest.raises(DataError, match="'toy_plugin' cannot predict nested entities, and 1 sentence has some"):
        train(recipe, tmp_path / "run", ON_CPU)
    assert not (tmp_path / "run").exists()


def test_plan_counts_what_will_be_done_and_writes_nothing(recipe, tmp_path):
    before = set(tmp_path.rglob("*"))
    told = plan(recipe, gpus=0, data_dir=None, threads=None)
    assert set(tmp_path.rglob("*")) == before
    assert (told.splits["train"].sentences, told.splits["test"].entities) == (40, 22)
    assert told.types == ("LOC", "PER")
    assert told.parameters == told.trained > 16 * 5
    result = train(recipe, tmp_path / "run", ON_CPU)
    last = load_checkpoint(tmp_path / "run/last.pt")
    assert last.training["standing"]["step"] == told.steps
    assert told.memory.weights >= 4 * told.parameters
    assert result.n_epochs == told.epochs


def test_empty_sentences_of_train_are_left_out_and_counted(recipe, tmp_path):
    with (tmp_path / "train.jsonl").open("a", encoding="utf-8") as train_file:
        train_file.write('{"text": "", "entities": []}\n')
    assert plan(recipe, gpus=0, data_dir=None, threads=None).notes[-1] == "train: 1 empty sentence left out of training"
    assert train(recipe, tmp_path / "run", ON_CPU).n_epochs == 4


def test_observer_is_told_the_plan_then_each_epoch(recipe, tmp_path):
    told = []

    class Watching:
        def preparing(self, done, total):
            told.append(("preparing", done, total))

        def planned(self, plan):
            told.append(("planned", plan.steps))

        def noted(self, text):
            told.append(("noted", text))

        def stepped(self, record):
            told.append(("stepped", record.step))

        def epoch_ended(self, record, pace):
            assert pace.sentences_per_second > 0
            told.append(("epoch", record.epoch))

    train(recipe, tmp_path / "run", ON_CPU, Watching())
    assert told[0][0] == "planned"
    assert [number for kind, number in told if kind == "epoch"] == [1, 2, 3, 4]
    told.clear()
    train(recipe, tmp_path / "run", replace(ON_CPU, start="resume"), Watching())
    assert told[1] == ("noted", f"going on behind step {told[0][1]} of {told[0][1]}")


def test_checkpoint_of_a_model_that_is_not_installed_names_it(recipe, tmp_path):
    train(recipe, tmp_path / "run", ON_CPU)
    held = load_checkpoint(tmp_path / "run/best.pt")
    with pytest.raises(MissingError, match="the checkpoint's model 'gone' cannot be loaded") as caught:
        restore(replace(held, origin=replace(held.origin, model="gone")), gpus=0)
    assert "cnerkit model list" in caught.value.fix


def test_weights_that_do_not_fit_are_refused_with_the_first_reason(recipe, tmp_path):
    train(recipe, tmp_path / "run", ON_CPU)
    held = load_checkpoint(tmp_path / "run/best.pt")
    state = {name: tensor for name, tensor in held.state.items() if name != "out.bias"}
    with pytest.raises(DataError, match=r"the weights do not fit the model 'toy_plugin': .*out\.bias"):
        restore(replace(held, state=state), gpus=0)


def test_hyperparameters_that_the_installed_model_does_not_know_are_refused(recipe, tmp_path):
    train(recipe, tmp_path / "run", ON_CPU)
    held = load_checkpoint(tmp_path / "run/best.pt")
    with pytest.raises(DataError, match="hyperparameters do not fit the model 'toy_plugin' that is installed"):
        restore(replace(held, origin=replace(held.origin, params={"width": 3})), gpus=0)


def test_error_of_the_model_itself_is_not_dressed_up(recipe, tmp_path):
    params = recipe.model.params.model_copy(update={"fail": True})
    with pytest.raises(RuntimeError, match="the toy was told to fail"):
        train(replace(recipe, model=replace(recipe.model, params=params)), tmp_path / "run", ON_CPU)


def test_folder_that_may_not_be_written_is_told_before_the_first_step(recipe, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CnerkitError, match="cannot write") as caught:
        train(recipe, tmp_path / "file" / "run", ON_CPU)
    assert caught.value.exit_code == 1


def test_resumed_run_that_was_done_and_lost_its_last_checkpoint_is_left_as_it_is(recipe, tmp_path):
    first = train(recipe, tmp_path / "run", ON_CPU)
    (tmp_path / "run/last.pt").unlink()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").iterdir()}
    assert train(recipe, tmp_path / "run", replace(ON_CPU, start="resume")) == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").iterdir()} == before


def test_dev_score_is_that_of_the_predictions_which_lie_beside_it(recipe, tmp_path):
    result = train(recipe, tmp_path / "run", ON_CPU)
    gold, found = load_split(str(tmp_path / "dev.jsonl")), load_split(str(tmp_path / "run/predictions.dev.jsonl"))
    right = sum(len(one.entities & other.entities) for one, other in zip(gold, found, strict=True))
    assert result.dev.micro.true_positive == right
