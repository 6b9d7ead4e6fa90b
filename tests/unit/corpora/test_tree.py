"""A folder's id is git's, whether it is packed or not, and a folder comes out of a packed repository as it is."""

import io
import os
import shutil
import subprocess
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.identity import identify_files
from cnerkit.corpora.tree import PACKED, File, blob_id, files_in_repository, folder_files, pack, tree_id
from cnerkit.errors import DataError, MissingError

GIT = shutil.which("git")
FILES = [File("甲.txt", "李白去了长安。\n".encode()), File("b/c.txt", b""), File("b.txt", b"\r\n"), File("b-c", b"x")]
names = st.text(st.sampled_from("ab.-_甲 0"), min_size=1, max_size=3).filter(lambda name: name.strip(". ") == name)


def written(folder, files):
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
    return folder


def git_tree(folder):
    """What git itself says, in a repository of its own."""
    settings = {
        "GIT_DIR": str(folder) + ".git",
        "GIT_WORK_TREE": str(folder),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "PATH": os.environ["PATH"],
    }
    for command in (["init", "-q"], ["-c", "core.autocrlf=false", "add", "-A", "."]):
        subprocess.run([GIT, *command], env=settings, check=True, cwd=folder)
    done = subprocess.run([GIT, "write-tree"], env=settings, check=True, cwd=folder, capture_output=True, text=True)
    return done.stdout.strip()


def packed_repository(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.skipif(GIT is None, reason="git is the second implementation of its own ids, and is not installed")
@pytest.mark.parametrize(
    "files",
    [
        pytest.param(FILES, id="files-and-folders"),
        pytest.param([File("a/b", b"1"), File("a.b", b"2"), File("a0", b"3")], id="folder-sorts-as-if-it-ended-in-a-slash"),
        pytest.param([File("x/y/z/w", b"deep")], id="deep"),
    ],
)
def test_id_of_a_folder_is_that_of_git(tmp_path, files):
    folder = written(tmp_path / "notes", files)
    found = identify_files(folder_files(folder, "notes"))
    assert found.git_tree_sha1 == git_tree(folder)
    assert (found.files, found.bytes) == (len(files), sum(len(file.data) for file in files))


def test_id_of_a_folder_without_files_is_gits_empty_tree():
    assert tree_id({}) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@given(st.dictionaries(names, st.binary(max_size=3), min_size=1), st.randoms())
def test_id_does_not_depend_on_the_order_of_files(contents, random):
    blobs = {name: blob_id(data) for name, data in contents.items()}
    shuffled = list(blobs.items())
    random.shuffle(shuffled)
    assert tree_id(dict(shuffled)) == tree_id(blobs)


@given(st.dictionaries(names, st.binary(max_size=3), min_size=1), names)
def test_id_tells_another_name_and_another_content(contents, name):
    blobs = {path: blob_id(data) for path, data in contents.items()}
    assert tree_id({f"x{path}": blob for path, blob in blobs.items()}) != tree_id(blobs)
    assert tree_id({name: blob_id(b"1")}) != tree_id({name: blob_id(b"2")})


def test_packed_folder_has_the_files_of_the_unpacked_one(tmp_path):
    unpacked = identify_files(folder_files(written(tmp_path / "notes", FILES), "notes"))
    assert identify_files(FILES) == unpacked
    pack(FILES, "notes", tmp_path / "notes.tar.gz")
    with zipfile.ZipFile(tmp_path / "notes.zip", "w") as archive:
        for file in FILES:
            archive.writestr(f"notes/{file.path}", file.data)
    with tarfile.open(tmp_path / "notes.tar", "w") as archive:
        archive.add(tmp_path / "notes", "notes")
    for suffix in (".tar.gz", ".tar", ".zip"):
        assert suffix in PACKED
        assert identify_files(folder_files(tmp_path / f"notes{suffix}", "notes")) == unpacked


def test_folder_is_what_it_is_by_whatever_name_it_lies_there(tmp_path):
    assert sorted(folder_files(written(tmp_path / "renamed", FILES), "notes")) == sorted(FILES)


def test_archive_without_the_folder_is_refused_with_its_place(tmp_path):
    pack(FILES, "others", tmp_path / "notes.tar.gz")
    with pytest.raises(MissingError, match=r"notes\.tar\.gz: none of its files is notes/\*"):
        list(folder_files(tmp_path / "notes.tar.gz", "notes"))


def test_only_the_asked_folder_is_taken_out_of_a_repository(tmp_path):
    members = [(f"repo-c0ffee/data/notes/{file.path}", file.data) for file in FILES]
    others = [("repo-c0ffee/README", b"1"), ("repo-c0ffee/data/notes2/x", b"2"), ("repo-c0ffee/x/data/notes/y", b"3")]
    archive = packed_repository(tmp_path / "repo.tar.gz", [*others, *members])
    assert list(files_in_repository(archive, "data/notes", 1000)) == FILES


def test_files_stop_before_they_are_larger_than_they_should(tmp_path):
    members = [("repo/notes/a", b"12"), ("repo/notes/b", b"3" * 9), ("repo/notes/c", b"4")]
    archive = packed_repository(tmp_path / "repo.tar.gz", members)
    assert list(files_in_repository(archive, "notes", 3)) == [File("a", b"12")]


def test_links_in_a_repository_are_left_out(tmp_path):
    with tarfile.open(tmp_path / "repo.tar", "w") as archive:
        link = tarfile.TarInfo("repo/notes/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert list(files_in_repository(tmp_path / "repo.tar", "notes", 1000)) == []


@pytest.mark.parametrize("keep", [0, 30, 200], ids=["empty", "first-bytes", "most"])
def test_damaged_archive_of_a_repository_is_refused_with_its_place(tmp_path, keep):
    archive = packed_repository(tmp_path / "repo.tar.gz", [("repo/notes/a", os.urandom(500))])
    archive.write_bytes(archive.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"repo\.tar\.gz: the archive cannot be read: .*\nfix: get it again"):
        list(files_in_repository(archive, "notes", 1000))


@given(st.binary(max_size=200))
def test_anything_that_is_no_archive_is_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "repo.tar.gz"
    path.write_bytes(data)
    with pytest.raises(DataError, match="the archive cannot be read"):
        list(files_in_repository(path, "notes", 1000))
