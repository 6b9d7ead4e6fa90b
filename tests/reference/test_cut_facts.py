"""Where long sentences are cut and how their parts are put together: the facts of Classification Attention, section 2.3."""

import pytest

from cnerkit.codecs.schemes import Scheme
from cnerkit.codecs.tags import entities_from_tags
from cnerkit.engine.pieces import piece_spans
from cnerkit.engine.windows import Window, merge, windows
from cnerkit.scoring.exact import score
from cnerkit.text import Entity, Prediction, Sentence


@pytest.mark.paper_cases("classattn", "cut")
def test_sentences_of_train_and_windows_without_context_are_cut_where_the_facts_say(case):
    text, limit, pieces = case["inputs"]["text"], case["inputs"]["max_chars"], case["expected"]["pieces"]
    assert [[span.start, span.end] for span in piece_spans(text, limit)] == pieces
    assert [[window.start, window.end] for window in windows(text, limit, 0)] == pieces


@pytest.mark.paper_cases("classattn", "merge_tags")
def test_parts_are_merged_as_their_tags_in_a_row_and_an_entity_that_a_cut_broke_is_wrong(case):
    parts, start = [], 0
    for tags in case["inputs"]["piece_tags"]:
        entities = tuple(sorted(entities_from_tags(tags, Scheme.BMES)))
        end = start + len(tags)
        parts.append((Window(start, end, start, end), Prediction("s", entities, (1.0,) * len(entities), tuple(tags))))
        start = end
    found, expected = merge(Sentence("s", ("字",) * start), parts), case["expected"]
    assert list(found.tags) == expected["merged"]
    assert set(found.entities) == _of_inclusive(expected["pred_spans"])
    report = score([_of_inclusive(expected["gold_spans"])], [found.entities])
    assert report.micro.true_positive == expected["tp"]


def _of_inclusive(spans):
    return {Entity.span(start, last + 1, type_) for start, last, type_ in spans}
