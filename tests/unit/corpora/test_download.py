"""A dataset's file is found in the user's folders, in the cache, or downloaded and verified."""

import gzip
import json
import logging
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace

import filelock
import pytest

from cnerkit.corpora.catalogue import Identity, Source, find
from cnerkit.corpora.download import addresses, locate
from cnerkit.corpora.places import cache_folder, find_local
from cnerkit.errors import CnerkitError, DataError, MissingError, UsageError

pytestmark = pytest.mark.usefixtures("cache")

DOWNLOAD = """
    import json, sys
    from cnerkit.corpora import catalogue, download
    from cnerkit.corpora.catalogue import Counts, Dataset, Identity, Published, Source, Split

    catalogue.PUBLISHED = "http://127.0.0.1:9"
    identity = Identity(**json.loads(sys.argv[1]))
    source = Source("someone/corpora", "c0ffee", "data/train one.txt")
    splits = {"train": Split(Published("train.txt", identity, (source,)), Counts())}
    toy = Dataset("toy", "Toy", "conll", "Free.", "", ("PER",), splits, "toy")
    print(download.locate(toy, "train"))
"""
"""Another process that downloads the toy dataset."""


def with_train(dataset, **changes):
    train = dataset.splits["train"]
    return replace(dataset, splits={**dataset.splits, "train": replace(train, file=replace(train.file, **changes))})


