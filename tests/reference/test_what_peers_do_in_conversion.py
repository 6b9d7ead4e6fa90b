"""What converters of other projects do with formats and labels, as run or as their users report it, and what this one does.

Each comment names the project, the issue or function, and what came of it there.
"""

import io
import json

import pytest
from typer.testing import CliRunner

from cnerkit.cli.main import build_app
from cnerkit.codecs.overlap import Overlap
from cnerkit.codecs.tags import Repair
from cnerkit.corpora.formats import Hints
from cnerkit.errors import DataError, UsageError
from cnerkit.workflows.convert import Conversion, convert
from cnerkit.workflows.division import Cut, Division, Tokens
from cnerkit.workflows.evaluate import Gold, evaluate_files
from cnerkit.workflows.read_options import ReadOptions

LI_BAI = ("李白爱酒", [(0, 2, "PER")])


def converted(content, **asked):
    """The text of a conversion from stdin to stdout, and what is known of it."""
    out = io.StringIO()
    data = content if isinstance(content, bytes) else content.encode()
    result = convert(Conversion("-", **asked), stdin=io.BytesIO(data), stdout=out)
    return out.getvalue(), result


def spans(content, **read):
    """Each text with start, end and type of its entities."""
    text, _ = converted(content, scheme="span", format="jsonl", read=ReadOptions(**read))
    records = [json.loads(line) for line in text.split("\n")[:-1]]
    texts = [record.get("text") or record.get("joiner", " ").join(record["tokens"]) for record in records]
    return [
        (text, [(one["start"], one["end"], one["label"]) for one in record["entities"]])
        for text, record in zip(texts, records, strict=True)
    ]


def column(text, *tags, separator="\t"):
    return "".join(f"{token}{separator}{tag}\n" for token, tag in zip(text, tags, strict=True)) + "\n"


def record(text, *entities, **fields):
    found = [{"start": start, "end": end, "label": label} for start, end, label in entities]
    return json.dumps({"text": text, "entities": found, **fields}) + "\n"


def label_studio(*texts):
    """Tasks whose only region is over the first two characters."""
    value = {"start": 0, "end": 2, "labels": ["PER"]}
    region = {"id": "r", "from_name": "label", "to_name": "text", "type": "labels"}
    tasks = [
        {"id": number, "data": {"text": text}, "annotations": [{"id": 1, "result": [{**region, "value": value}]}]}
        for number, text in enumerate(texts)
    ]
    return json.dumps(tasks)


# spaCy: iob_to_biluo makes two entities of B-PER I-PER E-PER, three of B-PER M-PER E-PER
# seqeval: the strict mode raises KeyError: 'M'
# AdaSeq: _labels_to_spans raises AssertionError on BMES
# BERT-NER-Pytorch: get_entities makes an entity of length 1 of B M E (bio), or none (bios)
# LatticeLSTM#17: the metric ignores M and the type of the end
@pytest.mark.parametrize("middle", ["I", "M"])
def test_an_entity_in_bioes_or_bmes_is_one_entity(middle):
    corpus = column("李太白爱酒", "B-PER", f"{middle}-PER", "E-PER", "O", "S-酒")
    assert spans(corpus) == [("李太白爱酒", [(0, 3, "PER"), (4, 5, "酒")])]


# AdaSeq: _labels_to_spans makes one LOC of B-PER I-LOC
# LatticeLSTM#17: the metric ignores the type of the end
@pytest.mark.parametrize(
    ("scheme", "tags", "place", "repaired"),
    [
        pytest.param("bio", ("B-PER", "I-LOC"), "2:3: 'I-LOC' cannot begin", [(0, 1, "PER"), (1, 2, "LOC")], id="bio"),
        pytest.param("bioes", ("B-PER", "E-LOC"), "1:3: 'B-PER' needs I-PER", [(0, 1, "PER"), (1, 2, "LOC")], id="bioes"),
    ],
)
def test_two_types_in_one_entity_are_refused_and_repaired_only_when_asked(scheme, tags, place, repaired):
    corpus = column("李白", *tags)
    with pytest.raises(DataError, match=rf"stdin:{place}.*\nfix: correct the tags, or say --repair conlleval"):
        spans(corpus, scheme=scheme)
    assert spans(corpus, scheme=scheme, repair=Repair.CONLLEVAL) == [("李白", repaired)]


