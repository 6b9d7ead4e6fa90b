"""Folders and archives: their files in natural order, and nothing that is damaged or leads out of them."""

import io
import os
import tarfile
import zipfile
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import bundle
from cnerkit.corpora.bundle import is_bundle, members, natural_key
from cnerkit.errors import CnerkitError, DataError, MissingError

FILES = {"b/s-10.txt": "十", "b/s-9.txt": "九", "a.ann": "", "b/s-09.txt": "零九"}
FILES |= {".hidden/x": "", "b/.DS_Store": "", "__MACOSX/a": ""}
SEEN = ["a.ann", "b/s-09.txt", "b/s-9.txt", "b/s-10.txt"]


def folder(path, files):
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(content, encoding="utf-8")
    return path


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path, files, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))
    return path


MAKERS = {
    "folder": lambda path, files: folder(path / "corpus", files),
    "zip": lambda path, files: zipped(path / "corpus.zip", files),
    "tar": lambda path, files: tarred(path / "corpus.tar", files),
    "tar.gz": lambda path, files: tarred(path / "corpus.tgz", files, "w:gz"),
    "tar.xz": lambda path, files: tarred(path / "corpus.tar.xz", files, "w:xz"),
}


def contents(found):
    result = {}
    for member in found:
        with member.open() as file:
            result[member.path] = file.read().decode()
    return result


@pytest.mark.parametrize("kind", MAKERS)
def test_files_are_found_in_natural_order_and_hidden_ones_left_out(kind, tmp_path):
    path = MAKERS[kind](tmp_path, FILES)
    assert is_bundle(path)
    found = members(path)
    assert [each.path for each in found] == SEEN
    assert contents(reversed(found)) == {name: FILES[name] for name in SEEN}
    assert found[1].stem == "b/s-09"


@pytest.mark.parametrize("kind", MAKERS)
def test_a_pattern_chooses_files_in_any_folder(kind, tmp_path):
    path = MAKERS[kind](tmp_path, FILES)
    assert [each.path for each in members(path, "*-9.txt")] == ["b/s-9.txt"]
    assert [each.path for each in members(path, "b/s-{9,09}.*")] == ["b/s-09.txt", "b/s-9.txt"]
    with pytest.raises(MissingError, match=r"none of its files is \*\.xml\nfix: name a folder or an archive that has them"):
        members(path, "*.xml")


@pytest.mark.parametrize("kind", MAKERS)
def test_nothing_but_hidden_files_is_nothing(kind, tmp_path):
    with pytest.raises(MissingError, match="it holds no files"):
        members(MAKERS[kind](tmp_path, {".x": ""}))


def test_a_single_file_is_no_bundle_even_when_it_is_packed(tmp_path):
    import gzip

    (tmp_path / "a.txt").write_text("一", encoding="utf-8")
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"x" * 2000))
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    assert not any(map(is_bundle, [*tmp_path.iterdir(), tmp_path / "nothing"]))


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
@pytest.mark.parametrize("name", ["../outside", "a/../../outside", "/outside"])
def test_names_that_lead_out_of_an_archive_are_refused(kind, name, tmp_path):
    with pytest.raises(DataError, match=r"a file named '.*outside', which leads out of it\nfix: look who made this archive"):
        members(MAKERS[kind](tmp_path, {"a": "", name: "x"}))


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_one_name_for_two_files_is_refused(kind, tmp_path):
    def twice():
        yield from [("a.txt", "一"), ("./a.txt", "二")]

    files = type("Twice", (), {"items": staticmethod(twice)})()
    with pytest.raises(DataError, match=r"the archive has two files named a\.txt\nfix: unpack it"):
        members(MAKERS[kind](tmp_path, files))


def test_links_in_a_folder_are_refused_and_not_followed(tmp_path):
    corpus = folder(tmp_path / "corpus", {"a.txt": "一"})
    (tmp_path / "secret.txt").write_text("二", encoding="utf-8")
    (corpus / "b.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(DataError, match=r"corpus/b\.txt: this is a link, which is not followed\nfix: copy what it points to"):
        members(corpus)
    assert [each.path for each in members(corpus, "a*")] == ["a.txt"]


def test_a_folder_that_links_to_itself_is_refused(tmp_path):
    corpus = folder(tmp_path / "corpus", {"a.txt": "一"})
    (corpus / "loop").symlink_to(corpus)
    with pytest.raises(DataError, match="corpus/loop: this is a link"):
        members(corpus)


@pytest.mark.parametrize("type_", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE], ids=["symbolic", "hard", "pipe"])
def test_links_and_devices_in_a_tar_are_refused(type_, tmp_path):
    path = tmp_path / "corpus.tar"
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("b.txt")
        info.type, info.linkname = type_, "b.txt"
        archive.addfile(info)
    with pytest.raises(DataError, match=r"corpus\.tar/b\.txt: this is a link or a device"):
        members(path)