def start_download(dataset):
    identity = dataset.splits["train"].file.identity
    known = {"sha256": identity.sha256, "bytes": identity.bytes, "git_blob_sha1": identity.git_blob_sha1}
    command = [sys.executable, "-c", textwrap.dedent(DOWNLOAD), json.dumps(known)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def leftovers(folder):
    """Every file below a folder but the locks."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")


class TestLookingAround:
    """Where a file is looked for, and in which order."""

    def put(self, folder, content, name="train.txt"):
        path = folder / "toy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def test_data_dir_comes_before_the_environment_and_that_before_the_cache(self, toy, content, tmp_path, cache, monkeypatch):
        monkeypatch.setenv("CNERKIT_DATA", str(tmp_path / "own"))
        cached = self.put(cache, content)
        assert locate(toy, "train") == cached
        own = self.put(tmp_path / "own", content)
        assert locate(toy, "train") == own
        named = self.put(tmp_path / "named", content)
        assert locate(toy, "train", data_dir=tmp_path / "named") == named

    def test_data_dir_without_the_file_falls_back_to_the_cache(self, toy, content, tmp_path, cache):
        cached = self.put(cache, content)
        assert locate(toy, "train", data_dir=tmp_path) == cached

    def test_data_dir_that_is_no_folder_is_refused_before_anything_is_downloaded(self, toy, tmp_path, served):
        with pytest.raises(UsageError, match=r"there is no folder .*typo\nfix: name a folder with one sub-folder"):
            locate(toy, "train", data_dir=tmp_path / "typo")
        assert served.requests == []

    def test_gzipped_copy_counts_as_the_file(self, toy, content, tmp_path):
        packed = self.put(tmp_path, gzip.compress(content), "train.txt.gz")
        assert locate(toy, "train", data_dir=tmp_path) == packed

    def test_gzipped_copy_in_several_members_counts_as_the_file(self, toy, content, tmp_path):
        packed = self.put(tmp_path, gzip.compress(content[:1000]) + gzip.compress(content[1000:]), "train.txt.gz")
        assert locate(toy, "train", data_dir=tmp_path) == packed

    @pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
    def test_file_of_another_size_is_refused_with_its_place(self, toy, content, tmp_path, pack):
        self.put(tmp_path, pack(content[:-1]))
        said = rf"toy/train\.txt: this is not toy train: its {len(content) - 1} bytes are no version that is known"
        with pytest.raises(DataError, match=said):
            locate(toy, "train", data_dir=tmp_path)

    def test_looking_for_a_file_does_not_look_at_its_content(self, toy, tmp_path):
        assert find_local(toy, "train", tmp_path) is None
        path = self.put(tmp_path, b"half a fi")
        assert find_local(toy, "train", tmp_path) == path

    def test_folder_that_may_not_be_looked_into_holds_nothing(self, toy, tmp_path, monkeypatch):
        def forbid(_):
            raise PermissionError

        monkeypatch.setattr("pathlib.Path.is_file", forbid)
        assert find_local(toy, "train", tmp_path) is None

    def test_unknown_split_is_refused_with_those_there_are(self):
        with pytest.raises(UsageError, match=r"msra has no dev split\nfix: choose from train, test; a recipe can take dev"):
            locate(find("msra"), "dev")

    def test_nothing_found_and_no_download_wanted_tells_every_place_and_every_way(self, toy, tmp_path, served, monkeypatch):
        monkeypatch.setenv("CNERKIT_DATA", str(tmp_path / "own"))
        with pytest.raises(MissingError) as caught:
            locate(toy, "train", data_dir=tmp_path, download=False)
        looked = f"{tmp_path}/toy (--data-dir), {tmp_path}/own/toy ($CNERKIT_DATA), {cache_folder()}/toy (cache)"
        assert caught.value.what == f"toy train is not here: looked for train.txt in {looked}"
        by_hand = f"save http://127.0.0.1:9/someone/corpora/c0ffee/data/train%20one.txt as {tmp_path}/toy/train.txt"
        assert caught.value.fix == f"run `cnerkit data get toy --split train`, or {by_hand}"
        assert served.requests == []

    def test_users_own_corpus_is_never_downloaded_and_its_licence_and_names_are_told(self, tmp_path):
        with pytest.raises(MissingError) as caught:
            locate(find("ontonotes4"), "test", data_dir=tmp_path)
        assert "Linguistic Data Consortium" in caught.value.fix
        assert f"in {tmp_path}/ontonotes4 as train.char.bmes, dev.char.bmes, test.char.bmes" in caught.value.fix

    def test_users_own_corpus_is_taken_as_it_is(self, tmp_path):
        path = tmp_path / "ontonotes4" / "dev.char.bmes"
        path.parent.mkdir()
        path.write_bytes("中 B-GPE\n国 E-GPE\n\n".encode())
        assert locate(find("ontonotes4"), "dev", data_dir=tmp_path) == path

    def test_what_comes_with_the_toolkit_is_in_the_package(self, tmp_path):
        packaged = replace(find("ontonotes4"), name="sample", folder="sample", packaged=True)
        with pytest.raises(MissingError, match=r"sample \(part of cnerkit\)\nfix: install cnerkit again"):
            locate(packaged, "train", data_dir=tmp_path)

    def test_cache_is_where_the_system_keeps_such_files_unless_the_environment_says_otherwise(self, monkeypatch, tmp_path):
        monkeypatch.delenv("CNERKIT_CACHE", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert cache_folder().parts[-2:] == ("cnerkit", "datasets")
        monkeypatch.setenv("CNERKIT_CACHE", str(tmp_path / "else"))
        assert cache_folder() == tmp_path / "else" / "datasets"


class TestAddresses:
    """What is asked, and in which order."""

    FIRST = Source("a/b", "c1", "People's Daily/x.txt")
    SECOND = Source("d/e", "c2", "y.txt")

    @pytest.fixture
    def file(self, toy):
        return replace(toy.splits["train"].file, sources=(self.FIRST, self.SECOND))

    def test_published_path_is_percent_encoded(self, file):
        published = ["http://127.0.0.1:9/a/b/c1/People%27s%20Daily/x.txt", "http://127.0.0.1:9/d/e/c2/y.txt"]
        assert list(addresses(file)) == published

    @pytest.mark.parametrize("mirror", ["https://mirror.example/x", "https://mirror.example/x/"])
    def test_mirror_is_asked_first_in_the_documented_layout(self, file, monkeypatch, mirror):
        without = addresses(file)
        monkeypatch.setenv("CNERKIT_MIRROR", mirror)
        first = "https://mirror.example/x/a/b/c1/People%27s%20Daily/x.txt"
        assert list(addresses(file)) == [first, "https://mirror.example/x/d/e/c2/y.txt", *without]

    def test_mirror_can_be_a_folder(self, file, monkeypatch, tmp_path):
        monkeypatch.setenv("CNERKIT_MIRROR", str(tmp_path))
        assert next(iter(addresses(file))) == f"file://{tmp_path}/a/b/c1/People%27s%20Daily/x.txt"

    def test_offline_leaves_only_what_is_on_this_machine(self, file, monkeypatch, tmp_path):
        monkeypatch.setenv("CNERKIT_OFFLINE", "1")
        assert addresses(file) == {}
        monkeypatch.setenv("CNERKIT_MIRROR", "https://mirror.example")
        assert addresses(file) == {}
        monkeypatch.setenv("CNERKIT_MIRROR", f"file://{tmp_path}")
        assert len(addresses(file)) == 2

    @pytest.mark.parametrize("value", ["", "0"])
    def test_offline_can_be_switched_off(self, file, monkeypatch, value):
        monkeypatch.setenv("CNERKIT_OFFLINE", value)
        assert len(addresses(file)) == 2


@pytest.mark.usefixtures("served")
class TestDownloading:
    """What lies in the cache after a download, and after one that failed."""

    def test_file_is_put_into_the_cache_and_nothing_else_is_left(self, toy, content, cache):
        path = locate(toy, "train")
        assert path == cache / "toy" / "train.txt"
        assert path.read_bytes() == content
        assert leftovers(cache) == ["toy/train.txt"]

    def test_second_time_nothing_is_asked(self, toy, served):
        locate(toy, "train")
        locate(toy, "train")
        assert len(served.requests) == 1

    def test_published_place_is_asked_when_the_mirror_lacks_the_file(self, toy, content, served, monkeypatch):
        monkeypatch.setattr("cnerkit.corpora.catalogue.PUBLISHED", f"{served.root}/published")
        served.files = {"/published/someone/corpora/c0ffee/data/train%20one.txt": content}
        assert locate(toy, "train").read_bytes() == content
        assert len(served.requests) == 2

    def test_second_source_is_asked_when_the_first_is_gone(self, toy, content):
        sources = (Source("gone/away", "c0ffee", "x"), *toy.splits["train"].file.sources)
        assert locate(with_train(toy, sources=sources), "train").read_bytes() == content

    def test_folder_as_mirror_serves_offline(self, toy, content, monkeypatch, tmp_path):
        kept = tmp_path / "mirror" / "someone" / "corpora" / "c0ffee" / "data" / "train one.txt"
        kept.parent.mkdir(parents=True)
        kept.write_bytes(content)
        monkeypatch.setenv("CNERKIT_MIRROR", str(tmp_path / "mirror"))
        monkeypatch.setenv("CNERKIT_OFFLINE", "1")
        assert locate(toy, "train").read_bytes() == content

    def test_content_whose_size_and_sha256_nobody_knows_is_verified_by_its_git_id(self, toy, content, served, cache):
        identity = Identity(git_blob_sha1=toy.splits["train"].file.identity.git_blob_sha1)
        assert locate(with_train(toy, identity=identity), "train").read_bytes() == content
        served.files = dict.fromkeys(served.files, content + b"x")
        (cache / "toy" / "train.txt").unlink()
        with pytest.raises(DataError, match="what was offered is not toy train"):
            locate(with_train(toy, identity=identity), "train")

    def test_wrong_content_is_refused_with_its_known_version_and_never_kept(self, toy, served, cache, monkeypatch):
        served.files = dict.fromkeys(served.files, b"another version")
        monkeypatch.setattr("cnerkit.corpora.identity.name_content", lambda _: "weibo_v1 train")
        with pytest.raises(DataError) as caught:
            locate(toy, "train")
        url = f"{served.root}/someone/corpora/c0ffee/data/train%20one.txt"
        assert caught.value.what.startswith(f"what was offered is not toy train: {url}: it is weibo_v1 train; http")
        assert leftovers(cache) == []

    def test_unknown_content_is_refused_with_its_size(self, toy, served, cache):
        served.files = dict.fromkeys(served.files, b"<html>sign in</html>")
        with pytest.raises(DataError, match="its 20 bytes are no version that is known"):
            locate(toy, "train")
        assert leftovers(cache) == []

    def test_content_of_the_right_size_and_the_wrong_hash_is_refused(self, toy, content, served, cache):
        served.files = dict.fromkeys(served.files, content.replace("一".encode(), "丁".encode()))
        with pytest.raises(DataError, match="what was offered is not toy train"):
            locate(toy, "train")
        assert leftovers(cache) == []

    def test_nobody_has_the_file(self, toy, served, cache):
        served.files = {}
        with pytest.raises(MissingError) as caught:
            locate(toy, "train")
        assert "train%20one.txt: the server answers 404 Not Found; http://127.0.0.1:9/" in caught.value.what
        assert "127.0.0.1:9/someone/corpora/c0ffee/data/train%20one.txt: the server cannot be reached" in caught.value.what
        assert leftovers(cache) == []

    def test_offline_nothing_is_asked_and_the_setting_is_named(self, toy, served, monkeypatch):
        monkeypatch.setenv("CNERKIT_OFFLINE", "1")
        with pytest.raises(MissingError, match="nothing is downloaded while CNERKIT_OFFLINE is set"):
            locate(toy, "train")
        assert served.requests == []

    def test_cache_that_cannot_be_written_says_which_setting_moves_it(self, toy, cache):
        cache.parent.mkdir()
        cache.write_text("a file where the folder should be")
        with pytest.raises(CnerkitError, match=r"toy: cannot keep the download: .*\nfix: point CNERKIT_CACHE at a folder"):
            locate(toy, "train")

    def test_full_disk_is_told_and_nothing_is_left_under_the_name(self, toy, cache, monkeypatch):
        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("cnerkit.corpora.transfer.Transfer._write", full)
        with pytest.raises(CnerkitError, match="cannot keep the download: No space left on device"):
            locate(toy, "train")
        assert not (cache / "toy" / "train.txt").exists()

    def test_pooch_says_nothing_of_its_own(self, toy, capsys):
        locate(with_train(toy, identity=Identity(git_blob_sha1=toy.splits["train"].file.identity.git_blob_sha1)), "train")
        assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("served")
class TestSeveralProcesses:
    """A process that is killed, and processes that want the same file at once."""

    def test_killed_download_goes_on_where_it_stopped(self, toy, content, served, cache):
        served.stall_after = 300_000
        process = start_download(toy)
        assert served.stalled.wait(30)
        part = cache / "toy" / ".incoming" / "train.txt" / "train.txt.part"
        wait_until(lambda: part.exists() and part.stat().st_size > 200_000)
        process.kill()
        process.communicate()
        kept = part.stat().st_size
        assert not (cache / "toy" / "train.txt").exists()
        served.stall_after = None
        assert locate(toy, "train").read_bytes() == content
        assert served.requests[1:] == [(served.requests[0][0], f"bytes={kept}-")]
        assert served.sent == [len(content) - kept]
        assert leftovers(cache) == ["toy/train.txt"]

    def test_download_killed_right_before_its_end_asks_for_nothing_more(self, toy, content, served, cache):
        complete = cache / "toy" / ".incoming" / "train.txt" / "train.txt"
        complete.parent.mkdir(parents=True)
        complete.write_bytes(content)
        assert locate(toy, "train").read_bytes() == content
        assert served.requests == []
        assert leftovers(cache) == ["toy/train.txt"]

    def test_two_processes_that_want_the_same_file_both_get_it_from_one_download(self, toy, content, served, cache):
        processes = [start_download(toy) for _ in range(2)]
        said = [process.communicate(timeout=60) for process in processes]
        assert [out for out, _ in said] == [f"{cache}/toy/train.txt\n"] * 2, said
        assert (cache / "toy" / "train.txt").read_bytes() == content
        assert len(served.requests) == 1
        assert leftovers(cache) == ["toy/train.txt"]

    def test_waiting_for_another_process_is_told(self, toy, content, cache, caplog):
        held = threading.Event()

        def hold_the_lock():
            lock = cache / "toy" / ".incoming" / "train.txt.lock"
            lock.parent.mkdir(parents=True)
            with filelock.FileLock(lock):
                held.set()
                time.sleep(1.3)

        other = threading.Thread(target=hold_the_lock)
        other.start()
        assert held.wait(10)
        with caplog.at_level(logging.WARNING):
            assert locate(toy, "train").read_bytes() == content
        other.join()
        assert "waiting for another process that downloads train.txt" in caplog.text


def wait_until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
