"""Ids as file names: reversible, and nothing that leads anywhere else."""

import re
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.file_names import TakenPaths, id_of, path_of
from cnerkit.errors import DataError


@pytest.mark.parametrize(
    ("id_", "path"),
    [
        pytest.param("news-1", "news-1", id="plain"),
        pytest.param("v1.1/新闻/12_text", "v1.1/新闻/12_text", id="folders"),
        pytest.param("../../etc/passwd", "%2E%2E/%2E%2E/etc/passwd", id="upwards"),
        pytest.param("/etc/passwd", "%2Fetc%2Fpasswd", id="absolute"),
        pytest.param("a//b", "a%2F%2Fb", id="empty-folder"),
        pytest.param(".hidden/__MACOSX", "%2Ehidden/%5F_MACOSX", id="hidden"),
        pytest.param('a:b*c?"<>|\\d%e', "a%3Ab%2Ac%3F%22%3C%3E%7C%5Cd%25e", id="refused-by-windows"),
        pytest.param("con/aux.1/COM3/console", "%63on/%61ux.1/%43OM3/console", id="devices"),
        pytest.param("a\0b\n\x7f\x85\u2028", "a%00b%0A%7F%C2%85%E2%80%A8", id="control-characters"),
        pytest.param("end./end ", "end%2E/end%20", id="cut-off-by-windows"),
        pytest.param("a.txt/b.ann", "a%2Etxt/b.ann", id="folder-like-a-file"),
    ],
)
def test_what_file_systems_refuse_is_written_as_in_urls(id_, path):
    assert path_of(id_) == path
    assert id_of(path) == id_


@pytest.mark.parametrize("path", ["50%off", "%2e%2e", "%FF", "a%2Fb", "a:b"])
def test_names_that_were_not_made_of_an_id_are_ids_as_they_are(path):
    assert id_of(path) == path


@pytest.mark.parametrize(
    ("id_", "expected"),
    [
        pytest.param("", "the id is empty", id="empty"),
        pytest.param("甲" * 84, "makes a file name of 252 bytes", id="long"),
        pytest.param("\ud800", "holds half of a surrogate pair", id="half"),
    ],
)
def test_ids_that_make_no_name_are_refused(id_, expected):
    with pytest.raises(DataError, match=expected):
        path_of(id_)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param("a", "a", "written as a and a, which can be one file", id="same"),
        pytest.param("Straße", "STRASSE", "Straße and STRASSE", id="case"),
        pytest.param("\u00e9", "e\u0301", "can be one file", id="composed"),
        pytest.param("News/1", "news/2", "the folders News/ and news/ can be one folder", id="folders"),
    ],
)
def test_no_two_ids_share_a_name_on_any_file_system(one, other, expected):
    taken = TakenPaths()
    taken.take(one)
    taken.take("something/else")
    with pytest.raises(DataError, match=re.escape(expected)):
        taken.take(other)


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("./%: \\a"), min_size=1, max_size=20))
def test_every_id_comes_back_from_a_path_within_the_folder(id_):
    path = path_of(id_)
    parts = PurePosixPath(f"{path}.txt").parts
    assert id_of(path) == id_
    assert not PurePosixPath(path).is_absolute()
    assert not any(part.startswith(".") or part != part.strip("\0\n") for part in parts)
    assert "/".join(parts) == f"{path}.txt"
