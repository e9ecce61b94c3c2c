"""Child processes that are ended, with the processes that they started."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from backstage import processes
from backstage.processes import find_descendants, kill, kill_tree, stop_tree
from backstage.site.client import SERVER
from support.processes import TIMEOUT, wait_until

# Many short sleeps: a signal right before a long one would not shorten it.
SLEEP = (
    "import time; print('ready', flush=True); "
    "[time.sleep(0.1) for _ in range(600)]"
)
IGNORE_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
START_CHILD = f"""\
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
child.wait()
"""


@contextmanager
def start(code: str) -> Iterator[subprocess.Popen[str]]:
    """Start a child; yield it when it or its own child is ready."""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        yield child


def test_a_running_process_is_killed_once(traced: None) -> None:
    with start(SLEEP) as child:
        process = psutil.Process(child.pid)
        assert kill(process)
        assert child.wait(10) != 0
        assert not kill(process)


@pytest.mark.skipif(os.name == "nt", reason="no zombies there")
def test_a_process_that_nobody_has_waited_for_is_not_running() -> None:
    with start(SLEEP) as child:
        process = psutil.Process(child.pid)
        child.kill()
        wait_until(lambda: process.status() == psutil.STATUS_ZOMBIE)
        assert not kill(process)


@pytest.mark.slow
@pytest.mark.parametrize("end", [kill_tree, stop_tree])
def test_a_child_ends_with_its_own_children(end: Any, traced: None) -> None:
    with start(START_CHILD) as child:
        (grandchild,) = find_descendants(child.pid)
        end(child)
    assert not kill(grandchild)
    assert find_descendants(child.pid) == []


CLEAN_UP = f"""\
try:
    {SLEEP}
except KeyboardInterrupt:
    raise SystemExit(7)
"""


@pytest.mark.skipif(os.name == "nt", reason="no Ctrl-C for one process there")
@pytest.mark.parametrize("interrupted", [True, False])
def test_a_child_can_clean_up_before_it_is_stopped(
    interrupted: bool, monkeypatch: pytest.MonkeyPatch, traced: None
) -> None:
    """A terminal may have sent Ctrl-C to it already, or not."""
    waits = []

    def ends_in_time(child: subprocess.Popen[str]) -> bool:
        waits.append(child)
        if len(waits) == 1 and not interrupted:
            return False
        return bool(child.wait(TIMEOUT))

    monkeypatch.setattr(processes, "_ends_in_time", ends_in_time)
    with start(CLEAN_UP) as child:
        if interrupted:
            child.send_signal(signal.SIGINT)
        stop_tree(child)
        assert child.returncode == 7
    assert len(waits) == (1 if interrupted else 2)


def test_a_child_that_ignores_ctrl_c_is_killed(
    monkeypatch: pytest.MonkeyPatch, traced: None
) -> None:
    monkeypatch.setattr(processes, "STOP_TIMEOUT", 0.1)
    with start(IGNORE_CTRL_C + SLEEP) as child:
        stop_tree(child)
        assert child.wait(10) not in (0, 130)


@pytest.mark.parametrize(
    "arguments",
    [
        [str(SERVER)],
        ["-c", "from multiprocessing.resource_tracker import main; main(3)"],
    ],
)
def test_some_processes_are_left_to_end_by_themselves(
    arguments: list[str],
) -> None:
    killed = []

    class Process:
        def status(self) -> str:
            return psutil.STATUS_RUNNING

        def cmdline(self) -> list[str]:
            return [sys.executable, *arguments]

        def kill(self) -> None:
            killed.append(self)

    process: Any = Process()
    assert kill(process)
    assert killed == []
    arguments[:] = ["worker.py"]
    assert kill(process)
    assert killed == [process]
