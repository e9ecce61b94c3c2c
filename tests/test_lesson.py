"""`run(main)`: how a script ends, whatever its lesson is."""

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from support.processes import computing, press_ctrl_c, wait_until

Sign = Callable[[psutil.Process], object]

DEFAULT, *OTHERS = multiprocessing.get_all_start_methods()
each_method = pytest.mark.parametrize(
    "method",
    [DEFAULT, *(pytest.param(x, marks=pytest.mark.slow) for x in OTHERS)],
)
EXECUTORS = ["ThreadPoolExecutor", "ProcessPoolExecutor"]
if sys.version_info >= (3, 14):
    EXECUTORS.append("InterpreterPoolExecutor")

HEAD = """
from concurrent.futures import *
from multiprocessing import get_context
from backstage import practice_site
from backstage import run

def burn(_):
    while True:
        sum(range(1000))
"""
FRAME = r'  File "(.+)", line \d+, in (.+)'
DIVIDE = """
def divide(n):
    return 1 / n
"""


def play(
    folder: Path,
    body: str,
    when: Sign | None = None,
    first: str = "import time",
    path: str = "script.py",
) -> tuple[int, list[str]]:
    """Run a script whose `main` has that body; return status and errors.

    `first` comes before its imports, and `path` is how it is called from the
    folder that it is in.
    """
    Path(folder, "script.py").write_text(
        f"{first}\n{HEAD}\n"
        "def main():\n"
        f"{textwrap.indent(body, '    ')}\n"
        "if __name__ == '__main__':\n"
        "    run(main)\n"
    )
    with subprocess.Popen(
        [sys.executable, path],
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        start_new_session=True,
    ) as child:
        if when:
            process = psutil.Process(child.pid)
            wait_until(lambda: bool(when(process)))
            press_ctrl_c(process)
        try:
            _, err = child.communicate(timeout=20)
        finally:
            child.kill()
    return child.returncode, err.splitlines()


def line_of(code: str, folder: Path) -> int:
    """Return the number of the script's first line that has that code."""
    lines = Path(folder, "script.py").read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if code in line)


def places(errors: list[str]) -> list[str]:
    """Return file name and function of each frame that is shown."""
    frames = [re.fullmatch(FRAME, line) for line in errors]
    return [f"{Path(x[1]).name} {x[2]}" for x in frames if x]


def test_success_says_nothing(tmp_path: Path) -> None:
    assert play(tmp_path, "return") == (0, [])


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("open('/no/such/file')", "[Errno 2] No such file or directory: "),
        ("raise OSError('two\\nlines')", "two lines"),
        ("raise BrokenExecutor", "BrokenExecutor"),
        ("raise ExceptionGroup('g', [OSError('a'), OSError('b')])", "a"),
        ("import httpx\nhttpx.get('http://[::1')", "Invalid port: ':1'"),
        ("import httpx\nraise httpx.ReadTimeout('')", "ReadTimeout"),
        (
            "import httpx\nhttpx.get('http://nowhere.invalid')",
            "http://nowhere.invalid: ",
        ),
        (
            "with practice_site('/get'):\n    pass",
            "a list of addresses is wanted, not '/get'",
        ),
        (
            "with practice_site(5):\n    pass",
            "a list of addresses is wanted, not 5",
        ),
    ],
)
def test_a_failure_from_outside_is_one_line(
    tmp_path: Path, body: str, line: str
) -> None:
    status, errors = play(tmp_path, body)
    assert status == 1
    assert len(errors) == 1
    assert errors[0].startswith(f"script.py: {line}")


@pytest.mark.parametrize(
    "constant",
    ["SLOTS = 0", "JOBS = -2", "TIMEOUT = 0.0", "TIMEOUT = -0.5"],
)
def test_a_constant_must_be_more_than_zero(
    tmp_path: Path, constant: str
) -> None:
    line = f"script.py: {constant}: it must be more than 0"
    assert play(tmp_path, "return", first=constant) == (1, [line])


@pytest.mark.parametrize("constant", ["PAGES = []", "NAMES = {}"])
def test_a_constant_must_not_be_empty(tmp_path: Path, constant: str) -> None:
    line = f"script.py: {constant}: it must not be empty"
    assert play(tmp_path, "return", first=constant) == (1, [line])


