"""CPU times as the system reports them, beside those of Python itself."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import psutil
import pytest

from backstage.watch import usage

TOLERANCE = 0.05  # seconds: the system counts in steps of 0.01 s

needs_thread_times = pytest.mark.skipif(
    sys.platform == "darwin", reason="macOS gives no times of threads"
)


@pytest.fixture(params=["kernel", "psutil"])
def source(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Read from the kernel or from psutil."""
    if request.param == "psutil":
        monkeypatch.setattr(usage, "HAS_SCHEDSTAT", False)
    elif not usage.HAS_SCHEDSTAT:
        pytest.skip("this kernel does not count the times of threads")
    return str(request.param)


@contextmanager
def sleeping_thread(name: str) -> Iterator[int]:
    """Run a thread that sleeps until the block ends; yield its id."""
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name=name)
    thread.start()
    try:
        assert thread.native_id
        yield thread.native_id
    finally:
        end.set()
        thread.join()


def test_the_cpu_time_of_a_process(source: str) -> None:
    before = time.process_time()
    cpu = usage.read_process_time(psutil.Process())
    after = time.process_time()
    assert before - TOLERANCE <= cpu <= after + TOLERANCE


def test_a_process_that_has_ended_has_no_cpu_time(source: str) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        handle = psutil.Process(child.pid)
    with pytest.raises((psutil.Error, OSError)):
        usage.read_process_time(handle)


@needs_thread_times
def test_the_cpu_times_of_threads(source: str) -> None:
    with sleeping_thread("sleeper") as sleeper:
        before = time.thread_time()
        usages = usage.read_thread_usages(psutil.Process())
        after = time.thread_time()
    own = usages[threading.get_native_id()]
    assert before - TOLERANCE <= own.cpu <= after + TOLERANCE
    assert usages[sleeper].cpu < TOLERANCE


@needs_thread_times
def test_only_the_kernel_reports_when_a_thread_was_ready(source: str) -> None:
    ready = [
        x.ready for x in usage.read_thread_usages(psutil.Process()).values()
    ]
    assert any(ready) == (source == "kernel")


def test_there_may_be_no_times_of_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: psutil.Process) -> NoReturn:
        raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(usage, "HAS_SCHEDSTAT", False)
    monkeypatch.setattr(psutil.Process, "threads", refuse)
    assert usage.read_thread_usages(psutil.Process()) == {}


def test_threads_have_the_names_that_the_system_has() -> None:
    """Python gives its names to the system from 3.14 on."""
    own = psutil.Process().pid
    has_names = sys.version_info >= (3, 14) and usage.HAS_SCHEDSTAT
    with sleeping_thread("fetch-1") as thread:
        name = usage.read_thread_name(own, thread)
    assert name == ("fetch-1" if has_names else "")


def test_a_main_thread_has_no_name_of_its_own() -> None:
    own = psutil.Process().pid
    assert usage.read_thread_name(own, own) == ""
