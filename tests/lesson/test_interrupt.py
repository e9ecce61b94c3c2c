"""Ctrl-C: it ends a script soon, in one line, and nothing is left behind."""

import multiprocessing
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from support.processes import computing
from support.scripts import STOPPED, run_script

DEFAULT, *OTHERS = multiprocessing.get_all_start_methods()
each_method = pytest.mark.parametrize(
    "method",
    [
        DEFAULT,
        *(pytest.param(method, marks=pytest.mark.slow) for method in OTHERS),
    ],
)


def is_computing(script: psutil.Process) -> bool:
    return script.cpu_times().user > 1  # more than the imports need


def has_a_worker_that_computes(script: psutil.Process) -> bool:
    return bool(computing(script))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            "with ThreadPoolExecutor(2) as pool:\n"
            "    list(pool.map(burn, 'ab'))",
            id="in a pool",
        ),
        pytest.param(
            "from threading import Thread\n"
            "threads = [Thread(target=burn, args='a') for _ in range(2)]\n"
            "for thread in threads:\n"
            "    thread.start()\n"
            "for thread in threads:\n"
            "    thread.join()",
            id="joined",
        ),
    ],
)
def test_it_does_not_wait_for_threads_that_compute(
    body: str, tmp_path: Path, traced: None
) -> None:
    assert run_script(tmp_path, body, is_computing) == STOPPED


def test_it_is_ignored_after_the_lesson(tmp_path: Path) -> None:
    # At the exit the functions run in reverse: the signal comes first, and
    # then more time than CLEANUP_TIMEOUT.
    body = (
        "import atexit, signal\n"
        "atexit.register(time.sleep, 0.8)\n"
        "atexit.register(signal.raise_signal, signal.SIGINT)"
    )
    assert run_script(tmp_path, body) == (0, [])


def test_it_stops_all_tasks(tmp_path: Path, traced: None) -> None:
    body = (
        "import asyncio\n"
        "async def work():\n"
        "    while True:\n"
        "        sum(range(100_000))\n"
        "        await asyncio.sleep(0)\n"
        "async def gather():\n"
        "    await asyncio.gather(*(work() for _ in range(9)))\n"
        "asyncio.run(gather())"
    )
    assert run_script(tmp_path, body, is_computing) == STOPPED


FINALIZER = """
class Interrupted:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
Interrupted()
"""
PENDING_TASK = """
import asyncio
loop = asyncio.new_event_loop()
task = loop.create_task(asyncio.sleep(9))
signal.raise_signal(signal.SIGINT)
"""


@pytest.mark.parametrize(
    "body", [FINALIZER, PENDING_TASK], ids=["finalizer", "pending task"]
)
def test_no_warning_follows_it(tmp_path: Path, body: str) -> None:
    assert run_script(tmp_path, body, head="import signal") == STOPPED


@each_method
def test_pool_workers_print_nothing(
    method: str, tmp_path: Path, traced: None
) -> None:
    body = (
        f"with ProcessPoolExecutor(4, get_context({method!r})) as pool:\n"
        "    list(pool.map(time.sleep, [0.2] * 4))\n"
        "    list(pool.map(burn, 'a'))"
    )
    assert run_script(tmp_path, body, has_a_worker_that_computes) == STOPPED


@each_method
def test_a_worker_that_is_importing_prints_nothing(
    method: str, tmp_path: Path, traced: None
) -> None:
    if method == "fork":
        pytest.skip("a forked worker imports nothing")
    mark = tmp_path / "importing"
    slow_import = (
        "import pathlib, time\n"
        "if __name__ == '__mp_main__':\n"
        f"    pathlib.Path({str(mark)!r}).touch()\n"
        "    time.sleep(1)"
    )
    body = (
        f"with ProcessPoolExecutor(2, get_context({method!r})) as pool:\n"
        "    list(pool.map(burn, 'ab'))"
    )
    result = run_script(
        tmp_path, body, lambda _: mark.exists(), head=slow_import
    )
    assert result == STOPPED


@each_method
def test_a_site_ends_before_the_workers_do(
    method: str, tmp_path: Path, traced: None
) -> None:
    body = (
        f"pool = ProcessPoolExecutor(2, get_context({method!r}))\n"
        "with pool:\n"
        "    with practice_site(['/get']):\n"
        "        assert list(pool.map(abs, [-1, -2])) == [1, 2]\n"
    )
    assert run_script(tmp_path, body) == (
        0,
        ["practice site: 0 requests, at most 0 in flight"],
    )


@pytest.mark.timing
def test_nothing_is_left_behind_if_the_clean_up_does_not_end(
    tmp_path: Path, traced: None
) -> None:
    """Neither a named semaphore, with a warning about it, nor folders."""
    mark = tmp_path / "ready"
    body = (
        "lock = get_context('spawn').Lock()\n"
        "folder = util.get_temp_dir()\n"
        "own_folder = TemporaryDirectory()\n"
        f"open({str(mark)!r}, 'w').close()\n"
        "try:\n"
        "    time.sleep(60)\n"
        "finally:\n"
        "    time.sleep(60)"
    )
    head = (
        "from multiprocessing import util\n"
        "from tempfile import TemporaryDirectory"
    )
    result = run_script(tmp_path, body, lambda _: mark.exists(), head=head)
    assert result == STOPPED


