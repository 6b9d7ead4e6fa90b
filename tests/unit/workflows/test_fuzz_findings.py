"""What fuzzing found, each as a small input: no traceback, no hang, nothing lost or changed without a word.

The fuzzers are ``tests/fuzz/fuzz_bytes.py``, ``fuzz_structures.py`` and ``fuzz_growth.py``.
"""

import gzip
import io
import json
import tarfile
import zipfile
from unittest import mock

import pytest

from cnerkit.cli import console
from cnerkit.cli.reading import read_options
from cnerkit.codecs.tags import Scheme
from cnerkit.corpora.bundle import members
from cnerkit.corpora.formats import FORMATS
from cnerkit.corpora.source import TextSource
from cnerkit.errors import DataError, UsageError
from cnerkit.text import Entity, Sentence
from cnerkit.workflows.division import Division, Tokens
from cnerkit.workflows.losses import Losses
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.reading import open_corpus_file
from cnerkit.workflows.types import parse_types
from cnerkit.workflows.writing import SPAN, Target, Writing


def read(data, **options):
    with open_corpus_file(io.BytesIO(data), ReadOptions(**options), name="f.x", ids="f") as reading:
        return list(reading.sentences), reading


def write(sentence, format_, scheme=SPAN):
    return "".join(Writing(Target(scheme, FORMATS[format_]), "", "f.x", Losses()).texts([sentence]))


def refusal(data, **options):
    with pytest.raises(DataError) as caught:
        read(data, **options)
    return str(caught.value)


XML = b'<?xml version="1.0" encoding="%s"?>\n<DOC>\n<DOCID>a</DOCID>\n'


@pytest.mark.parametrize("encoding", ["hex", "zlib", "rot13", "undefined"])
def test_an_encoding_that_is_for_no_text_is_none(encoding):
    with pytest.raises(UsageError, match=f"f.x: no encoding is called '{encoding}'\nfix: name one such as utf-8"):
        read(XML % encoding.encode())


@pytest.mark.parametrize(
    ("data", "encoding", "message"),
    [
        pytest.param(
            b"a O\n", "utf-16", r"the text is not valid utf-16 \(UTF-16 stream does not start with BOM\)", id="no-mark"
        ),
        pytest.param(b"\xff\xfea", "utf-16", r"byte 0x61 is not valid utf-16 \(truncated data\)", id="cut-off"),
        pytest.param(b"+2AA- O\n", "utf-7", "the text is not valid utf-7 .*surrogates not allowed", id="half-of-a-pair"),
    ],
)
def test_bytes_that_an_encoding_does_not_have_are_refused(data, encoding, message):
    with pytest.raises(DataError, match=f"f.x: {message}.*\nfix: name the encoding of the file with --encoding"):
        read(data, encoding=encoding)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x1f\x8b", id="nothing-else"),
        pytest.param(b"\x1f\x8babc", id="no-header"),
        pytest.param(gzip.compress(b"a O\n")[:12], id="cut-off"),
        pytest.param(gzip.compress(b"a O\n" * 99)[:10] + b"\xff" * 40, id="no-deflate"),
    ],
)
def test_gzip_that_is_damaged_in_its_first_bytes_is_named(data):
    assert refusal(data).startswith("f.x: the gzip data is damaged: ")


