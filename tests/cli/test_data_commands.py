"""`cnerkit data`: tables for people, JSON for programs, and the exit codes of both."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cnerkit.cli.main import build_app
from cnerkit.corpora.catalogue import find, names

HEAVY = ("torch", "transformers", "numpy", "pooch", "requests", "filelock", "tqdm", "cnerkit.recipe.schema")


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """No corpus of the real user, and no network."""
    for setting in ("CNERKIT_DATA", "CNERKIT_MIRROR"):
        monkeypatch.delenv(setting, raising=False)
    monkeypatch.setenv("CNERKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CNERKIT_OFFLINE", "1")
    monkeypatch.setenv("COLUMNS", "80")


def run(*arguments):
    return CliRunner().invoke(build_app(), ["data", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def own_copy(tmp_path):
    """A user's own OntoNotes, whose counts are not those that papers print."""
    folder = tmp_path / "ontonotes4"
    folder.mkdir()
    for split in ("train", "dev", "test"):
        (folder / f"{split}.char.bmes").write_text("中 B-GPE\n国 E-GPE\n队 O\n\n", encoding="utf-8")
    return tmp_path


def test_list_shows_every_dataset_with_its_sentences_and_whether_it_is_here():
    done = run("list")
    assert done.exit_code == 0
    rows = {line.split()[0]: line.split() for line in done.stdout.splitlines()}
    assert set(rows) == {"name", *names()}
    assert rows["weibo"][1:6] == ["1350", "270", "270", "-", "no"]
    assert rows["msra"][1:6] == ["45000", "-", "3442", "-", "no"]
    assert rows["litbank"][1:6] == ["6892", "852", "818", "-", "no"]
    assert rows["nerel"][1:6] == ["746", "94", "93", "-", "no"]
    assert rows["sample"][5] == "all"
    assert max(map(len, done.stdout.splitlines())) <= 80
    in_documents = "harem_first, harem_second, harem_selective, harem_total, litbank_brat, nerel"
    assert done.stderr == f"The numbers are sentences, and documents of {in_documents}.\n"


def test_list_names_the_splits_that_are_here(own_copy):
    (own_copy / "ontonotes4" / "dev.char.bmes").unlink()
    done = run("list", "--data-dir", own_copy)
    assert next(line for line in done.stdout.splitlines() if line.startswith("ontonotes4")).split()[5:7] == ["train", "test"]


def test_list_as_json_has_the_paths_of_what_is_here(own_copy):
    listed = {entry["name"]: entry for entry in json.loads(run("list", "--data-dir", own_copy, "--json").stdout)}
    assert list(listed) == names()
    assert listed["ontonotes4"]["splits"]["dev"]["path"] == str(own_copy / "ontonotes4" / "dev.char.bmes")
    assert listed["weibo"]["splits"]["dev"] == {"sentences": 270, "documents": None, "path": None}
    assert listed["nerel"]["splits"]["dev"] == {"sentences": None, "documents": 94, "path": None}


@pytest.mark.parametrize("name", names())
def test_info_fits_the_screen_and_tells_licence_source_and_counts(name):
    done = run("info", name)
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    together = " ".join(done.stdout.split())
    dataset = find(name)
    assert dataset.licence in together
    assert dataset.note in together
    for split in dataset.splits.values():
        assert str(split.counts.sentences or split.counts.documents or "-") in together
        assert all(source.commit in together for file in split.files for source in file.sources)
    for version in dataset.other_versions:
        assert version.title in together


def test_info_tells_how_deep_types_are():
    together = " ".join(run("info", "fine").stdout.split())
    assert "10 names at level 1 (1 end there), 29 names at level 2 (21 end there), 32 names at level 3" in together


def test_info_as_json_holds_the_whole_entry():
    told = json.loads(run("info", "weibo", "--json").stdout)
    train = told["splits"]["train"]
    assert train["file"]["identity"]["sha256"] == find("weibo").splits["train"].file.identity.sha256
    assert train["counts"]["per_type"]["PER.NOM"] == 766
    assert train["counts"]["conlleval"] == 1895
    assert train["file"]["here"] is None
    assert train["articles"] is None
    assert train["file"]["urls"][0].startswith(
        "https://raw.githubusercontent.com/hltcoe/golden-horse/7a73c08e45ed94312af4ef2d97cc35"
    )
    assert json.loads(run("info", "fine", "--json").stdout)["levels"][2] == {"depth": 3, "names": 32, "types": 32}


def test_info_as_json_tells_archives_members_lists_and_types():
    told = json.loads(run("info", "genia", "--json").stdout)
    assert told["types_map"]["G#DNA_*"] == "DNA"
    assert told["splits"]["dev"]["member"] == "GENIA_term_3.02/GENIAcorpus3.02.xml"
    assert told["splits"]["dev"]["articles"]["path"] == "cnn_nested_ner/splits/dev.txt"
    folder = json.loads(run("info", "nerel", "--json").stdout)["splits"]["test"]["file"]
    assert folder["identity"]["git_tree_sha1"] == "4f26a3fdcb6f2f2c5af9e6f2df8f87964369d495"
    assert folder["urls"] == ["https://codeload.github.com/nerel-ds/NEREL/tar.gz/8f07d3e410f322d5dbf6b68b13fbf4a4aa077fe9"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("people_daily", "copies of it go by the name of MSRA", id="mistaken"),
        pytest.param("genia", "G#DNA_* → DNA", id="types"),
        pytest.param("anercorp", "sentence_end: .", id="reading"),
        pytest.param("nerel", "train/*, dev/*, test/*", id="members"),
        pytest.param("litbank", "100 files, 3153252 bytes, git f81893ebcd30", id="folder"),
        pytest.param("cadec", "your own copy", id="own-copy"),
        pytest.param("cluener", "address book company game government movie name organization position scene", id="uncounted"),
    ],
)
def test_info_tells_what_is_particular_to_a_dataset(name, told):
    assert told in " ".join(run("info", name).stdout.split())


