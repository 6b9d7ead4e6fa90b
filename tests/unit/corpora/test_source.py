"""Bytes to lines: what is accepted as text, what is refused and where."""

import gzip
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnerkit.corpora import source as source_module
from cnerkit.corpora.source import TextSource, open_source, transcoded
from cnerkit.errors import DataError, MissingError, UsageError


def text_of(data, *, surrogates=False, end=b"\n"):
    with open_source(io.BytesIO(data), "corpus.txt") as stream:
        source = TextSource(stream, "corpus.txt", surrogates=surrogates)
        source.head()
        return "".join(map(source.decode, source.blocks(end)))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("李 B-PER\n\n".encode(), id="plain"),
        pytest.param("\ufeff李 B-PER\n\n".encode(), id="byte-order-mark"),
        pytest.param("李 B-PER\r\n\r\n".encode(), id="crlf"),
        pytest.param(gzip.compress("李 B-PER\n\n".encode()), id="gzip"),
        pytest.param(
            gzip.compress("\ufeff李 B-PER\r\n".encode()) + gzip.compress(b"\r\n"), id="gzip-in-two-members-with-all-else"
        ),
    ],
)
def test_the_same_text_comes_out_of_every_wrapping(data):
    assert text_of(data) == "李 B-PER\n\n"


def test_gzip_is_told_by_its_first_bytes_and_not_by_its_name(tmp_path):
    packed, plain = tmp_path / "packed.txt", tmp_path / "plain.gz"
    packed.write_bytes(gzip.compress("李 O\n".encode()))
    plain.write_bytes("李 O\n".encode())
    for path in (packed, plain):
        with open_source(path, path.name) as stream:
            assert stream.read() == "李 O\n".encode()


def test_only_the_first_byte_order_mark_is_taken_away():
    assert text_of("\ufeff\ufeff O\n".encode()) == "\ufeff O\n"


def test_a_last_line_without_its_end_gets_one():
    assert text_of("李 O\n白 O".encode()) == "李 O\n白 O\n"


def test_a_carriage_return_that_ends_no_line_is_a_character():
    assert text_of(b"\r O\na\rb O\n") == "\r O\na\rb O\n"


lines = st.text(st.sampled_from("ab\r\n\u2028\x85\x0b\x0c\u3000李😀"), max_size=40)