def test_a_file_without_a_name_in_an_archive_is_refused(tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(zipfile.ZipInfo("."), "a O\n")
    with pytest.raises(DataError, match=r"a\.zip: the archive has a file without a name\nfix: look who made"):
        members(archive)


def test_a_tar_that_claims_a_name_of_an_exabyte_is_damaged(tmp_path):
    claim = tarfile.TarInfo("a.txt")
    claim.type, claim.size = tarfile.GNUTYPE_LONGNAME, 1 << 60
    archive = tmp_path / "a.tar"
    archive.write_bytes(claim.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(DataError, match="the archive cannot be read: MemoryError"):
        members(archive)


@pytest.mark.parametrize("text", ["1,\x1e2,x", "1\x1f1,2", f"1,{'9' * 5000}", "1,²", "0,1", "1,00", "1,-2"])
def test_columns_that_are_no_small_numbers_are_refused(text):
    with pytest.raises(UsageError, match="--columns takes two or more numbers from 1, got"):
        read_options(columns=text)


def test_columns_may_have_spaces_around_them():
    assert read_options(columns=" 1, 04").columns == (0, 3)


@pytest.mark.parametrize("text", ["PER=\udcff", "\udce4=PER"])
def test_types_that_are_no_text_are_refused_before_anything_is_written_with_them(text):
    with pytest.raises(UsageError, match=r"the types are not in UTF-8: .*\nfix: set the terminal to UTF-8"):
        parse_types(text)


def test_an_unknown_json_with_many_fields_is_told_by_the_first_of_them():
    message = refusal(json.dumps({f"k{at}": at for at in range(500)} | {"a\tb": 1}).encode())
    assert "its objects have k0 (int), k1 (int), k2 (int)" in message
    assert "k11 (int) and 489 more" in message


def test_the_name_of_an_unknown_field_is_shown_as_it_can_be():
    assert "its objects have '\\x1b[2J' (int), 'xxx" in refusal(json.dumps({"\x1b[2J": 1, "x" * 50: 2}).encode())


def test_what_a_file_says_cannot_command_the_terminal(capsys):
    console.note("3 entities \x1b[2J\r\u2028 left out")
    console.show_error(DataError("the type 'a\x9bb' is odd", where="x\ny.zip", fix="a\tb"))
    assert capsys.readouterr().err == (
        "3 entities \\x1b[2J\\r\\u2028 left out\nError: x\\ny.zip: the type 'a\\x9bb' is odd\n  fix: a\\tb\n"
    )


def test_an_endless_message_is_cut(capsys):
    console.note("x" * 5000)
    assert capsys.readouterr().err == f"{'x' * 2000}…\n"


def test_ids_of_records_with_tags_are_kept():
    first, second, third = ({"id": id_, "tokens": ["a"], "ner_tags": ["B-X"]} for id_ in ("news-7", None, ""))
    sentences, reading = read("\n".join(map(json.dumps, (first, second, third))).encode(), scheme="bio")
    assert [each.id for each in sentences] == ["news-7", "f-2", ""]
    assert not reading.counts.overlooked


def test_an_id_of_a_record_with_tags_that_is_none_is_refused():
    message = refusal(b'{"id": [], "tokens": ["a"], "ner_tags": ["B-X"]}', format="hf", scheme="bio")
    assert "f.x:1:1: expected a number or a string `id`, got []" in message


def test_a_second_list_of_tags_is_counted_when_it_is_left_out():
    _, reading = read(b'{"tokens": ["a"], "ner_tags": ["O"], "tags": ["NN"]}')
    assert reading.counts.overlooked == {"fields besides tokens and tags, left out": 1}


@pytest.mark.parametrize("format_", ["conll", "layers"])
@pytest.mark.parametrize("type_", ["\u2028", " X", "\ud800"])
def test_a_type_that_a_reader_of_columns_would_not_find_is_not_written(format_, type_):
    sentence = Sentence("s", ("a",), frozenset({Entity.span(0, 1, type_)}))
    with pytest.raises(DataError, match=r"f\.x, sentence s: a line cannot hold the tag .*\nfix: give the type another name"):
        write(sentence, format_, Scheme.BIO)


@pytest.mark.parametrize("format_", ["boson", "text-slash"])
@pytest.mark.parametrize(
    ("type_", "message"), [("\0", "the text holds a NUL"), ("\ud800", "half of a surrogate pair, U[+]D800")]
)
def test_a_type_that_would_make_a_line_unreadable_is_not_written(format_, type_, message):
    sentence = Sentence("s", ("a",), frozenset({Entity.span(0, 1, type_)}))
    with pytest.raises(DataError, match=f"f.x, sentence s: .*{message}"):
        write(sentence, format_)


@pytest.mark.parametrize(
    ("format_", "scheme"), [("text", SPAN), ("boson", SPAN), ("conll", Scheme.BIO), ("layers", Scheme.BIO)]
)
def test_a_text_that_begins_as_xml_in_another_encoding_is_read_back_as_it_was(format_, scheme):
    tokens = ('<?xml version="1.0" encoding="iso-8859-1"?>', "é") if scheme == Scheme.BIO else tuple("<?xml encoding='big5'>é")
    sentence = Sentence("f-1", tokens, frozenset({Entity.span(1, 2, "X")}) if format_ != "text" else None)
    written = write(sentence, format_, scheme)
    (again,), _ = read(written.encode(), format=format_)
    assert (again.tokens, again.entities) == (sentence.tokens, sentence.entities)


def test_a_carriage_return_that_comes_last_and_alone_is_seen_with_the_first_lines():
    with mock.patch("cnerkit.corpora.source._CHUNK", 3):
        head = TextSource(io.BytesIO(b"abcd O\r"), "f.x").head()
    assert (head.text, head.whole) == ("abcd O\r", True)


def test_ids_of_label_studios_regions_are_kept_whatever_they_are():
    region = {"id": "entity-7", "from_name": "label", "to_name": "text", "type": "labels"}
    value = {"start": 0, "end": 1, "text": "小", "labels": ["X"]}
    task = {"id": 1, "data": {"text": "小"}, "annotations": [{"result": [{**region, "value": value}]}]}
    sentences, _ = read(json.dumps([task]).encode())
    writing = Writing(Target(SPAN, FORMATS["label-studio"]), "label-studio", "f.x", Losses())
    assert json.loads("".join(writing.texts(sentences))) == [task]


def test_the_token_numbers_of_prodigys_spans_are_kept_where_there_are_no_tokens():
    span = {"start": 0, "end": 1, "token_start": 4, "token_end": 4, "label": "X"}
    task = {"id": 1, "text": "小", "spans": [span], "answer": "accept"}
    sentences, _ = read(json.dumps(task).encode())
    writing = Writing(Target(SPAN, FORMATS["prodigy"]), "prodigy", "f.x", Losses())
    assert json.loads("".join(writing.texts(sentences))) == task


def test_the_text_of_a_document_is_put_together_once_for_all_its_words(monkeypatch):
    text, asked = Sentence.text, []
    monkeypatch.setattr(Sentence, "text", property(lambda sentence: asked.append(sentence.id) or text.fget(sentence)))
    (sentence,), _ = read(b"a " * 500, format="text", division=Division(Tokens.WORDS))
    assert len(sentence) == 500
    assert len(asked) < 5
