import errno
import io
import os
import pickle
import shutil
import zipfile

import pytest
import torch

from cnerkit.engine import checkpoint as checkpoints
from cnerkit.engine.checkpoint import Checkpoint, Origin, load_checkpoint, save_checkpoint
from cnerkit.errors import CnerkitError, DataError, MissingError
from cnerkit.registry import Task
from cnerkit.text import LabelSet

TASK = Task(LabelSet(("人名", "地名")), frozenset({"flat", "nested"}), " ", "/")


@pytest.fixture
def example() -> Checkpoint:
    origin = Origin(
        recipe={"name": "例", "training": {"lr": 0.001, "patience": None}},
        model="toy",
        params={"dim": 8},
        task=TASK,
        encoder={"kind": "static", "vocabulary": ["天", "地"]},
        prepared={"vectors": torch.arange(6.0).reshape(2, 3), "names": ["a", "b"]},
        fingerprint="abc",
    )
    state = {"weight": torch.randn(3, 4), "count": torch.tensor(7)}
    training = {"step": 9, "optimizer": {"state": {0: {"step": 1.0}}}}
    return Checkpoint("last", origin, {"epoch": 2, "dev": {"f1": 0.5}}, state, training)


@pytest.fixture
def saved(tmp_path, example):
    path = tmp_path / "last.pt"
    save_checkpoint(path, example)
    return path


def test_checkpoint_comes_back_as_it_was_saved(saved, example):
    back = load_checkpoint(saved)
    assert (back.kind, back.scores, back.training) == (example.kind, example.scores, example.training)
    for name, tensor in example.state.items():
        assert torch.equal(back.state[name], tensor)
    assert torch.equal(back.origin.prepared["vectors"], example.origin.prepared["vectors"])
    for field in ("recipe", "model", "params", "task", "encoder", "fingerprint", "versions"):
        assert getattr(back.origin, field) == getattr(example.origin, field)


def test_checkpoint_says_what_wrote_it(saved):
    assert {"cnerkit", "python", "torch", "transformers"} <= load_checkpoint(saved).origin.versions.keys()


def test_what_was_loaded_is_saved_to_the_same_bytes(saved, tmp_path):
    save_checkpoint(tmp_path / "again.pt", load_checkpoint(saved))
    assert (tmp_path / "again.pt").read_bytes() == saved.read_bytes()


def test_path_without_a_file_is_missing(tmp_path):
    with pytest.raises(MissingError, match="there is no such checkpoint") as caught:
        load_checkpoint(tmp_path / "none.pt")
    assert caught.value.exit_code == 5


def test_folder_is_refused_with_the_file_to_give(tmp_path):
    with pytest.raises(DataError, match="this is a folder") as caught:
        load_checkpoint(tmp_path)
    assert str(tmp_path / "best.pt") in caught.value.fix


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_file_that_is_cut_short_is_refused(saved, share):
    whole = saved.read_bytes()
    saved.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DataError, match="cut short: its end is missing"):
        load_checkpoint(saved)


def _zip_bytes() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("notes.txt", "hello")
    return out.getvalue()


def _torch_bytes(value, **options) -> bytes:
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


class Payload:
    """Would make a folder when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("ran",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(lambda: b"", "the checkpoint is empty", id="empty"),
        pytest.param("天地玄黄".encode, "this is not a checkpoint", id="text"),
        pytest.param(_zip_bytes, "a zip file of another kind", id="other-zip"),
        pytest.param(lambda: _torch_bytes({"weight": torch.ones(2)}), "not a checkpoint of cnerkit", id="weights-alone"),
        pytest.param(lambda: _torch_bytes([1, 2]), "not a checkpoint of cnerkit", id="torch-list"),
        pytest.param(lambda: _torch_bytes({"format": "cnerkit", "version": 1}), "lacks a part or holds a wrong one", id="bare"),
        pytest.param(lambda: _torch_bytes({"format": "cnerkit", "version": 2}), "written by a newer cnerkit", id="newer"),
        pytest.param(lambda: pickle.dumps({"a": Payload()}), "could run code when it is read, and is refused", id="pickle"),
        pytest.param(lambda: _torch_bytes({"a": Payload()}), "could run code when they are read, and is refused", id="payload"),
        pytest.param(
            lambda: _torch_bytes({"a": Payload()}, _use_new_zipfile_serialization=False),
            "could run code when it is read, and is refused",
            id="old-torch-file",
        ),
    ],
)
def test_file_of_another_kind_is_refused_with_its_reason(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.pt"
    path.write_bytes(content())
    with pytest.raises(DataError, match=message) as caught:
        load_checkpoint(path)
    assert caught.value.exit_code == 3
    assert caught.value.where == str(path)
    assert caught.value.fix
    assert not (tmp_path / "ran").exists(), "code of the file was run"


def test_newer_version_is_told_to_upgrade(saved, monkeypatch):
    monkeypatch.setattr(checkpoints, "VERSION", 0)
    with pytest.raises(DataError, match=r"format version 1 and was written by a newer cnerkit.*reads version 0") as caught:
        load_checkpoint(saved)
    assert caught.value.fix == "upgrade cnerkit"


def test_damage_in_the_middle_is_refused(saved):
    content = bytearray(saved.read_bytes())
    start = content.index(b"data.pkl") + 80
    content[start : start + 40] = bytes(40)
    saved.write_bytes(content)
    with pytest.raises(DataError, match=r"damaged|unsafe"):
        load_checkpoint(saved)


class FullDisk(io.RawIOBase):
    def __init__(self, file, room: int) -> None:
        self.file, self.room = file, room

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)


@pytest.mark.parametrize("room", [0, 300, 2000])
def test_full_disk_leaves_the_old_file_and_nothing_half_written(saved, example, monkeypatch, room):
    before, save = saved.read_bytes(), torch.save
    monkeypatch.setattr(torch, "save", lambda payload, file: save(payload, FullDisk(file, room)))
    with pytest.raises(CnerkitError, match="the disk is full: No space left on device") as caught:
        save_checkpoint(saved, example)
    assert caught.value.exit_code == 1
    assert "free some space" in caught.value.fix
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_folder_that_may_not_be_written_is_told(tmp_path, example):
    (tmp_path / "file").touch()
    with pytest.raises(CnerkitError, match="cannot write") as caught:
        save_checkpoint(tmp_path / "file" / "best.pt", example)
    assert caught.value.exit_code == 1


def test_loaded_tensors_survive_the_replacement_of_their_file(saved, example, tmp_path):
    back = load_checkpoint(saved)
    save_checkpoint(tmp_path / "new.pt", Checkpoint("best", example.origin, {}, {"weight": torch.zeros(3, 4)}))
    shutil.move(tmp_path / "new.pt", saved)
    assert torch.equal(back.state["weight"], example.state["weight"])
