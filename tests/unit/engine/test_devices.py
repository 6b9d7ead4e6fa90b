import os

import pytest
import torch

from cnerkit.engine import devices
from cnerkit.engine.devices import accelerator, device_for, gpus_to_use
from cnerkit.errors import MissingError, UsageError


@pytest.fixture
def with_gpus(monkeypatch):
    def pretend(count):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return pretend


@pytest.mark.parametrize(
    ("there", "asked", "used"), [(0, None, 0), (0, 0, 0), (1, None, 1), (4, None, 1), (4, 0, 0), (4, 3, 3)]
)
def test_as_many_gpus_are_used_as_asked_and_one_without_asking(with_gpus, there, asked, used):
    with_gpus(there)
    assert gpus_to_use(asked) == used


@pytest.mark.parametrize(
    ("there", "asked", "message", "fix"),
    [
        (0, 1, "--gpus 1: no GPU is there", "use --gpus 0 for the CPU"),
        (1, 2, "--gpus 2: 1 GPU is there", "use --gpus 1"),
        (2, 8, "--gpus 8: 2 GPUs are there", "use --gpus 2"),
    ],
)
def test_more_gpus_than_there_are_is_missing_and_says_how_many_there_are(with_gpus, there, asked, message, fix):
    with_gpus(there)
    with pytest.raises(MissingError, match=message) as caught:
        gpus_to_use(asked)
    assert (caught.value.exit_code, caught.value.fix) == (5, fix)


def test_negative_number_of_gpus_is_wrong_usage():
    with pytest.raises(UsageError, match="--gpus -1 is negative"):
        gpus_to_use(-1)


def test_gpu_without_bfloat16_is_told_what_to_use(with_gpus, monkeypatch):
    with_gpus(1)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    with pytest.raises(MissingError, match="does not compute in bf16"), accelerator(1, "bf16"):
        pass


def test_device_of_no_gpu_is_the_cpu():
    assert device_for(0) == torch.device("cpu")


def test_libraries_are_set_up_before_they_start_unless_the_user_has(monkeypatch):
    for cache in ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"):
        monkeypatch.delenv(cache, raising=False)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    device_for(0)
    assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == os.environ["LRU_CACHE_CAPACITY"] == "32"
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"


def test_number_format_and_threads_do_not_outlive_a_run():
    threads = torch.get_num_threads()
    with accelerator(0, "bf16", threads=threads + 1) as machine:
        assert machine.mixed_precision == "bf16"
        assert torch.get_num_threads() == threads + 1
    with accelerator(0, "fp32") as machine:
        assert machine.mixed_precision == "no"
        assert machine.device.type == "cpu"
    assert torch.get_num_threads() == threads


def test_rank_comes_from_the_launcher(monkeypatch):
    assert not devices.in_process_group()
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    assert devices.in_process_group()
    assert devices.process_rank() == 1
