"""Which format a text is in: the evidence, and the questions where there are two readings."""

import pytest

from cnerkit.corpora.columns import Layout
from cnerkit.corpora.formats import nearest
from cnerkit.corpora.recognition import recognise
from cnerkit.corpora.source import Head
from cnerkit.errors import DataError, UsageError

WEIBO = "科0\tO\n技1\tO\n全0\tO\n方1\tO\n位2\tO\n" * 2
COLUMNS = "李\tB-PER\n白\tI-PER\n"
SPANS = '{"text": "李白", "id": 1, "entities": [{"start": 0, "end": 2, "label": "PER"}]}'
FOUR_COLUMNS = "U.N. NNP B-NP B-ORG\nofficial NN I-NP O\n"


def found(text, **known):
    return recognise(Head(text, whole=True), "x.txt", **known)


@pytest.mark.parametrize(
    ("text", "format_", "layout", "evidence"),
    [
        pytest.param(COLUMNS, "conll", Layout("\t"), "tags in column 2 of 2, separated by a tab", id="tab"),
        pytest.param("李 B-PER\n白 I-PER\n", "conll", Layout(" "), "tags in column 2 of 2, separated by spaces", id="space"),
        pytest.param("  O\n李 B-PER\n白 O\n", "conll", Layout(" "), "separated by spaces", id="space-token"),
        pytest.param(" \tO\n李\tB-PER\n", "conll", Layout("\t"), "separated by a tab", id="space-token-before-tab"),
        pytest.param("New York\tB-LOC\n", "conll", Layout("\t"), "separated by a tab", id="space-in-a-token"),
        pytest.param("{\tO\n}\tO\n", "conll", Layout("\t"), "separated by a tab", id="brackets"),
        pytest.param("[ O\n] O\n", "conll", Layout(" "), "separated by spaces", id="square-brackets"),
        pytest.param("-DOCSTART- -X- -X- O\n\n李 O\n白 O\n", "conll", Layout(" "), "2 of 2", id="document-start"),
        pytest.param("李 NR B-PER\n爱 VV O\n", "conll", Layout(" ", 3, tag=2), "tags in column 3 of 3", id="one-tag-column"),
        pytest.param(WEIBO, "weibo", Layout("\t", indexed=True), "count up in 10 of the first 10 lines", id="positions"),
        pytest.param(
            "A0\tO\nA1\tO\n" * 6 + "\n" + "B4\tO\n" * 9, "conll", Layout("\t"), "tokens in column 1", id="no-positions"
        ),
        pytest.param("{{person_name:李白}}\n", "boson", None, "1 marks such as {{person_name:…}}", id="nothing-but-marks"),
        pytest.param("[{{person_name:李白}}]\n", "boson", None, "1 marks such as {{person_name:…}}", id="marks-in-brackets"),
        pytest.param(SPANS, "jsonl", None, "a list `entities` with start and end in 1 of the first 1 records", id="spans"),
        pytest.param(f"[{SPANS}]", "jsonl", None, "in 1 of the first 1 records", id="array"),
        pytest.param(f" [\n {SPANS},\n{SPANS}]", "jsonl", None, "in 2 of the first 2 records", id="array-over-lines"),
        pytest.param('{"tokens": ["李白"], "entities": []}\n', "jsonl", None, "nothing but text in the first 1", id="words"),
        pytest.param('{"text": "李白", "id": 3}\n', "jsonl", None, "nothing but text in the first 1", id="not-annotated"),
        pytest.param('{"text": "李白", "label": {}}\n', "cluener", None, "`label` in 1 of the first 1 records", id="cluener"),
        pytest.param('{"text": \n{"text": "a", "label": {}}\n', "cluener", None, "1 of the first 1", id="broken-first-line"),
        pytest.param('{"text": "a", "label": [[0, 1, "X"]]}\n', "doccano", None, "(1 of the first 1)", id="list-of-labels"),
    ],
)
def test_a_format_is_recognised_with_its_evidence(text, format_, layout, evidence):
    recognition = found(text)
    assert (recognition.format, recognition.layout) == (format_, layout)
    assert evidence in recognition.evidence


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        pytest.param(
            "科0\tO\n技1\tO\n", "'科0' is a token, or a character and its position", "--from conll or --from weibo", id="weibo"
        ),
        pytest.param(FOUR_COLUMNS, "columns 3 and 4 hold tags", "--columns 1,4", id="two-tag-columns"),
        pytest.param(
            SPANS.replace('"id"', '"label": {}, "id"'),
            "jsonl: a list `entities` with start and end in 1 of the first 1 records; cluener: a mapping `label`",
            "--from jsonl or --from cluener",
            id="json",
        ),
    ],
)
def test_two_possible_readings_are_asked_about(text, what, fix):
    with pytest.raises(UsageError) as caught:
        found(text)
    assert "readings are possible" in str(caught.value)
    assert what in str(caught.value)
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("李白爱酒。\n杜甫也爱。\n", "no format is known whose lines look like '李白爱酒。'", id="prose"),
        pytest.param("a b c\nd e f\n", "none of the 3 columns holds tags", id="no-tags"),
        pytest.param("[]\n", "JSON in a format that is not known: no line is a JSON object", id="empty-array"),
        pytest.param('["李白"]\n', "no format is known whose lines look like '[\"李白\"]'", id="array-of-texts"),
        pytest.param('{"words": ["a"], "spans": 3}\n', "its objects have words (list), spans (int)", id="other-keys"),
        pytest.param(
            '{"text": "a"\n{"text": "b"\n',
            "x.txt:1:13: JSON in a format that is not known: no line is a JSON object; not JSON: Expecting ',' delimiter",
            id="all-cut-off",
        ),
        pytest.param('{"": ' * 99_999 + "\n", "no line is a JSON object; JSON that cannot be read: it is nested", id="deep"),
        pytest.param("{}\n", "JSON in a format that is not known: its objects are empty", id="empty-objects"),
        pytest.param("-DOCSTART-\n\n", "the file holds no sentence", id="only-document-starts"),
    ],
)
def test_what_is_in_no_known_format_is_refused(text, what):
    with pytest.raises(DataError) as caught:
        found(text)
    assert what in str(caught.value)
    assert str(caught.value).startswith("x.txt")


def test_a_format_that_is_named_is_not_doubted():
    assert found("科0\tO\n", format="weibo").layout == Layout("\t", indexed=True)
    assert found("科0\tO\n", format="conll").layout == Layout("\t")
    assert found("{\n", format="jsonl").format == "jsonl"
    assert found("李\n", format="conll").layout == Layout(" ")


def test_columns_that_are_named_are_taken():
    assert found(FOUR_COLUMNS, columns=(0, 2)).layout == Layout(" ", 4, 0, 2)


def test_columns_are_not_looked_for_in_json():
    assert found(SPANS, columns=(0, 1)).format == "jsonl"


def test_columns_that_are_not_there_are_refused():
    with pytest.raises(UsageError, match=r"x\.txt: --columns 1,5, but lines have 4 columns\nfix: count columns from 1"):
        found(FOUR_COLUMNS, columns=(0, 4))


def test_a_format_that_is_not_known_gets_the_nearest_names():
    with pytest.raises(UsageError, match="no format to read is called 'cluner'\nfix: did you mean cluener"):
        found(COLUMNS, format="cluner")
    assert nearest("zzz", ["b", "a"]) == "choose from b, a"