def test_links_in_a_zip_are_refused(tmp_path):
    info = zipfile.ZipInfo("b.txt")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "corpus.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match=r"corpus\.zip/b\.txt: this is a link"):
        members(tmp_path / "corpus.zip")


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "_LARGEST", 1000)
    path = MAKERS[kind](tmp_path, {"a": "x" * 600, "b": "x" * 600})
    with pytest.raises(DataError, match="the archive holds more than 1000 bytes when it is unpacked\nfix: unpack it"):
        members(path)
    assert len(members(path, "a")) == 1


def test_a_password_is_asked_for_by_nobody(tmp_path):
    path = zipped(tmp_path / "corpus.zip", {"a": "x"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"corpus\.zip/a: this file needs a password"):
        members(path)


def test_a_zip_with_a_file_without_a_name_is_refused(tmp_path):
    path = zipped(tmp_path / "corpus.zip", {"a": "x"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 46] = 0
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"corpus\.zip: the archive cannot be read"):
        members(path)


def test_a_file_of_a_zip_that_is_not_what_was_packed_is_refused(tmp_path):
    path = tmp_path / "corpus.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a", "一二三四")
    path.write_bytes(path.read_bytes().replace("三".encode(), "五".encode()))
    with pytest.raises(DataError, match=r"corpus\.zip/a: the file cannot be read: Bad CRC-32"):
        members(path)[0].open()


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_an_archive_that_is_cut_off_is_refused(mode, kept, tmp_path):
    path = tarred(tmp_path / "corpus.tar", {f"{n}.txt": os.urandom(400).hex() for n in range(30)}, mode)
    data = path.read_bytes().rstrip(b"\0")
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(DataError, match=r"cannot be read|cut off or damaged"):
        members(path)


def test_a_tar_with_a_damaged_header_does_not_end_there_without_a_word(tmp_path):
    path = tarred(tmp_path / "corpus.tar", {"a.txt": "一", "b.txt": "二", "c.txt": "三"})
    data = bytearray(path.read_bytes())
    data[1024] ^= 1  # in the name of b.txt, which its checksum covers
    path.write_bytes(data)
    with pytest.raises(DataError, match="its end mark is not there"):
        members(path)


def test_names_that_are_not_utf_8_are_refused(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / os.fsdecode(b"\xff.txt")).touch()
    with pytest.raises(DataError, match="is not valid UTF-8\nfix: rename it"):
        members(tmp_path / "corpus")


def test_a_file_that_may_not_be_read_is_named(tmp_path):
    found = members(folder(tmp_path / "corpus", {"a.txt": "一"}))
    (tmp_path / "corpus" / "a.txt").unlink()
    with pytest.raises(DataError, match=r"corpus/a\.txt: the file cannot be read: No such file"):
        found[0].open()


def test_a_zip_of_many_files_is_opened_once(tmp_path):
    found = members(zipped(tmp_path / "corpus.zip", {f"{n}.txt": str(n) for n in range(5000)}))
    assert contents(found)["4999.txt"] == "4999"


@given(st.sampled_from(["zip", "tar", "tar.gz"]), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=4))
def test_changed_bytes_are_refused_or_do_not_matter(tmp_path_factory, kind, changes):
    path = MAKERS[kind](tmp_path_factory.mktemp("any"), {"a.txt": "一二三" * 50, "b/c.txt": "四"})
    data = bytearray(path.read_bytes())
    for at, value in changes:
        data[at % len(data)] = value
    path.write_bytes(data)
    try:
        contents(members(path))
    except (CnerkitError, UnicodeDecodeError):
        return


@given(st.lists(st.text(st.sampled_from("a-.09１")), unique=True, max_size=6))
def test_natural_order_tells_all_names_apart(names):
    ordered = sorted(names, key=natural_key)
    assert all(natural_key(one) < natural_key(other) for one, other in pairwise(ordered))


def test_natural_order_goes_by_the_value_of_numbers_of_any_length():
    names = ["a9", "a10", "a10b2", "a10b10", f"a{'9' * 5000}"]
    assert sorted((names[at] for at in (4, 1, 3, 0, 2)), key=natural_key) == names
