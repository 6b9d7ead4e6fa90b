"""YAML text to written values: the scalars of YAML 1.2, places, and everything that is no recipe."""

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.errors import RecipeError
from cnerkit.recipe import reading
from cnerkit.recipe.reading import MOST_BYTES, MOST_DEPTH, read_file, read_text
from cnerkit.recipe.tree import Place, plain
from cnerkit.recipe.writing import yaml_text

START = Place("r.yaml", 1, 1)


@pytest.fixture(params=["libyaml", "pure-python"], autouse=True)
def either_parser(request, monkeypatch):
    if request.param == "pure-python":
        monkeypatch.setattr(reading, "_LOADER", yaml.SafeLoader)
    elif not yaml.__with_libyaml__:
        pytest.skip("PyYAML was built without libyaml")


def read(text):
    mistakes = []
    return read_text(text, START, mistakes), mistakes


def read_whole(tmp_path, content):
    path = tmp_path / "r.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_file(path, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1e-3", 0.001, id="float-without-point"),
        pytest.param("1.0e-3", 0.001, id="float-with-point"),
        pytest.param("+2.5", 2.5, id="signed-float"),
        pytest.param("NO", "NO", id="norway"),
        pytest.param("on", "on", id="on"),
        pytest.param("off", "off", id="off"),
        pytest.param("yes", "yes", id="yes"),
        pytest.param("true", True, id="true"),
        pytest.param("False", False, id="false"),
        pytest.param("010", 10, id="no-octal-by-zero"),
        pytest.param("0o10", 8, id="octal"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("1:30", "1:30", id="no-sexagesimal"),
        pytest.param("2024-01-01", "2024-01-01", id="no-date"),
        pytest.param("1_000", "1_000", id="no-underscore"),
        pytest.param("~", None, id="tilde"),
        pytest.param("null", None, id="null"),
        pytest.param("'1e-3'", "1e-3", id="quoted-number"),
        pytest.param('"true"', "true", id="quoted-boolean"),
        pytest.param("-.inf", -math.inf, id="minus-infinity"),
        pytest.param("人名", "人名", id="chinese"),
    ],
)
def test_scalars_are_read_as_yaml_1_2_does(text, expected):
    value = plain(read(f"key: {text}")[0])["key"]
    assert value == expected
    assert type(value) is type(expected)


def test_not_a_number_is_read_as_such():
    assert math.isnan(plain(read("key: .nan")[0])["key"])


def test_keys_are_text_as_written():
    assert plain(read("{NO: a, 1: b, on: c, null: d, 1e3: e}")[0]) == {"NO": "a", "1": "b", "on": "c", "null": "d", "1e3": "e"}


def test_every_value_remembers_file_line_and_column():
    tree, _ = read("类型: {人名: PER,\n   地名: LOC}\nlist:\n  - 1\n  - x: 2\n")
    assert str(tree.at(("类型", "地名")).place) == "r.yaml:2:8"
    assert str(tree.at(("类型", "地名")).key_place) == "r.yaml:2:4"
    assert str(tree.at(("list", 1, "x")).place) == "r.yaml:5:8"
    assert tree.at(("list", 0)).place.short == "r.yaml:4"


def test_a_key_given_twice_is_a_mistake_at_the_second_that_names_the_first():
    _, mistakes = read("a: 1\nb: 2\na: 3\n")
    assert [(m.what, str(m.place), m.fix) for m in mistakes] == [
        ("the key 'a' is given twice", "r.yaml:3:1", "keep one; the first is at r.yaml:1:1")
    ]


