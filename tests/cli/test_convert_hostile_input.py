"""``cnerkit convert`` on what nobody should give it: no traceback, no hang, nothing half-written, documented exit codes."""

import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

SECONDS = 120
"""What no run may take, even on a machine that does much else at the same time."""
GIGABYTE = 1 << 30
HUGE = 50_000_000
FULL = Path("/dev/full")
SMALL = "李\tB-PER\n白\tI-PER\n\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A folder that goes at the end: some of these files are large."""
    monkeypatch.chdir(tmp_path)
    yield
    shutil.rmtree(tmp_path)


def limited(*arguments, command="convert", memory=2 * GIGABYTE, **streams):
    """Code, stdout and stderr of a process of its own, with a limit on its time and, where the system has one, its memory."""

    def limit():
        if sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **streams}
    line = [sys.executable, "-m", "cnerkit", command, *map(str, arguments)]
    done = subprocess.run(line, check=False, stderr=subprocess.PIPE, timeout=SECONDS, preexec_fn=limit, **streams)
    said = done.stderr.decode()
    assert "Traceback" not in said
    assert "should have handled" not in said
    return done.returncode, (done.stdout or b"").decode(), said


@pytest.fixture
def refused(cnerkit):
    """What is said of input that is refused; nothing is written, and there is an advice."""

    def run(*arguments):
        before = sorted(Path().rglob("*"))
        done = cnerkit("convert", *arguments, "-o", "out.file")
        assert (done.code, done.out) == (3, "")
        assert "\n  fix: " in done.err
        assert sorted(Path().rglob("*")) == before
        return done.err

    return run


def write(name, content):
    data = content if isinstance(content, bytes) else content.encode()
    Path(name).write_bytes(data)
    return name


def record(text, *entities):
    found = [{"start": start, "end": end, "label": label} for start, end, label in entities]
    return json.dumps({"text": text, "entities": found}, ensure_ascii=False) + "\n"


