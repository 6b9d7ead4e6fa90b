"""A transfer brings exactly the published bytes, asking only for what it lacks."""

from itertools import pairwise

import pytest
from requests import exceptions

from cnerkit.corpora.transfer import Transfer, TransferError, WrongContentError

CONTENT = bytes(range(256)) * 1000
CHUNK = 1 << 14
"""At most so much of what was received is lost when a connection breaks."""


pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def transfer(tmp_path):
    def refuse(path):
        return None if path.read_bytes() == CONTENT else "it is something else"

    return Transfer(tmp_path / "file.part", len(CONTENT), refuse)


@pytest.fixture
def url(corpora):
    corpora.files["/file"] = CONTENT
    return f"{corpora.root}/file"


def test_whole_file_comes_in_one_request_and_no_part_is_left(transfer, url, corpora, tmp_path):
    transfer(url, str(tmp_path / "out"), None)
    assert (tmp_path / "out").read_bytes() == CONTENT
    assert corpora.requests == [("/file", None)]
    assert not transfer.part.exists()


@pytest.mark.parametrize("drops", [[100_000], [1, 100_000, 50_000, 70_000]], ids=["once", "four-times"])
def test_after_each_break_only_the_rest_is_asked_for(transfer, url, corpora, tmp_path, drops):
    corpora.drop_after = list(drops)
    transfer(url, str(tmp_path / "out"), None)
    assert (tmp_path / "out").read_bytes() == CONTENT
    starts = [int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0 for _, asked in corpora.requests]
    kept = [there - here for here, there in pairwise(starts)]
    assert all(0 <= dropped - more < CHUNK for dropped, more in zip(drops, kept, strict=True))
    assert corpora.sent[-1] == len(CONTENT) - starts[-1]


def test_part_of_an_earlier_run_is_not_asked_for_again(transfer, url, corpora, tmp_path):
    transfer.part.write_bytes(CONTENT[:200_000])
    transfer(url, str(tmp_path / "out"), None)
    assert corpora.requests == [("/file", "bytes=200000-")]
    assert corpora.sent == [len(CONTENT) - 200_000]


def test_complete_part_needs_no_request(transfer, url, corpora, tmp_path):
    transfer.part.write_bytes(CONTENT)
    transfer(url, str(tmp_path / "out"), None)
    assert corpora.requests == []


def test_complete_part_of_unknown_size_is_recognised_by_the_servers_answer(transfer, url, corpora, tmp_path):
    transfer.size = None
    transfer.part.write_bytes(CONTENT)
    transfer(url, str(tmp_path / "out"), None)
    assert corpora.requests == [("/file", f"bytes={len(CONTENT)}-")]
    assert corpora.sent == [0]


def test_server_without_ranges_is_asked_for_the_whole_file(transfer, url, corpora, tmp_path):
    corpora.understands_ranges = False
    transfer.part.write_bytes(CONTENT[:200_000])
    transfer(url, str(tmp_path / "out"), None)
    assert (tmp_path / "out").read_bytes() == CONTENT
    assert corpora.sent == [len(CONTENT)]


@pytest.mark.parametrize("size", [len(CONTENT), None], ids=["known-size", "unknown-size"])
def test_part_longer_than_the_file_is_given_up(transfer, url, tmp_path, size):
    transfer.size = size
    transfer.part.write_bytes(CONTENT + b"more")
    transfer(url, str(tmp_path / "out"), None)
    assert (tmp_path / "out").read_bytes() == CONTENT


def test_wrong_beginning_kept_from_elsewhere_does_not_spoil_the_file(transfer, url, corpora, tmp_path):
    transfer.part.write_bytes(b"<html>" * 1000)
    transfer(url, str(tmp_path / "out"), None)
    assert (tmp_path / "out").read_bytes() == CONTENT
    assert [asked for _, asked in corpora.requests] == ["bytes=6000-", None]


def test_wrong_content_is_refused_and_nothing_is_left(transfer, url, corpora, tmp_path):
    corpora.files["/file"] = b"<html>not found</html>"
    with pytest.raises(WrongContentError, match=r"^it is something else$"):
        transfer(url, str(tmp_path / "out"), None)
    assert list(tmp_path.iterdir()) == []
    assert len(corpora.requests) == 1


