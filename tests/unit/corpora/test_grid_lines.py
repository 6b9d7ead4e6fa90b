"""Grids as JSON lines: their tokens and cells, what tells them, what is refused, and writing them as they were."""

import json
from collections import Counter

import pytest

from cnerkit.corpora.grid import REPEATED_CELLS, cells_of, evidence, grid_fields
from cnerkit.errors import DataError
from cnerkit.text import Sentence

RECORD = {"id": "7", "tokens": ["沈", "括", "生"], "joiner": "", "cells": [[0, 1, "NNC"], [1, 0, "PNC"], [1, 1, "THC-a-b"]]}


def test_a_record_is_a_sentence_that_is_not_annotated_and_cells_in_its_order():
    notes = Counter()
    grid = cells_of(RECORD, "7", notes)
    assert grid.sentence == Sentence("7", ("沈", "括", "生"), None, "")
    assert grid.sentence.extra is None
    assert grid.cells == ((0, 1, "NNC"), (1, 0, "PNC"), (1, 1, "THC-a-b"))
    assert not notes


def test_a_space_stands_between_tokens_where_no_joiner_is_given():
    assert cells_of({"tokens": ["Ada", "Lovelace"], "cells": []}, "1", Counter()).sentence.text == "Ada Lovelace"


def test_a_cell_given_twice_counts_once_and_is_noted():
    notes = Counter()
    grid = cells_of({"tokens": ["a"], "cells": [[0, 0, "THW-x"], [0, 0, "THW-x"], [0, 0, "THW-y"]]}, "1", notes)
    assert grid.cells == ((0, 0, "THW-x"), (0, 0, "THW-y"))
    assert notes == {REPEATED_CELLS: 1}


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(RECORD, id="joiner"),
        pytest.param({"id": 12, "tokens": ["Ada"], "cells": []}, id="number-as-id"),
        pytest.param({"id": "1", "tokens": ["Ada"], "cells": [], "source": {"page": 3}, "checked": True}, id="other-fields"),
    ],
)
def test_a_record_is_written_as_it_was(record):
    grid = cells_of(record, str(record["id"]), Counter())
    written = grid_fields(grid.sentence, grid.cells)
    assert json.dumps(written) == json.dumps(record)


def test_grids_are_told_by_their_cells_beside_tokens():
    assert evidence([RECORD, {"tokens": ["a"]}]) == "a list `cells` beside `tokens` in 1 of the first 2 records"
    assert evidence([{"tokens": ["a"], "entities": []}, {"cells": []}, {"text": "a", "cells": [1]}]) is None
    assert evidence([]) is None


MALFORMED = [
    pytest.param({"cells": []}, "expected a list of words as `tokens`, got None", id="no-tokens"),
    pytest.param({"tokens": ["a", 1], "cells": []}, "expected a list of words as `tokens`, got ['a', 1]", id="number-as-token"),
    pytest.param({"tokens": ["\ud83d"], "cells": []}, "character 0 is half of a surrogate pair, U+D83D", id="half-of-a-pair"),
    pytest.param({"tokens": ["a"], "joiner": 1, "cells": []}, "expected a string `joiner`, got 1", id="joiner"),
    pytest.param({"tokens": ["a"]}, "expected a list `cells`, got None", id="no-cells"),
    pytest.param({"tokens": ["a"], "cells": {}}, "expected a list `cells`, got {}", id="cells-are-a-mapping"),
    pytest.param([[0, 1]], "expected a cell of row, column and label, got [0, 1]", id="two-values"),
    pytest.param([{"row": 0}], "expected a cell of row, column and label, got {'row': 0}", id="mapping"),
    pytest.param([[0.0, 1, "NNC"]], "row and column must be whole numbers, got 0.0 and 1", id="float"),
    pytest.param([[0, True, "NNC"]], "row and column must be whole numbers, got 0 and True", id="bool"),
    pytest.param([["0", 1, "NNC"]], "row and column must be whole numbers, got '0' and 1", id="text-as-row"),
    pytest.param([[0, 1, 2]], "expected a label that is text, got 2", id="number-as-label"),
    pytest.param([[0, 1, "HTC-\udc00"]], "character 4 is half of a surrogate pair, U+DC00", id="half-of-a-pair-in-a-label"),
    pytest.param([[0, 2, "NNC"]], "the cell [0, 2] is outside of the grid of 2 tokens", id="beyond"),
    pytest.param([[-1, 0, "NNC"]], "the cell [-1, 0] is outside of the grid of 2 tokens", id="negative"),
    pytest.param([[10**40, 0, "NNC"]], "is outside of the grid of 2 tokens", id="huge"),
]


@pytest.mark.parametrize(("record", "message"), MALFORMED)
def test_a_malformed_record_is_refused_with_a_fix(record, message):
    with pytest.raises(DataError) as caught:
        cells_of(record if isinstance(record, dict) else {"tokens": ["a", "b"], "cells": record}, "1", Counter())
    assert message in caught.value.what
    assert caught.value.fix