class TestLongLines:
    """A line of 50 MB in every kind of format."""

    def test_a_token_of_50_mb_in_columns(self):
        write("long.conll", "国" * (HUGE // 3) + "\tB-X\n")
        code, _, said = limited("long.conll", "--scheme", "bioes", "-o", "out.conll", memory=GIGABYTE)
        assert code == 0, said
        assert Path("out.conll").stat().st_size == HUGE // 3 * 3 + len("\tS-X\n\n")

    @pytest.mark.parametrize("array", [False, True])
    def test_a_text_of_50_mb_in_json(self, array):
        line = record("国" * (HUGE // 3), (1, 3, "X"))
        write("long.json", f"[\n{line}]" if array else line)
        code, _, said = limited("long.json", "--scheme", "span", "-o", "out.jsonl", memory=GIGABYTE)
        assert code == 0, said
        assert Path("out.jsonl").stat().st_size > HUGE - 3
        assert "16666666 tokens, 1 entity" in said

    def test_a_line_of_50_mb_of_plain_text(self):
        write("long.txt", "国" * (HUGE // 3))
        code, _, said = limited("long.txt", "--from", "text", "-o", "out.jsonl", memory=GIGABYTE)
        assert code == 0, said
        assert "16666666 tokens" in said

    @pytest.mark.parametrize("piece", ["国", " ", "\n", "[", "{", "a ", "{{a:"])
    def test_50_mb_of_one_thing_are_refused(self, piece):
        write("strange.txt", piece.encode() * (HUGE // len(piece.encode())))
        code, out, said = limited("strange.txt", memory=GIGABYTE)
        assert (code, out) == (3, "")
        assert "\n  fix: " in said

    @pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on memory")
    def test_too_little_memory_is_named_and_leaves_nothing_behind(self):
        write("long.jsonl", record("国" * (HUGE // 3), (1, 3, "X")))
        code, _, said = limited("long.jsonl", "-o", "out.jsonl", memory=GIGABYTE // 3)
        assert code == 1
        assert "Error: there is not enough memory\n  fix: " in said
        assert [path.name for path in Path().iterdir()] == ["long.jsonl"]


class TestMillionCharacters:
    """A sentence of a million characters, with 50,000 entities."""

    @pytest.fixture
    def million(self):
        return write("million.conll", ("国\tB-X\n家\tI-X\n" + "在\tO\n" * 18) * 50_000 + "\n")

    def test_from_columns_to_spans_and_back(self, million):
        assert limited(million, "--scheme", "span", "-o", "million.jsonl")[0] == 0
        assert limited("million.jsonl", "--scheme", "bio", "-o", "back.conll")[0] == 0
        assert Path("back.conll").read_bytes() == Path(million).read_bytes()

    def test_to_brat_and_back(self, million):
        assert limited(million, "--format", "brat", "-o", "brat")[0] == 0
        assert limited("brat", "--scheme", "bio", "-o", "back.conll")[0] == 0
        assert Path("back.conll").read_bytes() == Path(million).read_bytes()


class TestDepth:
    """Entities and brackets within one another."""

    def test_entities_1000_deep_go_everywhere_or_are_refused_and_counted(self, cnerkit, refused):
        deep = write("deep.jsonl", record("国" * 2000, *((at, 2000 - at, "X") for at in range(1000))))
        assert "the first of 999 in this sentence that cannot be written (nested: 999)" in refused(deep, "--scheme", "bio")
        targets = {"brat": [], "grid": [], "label-studio": [], "layers": ["--scheme", "bio", "--overlap", "layers"]}
        for name, more in targets.items():
            assert cnerkit("convert", deep, "--format", name, *more, "-o", name).code == 0
            columns = ["--columns", ",".join(map(str, range(1, 1002)))] if name == "layers" else []
            found = json.loads(cnerkit("convert", name, "--scheme", "span", *columns).out)["entities"]
            assert [(one["start"], one["end"]) for one in found] == [(at, 2000 - at) for at in range(1000)]

    def test_what_is_left_out_of_a_deep_nest_is_said_in_short(self):
        deep = write("deep.jsonl", record("国" * 200_000, *((at, 200_000 - at, "X") for at in range(1000))))
        code, _, said = limited(deep, "--scheme", "bio", "--overlap", "outermost", "-o", "out", "--report", "report.json")
        assert code == 0
        assert "999 entities left out" in said
        assert len(said) < 2000
        assert Path("report.json").stat().st_size < 1_000_000

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param("[" * 100_000 + "]" * 100_000, id="arrays"),
            pytest.param('{"a": ' * 100_000 + "1" + "}" * 100_000, id="objects"),
            pytest.param('{"text": "a", "entities": ' + "[" * 100_000 + "]" * 100_000 + "}", id="entities"),
            pytest.param('[{"text": "a", "entities": ' + "[" * 100_000 + "]" * 100_000 + "}]", id="in-an-array"),
            pytest.param(record("a") + '{"text": "a", "x": ' + '{"a": ' * 100_000 + "1" + "}" * 100_001, id="second-line"),
            pytest.param("{{a:" * 100_000 + "}}" * 100_000, id="marks"),
            pytest.param("<sentence>" + "<cons>" * 100_000 + "x" + "</cons>" * 100_000 + "</sentence>", id="elements"),
        ],
    )
    def test_100_000_brackets_are_refused(self, content, cnerkit, refused):
        refused(write("deep.json", content))
        for format_ in ("jsonl", "label-studio", "boson", "genia", "harem"):
            assert cnerkit("convert", "deep.json", "--from", format_, "--format", "jsonl").code in (0, 3)

    def test_100_000_brackets_are_refused_by_a_process_of_its_own(self):
        write("deep.jsonl", record("a") + '{"text": "a", "x": ' + '{"a": ' * 100_000 + "1" + "}" * 100_001)
        code, _, said = limited("deep.jsonl")
        assert code == 3
        assert "deep.jsonl:2:1: JSON that cannot be read: it is nested too deeply\n  fix: write flat objects" in said


@pytest.mark.parametrize("place", ["start", "end"])
@pytest.mark.parametrize(
    "offset",
    ["-1", "-0.0", "1e30", "1" + "0" * 30, "1" + "0" * 5000, "1.0", "true", "null", '"1"', "[]", "NaN", "Infinity", "1_0"],
)
def test_offsets_that_are_none_are_refused_with_their_line(place, offset, refused):
    entity = {"start": "0", "end": "2"} | {place: offset}
    line = f'{{"text": "李白爱酒", "entities": [{{"start": {entity["start"]}, "end": {entity["end"]}, "label": "X"}}]}}\n'
    assert "spans.jsonl:1:" in refused(write("spans.jsonl", line))


def test_offsets_inside_a_surrogate_pair_are_refused(refused):
    value = {"start": 1, "end": 6, "text": "李白", "labels": ["X"]}
    region = {"from_name": "label", "to_name": "text", "type": "labels", "value": value}
    write("task.json", json.dumps([{"data": {"text": "😀😀李白"}, "annotations": [{"result": [region]}]}]))
    assert "task.json:1:" in refused("task.json")
    assert "task.json:1:" in refused("task.json", "--offsets", "utf-16")


@pytest.mark.parametrize(
    "offsets",
    ["-1 2", "0 -2", "0 1" + "0" * 30, "0 " + "9" * 5000, "1e1 2", "0.0 2.0", "0 2;1 3", "2 0", "0 0", "٠ ٢", "0 2;", "0 99"],
)
def test_offsets_of_brat_that_are_none_are_refused_with_their_line(offsets, refused):
    Path("brat").mkdir()
    write("brat/a.txt", "李白在京")
    write("brat/a.ann", f"T1\tPER {offsets}\t李白\n")
    assert "brat/a.ann:1:" in refused("brat", "--format", "jsonl")


class TestDamage:
    """Bytes that are no text, and archives that are none or mean harm."""

    @pytest.mark.parametrize(
        "content", [b"\0", b"a\0b\tO\n", "李\tO\n白\tO\n".encode("utf-16"), SMALL.encode() * 9999 + b"\0" * 99]
    )
    def test_a_nul_byte_is_refused_with_its_place(self, content, refused):
        said = refused(write("nul.conll", content))
        assert "a NUL byte: this is a binary file" in said or "UTF-16" in said

    @pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
    def test_a_source_of_nul_bytes_without_an_end_is_refused_at_once(self):
        code, _, said = limited("/dev/zero")
        assert code == 3
        assert "/dev/zero:1:1: a NUL byte" in said

    def test_a_truncated_gzip_file_is_refused_wherever_it_is_cut(self, refused):
        whole = gzip.compress(os.urandom(1000).hex().encode() + SMALL.encode())
        for length in (2, 5, 10, 12, 20, len(whole) // 2, len(whole) - 8, len(whole) - 1):
            assert "cut.gz: the gzip data is damaged" in refused(write("cut.gz", whole[:length]), "--from", "text")
        assert "the gzip data is damaged" in refused(write("crc.gz", whole[:-8] + bytes(8)), "--from", "text")

    @pytest.mark.parametrize("name", ["../../evil.txt", "/evil.txt", "a/../../evil.txt"])
    @pytest.mark.parametrize("kind", ["zip", "tar"])
    def test_an_archive_whose_names_lead_out_of_it_is_refused(self, kind, name, refused):
        if kind == "zip":
            with zipfile.ZipFile("evil.zip", "w") as archive:
                archive.writestr(name, SMALL)
        else:
            write("content", SMALL)
            with tarfile.open("evil.tar", "w") as archive:
                archive.add("content", name, filter=lambda info: info.replace(name=name, deep=False))
        assert "which leads out of it" in refused(f"evil.{kind}")
        assert not Path("..", "evil.txt").exists()

    @pytest.mark.parametrize(
        ("content", "line"),
        [
            pytest.param(SMALL * 20_000 + record("a"), 60_001, id="columns-then-json"),
            pytest.param(record("李白", (0, 2, "X")) * 20_000 + SMALL, 20_001, id="json-then-columns"),
            pytest.param(SMALL * 20_000 + SMALL.replace("\t", " "), 60_001, id="tabs-then-spaces"),
            pytest.param(SMALL * 20_000 + SMALL.replace("I-", "E-"), 60_002, id="one-scheme-then-another"),
            pytest.param(SMALL.encode() * 20_000 + SMALL.encode("gb18030"), 60_001, id="one-encoding-then-another"),
        ],
    )
    def test_a_file_that_changes_in_the_middle_is_refused_with_the_line(self, content, line, refused):
        assert f"odd.txt:{line}:" in refused(write("odd.txt", content))


def test_a_folder_with_5000_files_is_read():
    Path("many").mkdir()
    for number in range(2500):
        write(f"many/{number}.txt", "李白在京")
        write(f"many/{number}.ann", "T1\tPER 0 2\t李白\n")
    code, out, said = limited("many", "--format", "jsonl")
    assert (code, out.count("\n")) == (0, 2500)
    assert "2500 sentences, 10000 tokens, 2500 entities" in said


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
class TestFullDisk:
    """What takes no more: a full disk, a closed stream."""

    @pytest.mark.parametrize(
        ("command", "arguments"),
        [
            ("convert", ["small.conll", "--scheme", "bioes"]),
            ("evaluate", ["--gold", "small.conll", "--pred", "small.conll"]),
            ("data", ["check", "small.conll", "--against", "none"]),
            ("data", ["list"]),
        ],
    )
    def test_a_full_disk_behind_stdout_is_named(self, command, arguments):
        write("small.conll", SMALL)
        with FULL.open("wb") as full:
            code, _, said = limited(*arguments, command=command, stdout=full)
        assert code == 1
        assert "Error: stdout: the disk is full: No space left on device\n  fix: " in said

    @pytest.mark.parametrize("arguments", [["-o", FULL, "--force"], ["-o", "out.conll", "--report", FULL, "--force"]])
    def test_a_full_disk_leaves_nothing_behind(self, arguments):
        write("small.conll", SMALL)
        code, _, said = limited("small.conll", "--scheme", "bioes", *arguments)
        assert code == 1
        assert "/dev/full: the disk is full" in said
        assert [path.name for path in Path().iterdir()] == ["small.conll"]

    def test_a_file_that_grows_beyond_what_is_allowed_leaves_nothing_behind(self):
        write("large.conll", SMALL * 100_000)
        limited = f"ulimit -f 100; exec {sys.executable} -m cnerkit convert large.conll --scheme bioes -o out.conll"
        done = subprocess.run(["bash", "-c", limited], capture_output=True, check=False, text=True, timeout=SECONDS)
        assert done.returncode == 1
        assert "out.conll: cannot write: File too large" in done.stderr
        assert [path.name for path in Path().iterdir()] == ["large.conll"]

    @pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
    def test_a_closed_stream_is_no_reason_to_fail(self, closed):
        write("small.conll", SMALL)
        line = f"{sys.executable} -m cnerkit convert small.conll --scheme bioes -o out.conll {closed}"
        done = subprocess.run(["bash", "-c", line], capture_output=True, check=False, text=True, timeout=SECONDS)
        assert done.returncode == 0, done.stderr
        assert Path("out.conll").read_text(encoding="utf-8") == SMALL.replace("I-", "E-")
