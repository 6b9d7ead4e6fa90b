"""A published folder is found as it is or packed, brought out of its repository's archive, and read by splits."""

import hashlib
import io
import shutil
import tarfile
from dataclasses import replace

import pytest

from cnerkit.corpora.bundle import members
from cnerkit.corpora.catalogue import Counts, Dataset, Identity, Published, Source, Split
from cnerkit.corpora.download import locate, locate_articles
from cnerkit.corpora.identity import identify_files
from cnerkit.corpora.places import find_local, member_pattern
from cnerkit.corpora.tree import File, files_in_repository, pack
from cnerkit.errors import CnerkitError, DataError, MissingError

FILES = [
    File("train/1.txt", "杜甫\n".encode()),
    File("train/1.ann", b""),
    File("dev/2.txt", "苏轼\n".encode()),
    File("dev/2.ann", b""),
]
LISTED = "M:1\nM:2\n"
ARCHIVE = "/someone/corpora/c0ffee.tar.gz"

pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def notes():
    """A dataset of two splits in one folder, the first of which has a list of articles."""
    folder = Published("data/notes", identify_files(FILES), (Source("someone/corpora", "c0ffee", "published/notes"),))
    known = Identity(hashlib.sha256(LISTED.encode()).hexdigest(), len(LISTED))
    listed = Published("lists/train.txt", known, (Source("someone/corpora", "c0ffee", "lists/train.txt"),))
    splits = {"train": Split(folder, Counts(), "train/*", listed), "dev": Split(folder, Counts(), "dev/*")}
    return Dataset("toy", "Toy", "brat", "Free.", "", ("PER",), splits, "shared")


def put(folder, files):
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
    return folder