def test_no_process_starts_after_ctrl_c(tmp_path: Path, traced: None) -> None:
    """Some libraries start another worker where one has ended."""
    mark = tmp_path / "ready"
    started = tmp_path / "started"
    body = (
        f"open({str(mark)!r}, 'w').close()\n"
        "try:\n"
        "    time.sleep(60)\n"
        "finally:\n"
        f"    Process(target=open, args=({str(started)!r}, 'w')).start()"
    )
    head = "from multiprocessing import Process"
    result = run_script(tmp_path, body, lambda _: mark.exists(), head=head)
    assert result == STOPPED
    assert not started.exists()


def test_a_second_ctrl_c_does_not_interrupt_the_clean_up(
    tmp_path: Path, traced: None
) -> None:
    mark = tmp_path / "ready"
    cleaned = tmp_path / "cleaned"
    body = (
        f"open({str(mark)!r}, 'w').close()\n"
        "try:\n"
        "    time.sleep(60)\n"
        "finally:\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        f"    open({str(cleaned)!r}, 'w').close()"
    )
    result = run_script(
        tmp_path, body, lambda _: mark.exists(), head="import signal"
    )
    assert result == STOPPED
    assert cleaned.exists()


@pytest.mark.skipif(os.name == "nt", reason="no signal to a process there")
def test_it_waits_until_a_process_has_started(
    tmp_path: Path, traced: None
) -> None:
    """It is blocked only in the thread that starts the process."""
    started = tmp_path / "started"
    head = (
        "import os, signal, threading\n"
        "from multiprocessing.process import BaseProcess\n"
        "start = BaseProcess.start\n"
        "def start_slowly(process):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(0.2)\n"
        "    start(process)\n"
        f"    open({str(started)!r}, 'w').close()\n"
        "BaseProcess.start = start_slowly"
    )
    body = (
        "from multiprocessing import Process\n"
        "event = threading.Event()\n"
        "threading.Thread(target=event.wait, daemon=True).start()\n"
        "Process(target=time.sleep, args=[60]).start()\n"
        "time.sleep(60)"
    )
    assert run_script(tmp_path, body, head=head) == STOPPED
    assert started.exists()


def test_a_thread_that_fails_after_it_prints_nothing(
    tmp_path: Path, traced: None
) -> None:
    mark = tmp_path / "ready"
    body = (
        "stop = Event()\n"
        "def fail():\n"
        "    stop.wait()\n"
        "    raise OSError('interrupted')\n"
        "thread = Thread(target=fail)\n"
        "thread.start()\n"
        f"open({str(mark)!r}, 'w').close()\n"
        "try:\n"
        "    time.sleep(60)\n"
        "finally:\n"
        "    stop.set()\n"
        "    thread.join()"
    )
    head = "from threading import Event, Thread"
    result = run_script(tmp_path, body, lambda _: mark.exists(), head=head)
    assert result == STOPPED


@pytest.mark.skipif(os.name == "nt", reason="no SIGTERM to ignore there")
def test_a_worker_that_ignores_sigterm_is_killed(
    tmp_path: Path, traced: None
) -> None:
    mark = tmp_path / "ready"
    head = (
        "import signal\n"
        "from multiprocessing import Process\n"
        "def ignore(path):\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    open(path, 'w').close()\n"
        "    time.sleep(60)"
    )
    body = (
        f"worker = Process(target=ignore, args=[{str(mark)!r}])\n"
        "worker.start()\n"
        "worker.join()"
    )
    result = run_script(tmp_path, body, lambda _: mark.exists(), head=head)
    assert result == STOPPED


def test_a_folder_is_removed_that_the_exit_had_begun_to_remove(
    tmp_path: Path, traced: None
) -> None:
    head = (
        "import signal\n"
        "from multiprocessing import util\n"
        "def remove_late(*arguments):\n"
        "    time.sleep(60)\n"
        "util._remove_temp_dir = remove_late"
    )
    body = "util.get_temp_dir()\nsignal.raise_signal(signal.SIGINT)"
    assert run_script(tmp_path, body, head=head) == STOPPED


@pytest.mark.skipif(os.name == "nt", reason="no named semaphores there")
@pytest.mark.skipif(
    sys.version_info < (3, 14),
    reason="unblocks Ctrl-C where it starts the resource tracker",
)
def test_no_semaphore_is_left_behind_while_it_is_made(
    tmp_path: Path, traced: None
) -> None:
    body = (
        "register = resource_tracker.register\n"
        "def register_late(*arguments):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    register(*arguments)\n"
        "resource_tracker.register = register_late\n"
        "lock = get_context('spawn').Lock()"
    )
    head = "import signal\nfrom multiprocessing import resource_tracker"
    assert run_script(tmp_path, body, head=head) == STOPPED


def test_an_import_does_not_replace_the_handler() -> None:
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
