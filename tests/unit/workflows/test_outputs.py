"""Where a conversion writes: the places that it chooses, what it refuses to replace, and nothing at all after an error."""

import errno
import io
import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from cnerkit.corpora.formats import FORMATS
from cnerkit.errors import CnerkitError, UsageError
from cnerkit.workflows.outputs import all_or_nothing, outputs_of, refuse_to_replace
from cnerkit.workflows.read_options import ReadOptions
from cnerkit.workflows.sources import Part, Source
from cnerkit.workflows.writing import Target

COLUMNS = Target("bio", FORMATS["conll"])
FOLDER = Target("span", FORMATS["brat"])


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def source(*splits):
    return Source("corpus", None, {split: Part(Path("corpus.txt"), ReadOptions(), "corpus.txt", "corpus") for split in splits})


def there():
    """All files and folders, hidden ones as well."""
    return sorted(str(path) for path in Path().rglob("*"))


@pytest.mark.parametrize(
    ("splits", "target", "asked", "expected"),
    [
        pytest.param([""], COLUMNS, None, {"": None}, id="a-file-to-stdout"),
        pytest.param([""], COLUMNS, Path("-"), {"": None}, id="a-file-to-stdout-as-asked"),
        pytest.param([""], COLUMNS, Path("out"), {"": Path("out")}, id="a-file-to-a-file"),
        pytest.param(["dev"], COLUMNS, None, {"dev": None}, id="one-split-to-stdout"),
        pytest.param([""], FOLDER, None, {"": Path("corpus.x")}, id="a-file-to-a-folder-of-its-name"),
        pytest.param([""], FOLDER, Path("out"), {"": Path("out")}, id="a-file-to-a-folder"),
        pytest.param(
            ["train", "dev"],
            COLUMNS,
            None,
            {"train": Path("corpus.x/train.conll"), "dev": Path("corpus.x/dev.conll")},
            id="splits-to-files-in-a-folder",
        ),
        pytest.param(
            ["train", "dev"], FOLDER, Path("out"), {"train": Path("out/train"), "dev": Path("out/dev")}, id="splits-to-folders"
        ),
    ],
)
def test_every_split_has_its_place(splits, target, asked, expected):
    assert outputs_of(source(*splits), target, "x", asked) == expected


@pytest.mark.parametrize(
    ("splits", "target", "asked", "message"),
    [
        pytest.param(
            [""], COLUMNS, "folder", "folder: this is a folder, and one file is to be written\nfix: name a file", id="1"
        ),
        pytest.param(
            [""], FOLDER, "-", "brat is a folder of files, which stdout cannot hold\nfix: name a folder with -o", id="2"
        ),
        pytest.param([""], FOLDER, "file", "file: this is a file, and a folder is needed\nfix: name another with -o", id="3"),
        pytest.param(["a", "b"], COLUMNS, "file", "file: this is a file, and a folder is needed\nfix: name another", id="4"),
        pytest.param(
            ["a", "b"],
            COLUMNS,
            "-",
            "corpus has several splits, which stdout would mix\nfix: choose one with --split: a, b",
            id="5",
        ),
    ],
)
def test_places_of_the_wrong_kind_are_refused(splits, target, asked, message):
    Path("folder").mkdir()
    Path("file").touch()
    with pytest.raises(UsageError, match=f"^{re.escape(message)}"):
        outputs_of(source(*splits), target, "x", Path(asked))


class TestReplacing:
    """Nothing that holds something is replaced without a word."""

    def test_files_and_folders_that_are_there_are_named_and_counted(self):
        Path("folder").mkdir()
        Path("folder", "mine").touch()
        Path("file").touch()
        with pytest.raises(UsageError, match=r"^folder is there already, as are 1 more\nfix: say --force to replace"):
            refuse_to_replace([Path("new"), Path("folder"), Path("file")])
        with pytest.raises(UsageError, match=r"^file is there already\nfix: "):
            refuse_to_replace([Path("file")])

    def test_what_holds_nothing_may_be_replaced(self):
        Path("empty").mkdir()
        refuse_to_replace([Path("empty"), Path("new"), Path(os.devnull)])


