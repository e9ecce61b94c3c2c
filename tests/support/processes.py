"""Processes that tests wait for, examine, and stop."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest

from backstage.site.client import SERVER

TIMEOUT = 60  # seconds that a test waits for a process or a condition
POLL_INTERVAL = 0.02  # seconds between two looks at a condition

Condition = Callable[[psutil.Process], bool]


def press_ctrl_c(process: psutil.Process) -> None:
    if os.name == "nt":
        pytest.skip("a terminal's Ctrl-C cannot be sent to one group here")
    os.killpg(process.pid, signal.SIGINT)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, "the condition is still false"
        time.sleep(POLL_INTERVAL)


def is_site(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.cmdline()[-1:] == [str(SERVER)]
    return False


def has_a_connection(process: psutil.Process) -> bool:
    return any(
        connection.status == psutil.CONN_ESTABLISHED
        for connection in process.net_connections("tcp")
    )


def has_threads(process: psutil.Process) -> bool:
    return process.num_threads() > 2


def is_two_seconds_old(process: psutil.Process) -> bool:
    return time.time() > process.create_time() + 2


def computing(process: psutil.Process) -> list[psutil.Process]:
    """Return the descendants with 0.2 s of CPU time, without the site."""
    processes = []
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if child.cpu_times().user >= 0.2 and not is_site(child):
                processes.append(child)
    return processes
