"""A web server of this machine that serves, drops, stalls and lies as a test asks it to."""

import hashlib
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cnerkit.corpora import catalogue
from cnerkit.corpora.catalogue import Counts, Dataset, Identity, Published, Source, Split

CONTENT = "".join(f"{chr(0x4E00 + number % 5000)}\tO\n" for number in range(60_000)).encode()


OTHER = Published("test.txt", Identity())


@dataclass
class Corpora:
    """What the server has, how it behaves, and what it was asked for."""

    root: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    understands_ranges: bool = True
    drop_after: list[int] = field(default_factory=list)
    """Bytes of the body after which the first, second, ... answer breaks off."""
    statuses: list[int] = field(default_factory=list)
    """What the first, second, ... request is answered with instead of content."""
    stall_after: int | None = None
    """Bytes of the body after which an answer goes no further until the test ends."""
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Range of every request."""
    sent: list[int] = field(default_factory=list)
    """Bytes of every body that was not stalled."""
    stalled: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        corpora = self.server.corpora
        asked = self.headers.get("Range")
        corpora.requests.append((self.path, asked))
        if corpora.statuses:
            return self.answer(corpora.statuses.pop(0), b"")
        if self.path not in corpora.files:
            return self.answer(404, b"")
        whole = corpora.files[self.path]
        if not asked or not corpora.understands_ranges:
            return self.answer(200, whole)
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
        if start >= len(whole):
            return self.answer(416, b"", f"bytes */{len(whole)}")
        return self.answer(206, whole[start:], f"bytes {start}-{len(whole) - 1}/{len(whole)}")

    def answer(self, status, body, content_range=None):
        corpora = self.server.corpora
        length = str(len(body))
        if corpora.drop_after:
            body, self.close_connection = body[: corpora.drop_after.pop(0)], True
        if corpora.stall_after is None:
            # Written down before anything is sent, so that a test that has its answer finds it here.
            corpora.sent.append(len(body))
        self.send_response(status)
        self.send_header("Content-Length", length)
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        self.wfile.write(body[: corpora.stall_after])
        if corpora.stall_after is not None:
            corpora.stalled.set()
            corpora.released.wait(30)
            self.close_connection = True

    def log_message(self, *_):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that was killed is no error of the server."""


@pytest.fixture
def corpora():
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.corpora = Corpora(root=f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.corpora
        server.corpora.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, with no setting of the real user left: nothing can be found, and nothing outside can be asked."""
    for setting in ("CNERKIT_DATA", "CNERKIT_MIRROR", "CNERKIT_OFFLINE", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(setting, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("CNERKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(catalogue, "PUBLISHED", "http://127.0.0.1:9")
    monkeypatch.setattr(catalogue, "ARCHIVES", "http://127.0.0.1:9")
    monkeypatch.setattr("cnerkit.corpora.transfer.PAUSES", (0.0, 0.0, 0.0))
    return tmp_path / "cache" / "datasets"


@pytest.fixture
def content():
    """What the toy dataset's file holds: half a megabyte of made-up lines."""
    return CONTENT


@pytest.fixture
def toy():
    """A dataset whose train split is published in one place, and whose test split nobody has."""
    blob = hashlib.sha1(b"blob %d\0" % len(CONTENT) + CONTENT).hexdigest()
    identity = Identity(hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), blob)
    source = Source("someone/corpora", "c0ffee", "data/train one.txt")
    splits = {"train": Split(Published("train.txt", identity, (source,)), Counts()), "test": Split(OTHER, Counts())}
    return Dataset("toy", "Toy", "conll", "Free.", "", ("PER",), splits, "toy", scheme="bio")


@pytest.fixture
def served(corpora, monkeypatch, cache):  # noqa: ARG001 - the cache must be empty and the network unreachable
    """The server as mirror, with the toy dataset's file in it."""
    corpora.files["/someone/corpora/c0ffee/data/train%20one.txt"] = CONTENT
    monkeypatch.setenv("CNERKIT_MIRROR", corpora.root)
    return corpora
