"""What threads wait for whose reason is known."""

import subprocess
import sys

import pytest

from backstage.watch import wait_reasons
from backstage.watch.wait_reasons import (
    CHILD,
    EVENTS,
    NETWORK,
    PIPE,
    TIMER,
    read_wait_reason,
)
from support.processes import wait_until

SLEEP = "import time; time.sleep(9)"
LOCK = "import _thread; lock = _thread.allocate_lock(); lock.acquire()"
SOCKETS = "from socket import socketpair; left, right = socketpair()"

needs_reasons = pytest.mark.skipif(
    not wait_reasons.CALLS, reason="only Linux reports what threads wait for"
)


@needs_reasons
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (SLEEP, TIMER),
        (f"{LOCK}; lock.acquire()", wait_reasons.LOCK),
        ("import os; os.read(0, 1)", PIPE),
        (f"import os; {SOCKETS}; os.read(left.fileno(), 1)", NETWORK),
        (f"{SOCKETS}; left.recv(1)", NETWORK),
        (f"import select; {SOCKETS}; select.select([left], [], [])", EVENTS),
        ("import asyncio; asyncio.run(asyncio.sleep(9))", EVENTS),
        ("import subprocess; subprocess.run(['cat'])", CHILD),
    ],
)
def test_the_reason_of_a_thread_that_waits(source: str, reason: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-S", "-c", source], stdin=subprocess.PIPE
    ) as child:
        wait_until(lambda: read_wait_reason(child.pid, child.pid) == reason)
        child.kill()


@needs_reasons
def test_a_thread_that_computes_has_no_reason() -> None:
    """Nor has one that does not exist."""
    with subprocess.Popen(
        [sys.executable, "-S", "-c", "print(flush=True)\nwhile True: pass"],
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout
        child.stdout.readline()
        wait_until(lambda: not read_wait_reason(child.pid, child.pid))
        child.kill()
    assert read_wait_reason(child.pid, child.pid) == ""


@needs_reasons
def test_without_a_table_of_calls_there_are_no_reasons(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On other systems and machines."""
    with subprocess.Popen([sys.executable, "-S", "-c", SLEEP]) as child:
        wait_until(lambda: bool(read_wait_reason(child.pid, child.pid)))
        monkeypatch.setattr(wait_reasons, "CALLS", {})
        assert read_wait_reason(child.pid, child.pid) == ""
        child.kill()


@needs_reasons
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (SLEEP, TIMER),
        (f"{LOCK}; lock.acquire()", wait_reasons.LOCK),
        ("import os; os.read(0, 1)", PIPE),
        (f"import select; {SOCKETS}; select.select([left], [], [])", EVENTS),
        ("import subprocess; subprocess.run(['cat'])", CHILD),
    ],
)
def test_the_function_of_the_kernel_says_it_where_calls_are_forbidden(
    source: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Yama does for the processes of another terminal."""
    real_open = open

    def forbid(path: str) -> object:
        if path.endswith("/syscall"):
            raise PermissionError(path)
        return real_open(path)

    monkeypatch.setattr(wait_reasons, "open", forbid, raising=False)
    with subprocess.Popen(
        [sys.executable, "-S", "-c", source], stdin=subprocess.PIPE
    ) as child:
        wait_until(lambda: bool(read_wait_reason(child.pid, child.pid)))
        wait_until(lambda: read_wait_reason(child.pid, child.pid) == reason)
        child.kill()
