"""Downloading, against a server on this machine that speaks the part of the hub's protocol that a download needs."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cnerkit.errors import MissingError
from cnerkit.nn.encoders.files import encoder_folder
from cnerkit.nn.encoders.weights import pretrained_bert

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FAILURES = {
    "tiny/no-such-model": (401, "RepoNotFound"),
    "tiny/gated": (403, "GatedRepo"),
    "hfl/chinese-macbert-bas": (404, "RepoNotFound"),
    "tiny/broken-server": (400, None),
}

SCRIPT = """
import json, logging, sys, time
from huggingface_hub.utils import logging as hub_logging
from cnerkit.errors import CnerkitError
from cnerkit.nn.encoders.files import encoder_folder
time.sleep = lambda seconds: None  # between the attempts of the hub's library
hub_logging.set_verbosity(logging.ERROR)  # which says that it makes another
found = {}
for name, revision in json.load(sys.stdin):
    try:
        found[name] = {"folder": str(encoder_folder(name, revision))}
    except CnerkitError as error:
        found[name] = {"what": error.what, "fix": error.fix, "exit_code": error.exit_code}
json.dump(found, sys.stdout)
"""


@dataclass
class Hub:
    """What the server has, and what it was asked for."""

    models: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    address: str = ""

    def answer(self, path):
        """Status, the hub's word for an error, and the content."""
        name, _, rest = path.strip("/").partition("/resolve/")
        revision, _, file = rest.partition("/")
        if file:
            self.asked.append(f"{name}/{file}")
        if name in FAILURES:
            return *FAILURES[name], b""
        if revision not in ("main", COMMIT):
            return 404, "RevisionNotFound", b""
        content = self.models[name].get(file)
        return (404, "EntryNotFound", b"") if content is None else (200, None, content)


@pytest.fixture
def hub(tiny_folder):
    whole = {file.name: file.read_bytes() for file in tiny_folder.iterdir()}
    hub = Hub(
        {"tiny/encoder": whole, "tiny/no-vocabulary": {**whole, "vocab.txt": None}, "tiny/cut-off": whole, "tiny/empty": {}}
    )
    hub.models["tiny/no-weights"] = {**whole, "model.safetensors": None, "tf_model.h5": b"0"}
    hub.models["tiny/parts"] = {**whole, "model.safetensors": None, "one.safetensors": b"1", "two.safetensors": b"2"}
    index = {"weight_map": {"a": "one.safetensors", "b": "two.safetensors", "c": "one.safetensors"}}
    hub.models["tiny/parts"]["model.safetensors.index.json"] = json.dumps(index).encode()
    hub.models["tiny/old"] = {**whole, "model.safetensors": None, "pytorch_model.bin": b"0", "tokenizer_config.json": None}

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.reply()

        def do_GET(self):
            content = self.reply()
            self.wfile.write(content[: len(content) // 2] if "tiny/cut-off" in self.path else content)

        def reply(self):
            status, code, content = hub.answer(self.path)
            self.send_response(status)
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(content)))
            if code:
                self.send_header("X-Error-Code", code)
            self.end_headers()
            return content

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield hub
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def run(tmp_path):
    def run_python(script, *arguments, given="", **variables):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "CNERKIT_"))}
        environment = {
            **kept,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_DISABLE_XET": "1",
            "PYTHONWARNINGS": "error",
            **variables,
        }
        command = [sys.executable, "-c", script, *arguments]
        done = subprocess.run(
            command, input=given, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    return run_python


def test_an_encoder_is_downloaded_once_and_comes_from_the_cache_from_then_on(hub, run):
    [downloaded] = json.loads(run(SCRIPT, given='[["tiny/encoder", null]]', HF_ENDPOINT=hub.address)).values()
    assert pretrained_bert(downloaded["folder"], revision=None, pooling="first", overlap=8).dim == 16
    files = {"config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors"}
    assert set(hub.asked) == {f"tiny/encoder/{file}" for file in files}
    hub.asked.clear()
    [cached] = json.loads(run(SCRIPT, given='[["tiny/encoder", null]]', HF_ENDPOINT=hub.address)).values()
    assert cached == downloaded
    assert hub.asked == []


def test_every_kind_of_failure_says_what_is_wrong_where_it_looked_and_what_to_do(hub, run, tmp_path):
    expected = {
        ("tiny/no-such-model", None): "there is no model of that name, or it is private",
        ("hfl/chinese-macbert-bas", None): "there is no model of that name",
        ("tiny/gated", None): "its owner must grant access",
        ("tiny/broken-server", None): "http://127.0.0.1:PORT did not answer as it should (BadRequestError: ",
        ("tiny/cut-off", None): "config.json could not be downloaded (",
        ("tiny/empty", None): "the model has no config.json",
        ("tiny/no-vocabulary", None): "the model has no vocab.txt or tokenizer.json",
        ("tiny/no-weights", None): "the model has no model.safetensors or pytorch_model.bin",
        ("tiny/encoder", "v9"): "it has no revision 'v9'",
    }
    found = json.loads(run(SCRIPT, given=json.dumps(list(expected)), HF_ENDPOINT=hub.address))
    places = f"looked in the folder {tmp_path}/NAME, in the cache {tmp_path / 'hf' / 'hub'} and at {hub.address}"
    for (name, _), reason in expected.items():
        assert found[name]["exit_code"] == 5
        assert found[name]["what"].startswith(
            f"the encoder {name} is not here: {reason.replace('http://127.0.0.1:PORT', hub.address)}"
        )
        assert found[name]["what"].endswith(places.replace("NAME", name))
        assert f"run: hf download {name} --local-dir DIR" in found[name]["fix"]
    assert found["hfl/chinese-macbert-bas"]["fix"].startswith("did you mean hfl/chinese-macbert-base? Else, check the name")


def test_weights_in_parts_and_old_weights_are_downloaded_whole(hub, run):
    hub.models["tiny/no-parts"] = {**hub.models["tiny/parts"], "model.safetensors.index.json": b'{"weight_map": []}'}
    names = ["tiny/parts", "tiny/old", "tiny/no-parts"]
    given = json.dumps([[name, None] for name in names])
    parts, old, no_parts = json.loads(run(SCRIPT, given=given, HF_ENDPOINT=hub.address)).values()
    assert {"tiny/parts/one.safetensors", "tiny/parts/two.safetensors", "tiny/old/pytorch_model.bin"} <= set(hub.asked)
    assert "folder" in parts
    assert "folder" in old
    assert (no_parts["exit_code"], no_parts["what"]) == (3, "the index lists no file of weights")


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        pytest.param({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set and the cache has no config.json", id="hub-offline"),
        pytest.param({}, "http://127.0.0.1:9 did not answer as it should (ConnectError: ", id="no-network"),
    ],
)
def test_an_encoder_that_is_not_in_the_cache_says_why_it_was_not_downloaded(run, variables, reason):
    found = json.loads(run(SCRIPT, given='[["bert-base-chinese", null]]', HF_ENDPOINT="http://127.0.0.1:9", **variables))
    assert found["bert-base-chinese"]["exit_code"] == 5
    assert reason in found["bert-base-chinese"]["what"]


def test_the_hub_is_not_asked_while_the_toolkit_is_offline(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("CNERKIT_OFFLINE", "1")
    with pytest.raises(MissingError, match=r"CNERKIT_OFFLINE is set and the cache has no config\.json"):
        encoder_folder("nobody/has-this-encoder", None)