def repository(files, *, more=(), top="corpora-c0ffee"):
    """A whole repository as its host packs it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, data in [("README", b"about"), *((f"published/notes/{file.path}", file.data) for file in files)]:
            info = tarfile.TarInfo(f"{top}/{path}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in more:
            archive.addfile(info)
    return packed.getvalue()


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")


class TestLookingAround:
    """A folder may lie there as it is published, or packed."""

    def test_folder_is_found_below_the_folder_that_datasets_share(self, notes, tmp_path):
        folder = put(tmp_path / "shared" / "data" / "notes", FILES)
        assert locate(notes, "train", data_dir=tmp_path) == folder
        assert locate(notes, "dev", data_dir=tmp_path) == folder

    @pytest.mark.parametrize("suffix", [".tar.gz", ".tgz"])
    def test_packed_folder_counts_as_the_folder(self, notes, tmp_path, suffix):
        packed = tmp_path / "shared" / "data" / f"notes{suffix}"
        packed.parent.mkdir(parents=True)
        pack(FILES, "notes", packed)
        assert locate(notes, "train", data_dir=tmp_path) == packed

    def test_file_in_the_place_of_a_folder_is_not_taken_for_it(self, notes, tmp_path):
        (tmp_path / "shared" / "data").mkdir(parents=True)
        (tmp_path / "shared" / "data" / "notes").write_text("no folder", encoding="utf-8")
        assert find_local(notes, "train", tmp_path) is None

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            pytest.param(FILES[:-1], "its 3 files of 14 bytes are not the 4 of 14 that are published", id="one-missing"),
            pytest.param([*FILES, File("x", b"1")], "its 5 files of 15 bytes are not the 4 of 14", id="one-more"),
            pytest.param([*FILES[:-1], File("dev/2.ann", b"T1")], "its 4 files of 16 bytes are not the 4 of 14", id="edited"),
        ],
    )
    def test_folder_in_another_state_is_refused_with_what_it_holds(self, notes, tmp_path, files, said):
        folder = put(tmp_path / "shared" / "data" / "notes", files)
        with pytest.raises(DataError) as caught:
            locate(notes, "train", data_dir=tmp_path)
        assert caught.value.what.startswith(f"this is not notes of toy: {said}")
        assert caught.value.where == str(folder)
        assert "give this path instead of the name to use it as it is" in caught.value.fix

    def test_folder_that_is_another_known_one_is_named(self, notes, tmp_path, monkeypatch):
        put(tmp_path / "shared" / "data" / "notes", FILES[:2])
        monkeypatch.setattr("cnerkit.corpora.identity.name_identity", lambda _: "litbank")
        with pytest.raises(DataError, match="this is not notes of toy: it is litbank"):
            locate(notes, "train", data_dir=tmp_path)

    def test_damaged_packed_folder_is_refused_with_its_place(self, notes, tmp_path):
        packed = tmp_path / "shared" / "data" / "notes.tar.gz"
        packed.parent.mkdir(parents=True)
        pack(FILES, "notes", packed)
        packed.write_bytes(packed.read_bytes()[:100])
        with pytest.raises(DataError, match=r"notes\.tar\.gz: the archive cannot be read: "):
            locate(notes, "train", data_dir=tmp_path)

    def test_archive_of_another_folder_is_refused_with_its_place(self, notes, tmp_path):
        packed = tmp_path / "shared" / "data" / "notes.tar.gz"
        packed.parent.mkdir(parents=True)
        pack(FILES, "others", packed)
        with pytest.raises(MissingError, match=r"notes\.tar\.gz: none of its files is notes/\*"):
            locate(notes, "train", data_dir=tmp_path)

    def test_nothing_found_says_how_to_unpack_it_by_hand(self, notes, tmp_path, monkeypatch):
        monkeypatch.setenv("CNERKIT_OFFLINE", "1")
        with pytest.raises(MissingError) as caught:
            locate(notes, "dev", data_dir=tmp_path)
        assert caught.value.what.startswith(
            f"notes of toy is not here: looked for data/notes in {tmp_path}/shared (--data-dir)"
        )
        address = "http://127.0.0.1:9/someone/corpora/tar.gz/c0ffee"
        assert caught.value.fix == f"try again, or unpack published/notes of {address} as {tmp_path}/shared/data/notes"


class TestDownloading:
    """A folder is taken out of the archive of its repository, and stays packed."""

    def test_folder_is_kept_packed_without_the_rest_of_its_repository(self, notes, served, cache):
        served.files[ARCHIVE] = repository(FILES)
        path = locate(notes, "train")
        assert path == cache / "shared" / "data" / "notes.tar.gz"
        assert [member.path for member in members(path)] == [
            "notes/dev/2.ann",
            "notes/dev/2.txt",
            "notes/train/1.ann",
            "notes/train/1.txt",
        ]
        assert everything(cache) == ["shared/data/notes.tar.gz"]
        assert locate(notes, "dev") == path
        assert len(served.requests) == 1

    def test_published_place_is_asked_when_the_mirror_lacks_the_archive(self, notes, served, monkeypatch):
        monkeypatch.setattr("cnerkit.corpora.catalogue.ARCHIVES", f"{served.root}/archives")
        served.files = {"/archives/someone/corpora/tar.gz/c0ffee": repository(FILES)}
        assert locate(notes, "train").name == "notes.tar.gz"

    def test_folder_as_mirror_serves_offline(self, notes, monkeypatch, tmp_path):
        kept = tmp_path / "mirror" / "someone" / "corpora" / "c0ffee.tar.gz"
        kept.parent.mkdir(parents=True)
        kept.write_bytes(repository(FILES))
        monkeypatch.setenv("CNERKIT_MIRROR", str(tmp_path / "mirror"))
        monkeypatch.setenv("CNERKIT_OFFLINE", "1")
        assert locate(notes, "train").is_file()

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            pytest.param(repository(FILES[:2]), "its 2 files of 7 bytes are not the 4 of 14 that are published", id="another"),
            pytest.param(repository([]), "its 0 files of 0 bytes are not the 4 of 14", id="without-the-folder"),
            pytest.param(b"<html>sign in</html>", "the archive cannot be read: ", id="no-archive"),
            pytest.param(repository(FILES)[:-30], "the archive cannot be read: ", id="cut-off"),
            pytest.param(repository([File("train/1.txt", bytes(10**6))]), "its 0 files of 0 bytes", id="far-too-large"),
        ],
    )
    def test_wrong_content_is_refused_and_never_kept(self, notes, served, cache, content, said):
        served.files[ARCHIVE] = content
        with pytest.raises(DataError) as caught:
            locate(notes, "train")
        assert caught.value.what.startswith(f"what was offered is not notes of toy: {served.root}{ARCHIVE}: {said}")
        assert everything(cache) == []

    @pytest.mark.parametrize(
        "name", ["corpora/../../../escaped", "/tmp/escaped-corpora", "corpora/published/notes/../../../../escaped"]
    )
    def test_archive_that_tries_to_write_elsewhere_writes_nothing(self, notes, served, cache, tmp_path, name):
        evil = tarfile.TarInfo(name)
        served.files[ARCHIVE] = repository(FILES, more=[evil])
        try:
            locate(notes, "train")
        except DataError as error:
            assert "5 files" in error.what  # noqa: PT017 - an evil path within the folder is one file too many
        assert {path for path in everything(tmp_path) if "escaped" in path} == set()
        assert all(path.startswith("cache/datasets/shared/") for path in everything(tmp_path))
        assert len(everything(cache)) <= 1

    def test_killed_before_packing_nothing_is_asked_again(self, notes, served, cache):
        whole = cache / "shared" / "data" / ".incoming" / "notes.tar.gz" / "whole-notes.tar.gz"
        whole.parent.mkdir(parents=True)
        whole.write_bytes(repository(FILES))
        assert sorted(files_in_repository(whole, "published/notes", 14)) == sorted(FILES)
        assert locate(notes, "train").is_file()
        assert served.requests == []
        assert everything(cache) == ["shared/data/notes.tar.gz"]

    def test_cache_that_cannot_be_written_says_which_setting_moves_it(self, notes, served, cache):
        served.files[ARCHIVE] = repository(FILES)
        (cache / "shared").mkdir(parents=True)
        (cache / "shared" / "data").write_text("a file where the folder should be", encoding="utf-8")
        with pytest.raises(CnerkitError, match=r"cannot keep the download: .*\nfix: point CNERKIT_CACHE at a folder"):
            locate(notes, "train")


class TestSplits:
    """Which files of a folder or an archive belong to a split, and which articles."""

    def test_pattern_is_the_same_path_within_a_packed_folder(self, notes, tmp_path):
        train, folder, packed = notes.splits["train"], put(tmp_path / "notes", FILES), tmp_path / "notes.tar.gz"
        pack(FILES, "notes", packed)
        for path in (folder, packed):
            found = members(path, member_pattern(train, path))
            assert [member.path.rpartition("/")[2] for member in found] == ["1.ann", "1.txt"]

    def test_whole_folder_is_read_where_no_files_are_chosen(self, notes, tmp_path):
        whole = replace(notes.splits["dev"], member="")
        assert member_pattern(whole, put(tmp_path / "notes", FILES)) is None
        assert member_pattern(whole, tmp_path / "notes.tar.gz") == "notes/*"

    def test_plain_file_has_no_members(self, toy, tmp_path):
        assert member_pattern(toy.splits["train"], tmp_path / "train.txt") is None

    def test_articles_are_the_words_of_their_list(self, notes, tmp_path):
        listed = tmp_path / "shared" / "lists" / "train.txt"
        listed.parent.mkdir(parents=True)
        listed.write_text(LISTED, encoding="utf-8")
        assert locate_articles(notes, "train", data_dir=tmp_path) == {"M:1", "M:2"}
        assert locate_articles(notes, "dev", data_dir=tmp_path) is None

    @pytest.mark.parametrize("content", [b"M:1\nM:3\n", b"\xff" * len(LISTED)], ids=["one-changed", "not-text"])
    def test_list_of_the_right_size_and_another_content_is_refused(self, notes, tmp_path, content):
        listed = tmp_path / "shared" / "lists" / "train.txt"
        listed.parent.mkdir(parents=True)
        listed.write_bytes(content)
        with pytest.raises(DataError, match=r"this is not train\.txt of toy: its 8 bytes are no version that is known"):
            locate_articles(notes, "train", data_dir=tmp_path)

    def test_missing_list_is_told_with_the_command_that_brings_it(self, notes, tmp_path):
        with pytest.raises(MissingError) as caught:
            locate_articles(notes, "train", data_dir=tmp_path, download=False)
        assert caught.value.what.startswith("train.txt of toy is not here: looked for lists/train.txt in")
        assert caught.value.fix.startswith(
            "run `cnerkit data get toy --split train`, or save http://127.0.0.1:9/someone/corpora/"
        )

    def test_own_copy_is_not_downloaded_though_it_is_known_where_it_is_published(self, notes, served, tmp_path):
        served.files[ARCHIVE] = repository(FILES)
        own = replace(notes, own_copy=True, licence="To be accepted at its owner's.")
        with pytest.raises(MissingError) as caught:
            locate(own, "dev", data_dir=tmp_path)
        assert served.requests == []
        assert caught.value.fix.startswith(
            f"To be accepted at its owner's. Put your own copy in {tmp_path}/shared as data/notes"
        )

    def test_cache_of_one_dataset_serves_another_that_shares_its_folder(self, notes, served, cache):
        served.files[ARCHIVE] = repository(FILES)
        locate(notes, "train")
        assert locate(replace(notes, name="other"), "train").is_relative_to(cache / "shared")
        assert len(served.requests) == 1
        shutil.rmtree(cache)
