"""Errors say what, where and how to fix it."""

import pytest

from cnerkit.errors import CnerkitError, DataError, MissingError, RecipeError, UsageError


def test_an_error_reads_where_what_and_fix():
    error = DataError("expected two columns", where="a.txt:3:1", fix="add a tag")
    assert str(error) == "a.txt:3:1: expected two columns\nfix: add a tag"


def test_further_mistakes_are_read_after_the_first():
    error = RecipeError("one", where="r.yaml:1", also=[RecipeError("two", where="r.yaml:2")])
    assert str(error) == "r.yaml:1: one\nr.yaml:2: two"


@pytest.mark.parametrize(
    ("kind", "code"), [(CnerkitError, 1), (UsageError, 2), (DataError, 3), (RecipeError, 4), (MissingError, 5)]
)
def test_each_kind_has_its_documented_exit_code(kind, code):
    assert kind("x").exit_code == code