# AdaSeq: _labels_to_spans loses the PER of S-PER I-LOC
def test_a_single_token_entity_is_kept_before_a_malformed_run():
    corpus = column("白去京城", "S-PER", "I-LOC", "B-LOC", "E-LOC")
    assert spans(corpus, repair=Repair.DROP) == [("白去京城", [(0, 1, "PER"), (2, 4, "LOC")])]


# AdaSeq: _load_cluener_file keeps only the first place of a mention that comes twice
def test_a_mention_that_comes_twice_in_cluener_is_two_entities_on_the_way_there_and_back():
    corpus = json.dumps({"text": "张三和李四见张三", "label": {"name": {"张三": [[0, 1], [6, 7]], "李四": [[3, 4]]}}}) + "\n"
    assert spans(corpus) == [("张三和李四见张三", [(0, 2, "name"), (3, 5, "name"), (6, 8, "name")])]
    back = json.loads(converted(corpus, scheme="span", format="cluener")[0])
    assert back["label"] == {"name": {"张三": [[0, 1], [6, 7]], "李四": [[3, 4]]}}


# BERT-NER-Pytorch: _read_text splits at one space, so that a tab-separated file is all O
@pytest.mark.parametrize("separator", ["\t", " "])
def test_columns_parted_by_a_tab_or_a_space_are_both_seen(separator):
    assert spans(column("李白爱酒", "B-PER", "I-PER", "O", "O", separator=separator)) == [LI_BAI]


def test_a_line_with_the_other_separator_is_refused_and_not_read_as_o():
    corpus = column("李白爱酒", "B-PER", "I-PER", "O", "O") + column("杜", "B-PER", separator=" ")
    with pytest.raises(DataError, match="this line is separated by spaces, others by a tab"):
        spans(corpus)


# BERT-NER-Pytorch: _read_text makes an empty word of a token that is a space
# entity_extractor_by_ner#30: IndexError for a tab or a space in the text
@pytest.mark.parametrize(
    ("token", "separator"), [(" ", " "), (" ", "\t"), ("\u3000", "\t"), ("\u00a0", " "), ("\t", " "), ("\u2028", "\t")]
)
def test_a_token_that_is_white_space_stays_itself(token, separator):
    corpus = column(f"李{token}白", "B-PER", "I-PER", "I-PER", separator=separator) * 2
    assert spans(corpus) == [(f"李{token}白", [(0, 3, "PER")])] * 2


# seqeval: a bare tag PER is read as the type ER
# spaCy#6267: says that '-' will be ignored, then raises on it
# iobes: S- under bmeow gives neither an entity nor an error
@pytest.mark.parametrize(
    ("tag", "scheme"),
    [
        ("PER", None),
        ("-", None),
        ("", None),
        ("B", None),
        ("B-", None),
        ("b-PER", None),
        ("S-PER", "bmeow"),
        ("M-PER", "bioes"),
    ],
)
def test_a_tag_that_the_scheme_does_not_have_is_refused_with_its_place(tag, scheme):
    ends = {"bmeow": ("B-PER", "E-PER"), "bioes": ("B-PER", "E-PER"), None: ("B-PER", "I-PER")}
    corpus = column("李白", *ends[scheme]) + column("酒", tag)
    with pytest.raises(DataError, match=r"stdin:4:[23]: .*\nfix: ") as caught:
        spans(corpus, scheme=scheme)
    assert repr(tag) in caught.value.what or "empty" in caught.value.what