@given(text=lines, chunk=st.integers(1, 9), end=st.sampled_from([b"\n", b"\n\n"]))
def test_no_character_is_lost_however_the_bytes_come(text, chunk, end):
    expected = text.replace("\r\n", "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_module, "_CHUNK", chunk)
        source = TextSource(io.BytesIO(text.encode()), "corpus.txt")
        blocks = list(source.blocks(end))
    assert "".join(map(source.decode, blocks)) == (expected if expected.endswith("\n") or not expected else f"{expected}\n")
    assert all(block.data.endswith(end) for block in blocks[:-1])
    assert [block.line for block in blocks] == [
        1 + b"".join(b.data for b in blocks[:at]).count(b"\n") for at in range(len(blocks))
    ]


def test_the_head_is_whole_lines_and_read_again_with_the_blocks():
    text = "李 O\n" * 100_000
    source = TextSource(io.BytesIO(text.encode()), "corpus.txt")
    head = source.head()
    assert not head.whole
    assert head.text.endswith("\n")
    assert text.startswith(head.text)
    assert "".join(map(source.decode, source.blocks())) == text


@pytest.mark.parametrize("before", ["", "\n", "first\n\n"])
@pytest.mark.parametrize("after", ["", "\n", "\nlast"])
def test_a_line_longer_than_the_head_is_in_it_though_short_ones_come_before(before, after):
    text = f"{before}{'国' * 200_000}{after}"
    source = TextSource(io.BytesIO(text.encode()), "corpus.txt")
    head = source.head()
    assert head.text == (text if head.whole else f"{before}{'国' * 200_000}\n")
    assert "".join(map(source.decode, source.blocks())).rstrip("\n") == text.rstrip("\n")


def test_a_nul_byte_is_found_before_the_line_ends():
    class Endless(io.RawIOBase):
        """Text, then nothing but NUL bytes; whoever reads on and on for a line's end is stopped."""

        read_so_far = 0

        def read(self, size):
            self.read_so_far += size
            assert self.read_so_far < 1 << 22, "this is read for ever"
            return b"\0" * size if self.read_so_far > 1 << 20 else b"text\n" * (size // 5)

    with pytest.raises(DataError, match=r"corpus\.txt:\d+:\d+: a NUL byte: this is a binary file"):
        list(TextSource(Endless(), "corpus.txt").blocks())
    with pytest.raises(DataError, match=r"corpus\.txt:1:1: a NUL byte: this is a binary file"):
        TextSource(io.BytesIO(b"\0" * (1 << 24)), "corpus.txt").head()


def test_a_first_line_longer_than_the_head_is_read_to_its_end():
    text = "李" * 300_000 + "\n白\n"
    assert TextSource(io.BytesIO(text.encode()), "corpus.txt").head().text.startswith("李" * 300_000 + "\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "corpus.txt: the file is empty", id="nothing"),
        pytest.param("\ufeff".encode(), "corpus.txt: the file is empty", id="byte-order-mark-only"),
        pytest.param(b"\n\r\n\n", "corpus.txt: the file holds only empty lines", id="empty-lines"),
        pytest.param(b"a O\nb\0c", "corpus.txt:2:2: a NUL byte: this is a binary file", id="binary"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0", "corpus.txt:3:1: a NUL byte: this is a binary file", id="png"),
        pytest.param(b"a O\n\xb5 O\n", "corpus.txt:2:1: byte 0xB5 is not valid UTF-8", id="latin"),
        pytest.param("李 O\n李白".encode() + b"\xff O\n", "corpus.txt:2:3: byte 0xFF is not valid UTF-8", id="column"),
        pytest.param(b"\xed\xa0\xbd O\n", "corpus.txt:1:1: byte 0xED is not valid UTF-8", id="surrogate-half"),
        pytest.param(gzip.compress(b"a O\n" * 999)[:-9], "corpus.txt: the gzip data is damaged", id="gzip-cut-off"),
    ],
)
def test_what_is_no_text_is_refused_with_its_place(data, message):
    with pytest.raises(DataError, match=f"^{re.escape(message)}"):
        text_of(data)


def test_text_in_gb18030_is_named_with_the_way_to_convert_it():
    with pytest.raises(DataError, match=r"corpus\.txt:1:1: byte 0xC0 is not valid UTF-8[^\n]*\nfix: .*iconv -f GB18030"):
        text_of("李 B-PER\n白 I-PER\n".encode("gb18030"))


def test_halves_of_surrogate_pairs_are_read_when_asked_for():
    assert text_of(b"\xed\xa0\xbd O\n", surrogates=True) == "\ud83d O\n"


def test_a_mistake_far_into_the_file_is_placed_by_its_line():
    data = "李 O\n".encode() * 200_000 + b"\xff O\n"
    with pytest.raises(DataError, match=r"^corpus\.txt:200001:1: byte 0xFF"):
        text_of(data)


def test_a_file_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(MissingError, match=r"none\.txt: there is no such file"), open_source(tmp_path / "none.txt", "none.txt"):
        pass


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UsageError, match="corpora: this is a folder"), open_source(tmp_path, "corpora"):
        pass


def test_a_path_through_a_file_cannot_be_read(tmp_path):
    (tmp_path / "file").write_text("a", encoding="utf-8")
    with pytest.raises(DataError, match="x: cannot be read: Not a directory"), open_source(tmp_path / "file" / "x", "x"):
        pass


class BrokenDisk(io.BytesIO):
    def read(self, *_):
        raise OSError(5, "Input/output error")


def test_a_disk_that_fails_while_reading_is_named():
    with pytest.raises(DataError, match="x: cannot be read: Input/output error"):
        TextSource(BrokenDisk(), "x").head()


def test_utf_16_is_named_even_where_it_holds_no_nul():
    with pytest.raises(DataError, match=r"x:1:1: byte 0xFF is not valid UTF-8[^\n]*\nfix: this is UTF-16: save it as UTF-8"):
        TextSource(io.BytesIO("\ufeff李白爱酒".encode("utf-16-le")), "x").head()


def test_bytes_of_no_known_encoding_are_refused_without_advice_to_convert():
    with pytest.raises(DataError, match="look whether these bytes are damaged"):
        TextSource(io.BytesIO(b"a\xff\xff\n"), "x").head()


def transcoded_text(data, encoding=None, name="x.txt"):
    source = TextSource(transcoded(io.BytesIO(data), encoding, name), name)
    source.head()
    return "".join(map(source.decode, source.blocks()))


@pytest.mark.parametrize("encoding", ["gb18030", "GBK", "big5", "utf-16", "utf-8", "utf-8-sig"])
def test_a_file_in_another_encoding_is_read_as_the_same_text(encoding):
    assert transcoded_text("中文 O\n".encode(encoding), encoding) == "中文 O\n"


def test_an_xml_declaration_names_the_encoding():
    data = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<p>coração</p>\n'
    assert transcoded_text(data.encode("iso-8859-1")) == data


def test_bytes_that_the_encoding_does_not_have_are_named():
    with pytest.raises(DataError, match=r"x.txt: byte 0x81 is not valid gb18030 \(.*\)\nfix: name the encoding of the file"):
        transcoded_text(b"ab\x81", "gb18030")


def test_an_unknown_encoding_is_refused_with_those_that_are_likely():
    with pytest.raises(UsageError, match=r"no encoding is called 'klingon'\nfix: name one such as utf-8, gb18030"):
        transcoded_text(b"a", "klingon")


@given(st.text(alphabet="李白é\n€ab", max_size=200), st.sampled_from(["gb18030", "utf-16", "utf-32"]), st.integers(1, 7))
def test_transcoding_gives_the_text_whatever_the_pieces_it_comes_in(text, encoding, size):
    class Trickle(io.RawIOBase):
        data = text.encode(encoding)

        def readable(self):
            return True

        def readinto(self, buffer):
            piece, self.data = self.data[:size], self.data[size:]
            buffer[: len(piece)] = piece
            return len(piece)

    assert transcoded(io.BufferedReader(Trickle()), encoding, "x").read().decode() == text
