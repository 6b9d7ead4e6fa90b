import pytest

from cnerkit.text import Attention


def test_parts_of_a_sentence_are_joined_again():
    whole = Attention(("a", "b"), ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0)))
    assert Attention.joined(whole.classes, [whole.part(0, 1), whole.part(1, 3)]) == whole
    assert Attention.joined(whole.classes, []) == Attention(("a", "b"), ((), ()))


def test_there_is_a_row_for_each_class():
    with pytest.raises(ValueError, match="2 classes but 1 rows of weights"):
        Attention(("a", "b"), ((1.0,),))
