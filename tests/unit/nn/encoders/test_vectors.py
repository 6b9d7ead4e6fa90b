import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.errors import DataError, MissingError, RecipeError
from cnerkit.nn.encoders.vectors import read_vectors


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "vectors.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("北 0.5 -1e-3 2\n京 1 0 3.25\n", id="plain"),
        pytest.param("2 3\n北 0.5 -1e-3 2\n京 1 0 3.25\n", id="header"),
        pytest.param("北\t0.5\t-1e-3\t2\n京\t1\t0\t3.25\n", id="tabs"),
        pytest.param("2 3\r\n北 0.5 -1e-3 2 \r\n京 1 0 3.25 \r\n", id="windows-line-ends-and-trailing-spaces"),
        pytest.param("\ufeff北 0.5 -1e-3 2\n\n京 1 0 3.25", id="byte-order-mark-empty-line-no-last-line-end"),
        pytest.param(gzip.compress("2 3\n北 0.5 -1e-3 2\n京 1 0 3.25\n".encode()), id="gzip"),
    ],
)
def test_every_dialect_of_word2vec_text_gives_the_same_vectors(file, content):
    vectors = read_vectors(file(content), 3)
    assert vectors.tokens == ("北", "京")
    np.testing.assert_array_equal(vectors.values, np.array([[0.5, -1e-3, 2], [1, 0, 3.25]], np.float32))


TOKENS = st.text(st.characters(exclude_categories=["Cs", "Nd"], exclude_characters="\n\r \t\x0b\x0c"), min_size=1, max_size=4)
NUMBERS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3)


@given(rows=st.dictionaries(TOKENS, NUMBERS, min_size=1, max_size=8), separator=st.sampled_from(" \t"), header=st.booleans())
def test_what_was_written_is_read(tmp_path_factory, rows, separator, header):
    lines = [separator.join([token, *map(repr, numbers)]) for token, numbers in rows.items()]
    path = tmp_path_factory.mktemp("vectors") / "vectors.txt"
    path.write_text(
        "\n".join([*([f"{len(rows)}{separator}3"] if header else []), *lines]) + "\n", encoding="utf-8", newline="\n"
    )
    vectors = read_vectors(path, 3)
    assert vectors.tokens == tuple(
        token.removeprefix("\ufeff") if not (header or place) else token for place, token in enumerate(rows)
    )
    np.testing.assert_array_equal(vectors.values, np.array(list(rows.values()), np.float32))


@pytest.mark.parametrize(
    ("line", "token"),
    [
        pytest.param("  1 2 3", " ", id="space"),
        pytest.param(" \t1\t2\t3", " ", id="space-before-tabs"),
        pytest.param("\u3000 1 2 3", "\u3000", id="ideographic-space"),
        pytest.param("\u00a0 1 2 3", "\u00a0", id="no-break-space"),
        pytest.param("New York 1 2 3", "New York", id="holds-a-space"),
        pytest.param(". . . 1 2 3", ". . .", id="dots"),
        pytest.param("7 1 2 3", "7", id="number"),
        pytest.param("nan 1 2 3", "nan", id="looks-like-a-number"),
    ],
)
def test_a_token_may_be_a_space_or_hold_some_or_look_like_a_number(file, line, token):
    vectors = read_vectors(file(f"{line}\n北 4 5 6\n{line}\n"), 3)
    assert vectors.tokens == (token, "北")
    np.testing.assert_array_equal(vectors.values, [[1, 2, 3], [4, 5, 6]])


def test_of_a_token_that_occurs_twice_the_first_vector_counts(file):
    assert read_vectors(file("北 1 2\n北 3 4\n"), 2).values.tolist() == [[1, 2]]


def test_vectors_of_one_number_have_no_header_to_be_mistaken_for(file):
    vectors = read_vectors(file("7 3\n8 4\n"), 1)
    assert vectors.tokens == ("7", "8")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param("2 50\n北 1 2\n", 1, id="header"),
        pytest.param("北 " + "1 " * 50 + "\n", 1, id="first-vector"),
        pytest.param("\n北 " + "1 " * 50 + "\n", 2, id="first-vector-after-an-empty-line"),
    ],
)
def test_a_width_that_is_not_the_recipes_is_refused_saying_both(file, content, line):
    path = file(content)
    with pytest.raises(RecipeError, match=r"the vectors of the file have 50 numbers, but encoder\.dim is 100") as caught:
        read_vectors(path, 100)
    assert caught.value.where == f"{path}:{line}"
    assert caught.value.fix == "set encoder.dim to 50, or give another file"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("京 1 2", "expected a token and 3 numbers, got 3 fields", id="too-few"),
        pytest.param("京 1 2 3 4", "expected a token and 3 numbers, got 5 fields", id="too-many"),
        pytest.param("京", "expected a token and 3 numbers, got 1 fields", id="no-number"),
        pytest.param("1 2 3", "expected a token and 3 numbers, got 3 fields", id="no-token"),
        pytest.param(" 1 2 3", "expected a token and 3 numbers, got 3 fields", id="no-token-before-the-separator"),
        pytest.param("京 1 x 3", "could not convert string to float: b'x'", id="not-a-number"),
        pytest.param("京 1 nan 3", "the vector of '京' is not finite in float32", id="nan"),
        pytest.param("京 1 inf 3", "the vector of '京' is not finite in float32", id="infinite"),
    ],
)
def test_a_line_that_is_no_vector_is_refused_with_its_place(file, line, message):
    path = file(f"2 3\n北 1 2 3\n{line}\n")
    with pytest.raises(DataError, match=message) as caught:
        read_vectors(path, 3)
    assert caught.value.where == f"{path}:3"


def test_a_first_line_that_ends_with_no_number_is_refused_with_its_place(file):
    path = file("once upon a time\n")
    with pytest.raises(DataError, match="could not convert string to float") as caught:
        read_vectors(path, 3)
    assert caught.value.where == f"{path}:1"


def test_a_number_too_large_for_float32_is_refused(file):
    with pytest.raises(DataError, match="not finite"):
        read_vectors(file("北 1 1e39\n"), 2)


def test_a_token_that_is_not_utf8_is_refused_with_its_place(file):
    path = file("北 1 2\n".encode() + "丁 1 2\n".encode("gb18030"))
    with pytest.raises(DataError, match="is not UTF-8") as caught:
        read_vectors(path, 2)
    assert caught.value.where == f"{path}:2"


@pytest.mark.parametrize("content", ["", "\n\n", "2 3\n"])
def test_a_file_without_vectors_is_refused(file, content):
    with pytest.raises(DataError, match="there is no vector in it"):
        read_vectors(file(content), 3)


def test_a_gzip_file_that_is_damaged_is_refused(file):
    content = bytearray(gzip.compress(b"a 1 2\n"))
    content[10] = 0xFF  # a kind of block that deflate does not have
    with pytest.raises(DataError, match="cannot be read"):
        read_vectors(file(bytes(content)), 2)


def test_a_gzip_file_that_is_cut_off_is_refused(file):
    with pytest.raises(DataError, match="cannot be read"):
        read_vectors(file(gzip.compress("北 1 2\n".encode() * 100)[:-12]), 2)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingError, match="there is no file of vectors") as caught:
        read_vectors(tmp_path / "none.txt", 3)
    assert caught.value.where == str(tmp_path / "none.txt")


def test_a_folder_is_no_file_of_vectors(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_vectors(tmp_path, 3)
