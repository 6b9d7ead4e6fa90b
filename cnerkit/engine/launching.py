"""Starts one process for each GPU, by torch's own launcher."""

import logging
import sys
import uuid
from collections.abc import Sequence
from signal import Signals

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch


def launch(n_processes: int, arguments: Sequence[str]) -> int:
    """Run the program with these arguments in several processes on this machine, and wait for them.

    Each is started as torchrun would, and finds its place in the environment.

    Args:
        n_processes: How many.
        arguments: The command line, without the program's name.

    Returns:
        The exit code: 0, that of the process that failed first, or 130 when the user stopped them.
    """
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)  # the program's own message is enough
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=n_processes,
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=0,
    )
    try:
        elastic_launch(config, sys.executable)("-m", "cnerkit", *arguments)
    except ChildFailedError as error:
        code = error.get_first_failure()[1].exitcode
        return code if code > 0 else 1
    except (SignalException, KeyboardInterrupt) as error:
        stopped = not isinstance(error, SignalException) or error.sigval is Signals.SIGINT
        return 130 if stopped else 1
    return 0
