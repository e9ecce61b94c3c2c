"""`run(main)`: how a script ends, whatever its lesson is."""

import multiprocessing
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from conftest import computing, press_ctrl_c, wait_until

Sign = Callable[[psutil.Process], object]

BURN = """
def burn(_):
    while True:
        sum(range(1000))
"""


def play(
    folder: Path,
    body: str,
    when: Sign | None = None,
    first: str = "import time",
) -> tuple[int, list[str]]:
    """Run a script whose `main` has that body; return status and errors."""
    script = folder / "script.py"
    script.write_text(
        f"{first}\n"
        "from concurrent.futures import *\n"
        "from multiprocessing import get_context\n"
        "from backstage import practice_site, run\n"
        f"{BURN}\n"
        "def main():\n"
        f"{textwrap.indent(body, '    ')}\n"
        "if __name__ == '__main__':\n"
        "    run(main)\n"
    )
    with subprocess.Popen(
        [sys.executable, script],
        stderr=subprocess.PIPE,
        text=True,
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


def test_success_says_nothing(tmp_path: Path) -> None:
    assert play(tmp_path, "return") == (0, [])


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("open('/no/such/file')", "[Errno 2] No such file or directory: "),
        ("1 / 0", "line 11: division by zero"),
        ("int('x')", "line 11: invalid literal"),
        ("raise OSError('two\\nlines')", "two lines"),
        ("raise BrokenExecutor", "BrokenExecutor"),
        ("raise ExceptionGroup('g', [OSError('a'), OSError('b')])", "a"),
        ("import httpx\nhttpx.get('http://[::1')", "Invalid port: ':1'"),
        (
            "import httpx\nraise httpx.ReadTimeout('')",
            "ReadTimeout",
        ),
        (
            "import httpx\nhttpx.get('http://nowhere.invalid')",
            "http://nowhere.invalid: ",
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
    "body",
    [
        "no_such_name",
        "raise ExceptionGroup('g', [OSError('a'), NameError('no_such_name')])",
    ],
)
def test_a_bug_keeps_its_traceback(tmp_path: Path, body: str) -> None:
    status, errors = play(tmp_path, body)
    assert status == 1
    assert "Traceback (most recent call last):" in errors[0]
    assert any("NameError: " in line for line in errors)


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


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
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


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
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


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
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


def test_an_importing_test_keeps_its_own_ctrl_c() -> None:
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