def test_endless_answer_is_cut_off(transfer, url, corpora, tmp_path, monkeypatch):
    monkeypatch.setattr("cnerkit.corpora.transfer._TOO_MUCH", 1000)
    corpora.files["/file"] = CONTENT + bytes(1_000_000)
    with pytest.raises(WrongContentError, match="does not end where the file should"):
        transfer(url, str(tmp_path / "out"), None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_server_that_is_busy_for_a_moment_is_asked_again(transfer, url, corpora, tmp_path, status):
    corpora.statuses = [status, status, status]
    transfer(url, str(tmp_path / "out"), None)
    assert len(corpora.requests) == 4


@pytest.mark.parametrize(
    ("statuses", "said", "times"),
    [
        pytest.param([404], "the server answers 404 Not Found", 1, id="not-there"),
        pytest.param([403], "the server answers 403 Forbidden", 1, id="not-allowed"),
        pytest.param([503] * 9, "the server answers 503 Service Unavailable", 4, id="busy-for-good"),
    ],
)
def test_refusal_of_a_server_is_told_in_its_words(transfer, url, corpora, tmp_path, statuses, said, times):
    corpora.statuses = statuses
    with pytest.raises(TransferError, match=f"^{said}$"):
        transfer(url, str(tmp_path / "out"), None)
    assert len(corpora.requests) == times


@pytest.mark.parametrize(
    ("address", "said"),
    [
        pytest.param("http://127.0.0.1:9/file", "the server cannot be reached, or broke off", id="nobody-listens"),
        pytest.param("gopher://127.0.0.1/file", "No connection adapters were found", id="unknown-scheme"),
    ],
)
def test_address_that_cannot_be_asked_says_why(transfer, tmp_path, address, said):
    with pytest.raises(TransferError, match=said):
        transfer(address, str(tmp_path / "out"), None)


@pytest.mark.parametrize(
    ("error", "said", "times"),
    [
        pytest.param(exceptions.SSLError("bad certificate"), "no secure connection: bad certificate", 1, id="certificate"),
        pytest.param(exceptions.ReadTimeout(), "no answer in time", 4, id="timeout"),
        pytest.param(exceptions.TooManyRedirects("too many redirects"), "too many redirects", 1, id="redirects"),
    ],
)
def test_only_what_may_pass_is_tried_again(transfer, tmp_path, monkeypatch, error, said, times):
    tried = []

    def fail(url, **_):
        tried.append(url)
        raise error

    monkeypatch.setattr("requests.get", fail)
    with pytest.raises(TransferError, match=f"^{said}$"):
        transfer("https://corpora.example/file", str(tmp_path / "out"), None)
    assert len(tried) == times


def test_server_that_goes_silent_is_given_up_and_what_it_sent_is_kept(transfer, url, corpora, tmp_path, monkeypatch):
    monkeypatch.setattr("cnerkit.corpora.transfer.TIMEOUT", (1.0, 0.2))
    monkeypatch.setattr("cnerkit.corpora.transfer.PAUSES", ())
    corpora.stall_after = 100_000
    with pytest.raises(TransferError, match=r"cannot be reached, or broke off|no answer in time"):
        transfer(url, str(tmp_path / "out"), None)
    assert CONTENT.startswith(transfer.part.read_bytes())
    assert transfer.part.stat().st_size > 0


def test_proxy_of_the_environment_is_used(transfer, corpora, tmp_path, monkeypatch):
    corpora.files["http://corpora.example/file"] = CONTENT
    monkeypatch.setenv("http_proxy", corpora.root)
    transfer("http://corpora.example/file", str(tmp_path / "out"), None)
    assert (tmp_path / "out").read_bytes() == CONTENT


def test_file_address_is_copied_and_its_source_stays(transfer, tmp_path):
    source = tmp_path / "with space.txt"
    source.write_bytes(CONTENT)
    transfer(source.as_uri(), str(tmp_path / "out"), None)
    assert (tmp_path / "out").read_bytes() == source.read_bytes() == CONTENT


@pytest.mark.parametrize(("name", "said"), [("absent", "No such file"), (".", "Is a directory")], ids=["absent", "folder"])
def test_file_address_that_cannot_be_read_says_why(transfer, tmp_path, name, said):
    with pytest.raises(TransferError, match=said):
        transfer((tmp_path / name).as_uri(), str(tmp_path / "out"), None)


def test_progress_is_shown_on_a_terminal_only(transfer, url, tmp_path, capsys, monkeypatch):
    transfer(url, str(tmp_path / "quiet"), None)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    transfer(url, str(tmp_path / "shown"), None)
    said = capsys.readouterr()
    assert "file" in said.err
    assert "256k" in said.err
    assert said.out == ""
