"""What is reported of processes whose behaviour is known."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from backstage.watch import process_sampler
from backstage.watch.events import (
    CommandChanged,
    MemorySampled,
    ProcessEnded,
    ProcessSampled,
    ProcessStarted,
)
from backstage.watch.process_sampler import ProcessSampler, WatchedProcess
from backstage.watch.recorder import EventRecorder
from support.processes import TIMEOUT
from support.recordings import FORK_SERVER

READY = "\nimport sys\nprint(flush=True)\nsys.stdin.read()\n"
PARENT = """
import subprocess, sys
subprocess.run([sys.executable, "-S", "-c", {code!r}])
"""
COMPUTE = """
import time
while time.process_time() < 0.2:
    sum(range(1_000))
"""
HOLD_MEMORY = "block = b'x' * 80_000_000\n"


@contextmanager
def child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run Python with these arguments until it prints a line.

    It waits then; the end of the block kills it.
    """
    with subprocess.Popen(
        [sys.executable, "-S", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield process
        finally:
            with suppress(psutil.NoSuchProcess):  # the test has ended it
                for descendant in psutil.Process(process.pid).children(True):
                    descendant.kill()
            process.kill()


@pytest.fixture
def recorder() -> EventRecorder:
    return EventRecorder()


@pytest.fixture
def sampler(recorder: EventRecorder) -> ProcessSampler:
    return ProcessSampler(recorder)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script that stands for the server of the practice site."""
    script = tmp_path / "server.py"
    script.write_text(HOLD_MEMORY + READY)
    monkeypatch.setattr(process_sampler, "SERVER", script)
    return script


def test_the_cpu_time_of_a_process(
    sampler: ProcessSampler, recorder: EventRecorder
) -> None:
    with child("-c", COMPUTE + READY) as process:
        sampler.sample(process.pid)
    start, sample, *_ = recorder.events
    assert start == ProcessStarted(0.0, process.pid, os.getpid(), [])
    assert isinstance(sample, ProcessSampled)
    assert sample.process == process.pid
    assert 0.15 < sample.cpu < 1.0


def test_all_descendants_are_found(sampler: ProcessSampler) -> None:
    grandchild = PARENT.format(code=READY)
    with child("-c", PARENT.format(code=grandchild)) as process:
        for _ in range(2):
            sampler.sample(process.pid)
        family = psutil.Process(process.pid).children(recursive=True)
        pids = [process.pid, *(item.pid for item in family)]
    assert list(sampler.processes) == pids
    parents = [item.parent for item in sampler.processes.values()]
    assert parents == [os.getpid(), *pids[:2]]


def test_a_process_that_was_there_before_is_not_found(
    recorder: EventRecorder,
) -> None:
    with child("-c", READY) as process:
        sampler = ProcessSampler(recorder)
        sampler.sample(process.pid)
    assert sampler.processes == {}


def test_the_end_of_a_process_is_reported(
    sampler: ProcessSampler, recorder: EventRecorder
) -> None:
    with child("-c", READY) as process:
        sampler.sample(process.pid)
        assert list(sampler.running) == [process.pid]
    sampler.sample(process.pid)
    ended = [x for x in recorder.events if isinstance(x, ProcessEnded)]
    assert [event.process for event in ended] == [process.pid]
    assert not sampler.running
    assert list(sampler.processes) == [process.pid]


def test_memory_is_that_of_all_processes(
    sampler: ProcessSampler, recorder: EventRecorder
) -> None:
    code = HOLD_MEMORY + PARENT.format(code=HOLD_MEMORY + READY)
    with child("-c", code) as process:
        for _ in range(2):
            sampler.sample(process.pid)
    last = recorder.events[-1]
    assert isinstance(last, MemorySampled)
    assert 160e6 < last.size < 240e6


def test_the_site_is_recognised_and_its_memory_does_not_count(
    sampler: ProcessSampler, recorder: EventRecorder, site: Path
) -> None:
    with child(str(site)) as process:
        sampler.sample(process.pid)
    assert sampler.site_pids() == {process.pid}
    last = recorder.events[-1]
    assert isinstance(last, MemorySampled)
    assert last.size == 0


def test_a_new_child_may_still_be_a_copy_of_its_parent() -> None:
    own = psutil.Process()
    parent = WatchedProcess(own, 1, 0.0, ["python", "lab"])
    same = WatchedProcess(own, 2, 1.0, ["python", "lab"])
    other = WatchedProcess(own, 2, 1.0, ["python", "server"])
    assert same.is_copy_of(parent, time=1.1)
    assert not same.is_copy_of(parent, time=2.0)  # it is a worker
    assert not other.is_copy_of(parent, time=1.1)


def test_a_child_of_a_fork_server_is_a_worker_from_the_start() -> None:
    own = psutil.Process()
    server = WatchedProcess(own, 1, 0.0, FORK_SERVER)
    worker = WatchedProcess(own, 2, 1.0, FORK_SERVER)
    assert not worker.is_copy_of(server, time=1.1)


def test_a_command_is_read_again_however_rare_the_looks_are(
    sampler: ProcessSampler,
    recorder: EventRecorder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or the practice site could be taken for a process of the lesson."""
    monkeypatch.setattr(process_sampler, "COMMAND_TIME", 0.0)
    commands = iter([[], ["python", "server.py"]])
    monkeypatch.setattr(psutil.Process, "cmdline", lambda _: next(commands))
    with child("-c", READY) as process:
        for _ in range(2):
            sampler.sample(process.pid)
    (change,) = [x for x in recorder.events if isinstance(x, CommandChanged)]
    assert change.command == ["python", "server.py"]


@pytest.mark.parametrize("whole_run", [False, True])
def test_what_does_not_end_is_killed(
    whole_run: bool,
    sampler: ProcessSampler,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The site always is, and after Ctrl-C the other processes too."""
    monkeypatch.setattr(process_sampler, "END_TIMEOUT", 0.1)
    with child(str(site)) as server, child("-c", READY) as other:
        sampler.sample(server.pid)
        sampler.sample(other.pid)
        sampler.wait_for_end(whole_run)
        server.wait(TIMEOUT)
        if whole_run:
            other.wait(TIMEOUT)
        else:
            assert other.poll() is None
    assert caplog.messages == [
        "practice site: did not end in 5 s, and was killed"
    ]


def test_a_site_that_ends_is_not_killed(
    sampler: ProcessSampler, site: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = site.with_name("log")
    site.write_text(
        f"import time{READY}time.sleep(0.3)\nopen({str(file)!r}, 'w').close()"
    )
    with child(str(site)) as server:
        sampler.sample(server.pid)
        assert server.stdin
        server.stdin.close()
        sampler.wait_for_end(whole_run=False)
    assert file.exists()
    assert caplog.messages == []
