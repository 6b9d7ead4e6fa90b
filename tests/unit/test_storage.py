"""Files appear whole or not at all."""

import errno

import pytest

from cnerkit.errors import CnerkitError
from cnerkit.storage import unwritable, whole_file


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
