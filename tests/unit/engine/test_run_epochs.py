"""What the log of a run tells of its epochs."""

import json

from cnerkit.engine.progress import EpochRecord, Pace, Score, StepRecord
from cnerkit.engine.runs import FolderKeeper, RunFolder

EPOCHS = tuple(EpochRecord(n, 10 * n, 1 / n, Score(0.5, 0.25, 1 / 3), n == 2) for n in (1, 2))


def test_epochs_are_read_as_they_were_logged(tmp_path):
    keeper = FolderKeeper(RunFolder(tmp_path), None)
    for record in EPOCHS:
        keeper.log("steps", StepRecord(record.epoch, record.step - 1, 20, 0.3, 1.0))
        keeper.log("epoch", record, Pace(1.0, 2.0, 3.0))
    assert RunFolder(tmp_path).epochs() == EPOCHS


def test_the_line_that_a_killed_run_was_writing_and_what_is_no_log_are_passed_over(tmp_path):
    keeper = FolderKeeper(RunFolder(tmp_path), None)
    keeper.log("epoch", EPOCHS[0])
    with keeper.folder.log.open("a", encoding="utf-8") as log:
        log.write(f'[]\n{json.dumps({"kind": "epoch", "epoch": 2})}\n{{"kind": "epo')
    assert keeper.folder.epochs() == EPOCHS[:1]


def test_a_folder_without_a_log_has_no_epochs(tmp_path):
    assert RunFolder(tmp_path).epochs() == ()