# seqeval: its default mode and its strict mode differ by 4.4 F1 on the same tags, and neither says so
def test_what_two_ways_of_counting_differ_by_is_said():
    corpus = column("李白爱酒", "B-PER", "I-PER", "O", "O") * 9 + column("李白爱酒", "O", "I-PER", "O", "O")
    notes = converted(corpus, scheme="bio", read=ReadOptions(repair=Repair.DROP))[1].notes()
    assert "10 sentences, 40 tokens, 9 entities (10 as conlleval reads malformed tags)" in notes
    assert "1 malformed run of tags (1 without a beginning, 0 without an end) over 1 token read as O" in notes


# conlleval.py#1: the break between E- and B- is ignored
# seqeval#23, #25, #46, #95: entities side by side fall together or apart, depending on the scheme and the mode
@pytest.mark.parametrize("scheme", ["bio", "iob1", "bios", "bioes", "bmes", "bilou", "bmeow"])
def test_entities_side_by_side_stay_two_in_every_scheme_that_can_tell(scheme):
    corpus = record("李白杜甫", (0, 2, "PER"), (2, 4, "PER"))
    tags, _ = converted(corpus, scheme=scheme)
    assert spans(tags, scheme=scheme) == [("李白杜甫", [(0, 2, "PER"), (2, 4, "PER")])]


def test_a_scheme_that_would_join_entities_is_refused():
    with pytest.raises(DataError, match="touch, and io would join them"):
        converted(record("李白杜甫", (0, 2, "PER"), (2, 4, "PER")), scheme="io")


# spaCy#2385: types with a B in them are damaged
@pytest.mark.parametrize("type_", ["B", "B-cell", "ABB", "I-B", "O", "S-E", "BIO", "疾病", "a b", "/work/影片", "PER.NAM"])
def test_any_type_comes_through_every_scheme_as_it_is(type_):
    corpus = record("李白杜甫", (0, 2, type_), (2, 3, type_))
    for scheme in ("bio", "bioes", "bmes", "bilou"):
        tags, _ = converted(corpus, scheme=scheme)
        assert spans(tags, scheme=scheme, format="conll") == [("李白杜甫", [(0, 2, type_), (2, 3, type_)])]


# label-studio#1250: a Chinese sentence becomes a single line of CoNLL
# label-studio-converter#15, #254, label-studio#556: labels are dropped or shifted
# doccano-transformer#17: B- comes one character early
def test_label_studio_and_doccano_become_one_line_per_character_with_tags_at_their_places():
    expected = column("李白爱酒", "B-PER", "I-PER", "O", "O") + column("杜甫也爱", "B-PER", "I-PER", "O", "O")
    assert converted(label_studio("李白爱酒", "杜甫也爱"), format="conll")[0] == expected
    doccano = [json.dumps({"id": 1, "text": text, "label": [[0, 2, "PER"]]}) for text in ("李白爱酒", "杜甫也爱")]
    assert converted("\n".join(doccano), format="conll")[0] == expected


# doccano#936, #1046: import and export of CoNLL are wished for
# doccano#113: what was exported cannot be imported again
@pytest.mark.parametrize("format_", ["doccano", "label-studio", "prodigy", "cluener", "w2ner", "hf", "mentions", "sng"])
def test_columns_come_back_from_every_annotation_tool_as_they_went(format_):
    corpus = column("李白爱酒", "B-PER", "E-PER", "O", "S-酒") + column("杜甫", "B-PER", "E-PER")
    there, _ = converted(corpus, scheme=None if format_ == "hf" else "span", format=format_)
    assert converted(there, scheme="bioes", format="conll", read=ReadOptions(format=format_))[0] == corpus


# doccano#113: an export has numbers of labels, which its import does not know
def test_a_number_in_the_place_of_a_label_is_refused_with_what_to_do():
    with pytest.raises(DataError, match=r"stdin:1:1: .*label.* 7"):
        spans(json.dumps({"text": "李白", "label": [[0, 2, 7]]}), format="doccano")