@pytest.mark.parametrize("command", ["info", "get", "verify"])
def test_unknown_name_exits_2_with_the_nearest_ones(command):
    done = run(command, "wiebo")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "no dataset is called 'wiebo'" in done.stderr
    assert "fix: did you mean weibo" in done.stderr


@pytest.mark.parametrize("command", [("list",), ("info", "weibo"), ("get", "weibo"), ("verify", "weibo")])
def test_data_dir_that_is_no_folder_exits_2(command, tmp_path):
    done = run(*command, "--data-dir", tmp_path / "typo")
    assert done.exit_code == 2
    assert f"there is no folder {tmp_path / 'typo'}" in done.stderr


def test_info_shows_a_path_as_it_is_even_when_it_looks_like_markup(tmp_path):
    odd = tmp_path / "[red]:smile:"
    (odd / "ontonotes4").mkdir(parents=True)
    (odd / "ontonotes4" / "dev.char.bmes").write_text("中 S-GPE\n\n", encoding="utf-8")
    assert "[red]:smile:/ontonotes4" in "".join(run("info", "ontonotes4", "--data-dir", odd).stdout.split())


def test_get_prints_only_paths_on_stdout():
    done = run("get", "sample", "--split", "dev")
    assert done.exit_code == 0
    assert done.stdout.endswith("sample/dev.jsonl\n")
    assert done.stdout.count("\n") == 1
    assert done.stderr == "sample dev: already here\n"


def test_get_as_json_is_one_mapping_even_when_a_split_cannot_be_had(own_copy):
    (own_copy / "ontonotes4" / "dev.char.bmes").unlink()
    done = run("get", "ontonotes4", "--data-dir", own_copy, "--json")
    assert done.exit_code == 5
    assert list(json.loads(done.stdout)) == ["train", "test"]


def test_get_offline_exits_5_and_says_everywhere_it_looked_and_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("CNERKIT_DATA", str(tmp_path / "corpora"))
    done = run("get", "resume", "--split", "train")
    assert done.exit_code == 5
    assert done.stdout == ""
    looked = f"{tmp_path}/corpora/resume ($CNERKIT_DATA), {tmp_path}/cache/datasets/resume (cache)"
    assert f"resume train is not here: looked for train.char.bmes in {looked}; nothing is downloaded while" in done.stderr
    address = f"{find('resume').splits['train'].file.sources[0].url()} as {tmp_path}/corpora/resume/train.char.bmes"
    assert f"save {address}" in done.stderr


def test_get_from_a_mirror_on_this_machine_refuses_what_is_not_the_dataset(tmp_path, monkeypatch):
    source = find("resume").splits["test"].file.sources[0]
    kept = tmp_path / "mirror" / source.repository / source.commit / source.path
    kept.parent.mkdir(parents=True)
    kept.write_text("not the corpus", encoding="utf-8")
    monkeypatch.setenv("CNERKIT_MIRROR", f"file://{tmp_path}/mirror")
    done = run("get", "resume", "--split", "test")
    assert done.exit_code == 3
    assert f"what was offered is not resume test: file://{kept}: its 14 bytes are no version that is known" in done.stderr
    assert not (tmp_path / "cache" / "datasets" / "resume" / "test.char.bmes").exists()


def test_verify_of_files_as_published_exits_0():
    done = run("verify", "sample")
    assert done.exit_code == 0
    assert done.stdout.count("as published") == 3
    assert done.stderr == ""


def test_verify_exits_1_and_names_each_difference(own_copy):
    done = run("verify", "ontonotes4", "--split", "test", "--data-dir", own_copy)
    assert done.exit_code == 1
    assert "not as published" in done.stdout
    assert "test: 1 sentences, expected 4346\ntest: 1 entities, expected 7684\n" in done.stdout


def test_verify_exits_5_when_a_file_is_not_here(own_copy):
    done = run("verify", "weibo", "--data-dir", own_copy)
    assert done.exit_code == 5
    assert done.stdout.count("not here") == 3
    assert "weibo train is not here" in done.stderr


def test_verify_as_json_has_counts_and_problems(own_copy):
    done = run("verify", "ontonotes4", "--split", "dev", "--data-dir", own_copy, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == [
        {
            "split": "dev",
            "path": str(own_copy / "ontonotes4" / "dev.char.bmes"),
            "counts": {
                "sentences": 1,
                "documents": None,
                "tokens": 3,
                "entities": 1,
                "per_type": {"GPE": 1},
                "conlleval": 1,
                "nested": 0,
                "discontinuous": 0,
            },
            "problems": ["1 sentences, expected 4301", "1 entities, expected 6950"],
        }
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["list"], id="list"),
        pytest.param(["info", "fine"], id="info"),
        pytest.param(["get", "sample"], id="get-what-is-here"),
        pytest.param(["verify", "sample"], id="verify"),
        pytest.param(["get", "weibo"], id="offline"),
    ],
)
def test_commands_that_download_nothing_load_nothing_heavy(arguments, tmp_path):
    report = tmp_path / "loaded"
    script = f"""
import atexit, pathlib, sys
from cnerkit.cli.main import main
sys.argv = ["cnerkit", "data", *{arguments!r}]
atexit.register(lambda: pathlib.Path({str(report)!r}).write_text(" ".join(m for m in {HEAVY!r} if m in sys.modules)))
main()
"""
    subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert report.read_text(encoding="utf-8") == ""