def test_some_constants_may_be_zero_or_false(tmp_path: Path) -> None:
    constants = [
        "VERBOSE = False",
        "SEED = 0",
        "OFFSET = -1",
        "RETRIES = 0",
        "DELAY = 0.0",
    ]
    assert play(tmp_path, "return", first="\n".join(constants)) == (0, [])


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("len(7)", "TypeError: object of type 'int' has no len()"),
        ("prin()", "NameError: name 'prin' is not defined. Did you mean: "),
        ("raise ExceptionGroup('', [OSError(), KeyError(1)])", "KeyError: 1"),
    ],
)
def test_a_mistake_names_its_line(
    tmp_path: Path, code: str, message: str
) -> None:
    status, errors = play(tmp_path, code)
    assert status == 1
    line = line_of(code, tmp_path)
    assert errors[0].startswith(f"script.py, line {line}: {message}")
    assert errors[1].endswith(f'script.py", line {line}, in main')
    assert errors[2].strip() == code


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_mistake_shows_the_way_into_a_job(
    tmp_path: Path, executor: str
) -> None:
    """And the script is found by whatever path it was called."""
    body = f"with {executor}(1) as pool:\n    list(pool.map(divide, [0]))"
    _, errors = play(tmp_path, body, first=DIVIDE, path="./script.py")
    line = line_of("1 / n", tmp_path)
    assert errors[0] == (
        f"script.py, line {line}: ZeroDivisionError: division by zero"
    )
    assert places(errors) == ["script.py main", "script.py divide"]


def test_a_mistake_shows_the_way_into_a_task(tmp_path: Path) -> None:
    body = (
        "async def work():\n"
        "    divide(0)\n"
        "async def work_in_a_group():\n"
        "    async with asyncio.TaskGroup() as group:\n"
        "        group.create_task(work())\n"
        "asyncio.run(work_in_a_group())"
    )
    _, errors = play(tmp_path, body, first=f"import asyncio\n{DIVIDE}")
    assert errors[0].startswith(
        f"script.py, line {line_of('1 / n', tmp_path)}: ZeroDivisionError: "
    )
    assert places(errors) == [
        "script.py main",
        "script.py work_in_a_group",
        "script.py work",
        "script.py divide",
    ]


def test_a_mistake_shows_where_a_library_raised_it(tmp_path: Path) -> None:
    _, errors = play(tmp_path, "json.loads('{')", first="import json")
    line = line_of("json.loads", tmp_path)
    assert errors[0].startswith(f"script.py, line {line}: json.decoder.")
    first, last = places(errors)
    assert (first, last[:11]) == ("script.py main", "decoder.py ")


@pytest.mark.parametrize(
    ("constant", "code", "is_one_line"),
    [
        ("JOBS = 2.5", "range(JOBS)", True),
        ("JOBS = 2.5", "len(7)", False),
        ("JOBS = 2", "range(2.5)", False),
    ],
)
def test_a_float_for_a_whole_number_is_one_line(
    tmp_path: Path, constant: str, code: str, is_one_line: bool
) -> None:
    _, errors = play(tmp_path, code, first=constant)
    line = line_of(code, tmp_path)
    assert errors[0].startswith(f"script.py, line {line}: TypeError: ")
    assert (len(errors) == 1) == is_one_line


def test_ctrl_c_does_not_wait_for_threads_that_compute(
    tmp_path: Path, traced: None
) -> None:
    threads = (
        "with ThreadPoolExecutor(2) as pool:\n    list(pool.map(burn, 'ab'))"
    )
    status, errors = play(
        tmp_path, threads, lambda script: script.cpu_times().user > 0.5
    )
    assert (status, errors) == (130, ["script.py: stopped by Ctrl-C"])


def test_ctrl_c_is_reported_once(tmp_path: Path, traced: None) -> None:
    threads = (
        "from threading import Thread\n"
        "threads = [Thread(target=burn, args='a') for _ in range(2)]\n"
        "for thread in threads:\n"
        "    thread.start()\n"
        "for thread in threads:\n"
        "    thread.join()"
    )
    status, errors = play(
        tmp_path, threads, lambda script: script.cpu_times().user > 0.5
    )
    assert (status, errors) == (130, ["script.py: stopped by Ctrl-C"])