# doccano#99, #1360: offsets count UTF-16 units, code points are read
def test_offsets_of_a_browser_are_read_when_said_and_never_guessed():
    corpus = json.dumps({"text": "😀😀李白爱酒", "label": [[4, 6, "PER"]]}) + "\n"
    with pytest.raises(UsageError, match=r"two readings are possible: .*\nfix: .*--offsets"):
        spans(corpus)
    assert spans(corpus, hints=Hints(offsets="utf-16")) == [("😀😀李白爱酒", [(2, 4, "PER")])]
    assert spans(corpus, hints=Hints(offsets="code-points")) == [("😀😀李白爱酒", [(4, 6, "PER")])]


# doccano#372: documents are split at line breaks
def test_a_document_with_line_breaks_stays_one_until_lines_are_asked_for():
    corpus = record("李白\n杜甫", (0, 2, "PER"), (3, 5, "PER"))
    assert spans(corpus) == [("李白\n杜甫", [(0, 2, "PER"), (3, 5, "PER")])]
    with pytest.raises(DataError, match=r"token 2 is '\\n', which a line cannot hold\nfix: .*--sentences lines"):
        converted(corpus, scheme="bio")
    by_line = ReadOptions(division=Division(cut=Cut.LINES))
    assert converted(corpus, scheme="bio", read=by_line)[0] == column("李白", "B-PER", "I-PER") + column(
        "杜甫", "B-PER", "I-PER"
    )


# DeepKE#142: KeyError: '' for a byte-order mark
@pytest.mark.parametrize("corpus", [column("李白爱酒", "B-PER", "I-PER", "O", "O"), record(*(LI_BAI[0], *LI_BAI[1]))])
def test_a_byte_order_mark_and_crlf_are_no_part_of_the_text(corpus):
    assert spans(("\ufeff" + corpus).replace("\n", "\r\n")) == [LI_BAI]


# DeepKE#117, #119, #425, #436, #539: KeyError for types of one's own, which must be put into predict.py
# bertNER#29: KeyError for a type that only test has
def test_types_come_from_the_data():
    assert spans(column("青蒿素", "B-药物", "I-药物", "I-药物"))[0][1] == [(0, 3, "药物")]


# entity_extractor_by_ner#39: "dataset size 0"
@pytest.mark.parametrize(("corpus", "what"), [("", "the file is empty"), ("\n\n", "the file holds only empty lines")])
def test_a_corpus_without_a_sentence_is_refused_by_name(corpus, what):
    with pytest.raises(DataError, match=f"stdin: {what}\nfix: "):
        spans(corpus)


# spaCy#5727, #11497: a list of the misaligned spans is wished for
def test_entities_that_fit_no_tokens_are_named_one_by_one(tmp_path):
    corpus = record("Pakistan won", (0, 4, "GPE"), (9, 12, "X"), (10, 12, "Y")) + record("Li Bai", (1, 2, "PER"))
    words = Division(tokens=Tokens.WORDS)
    with pytest.raises(
        DataError, match=r"the GPE 'Paki' in sentence stdin-1 cannot be kept: .*\(the first of 3\)\nfix: .*drop"
    ):
        converted(corpus, scheme="bio", read=ReadOptions(division=words))
    report = tmp_path / "report.json"
    read = ReadOptions(division=words, repair=Repair.DROP)
    assert converted(corpus, scheme="bio", read=read, report=report)[0].startswith("Pakistan\tO\nwon\tB-X\n")
    (part,) = json.loads(report.read_text(encoding="utf-8"))["parts"]
    lost = [(one["sentence"], one["type"], one["text"], one["tokens"]) for one in part["lost"]["named"]]
    assert lost == [
        ("stdin-1", "GPE", "Paki", [[0, 4]]),
        ("stdin-1", "Y", "on", [[10, 12]]),
        ("stdin-2", "PER", "i", [[1, 2]]),
    ]


