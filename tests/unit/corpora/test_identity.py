"""A file is told from others by what it holds, however it is packed."""

import gzip
import hashlib
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import identity
from cnerkit.corpora.catalogue import Counts, Identity, OtherVersion, Published, find, names
from cnerkit.corpora.identity import (
    agree,
    identify,
    identify_as,
    is_published,
    name_as,
    name_content,
    name_counts,
    published_size,
)
from cnerkit.corpora.places import find_file
from cnerkit.errors import DataError

TEXT = "中\tB-LOC\n国\tI-LOC\n\n".encode()
REAL = os.environ.get("CNERKIT_DATA")


@pytest.fixture
def versions(monkeypatch, tmp_path):
    """One known version, whose content is TEXT."""
    known = [OtherVersion("toy train", identify(written(tmp_path, TEXT)), Counts(sentences=1, tokens=2, entities=1))]
    monkeypatch.setattr(identity, "every_version", lambda: iter(known))
    return known


def written(folder, content, name="file"):
    path = folder / name
    path.write_bytes(content)
    return path


def test_hashes_are_those_of_hashlib_and_of_git(tmp_path):
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is the second implementation of its own ids, and is not installed")
    path = written(tmp_path, TEXT * 100_000)
    blob = subprocess.run([git, "hash-object", str(path)], capture_output=True, text=True, check=True).stdout.strip()
    assert identify(path) == Identity(hashlib.sha256(TEXT * 100_000).hexdigest(), len(TEXT) * 100_000, blob)


@pytest.mark.parametrize("content", [b"", TEXT, TEXT * 50_000], ids=["empty", "short", "long"])
def test_gzipped_copy_is_what_it_unpacks_to(tmp_path, content):
    plain, packed = written(tmp_path, content), written(tmp_path, gzip.compress(content), "file.gz")
    assert identify(packed) == identify(plain)
    assert published_size(packed) == published_size(plain) == len(content)


def test_file_that_is_published_packed_is_not_looked_into(tmp_path):
    packed = written(tmp_path, gzip.compress(TEXT), "corpus.tgz")
    as_it_lies = hashlib.sha256(packed.read_bytes()).hexdigest()
    assert identify_as(Published("corpus.tgz", Identity()), packed).sha256 == as_it_lies
    assert published_size(packed, unpack=False) == packed.stat().st_size


def test_file_whose_hash_nobody_knows_is_taken_for_the_published_one(tmp_path):
    assert is_published(Published("train.txt", Identity()), written(tmp_path, TEXT))


@pytest.mark.parametrize("content", [b"", b"\x1f", b"\x1f\x8b", b"\x1f\x8b\x08"], ids=["empty", "one", "two", "three"])
def test_file_too_short_for_gzip_has_its_own_size(tmp_path, content):
    assert published_size(written(tmp_path, content)) == len(content)


@given(lines=st.lists(st.binary(max_size=5).filter(lambda line: b"\n" not in line and not line.endswith(b"\r"))))
def test_line_ends_and_byte_order_mark_can_be_looked_past(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("ends")
    unix = b"".join(line + b"\n" for line in lines)
    if unix.startswith((b"\xef\xbb\xbf", b"\x1f\x8b")):
        return
    windows = b"\xef\xbb\xbf" + unix.replace(b"\n", b"\r\n")
    assert identify(written(folder, windows), unix=True) == identify(written(folder, unix, "unix"))


@pytest.mark.parametrize("damage", [lambda packed: packed[:-10], lambda packed: packed[:20] + b"x" * 9 + packed[29:]])
def test_damaged_gzip_file_is_refused_with_its_place(tmp_path, damage):
    path = written(tmp_path, damage(gzip.compress(os.urandom(1000))), "train.txt.gz")
    with pytest.raises(DataError, match=r"train\.txt\.gz: this gzip file is damaged: .*\nfix: remove it and get it again"):
        identify(path)


def test_what_cannot_be_read_is_refused_with_its_place(tmp_path):
    with pytest.raises(DataError, match=rf"{tmp_path}: cannot be read: Is a directory\nfix: check its permissions"):
        published_size(tmp_path)


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        pytest.param(Identity("aa", 3, "bb"), True, id="all-equal"),
        pytest.param(Identity("xx", 3, "bb"), False, id="sha256-decides"),
        pytest.param(Identity(None, None, "bb"), True, id="git-id-where-there-is-no-sha256"),
        pytest.param(Identity(None, 3, "xx"), False, id="git-id-decides-over-size"),
        pytest.param(Identity(None, 3, None), True, id="size-where-there-is-no-hash"),
        pytest.param(Identity(), False, id="nothing-known"),
        pytest.param(Identity(git_tree_sha1="cc"), False, id="folder"),
    ],
)
def test_strongest_known_evidence_decides(known, verdict):
    assert agree(Identity("aa", 3, "bb"), known) is verdict


@pytest.mark.parametrize(
    ("content", "named"),
    [
        pytest.param(TEXT, "toy train", id="the-same"),
        pytest.param(gzip.compress(TEXT), "toy train", id="gzipped"),
        pytest.param(TEXT.replace(b"\n", b"\r\n"), "toy train with other line ends or a byte-order mark", id="windows"),
        pytest.param(b"\xef\xbb\xbf" + TEXT, "toy train with other line ends or a byte-order mark", id="byte-order-mark"),
        pytest.param(TEXT + b"\n", None, id="another"),
    ],
)
def test_content_is_named_by_the_version_that_it_is(tmp_path, versions, content, named):  # noqa: ARG001 - set up by the fixture
    assert name_content(written(tmp_path, content, "found")) == named


def test_counts_are_named_by_the_version_that_has_all_of_them(versions):
    counts = Counts(sentences=1, tokens=2, entities=1)
    assert name_counts(replace(counts, per_type={"LOC": 1})) == "toy train"
    assert name_counts(replace(counts, entities=2)) is None
    versions[0] = replace(versions[0], counts=replace(counts, tokens=None))
    assert name_counts(counts) is None
    versions[0] = replace(versions[0], counts=replace(counts, sentences=None, documents=1))
    assert name_counts(replace(counts, sentences=None, documents=1)) == "toy train"


def test_people_daily_that_calls_itself_msra_is_named_by_its_counts():
    counts = Counts(sentences=2318, tokens=109870, entities=3819)
    assert name_counts(counts) == "people_daily dev, which some projects call MSRA"


@pytest.mark.skipif(not REAL, reason="CNERKIT_DATA does not name a folder with real corpora")
@pytest.mark.parametrize(
    ("dataset", "file"),
    [pytest.param(find(name), file, id=f"{name}-{file.path}") for name in names() for file in find(name).files],
)
def test_real_file_is_what_the_catalogue_says(dataset, file):
    path = find_file(dataset, file, Path(REAL))
    if path is None or not file.identity.is_known:
        pytest.skip("not among these corpora")
    assert is_published(file, path)
    assert identify_as(file, path).bytes == file.identity.bytes
    assert identify_as(file, path).files == file.identity.files
    assert dataset.remark or dataset.name in name_as(file, path)  # one with a remark has files of another