def test_ctrl_c_after_the_lesson_is_too_late(tmp_path: Path) -> None:
    # At the exit functions run in reverse: the signal, then more than GRACE.
    late = (
        "import atexit, signal\n"
        "atexit.register(time.sleep, 1.5)\n"
        "atexit.register(signal.raise_signal, signal.SIGINT)"
    )
    assert play(tmp_path, late) == (0, [])


def test_ctrl_c_is_no_affair_of_one_task(tmp_path: Path, traced: None) -> None:
    tasks = (
        "import asyncio\n"
        "async def work():\n"
        "    while True:\n"
        "        sum(range(100_000))\n"
        "        await asyncio.sleep(0)\n"
        "async def gather():\n"
        "    await asyncio.gather(*(work() for _ in range(9)))\n"
        "asyncio.run(gather())"
    )
    status, errors = play(
        tmp_path, tasks, lambda script: script.cpu_times().user > 0.5
    )
    assert (status, errors) == (130, ["script.py: stopped by Ctrl-C"])


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


@pytest.mark.parametrize("body", [FINALIZER, PENDING_TASK])
def test_ctrl_c_silences_what_it_cuts_short(tmp_path: Path, body: str) -> None:
    status, errors = play(tmp_path, body, first="import signal")
    assert (status, errors) == (130, ["script.py: stopped by Ctrl-C"])


@each_method
def test_ctrl_c_silences_pool_workers(
    method: str, tmp_path: Path, traced: None
) -> None:
    processes = (
        f"with ProcessPoolExecutor(4, get_context({method!r})) as pool:\n"
        "    list(pool.map(time.sleep, [0.2] * 4))\n"
        "    list(pool.map(burn, 'a'))"
    )
    status, errors = play(tmp_path, processes, computing)
    assert (status, errors) == (130, ["script.py: stopped by Ctrl-C"])


@each_method
def test_ctrl_c_does_not_meet_a_worker_that_imports(
    method: str, tmp_path: Path, traced: None
) -> None:
    mark = tmp_path / "importing"
    if method == "fork":
        pytest.skip("a forked worker imports nothing")
    slow = (
        "import pathlib, time\n"
        "if __name__ == '__mp_main__':\n"
        f"    pathlib.Path({str(mark)!r}).touch()\n"
        "    time.sleep(1)"
    )
    processes = (
        f"with ProcessPoolExecutor(2, get_context({method!r})) as pool:\n"
        "    list(pool.map(burn, 'ab'))"
    )
    status, errors = play(
        tmp_path, processes, lambda _: mark.exists(), first=slow
    )
    assert (status, errors) == (130, ["script.py: stopped by Ctrl-C"])


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
    assert play(tmp_path, body) == (
        0,
        ["practice site: 0 requests, at most 0 at a time"],
    )


@pytest.mark.timing
def test_ctrl_c_leaves_nothing_behind_where_clean_up_does_not_end(
    tmp_path: Path, traced: None
) -> None:
    """No named semaphore, about which there would be a warning, no folder."""
    mark = tmp_path / "ready"
    body = (
        "lock = get_context('spawn').Lock()\n"
        "folder = util.get_temp_dir()\n"
        f"open({str(mark)!r}, 'w').close()\n"
        "try:\n"
        "    time.sleep(60)\n"
        "finally:\n"
        "    time.sleep(60)"
    )
    status, errors = play(
        tmp_path,
        body,
        lambda _: mark.exists(),
        first="import time\nfrom multiprocessing import util",
    )
    assert (status, errors) == (130, ["script.py: stopped by Ctrl-C"])


@pytest.mark.skipif(os.name == "nt", reason="no named semaphores there")
@pytest.mark.skipif(
    sys.version_info < (3, 14),
    reason="unblocks Ctrl-C where it starts the resource tracker",
)
def test_ctrl_c_leaves_no_semaphore_that_is_being_made(
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
    first = "import signal\nfrom multiprocessing import resource_tracker"
    status, errors = play(tmp_path, body, first=first)
    assert (status, errors) == (130, ["script.py: stopped by Ctrl-C"])


def test_an_importing_test_keeps_its_own_ctrl_c() -> None:
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
