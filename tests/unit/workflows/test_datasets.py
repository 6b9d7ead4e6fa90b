"""Datasets are looked up, brought and verified, and what is wrong with a file is told in words."""

import gzip
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cnerkit.corpora.catalogue import Counts, Identity, Published, Split, find, names
from cnerkit.corpora.identity import identify, identify_files
from cnerkit.corpora.tree import File
from cnerkit.errors import DataError, MissingError, UsageError
from cnerkit.workflows import data

REAL = os.environ.get("CNERKIT_DATA")
COUNTS = Counts(sentences=2, tokens=5, entities=2, per_type={"PER": 1, "LOC": 1}, conlleval=3, nested=0, discontinuous=0)
CORPUS = "李\tB-PER\n白\tI-PER\n在\tO\n京\tB-LOC\n\n山\tI-LOC\n\n"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("CNERKIT_DATA", raising=False)
    monkeypatch.setenv("CNERKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CNERKIT_OFFLINE", "1")


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A dataset with a file of its own in the folder given as data_dir, known by hash and counts."""
    path = tmp_path / "toy" / "train.txt"
    path.parent.mkdir()
    path.write_text(CORPUS, encoding="utf-8")
    source = find("weibo_v1").splits["train"].file.sources
    split = Split(Published("train.txt", identify(path), source), COUNTS)
    elsewhere = Split(Published("test.txt", Identity()), Counts())
    dataset = replace(find("msra"), name="toy", folder="toy", repair="drop", splits={"train": split, "test": elsewhere})
    monkeypatch.setattr(data, "find", lambda _: dataset)
    return path


def verify(tmp_path):
    (verified,) = data.verify("toy", "train", tmp_path)
    return verified


def test_every_dataset_is_listed_with_what_is_here():
    listed = {holding.dataset.name: holding.paths for holding in data.list_datasets()}
    assert sorted(listed) == names()
    assert all(path.is_file() for path in listed["sample"].values())
    assert set(listed["weibo"].values()) == {None}


def test_embedded_sample_is_as_the_catalogue_says():
    for verified in data.verify("sample"):
        assert verified.problems == ()
        assert verified.counts.sentences > 100
        assert set(verified.counts.per_type) == {"PER", "ORG", "LOC", "GPE", "DATE"}


def test_levels_of_types_that_are_paths_and_of_those_that_are_not():
    assert data.levels(find("fine")) == (data.Level(1, 10, 1), data.Level(2, 29, 21), data.Level(3, 32, 32))
    assert data.levels(find("weibo")) == (data.Level(1, 8, 8),)


def test_file_as_published_is_verified_with_its_counts(toy, tmp_path):
    assert verify(tmp_path) == data.Verified("train", toy, COUNTS, ())


def test_file_that_is_not_here_is_no_problem_but_an_error_of_its_own(toy, tmp_path):
    toy.unlink()
    assert verify(tmp_path) == data.Verified("train", None, None, ())
    missing = data.absent("toy", [verify(tmp_path)], tmp_path)
    assert isinstance(missing, MissingError)
    assert "toy train is not here" in missing.what


def test_every_difference_of_counts_is_told(toy, tmp_path):
    toy.write_text(CORPUS.replace("京\tB-LOC", "京\tB-ORG") + "天\tO\n\n", encoding="utf-8")
    assert verify(tmp_path).problems == (
        "its 55 bytes are no version that is known",
        "3 sentences, expected 2",
        "6 tokens, expected 5",
        "0 LOC entities, expected 1",
        "1 ORG entities, expected 0",
    )


def test_other_bytes_with_the_same_content_are_a_problem_of_the_hash_alone(toy, tmp_path):
    toy.write_bytes(CORPUS.replace("\n", "\r\n").encode())
    assert verify(tmp_path).problems == ("its 55 bytes are no version that is known",)


def test_damaged_file_is_a_problem_and_not_a_crash(toy, tmp_path):
    toy.write_bytes(b"\x1f\x8b broken")
    (problem,) = verify(tmp_path).problems
    assert "this gzip file is damaged" in problem


def test_known_version_is_named_even_when_it_cannot_be_read_as_this_dataset(toy, tmp_path, monkeypatch):
    toy.write_text("李0\tnot a tag\n\n", encoding="utf-8")
    monkeypatch.setattr("cnerkit.corpora.identity.name_content", lambda _: "weibo train")
    assert verify(tmp_path).problems == ("it is weibo train",)


def test_version_is_named_by_its_counts_when_its_hash_is_unknown(toy, tmp_path, monkeypatch):
    toy.write_text(CORPUS * 2, encoding="utf-8")
    monkeypatch.setattr(data, "name_counts", lambda counts: "toy twice" if counts.sentences == 4 else None)
    assert verify(tmp_path).problems[-1] == "its counts are those of toy twice"


def test_getting_what_is_here_checks_its_hash(toy, tmp_path):
    assert list(data.get("toy", "train", tmp_path)) == [data.Obtained("train", toy, None, downloaded=False)]
    toy.write_text(CORPUS.replace("李", "杜"), encoding="utf-8")
    with pytest.raises(DataError, match=r"this is not toy train: its \d+ bytes are no version that is known"):
        list(data.get("toy", "train", tmp_path))


def test_split_that_cannot_be_had_does_not_keep_the_others_from_being_brought(tmp_path, monkeypatch):
    dataset = find("fine")
    here = tmp_path / "fine" / "test.json"
    here.parent.mkdir()
    here.write_text("{}\n", encoding="utf-8")
    test = replace(dataset.splits["test"], file=replace(dataset.splits["test"].file, identity=identify(here)))
    monkeypatch.setattr(data, "find", lambda _: replace(dataset, splits={**dataset.splits, "test": test}))
    brought = []
    with pytest.raises(MissingError) as caught:
        brought.extend(data.get("fine", None, tmp_path))
    assert caught.value.what.startswith("fine train is not here")
    assert [error.what.split(":")[0] for error in caught.value.also] == ["fine dev is not here"]


def test_wrong_file_of_each_split_is_told(tmp_path):
    (tmp_path / "resume").mkdir()
    for split in ("train", "dev", "test"):
        (tmp_path / "resume" / f"{split}.char.bmes").write_text("中 O\n\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        list(data.get("resume", None, tmp_path))
    told = [error.what.split(":")[0] for error in (caught.value, *caught.value.also)]
    assert told == ["this is not resume train", "this is not resume dev", "this is not resume test"]


def test_advice_about_a_users_own_copy_is_given_once_for_all_splits():
    with pytest.raises(MissingError) as caught:
        list(data.get("ontonotes4"))
    assert caught.value.also == ()


@pytest.mark.parametrize("command", [data.get, data.verify])
def test_unknown_names_and_splits_are_refused(command):
    with pytest.raises(UsageError, match="no dataset is called 'webo'"):
        list(command("webo"))
    with pytest.raises(UsageError, match=r"resume has no validation split\nfix: choose from train, dev, test"):
        list(command("resume", "validation"))


def test_identity_without_a_hash_leaves_the_counts_to_decide(toy, tmp_path, monkeypatch):
    dataset = data.find("toy")
    own = replace(dataset.splits["train"], file=Published("train.txt", Identity()))
    monkeypatch.setattr(data, "find", lambda _: replace(dataset, splits={"train": own}))
    toy.write_text(CORPUS + "天\tO\n\n", encoding="utf-8")
    assert verify(tmp_path).problems == ("3 sentences, expected 2", "6 tokens, expected 5")


@pytest.mark.skipif(not REAL, reason="CNERKIT_DATA does not name a folder with real corpora")
@pytest.mark.parametrize("name", [name for name in names() if name != "sample"])
def test_real_files_hold_what_the_catalogue_says(name):
    found = [verified for verified in data.verify(name, None, Path(REAL)) if verified.path]
    if not found:
        pytest.skip("not among these corpora")
    assert [verified.problems for verified in found] == [()] * len(found)


class TestFoldersAndLists:
    """Splits that are read from one folder, and from one archive by lists of articles."""

    FILES = (
        File("train/1.txt", "李白在京\n".encode()),
        File("train/1.ann", "T1\tPER 0 2\t李白\nT2\tLOC 3 4\t京\n".encode()),
        File("dev/2.txt", "杜甫\n".encode()),
        File("dev/2.ann", b""),
    )

    @pytest.fixture
    def notes(self, tmp_path, monkeypatch):
        """A dataset of documents in one folder, and the folder that holds the datasets."""
        folder = Published("notes", identify_files(self.FILES), find("nerel").files[0].sources)
        counts = Counts(documents=1, tokens=5, entities=2, per_type={"PER": 1, "LOC": 1}, nested=0, discontinuous=0)
        empty = Counts(documents=1, tokens=3, entities=0, per_type={}, nested=0, discontinuous=0)
        splits = {"train": Split(folder, counts, "train/*"), "dev": Split(folder, empty, "dev/*")}
        dataset = replace(find("nerel"), name="toy", folder="toy", splits=splits)
        monkeypatch.setattr(data, "find", lambda _: dataset)
        for file in self.FILES:
            path = tmp_path / "toy" / "notes" / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
        return tmp_path

    def test_each_split_counts_its_own_documents(self, notes):
        train, dev = data.verify("toy", None, notes)
        assert (train.problems, dev.problems) == ((), ())
        assert (train.counts.documents, train.counts.sentences, train.counts.entities) == (1, None, 2)
        assert (dev.counts.documents, dev.counts.entities) == (1, 0)

    def test_folder_without_one_of_its_files_is_told_with_what_is_left(self, notes):
        (notes / "toy" / "notes" / "dev" / "2.txt").unlink()
        train, dev = data.verify("toy", None, notes)
        assert train.problems == ("its 3 files of 46 bytes are not the 4 of 53 that are published",)
        assert dev.counts is None
        with pytest.raises(DataError, match="this is not notes of toy: its 3 files"):
            list(data.get("toy", None, notes))

    def test_damaged_archive_is_a_problem_and_not_a_crash(self, notes):
        shutil.rmtree(notes / "toy" / "notes")
        (notes / "toy" / "notes.tar.gz").write_bytes(b"\x1f\x8b broken")
        assert all("cannot be read" in verified.problems[0] for verified in data.verify("toy", None, notes))

    def test_split_whose_list_of_articles_is_not_here_is_not_here(self, tmp_path, monkeypatch):
        monkeypatch.setattr(data, "find", lambda _: find("genia"))
        (tmp_path / "genia").mkdir()
        (tmp_path / "genia" / "GENIAcorpus3.02.tgz").write_bytes(b"some archive")
        holding = data.look_up("genia", tmp_path)
        assert holding.path("dev") is None
        verified = list(data.verify("genia", "dev", tmp_path))
        assert verified == [data.Verified("dev", None, None, ())]
        missing = data.absent("genia", verified, tmp_path)
        assert missing.what.startswith("dev.txt of genia is not here: looked for cnn_nested_ner/splits/dev.txt in")
        assert missing.fix.startswith("run `cnerkit data get genia --split dev`")

    def test_damaged_archive_of_a_corpus_is_named_by_its_size(self, tmp_path):
        for file in find("genia").files:
            path = tmp_path / "genia" / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\x1f\x8b broken")
        (verified,) = data.verify("genia", "test", tmp_path)
        assert verified.counts is None
        assert "this is not" in verified.problems[0] or "damaged" in verified.problems[0]


@pytest.mark.skipif(not REAL, reason="CNERKIT_DATA does not name a folder with real corpora")
@pytest.mark.parametrize(
    ("name", "split", "published", "said"),
    [
        pytest.param("msra", "test", "msra_slash/testright1.txt", "it is msra_slash test", id="MSRA-in-4365-sentences"),
        pytest.param("msra_slash", "test", "msra/msra_test_bio.txt", "it is msra test", id="MSRA-in-3442-sentences"),
        pytest.param("genia_cnn", "dev", "genia/w2ner/dev.json", "it is genia_w2ner dev", id="another-GENIA"),
        pytest.param(
            "harem_total", "test", "harem/portuguese-bert/MiniHAREM-selective.json", "it is harem_selective test", id="HAREM"
        ),
    ],
)
def test_one_corpus_in_the_place_of_another_is_named(tmp_path, name, split, published, said):
    own, dataset = Path(REAL, published), find(name)
    if not own.is_file():
        pytest.skip("not among these corpora")
    place = tmp_path / dataset.folder / dataset.splits[split].file.path
    place.parent.mkdir(parents=True)
    place.write_bytes(own.read_bytes())
    (verified,) = data.verify(name, split, tmp_path)
    assert verified.problems[0] == said
    with pytest.raises(DataError, match=f"this is not {name} {split}: {said}"):
        list(data.get(name, split, tmp_path))


@pytest.mark.skipif(not REAL, reason="CNERKIT_DATA does not name a folder with real corpora")
def test_copy_of_msra_without_empty_tags_is_named(tmp_path):
    packed = Path(REAL, "msra", "msra_train_bio.txt.gz")
    if not packed.is_file():
        pytest.skip("not among these corpora")
    (tmp_path / "msra").mkdir()
    content = gzip.decompress(packed.read_bytes()).replace(b"0\t\n", b"0\tO\n")
    (tmp_path / "msra" / "msra_train_bio.txt").write_bytes(content)
    with pytest.raises(DataError, match="this is not msra train: it is msra train with O in its 57 empty tags"):
        list(data.get("msra", "train", tmp_path))


@pytest.mark.skipif(not REAL, reason="CNERKIT_DATA does not name a folder with real corpora")
def test_first_release_of_weibo_under_the_name_of_the_second_is_named(tmp_path):
    first, second = find("weibo_v1").splits["train"], find("weibo").splits["train"]
    content = Path(REAL, "weibo_v1", first.file.path).read_bytes()
    (tmp_path / "weibo").mkdir()
    (tmp_path / "weibo" / second.file.path).write_bytes(content)
    (verified,) = data.verify("weibo", "train", tmp_path)
    assert verified.problems[0] == "it is weibo_v1 train"
    with pytest.raises(DataError, match="this is not weibo train: it is weibo_v1 train"):
        list(data.get("weibo", "train", tmp_path))


@pytest.mark.skipif(not REAL, reason="CNERKIT_DATA does not name a folder with real corpora")
def test_people_daily_under_the_name_of_msra_is_named(tmp_path):
    own = Path(REAL, "people_daily", "example.test")
    if not own.is_file():
        pytest.skip("not among these corpora")
    (tmp_path / "msra").mkdir()
    (tmp_path / "msra" / "msra_test_bio.txt").write_bytes(own.read_bytes())
    (verified,) = data.verify("msra", "test", tmp_path)
    assert verified.problems[0] == "it is people_daily test, which some projects call MSRA"
