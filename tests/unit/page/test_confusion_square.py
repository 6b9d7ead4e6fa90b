"""Which types stand for which, as a square."""

from cnerkit.page.confusion import MOST_TYPES, Cell, square_of
from cnerkit.scoring.error_analysis import Confusion


def test_cells_are_shares_of_the_gold_entities_of_their_row():
    square = square_of([Confusion("人名", "人名", 3), Confusion("人名", None, 1), Confusion(None, "地名", 2)])
    assert square.types == ("人名", "地名")
    assert square.rows[0] == (Cell("人名", "人名", 3, 0.75), Cell("人名", "地名", 0, 0.0), Cell("人名", None, 1, 0.25))
    assert square.rows[2][1] == Cell(None, "地名", 2, 1.0)
    assert square.rows[0][0].is_same
    assert not square.pairs


def test_of_many_types_those_with_the_most_errors_are_kept():
    right = [Confusion(f"right{n}", f"right{n}", 1000) for n in range(5)]
    wrong = [Confusion(f"wrong{n:02}", None, 2) for n in range(MOST_TYPES)]
    square = square_of([*right, *wrong, Confusion("right0", "right1", 1)])
    assert square.types == tuple(f"wrong{n:02}" for n in range(MOST_TYPES))
    assert square.left_out == 5
    assert square.pairs == (Confusion("right0", "right1", 1),)