def test_aliases_are_refused_so_that_no_bomb_can_go_off():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    tree, mistakes = read("\n".join(lines))
    assert len(mistakes) == 72
    assert mistakes[0].what == "*a repeats another value"
    assert plain(tree)["i"] == [None] * 9


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system [ls]", "!!str 1", "!mine x", "!!set {a}"])
def test_tags_are_refused(tag):
    _, mistakes = read(f"a: {tag}")
    assert "is not part of recipes" in mistakes[0].what
    assert str(mistakes[0].place).startswith("r.yaml:1:")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a:\n\tb: 1", r"r\.yaml:2:1: a tab cannot indent\nfix: indent with spaces", id="tab"),
        pytest.param("a: [1\nb: 2", r"r\.yaml:2:.*: not YAML: ", id="open-bracket"),
        pytest.param("a: b: c", r"r\.yaml:1:5: not YAML: mapping values are not allowed", id="two-colons"),
        pytest.param("a: 'x", r"r\.yaml:1:6: not YAML: found unexpected end of stream", id="open-quote"),
        pytest.param("a: @x", r"r\.yaml:1:4: not YAML: found character .*cannot start any token", id="sign"),
        pytest.param("a: 1\n---\nb: 2", r"r\.yaml:2:1: a second document begins", id="two-documents"),
        pytest.param("? [a]\n: 1", r"r\.yaml:1:3: a key must be text", id="list-as-key"),
        pytest.param("a: 1\nb: \x07", r"r\.yaml:2:4: the character '\\x07' cannot stand in a recipe", id="control-character"),
        pytest.param("[" * 100_000, rf"values are nested more than {MOST_DEPTH} deep", id="depth-bomb"),
    ],
)
def test_what_is_not_yaml_is_refused_with_its_place(text, message):
    with pytest.raises(RecipeError, match=f"(?s){message}") as caught:
        read(text)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("", r"r\.yaml:1:1: the recipe is empty or a list", id="empty"),
        pytest.param("# only a comment\n", r"the recipe is empty or a list", id="comment-only"),
        pytest.param("- a\n- b\n", r"the recipe is empty or a list", id="list"),
        pytest.param("just text\n", r"r\.yaml:1:1: a recipe holds keys and values, not 'just text'", id="text"),
        pytest.param("title: 中\n标题: 国".encode("gb18030"), r"r\.yaml:1: the byte 0xd6 is not UTF-8", id="gb18030"),
        pytest.param(b"a: 1\nb: \xff\n", r"r\.yaml:2: the byte 0xff is not UTF-8", id="invalid-byte"),
        pytest.param("a: 1".encode("utf-16"), r"r\.yaml:1: the recipe is UTF-16", id="utf-16"),
        pytest.param(b"\x00\x01\x02", r"r\.yaml:1:1: the character '\\x00' cannot stand", id="binary"),
        pytest.param(b"#" * (MOST_BYTES + 1), rf"more than {MOST_BYTES} bytes", id="huge"),
    ],
)
def test_a_file_that_is_no_recipe_is_refused(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RecipeError, match=message):
        read_whole(tmp_path, content)


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", b"a: 1\nb: 2\n", b"a: 1\rb: 2"], ids=["bom-crlf", "lf", "cr"]
)
def test_byte_order_mark_and_line_ends_do_not_matter(tmp_path, content):
    tree = read_whole(tmp_path, content)
    assert plain(tree) == {"a": 1, "b": 2}
    assert tree.at(("b",)).place.line == 2


def test_an_unreadable_file_says_why(tmp_path):
    with pytest.raises(RecipeError, match="cannot be read: Is a directory"):
        read_file(tmp_path, [])


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
KEYS = st.text(min_size=1)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


@given(TREES)
def test_what_is_written_reads_back_as_the_same(value):
    text = yaml_text({"top": value})
    assert plain(read(text)[0]) == {"top": value}
    assert repr(plain(read(text)[0])) == repr({"top": value})


@given(st.text())
def test_any_text_is_read_or_refused_with_its_place_but_never_breaks_the_reader(text):
    error = None
    try:
        plain(read(text)[0])
    except RecipeError as caught:
        error = caught
    assert error is None or (error.where and error.fix)