class TestAllOrNothing:
    """Everything appears at the end, or nothing does."""

    def test_files_appear_together_when_all_is_done(self):
        outputs = {"train": Path("a/train"), "dev": Path("a/dev")}
        with all_or_nothing(outputs, COLUMNS, Path("b/report"), io.StringIO()) as (places, report):
            places["train"].write("one")
            places["dev"].write("two")
            report.write("all")
            assert not any(path.exists() for path in (*outputs.values(), Path("b/report")))
        assert there() == ["a", "a/dev", "a/train", "b", "b/report"]
        assert Path("a/dev").read_text(encoding="utf-8") == "two"

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
    def test_after_an_error_no_file_and_none_of_the_new_folders_is_left(self, error):
        Path("old").mkdir()
        outputs = {"train": Path("old/new/train"), "dev": Path("a/b/c/dev")}
        with (
            pytest.raises(error),
            all_or_nothing(outputs, COLUMNS, Path("d/e/report"), io.StringIO()) as (places, report),
        ):
            places["train"].write("half")
            report.write("half")
            raise error
        assert there() == ["old"]

    def test_a_folder_appears_whole(self):
        with all_or_nothing({"": Path("a/brat")}, FOLDER, None, io.StringIO()) as (places, report):
            assert report is None
            (places[""] / "1.txt").write_text("text", encoding="utf-8")
            assert not Path("a/brat").exists()
        assert there() == ["a", "a/brat", "a/brat/1.txt"]

    def test_after_an_error_no_folder_is_left_and_an_old_one_is_as_it_was(self):
        Path("old").mkdir()
        Path("old", "1.ann").touch()
        outputs = {"train": Path("old"), "dev": Path("a/dev")}
        with pytest.raises(ValueError, match="x"), all_or_nothing(outputs, FOLDER, None, io.StringIO()) as (places, _):
            (places["train"] / "2.ann").touch()
            raise ValueError("x")
        assert there() == ["old", "old/1.ann"]

    def test_a_folder_with_files_of_another_kind_is_not_replaced(self):
        Path("mine").mkdir()
        Path("mine", "thesis.doc").touch()
        with (
            pytest.raises(UsageError, match=r"mine: the folder to replace holds thesis\.doc, which is none of \.txt, \.ann"),
            all_or_nothing({"": Path("mine")}, FOLDER, None, io.StringIO()),
        ):
            pass
        assert there() == ["mine", "mine/thesis.doc"]

    def test_stdout_gets_everything_at_the_end_and_nothing_after_an_error(self):
        out = io.StringIO()
        with all_or_nothing({"": None}, COLUMNS, None, out) as (places, _):
            places[""].write("国\n")
            assert out.getvalue() == ""
        assert out.getvalue() == "国\n"
        with pytest.raises(ValueError, match="x"), all_or_nothing({"": None}, COLUMNS, None, out) as (places, _):
            places[""].write("half")
            raise ValueError("x")
        assert out.getvalue() == "国\n"

    @pytest.mark.parametrize(
        ("target", "output", "report"),
        [
            (COLUMNS, "out", "out"),
            (COLUMNS, "a/out", "a/../a/out"),
            (FOLDER, "brat", "brat/report.json"),
            (FOLDER, "b", "b/c/r"),
        ],
    )
    def test_a_report_in_the_place_of_a_result_is_refused(self, target, output, report):
        Path("a").mkdir()
        with (
            pytest.raises(UsageError, match=f"^{re.escape(report)}: {output} is to be written, .*\nfix: name another file"),
            all_or_nothing({"": Path(output)}, target, Path(report), io.StringIO()),
        ):
            pass
        assert there() == ["a"]

    def test_a_report_beside_results_is_none_in_their_place(self):
        with all_or_nothing({"": Path("a/out")}, COLUMNS, Path("a/out.json"), io.StringIO()):
            pass
        assert there() == ["a", "a/out", "a/out.json"]


class Full(io.StringIO):
    """What takes nothing more."""

    def write(self, _):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_behind_stdout_is_named():
    with (
        pytest.raises(CnerkitError, match=r"^stdout: the disk is full: No space left on device\nfix: free some space"),
        all_or_nothing({"": None}, COLUMNS, None, Full()) as (places, _),
    ):
        places[""].write("x")


def test_a_full_disk_behind_what_is_held_back_is_named_by_its_folder(monkeypatch):
    @contextmanager
    def full(*_, **__):
        yield Full()

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", full)
    with (
        pytest.raises(CnerkitError, match=f"^{re.escape(tempfile.gettempdir())}: the disk is full"),
        all_or_nothing({"": None}, COLUMNS, None, io.StringIO()) as (places, _),
    ):
        places[""].write("x")


def test_a_closed_pipe_is_left_to_the_program():
    class Closed(io.StringIO):
        def write(self, _):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError), all_or_nothing({"": None}, COLUMNS, None, Closed()) as (places, _):
        places[""].write("x")
