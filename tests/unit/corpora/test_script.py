"""Whether texts are in Han characters is told by a quarter of their letters."""

import pytest

from cnerkit.corpora.script import are_han


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(["小周到了苏州。", "OK"], True, id="chinese"),
        pytest.param(["COVID19 test 正常"], False, id="english-with-two-characters"),
        pytest.param(["𠮷野家"], True, id="beyond-the-basic-plane"),
        pytest.param(["Die Brücke"], False, id="german"),
        pytest.param(["……", ""], False, id="nothing"),
        pytest.param([], False, id="none"),
    ],
)
def test_a_quarter_of_the_letters_decides(texts, expected):
    assert are_han(texts) == expected
