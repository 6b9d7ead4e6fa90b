"""Files and folders appear whole or not at all."""

import errno
import os
import re
import threading
from pathlib import Path

import pytest

from cnerkit.errors import CnerkitError, UsageError
from cnerkit.storage import unwritable, whole_file, whole_folder


def test_a_file_appears_only_when_everything_was_written(tmp_path):
    path = tmp_path / "deep" / "out.txt"
    with whole_file(path) as file:
        file.write("一\n")
        assert not path.exists()
    assert path.read_bytes() == "一\n".encode()


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError, match="half way"), whole_file(path) as file:
        file.write("new")
        raise RuntimeError("half way")
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.txt"]


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path):
    full = r"out\.bin: the disk is full: .*\nfix: free some space"
    with pytest.raises(CnerkitError, match=full), whole_file(tmp_path / "out.bin", "wb"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    unwritable_folder = r"cannot write: .*\nfix: choose a folder that you may write to"
    with pytest.raises(CnerkitError, match=unwritable_folder) as caught, whole_file(tmp_path / "file" / "out.txt"):
        pass
    assert caught.value.exit_code == 1


def test_other_write_errors_keep_the_reason_of_the_system(tmp_path):
    assert "Permission denied" in str(unwritable(tmp_path, OSError(errno.EACCES, "Permission denied")))


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_link_to_a_file_stays_one(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    with whole_file(tmp_path / "link.txt") as out:
        out.write("new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    with whole_file(pipe) as out:
        out.write("text")
    reader.join()
    assert read == ["text"]
    assert pipe.is_fifo()


def test_a_folder_appears_only_when_everything_was_written(tmp_path):
    path = tmp_path / "deep" / "out"
    with whole_folder(path, replace=False) as folder:
        (folder / "a.txt").write_text("一", encoding="utf-8")
        assert not path.exists()
    assert names(tmp_path) == ["deep", "deep/out", "deep/out/a.txt"]
    assert path.stat().st_mode & 0o700 == 0o700


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_folder_and_no_litter(tmp_path, error):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").touch()
    with pytest.raises(error), whole_folder(tmp_path / "out", replace=True) as folder:
        (folder / "new.txt").touch()
        raise error
    with pytest.raises(error), whole_folder(tmp_path / "some" / "where", replace=False):
        raise error
    assert names(tmp_path) == ["out", "out/old.txt"]


def test_an_old_folder_is_replaced_as_a_whole_when_that_is_asked_for(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").touch()
    with whole_folder(tmp_path / "out", replace=True, suffixes=(".txt",)) as folder:
        (folder / "new.txt").touch()
    assert names(tmp_path) == ["out", "out/new.txt"]


def test_an_empty_folder_is_as_good_as_none(tmp_path):
    (tmp_path / "out").mkdir()
    with whole_folder(tmp_path / "out", replace=False) as folder:
        (folder / "new.txt").touch()
    assert names(tmp_path) == ["out", "out/new.txt"]


def test_a_link_to_a_folder_stays_one(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "old.txt").touch()
    (tmp_path / "out").symlink_to(tmp_path / "there")
    with whole_folder(tmp_path / "out", replace=True) as folder:
        (folder / "new.txt").touch()
    assert (tmp_path / "out").is_symlink()
    assert names(tmp_path / "there") == ["new.txt"]


@pytest.mark.parametrize("failing", [1, 2], ids=["moving-the-old-one", "naming-the-new-one"])
def test_the_old_folder_comes_back_when_the_new_one_cannot_take_its_place(tmp_path, monkeypatch, failing):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").touch()
    rename, calls = Path.rename, []

    def fail_once(path, target):
        calls.append(path)
        if len(calls) == failing:
            raise PermissionError(errno.EACCES, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(CnerkitError, match="cannot write: Permission denied"), whole_folder(tmp_path / "out", replace=True):
        pass
    assert names(tmp_path) == ["out", "out/old.txt"]


def test_what_a_user_may_not_mean_to_lose_is_not_replaced(tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").touch()
    (tmp_path / "file").touch()
    refused = {
        "this folder is there already\nfix: say --force": (tmp_path / "out", {"replace": False}),
        "holds thesis.tex, which is none of .txt, .ann": (tmp_path / "out", {"replace": True, "suffixes": (".txt", ".ann")}),
        "this is a file, and a folder is to be written": (tmp_path / "file", {"replace": True}),
        "this folder is the one you work in, or is above it": (tmp_path, {"replace": True}),
    }
    monkeypatch.chdir(tmp_path)
    for expected, (path, options) in refused.items():
        with pytest.raises(UsageError, match=re.escape(expected)), whole_folder(path, **options):
            pass
    assert names(tmp_path) == ["file", "out", "out/thesis.tex"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CnerkitError, match=r"file/out: cannot write: "), whole_folder(tmp_path / "file" / "out", replace=False):
        pass
    full = r"out: the disk is full: "
    with pytest.raises(CnerkitError, match=full), whole_folder(tmp_path / "out", replace=False):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names(tmp_path) == ["file"]
