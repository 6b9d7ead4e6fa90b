"""Which columns are levels of nesting: files that are, files that only look so, and what is known beforehand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora.columns import Layout
from cnerkit.corpora.layer_layout import layered_layout

INNER_FIRST = (
    "北\tB-地\tB-校\tO\n京\tI-地\tI-校\tO\n大\tO\tI-校\tO\n学\tO\tI-校\tO\n"
    "在\tO\tO\tO\n沪\tB-地\tO\tO\n有\tO\tO\tO\n校\tB-校\tO\tO\n。\tO\tO\tO"
)
NUMBERED = (
    "#\thttp://a.b/1\t[2001-02-03]\t\n1\t北京\tB-校\tB-地\n2\t大学\tI-校\tO\n\n"
    "#\thttp://a.b/2\t[2001-02-03]\n1\t#\tO\tO\n2\t上海\tB-地\tO\n3\t。\tO\tO"
)


def of(text, *known, **more):
    return layered_layout(text.split("\n"), *known, **more)


@pytest.mark.parametrize(
    ("text", "layout", "nested"),
    [
        pytest.param(INNER_FIRST, Layout("\t", 4, more_tags=(2, 3)), 2, id="innermost-first"),
        pytest.param(INNER_FIRST.replace("\n", "\t\n") + "\t", Layout("\t", 5, more_tags=(2, 3)), 2, id="tab-at-the-end"),
        pytest.param(NUMBERED, Layout("\t", 4, 1, 2, more_tags=(3,), header="#"), 1, id="numbers-and-headers"),
        pytest.param("北 B-校 B-地\n大 I-校 O\n沪 B-地 O\n。 O O", Layout(" ", 3, more_tags=(2,)), 1, id="spaces"),
        pytest.param(
            "#\tO\tO\n北\tB-校\tB-地\n大\tI-校\tO\n沪\tB-地\tO\n。\tO\tO", Layout("\t", 3, more_tags=(2,)), 1, id="a-token-#"
        ),
        pytest.param(f"-DOCSTART-\tO\tO\tO\n\n{INNER_FIRST}", Layout("\t", 4, more_tags=(2, 3)), 2, id="document"),
    ],
)
def test_levels_of_nesting_are_recognised_with_the_evidence(text, layout, nested):
    assert of(text) == (layout, f"{layout.describe()}; entities of the same types nest in {nested} lines")


def test_the_evidence_names_all_columns_of_tags():
    words = "tokens in column 1 and tags in columns 2, 3 and 4 of 4, separated by a tab"
    assert of(INNER_FIRST)[1].startswith(words)


GOLD_AND_PREDICTED = "北\tB-地\tB-地\n京\tI-地\tI-地\n人\tO\tO\n李\tB-人\tO\n沪\tB-地\tB-地\n市\tO\tI-地\n。\tO\tO"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("北\tB-地\n京\tI-地", id="one-column-of-tags"),
        pytest.param("Wuhan NNP B-NP B-LOC\nwelcomes VBZ B-VP O\nyou PRP B-NP O\n. . O O", id="part-of-speech-chunk-entity"),
        pytest.param("Wuhan B-NP B-LOC\nwelcomes B-VP O\nyou B-NP O\n. O O", id="chunks-and-entities"),
        pytest.param(GOLD_AND_PREDICTED, id="gold-and-predicted"),
        pytest.param("北\tB-地\tO\n京\tI-地\tO\n沪\tO\tB-地\n。\tO\tO", id="nothing-nests"),
        pytest.param("北\tB-地\tO\n京\tI-地\tO\n。\tO\tO", id="no-second-level-to-be-seen"),
        pytest.param("北\tO\tB-地\n京\tO\tI-地\n。\tO\tO", id="no-first-level-to-be-seen"),
        pytest.param("北\tO\tO\n京\tO\tO", id="no-entities"),
        pytest.param("在\tO\tO\n北\tB-地\tB-地", id="nesting-only-in-an-entity-that-may-be-cut"),
        pytest.param("北\tB-校\tB-地\tn\n大\tI-校\tO\tn\n沪\tB-地\tO\tn\n。\tO\tO\tn", id="something-else-at-the-end"),
        pytest.param("1\tO\tO\n2\tO\tO", id="only-numbers"),
        pytest.param("\n\n", id="empty-lines"),
        pytest.param("北京大学", id="no-columns"),
        pytest.param("9" * 5000 + "\ta\tO\tO", id="a-number-that-is-too-long"),
    ],
)
def test_columns_that_may_be_anything_else_are_not_taken_for_levels(text):
    assert of(text) is None


def test_a_file_that_is_known_to_have_levels_needs_no_evidence():
    assert of("北\tn\tO\tO\n京\tn\tO\tO", known=True)[0] == Layout("\t", 4, 0, 2, more_tags=(3,))
    assert of("北\tO\n京\tO", known=True)[0] == Layout("\t", 2)
    assert of("北京大学", known=True) is None


def test_columns_that_are_named_are_taken_with_the_headers_that_go_with_them():
    assert of(NUMBERED, (1, 3, 2))[0] == Layout("\t", 4, 1, 3, more_tags=(2,), header="#")
    assert of(GOLD_AND_PREDICTED, (0, 2))[0] == Layout("\t", 3, 0, 2)


@pytest.mark.parametrize("columns", [(0, 3), (3, 1), (0,)])
def test_columns_that_are_not_there_are_no_layout(columns):
    assert of(GOLD_AND_PREDICTED, columns) is None


@given(text=st.text(st.sampled_from("北#\t\t \nO-BI校地12"), max_size=80), known=st.booleans())
def test_whatever_the_lines_hold_there_is_a_layout_or_none(text, known):
    found = of(text, known=known)
    assert found is None or max(found[0].tags) < found[0].n_columns
