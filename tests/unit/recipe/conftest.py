"""A folder of recipes of one's own to work in."""

import pytest

MINIMAL = """\
data: {name: weibo}
encoder: {kind: static}
model: {name: bilstm_crf}
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes recipe files into the working folder."""
    monkeypatch.chdir(tmp_path)

    def write_file(name, text=MINIMAL):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file