# spaCy#4020, #6513: overlapping entities become malformed BILUO without a word
def test_overlapping_entities_are_refused_or_chosen_and_counted():
    corpus = record("北京大学", (0, 2, "LOC"), (0, 4, "ORG"))
    with pytest.raises(
        DataError, match=r"sentence stdin-1: the entities .* overlap.*\nfix: say --overlap outermost, innermost"
    ):
        converted(corpus, scheme="bilou")
    text, result = converted(corpus, scheme="bilou", overlap=Overlap.OUTERMOST)
    assert spans(text) == [("北京大学", [(0, 4, "ORG")])]
    assert any(note.startswith("1 entity left out, ") and "LOC '北京'" in note for note in result.notes())
    layers, _ = converted(corpus, scheme="bilou", overlap=Overlap.LAYERS)
    assert spans(layers, columns=(0, 1, 2))[0][1] == [(0, 2, "LOC"), (0, 4, "ORG")]


# SpanMarkerNER#79: "I don't want BIO": spans, nested, with start, end and label
def test_nested_spans_need_no_tags():
    nested = [(0, 2, "LOC"), (0, 4, "ORG"), (2, 4, "ORG")]
    assert spans(record("北京大学", *nested)) == [("北京大学", nested)]


# NeuroNER#36, brat#1027: fragments such as 0 5;12 17 end converters
# flair#824: discontinuous and overlapping entities are wished for; spaCy#651: a reader of brat, since 2016
def test_fragments_of_brat_are_kept_or_counted(tmp_path):
    (tmp_path / "a.txt").write_text("left and right arm", encoding="utf-8")
    (tmp_path / "a.ann").write_text("T1\tPART 0 4;15 18\tleft arm\nT2\tPART 9 18\tright arm\n", encoding="utf-8")
    out = io.StringIO()
    convert(Conversion(str(tmp_path), format="jsonl"), stdin=io.BytesIO(), stdout=out)
    first, second = json.loads(out.getvalue())["entities"]
    assert (first["fragments"], second) == ([[0, 4], [15, 18]], {"start": 9, "end": 18, "label": "PART"})
    with pytest.raises(DataError, match=r"discontinuous"):
        converted(out.getvalue(), scheme="bio")
    _, result = converted(out.getvalue(), scheme="bio", overlap=Overlap.OUTERMOST)
    assert any("1 entity left out" in note and "'left arm'" in note for note in result.notes())


# biaffine-ner#34, simpletransformers#1352: predictions are wished for in the format of the input
# nervaluate#84: nested and overlapping entities are not supported
@pytest.mark.parametrize("nested", [False, True])
def test_gold_and_predictions_may_be_in_any_two_formats(tmp_path, nested):
    entities = [(0, 4, "ORG"), *([(0, 2, "LOC"), (2, 4, "ORG")] if nested else [])]
    corpus = record("北京大学", *entities)
    formats = ["jsonl", "doccano", "label-studio", "prodigy", "cluener", "w2ner", "grid", *([] if nested else ["conll", "hf"])]
    for format_ in formats:
        text, _ = converted(corpus, format=format_)
        (tmp_path / format_).write_text(text, encoding="utf-8")
    for gold, predicted in zip(formats, [*formats[1:], formats[0]], strict=True):
        report = evaluate_files(Gold(str(tmp_path / gold)), Gold(str(tmp_path / predicted))).report
        assert (report.micro.f1, report.micro.support) == (1, len(entities))


# SpanMarker: predict takes a list of Chinese sentences for one sentence that was split into words
def test_lines_of_chinese_are_as_many_sentences():
    text, _ = converted("李白爱酒。\n杜甫也爱。\n", read=ReadOptions(format="text"))
    assert [json.loads(line)["text"] for line in text.splitlines()] == ["李白爱酒。", "杜甫也爱。"]


# AdaSeq: --force is declared so that it needs a value
def test_force_is_a_flag(tmp_path):
    source, output = tmp_path / "corpus.txt", tmp_path / "out.conll"
    source.write_text(column("李白", "B-PER", "I-PER"), encoding="utf-8")
    output.write_text("old", encoding="utf-8")
    done = CliRunner().invoke(build_app(), ["convert", str(source), "--scheme", "bioes", "-o", str(output), "--force"])
    assert done.exit_code == 0, done.stderr
    assert output.read_text(encoding="utf-8") == column("李白", "B-PER", "E-PER")
