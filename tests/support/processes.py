"""Processes that tests wait for, look at, and stop."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest

from backstage.site.client import SERVER

TIMEOUT = 60  # seconds that a test waits for anything

Sign = Callable[[psutil.Process], bool]


def press_ctrl_c(process: psutil.Process) -> None:
    if os.name == "nt":
        pytest.skip("a terminal's Ctrl-C cannot be sent to one group here")
    os.killpg(process.pid, signal.SIGINT)


def wait_until(sign: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not sign():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def is_site(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):  # it has just ended
        return process.cmdline()[-1:] == [str(SERVER)]
    return False


def has_a_connection(process: psutil.Process) -> bool:
    return any(
        connection.status == psutil.CONN_ESTABLISHED
        for connection in process.net_connections()
    )


def has_threads(process: psutil.Process) -> bool:
    return process.num_threads() > 2


def is_two_seconds_old(process: psutil.Process) -> bool:
    return time.time() > process.create_time() + 2


def computing(process: psutil.Process) -> list[psutil.Process]:
    """Return the descendants that computed for 0.2 s, but for the site."""
    found = []
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if child.cpu_times().user >= 0.2 and not is_site(child):
                found.append(child)
    return found
