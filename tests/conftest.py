"""What the tests share: a take of a lesson, and what it left behind."""

import importlib
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pytest
from filelock import FileLock
from tqdm import tqdm

from backstage.catalogue import find, started
from backstage.machine import truth
from backstage.practice_site import SERVER

PATIENCE = 60  # seconds that any take of a test may last
SEMAPHORES = Path("/dev/shm")  # Linux: named semaphores and shared memory
LOCKS = "LAB_TEST_LOCKS"  # the environment variable that holds their folder
SITE_LINE = re.compile(r"practice site: \d+ requests?, at most \d+ at a time")
GIL = "on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "off"

# From Python 3.14 on the first bar's lock starts a process, which is not any
# one test's.
tqdm(disable=True)
# Where this was started in the background, Ctrl-C is ignored, and children
# would inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Take:
    """One run of a lesson: what it said, and what the site saw of it."""

    status: int
    lines: list[str]
    errors: list[str]
    seen: list[dict[str, Any]]

    @property
    def peak(self) -> int:
        """The most requests that were under way at once."""
        return max(int(visit["in_flight"]) for visit in self.seen)

    def failed(self, status: int = 1) -> str:
        """Return the line of its failure: the only one but for the site's."""
        assert self.status == status
        *site, line = self.errors
        assert len(site) <= 1
        assert all(map(SITE_LINE.fullmatch, site))
        assert "Traceback" not in "".join(self.lines)
        return line


Taker = Callable[..., Take]
Sign = Callable[[psutil.Process], bool]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--runs",
        type=int,
        default=3,
        help="how often each race is run (3)",
    )
    parser.addoption(
        "--slow", action="store_true", help="run the slow tests as well"
    )


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the workers inherit it
        folder = tempfile.TemporaryDirectory(prefix="lab-tests-")
        os.environ[LOCKS] = folder.name
        config.add_cleanup(folder.cleanup)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out slow tests that nobody asked for; put timing tests last."""
    by_name = any("::" in argument for argument in config.args)
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow and not (config.getoption("--slow") or by_name):
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
    items.sort(key=lambda item: bool(item.get_closest_marker("timing")))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let no other worker run a test beside one that depends on the clock.

    Each worker of pytest-xdist holds a lock of its own during a test; a test
    marked `timing` needs the locks of all workers.
    """
    own = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    alone = item.get_closest_marker("timing")
    with ExitStack() as stack:
        for number in range(count) if alone else [own]:
            file = Path(os.environ[LOCKS], f"{number}.lock")
            stack.enter_context(FileLock(file, poll_interval=0.01))
        return (yield)


def pytest_benchmark_generate_machine_info() -> dict[str, str]:
    where = f"{platform.system()} {platform.machine()}"
    return {"truth": f"{where}, {truth()}"}


@pytest.fixture
def traced(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fail the test where something that it started outlives it by 2 s.

    That is processes, with the ports that they listen at, temporary files,
    and named semaphores or shared memory that no process uses any more. The
    latter do not say whose they were, so they count only where no other test
    runs beside this one: with -n0, or where it is marked `timing`.
    """
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    alone |= bool(request.node.get_closest_marker("timing"))
    mark = uuid.uuid4().hex
    monkeypatch.setenv("LAB_TEST", mark)
    # A short path: it holds sockets, whose names may not be long.
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        for name in "TMPDIR", "TEMP", "TMP":
            monkeypatch.setenv(name, folder)
        before = shared_memory()
        yield
        deadline = time.monotonic() + 2
        while True:
            processes = marked(mark)
            left = [describe(process) for process in processes]
            left += [
                path.name
                for path in Path(folder).iterdir()
                if not path.match("uv-*.lock")  # which uv leaves for good
            ]
            left += unused(shared_memory() - before) if alone else []
            if not left or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        for process in processes:
            process.kill()
        psutil.wait_procs(processes, 2)
    assert left == []


def shared_memory() -> set[str]:
    """Return the names of what processes share, where it has any (Linux)."""
    if not SEMAPHORES.is_dir():
        return set()
    return {path.name for path in SEMAPHORES.iterdir()}


def unused(names: set[str]) -> list[str]:
    """Return those of the names that no process has mapped."""
    maps = ""
    for file in Path("/proc").glob("[0-9]*/maps") if names else ():
        with suppress(OSError):
            maps += file.read_text()
    return sorted(name for name in names if f"{SEMAPHORES}/{name}" not in maps)


def describe(process: psutil.Process) -> str:
    """Return a process's command line, and the ports it listens at."""
    with suppress(psutil.Error):
        command = " ".join(process.cmdline())
        ports = [
            str(connection.laddr.port)
            for connection in process.net_connections()
            if connection.status == psutil.CONN_LISTEN
        ]
        return f"{command}, ports {', '.join(ports) or 'none'}"
    return f"process {process.pid}"


def marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if (
                process.pid != os.getpid()
                and mark in process.environ().values()
            ):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


@pytest.fixture
def take(
    traced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Taker:
    """Run a lesson by its number, with some constants changed.

    With `when`, do `then` to it as soon as `when` is true of its process; by
    default `then` is Ctrl-C, sent to the whole group as a terminal does.
    Files go to a folder of the test, where none may be left half-written.
    """
    log = tmp_path / "site.jsonl"
    monkeypatch.setenv("PRACTICE_SITE_LOG", str(log))

    def run(
        number: str,
        /,
        when: Sign | None = None,
        then: Callable[[psutil.Process], object] = press_ctrl_c,
        **changes: Any,
    ) -> Take:
        lesson = find_once(number)
        downloads = tmp_path / "downloads"
        if "FOLDER" in lesson.constants:
            changes.setdefault("FOLDER", str(downloads))
        with started(
            lesson,
            {name: repr(value) for name, value in changes.items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as child:
            if when:
                process = psutil.Process(child.pid)
                wait_until(lambda: when(process))
                then(process)
            out, err = child.communicate(timeout=PATIENCE)
        assert not list(downloads.glob("*.part"))
        seen = log.read_text("utf-8").splitlines() if log.exists() else []
        return Take(
            child.returncode,
            out.splitlines(),
            err.splitlines(),
            [json.loads(line) for line in seen],
        )

    return run


def press_ctrl_c(process: psutil.Process) -> None:
    if os.name == "nt":
        pytest.skip("a terminal's Ctrl-C cannot be sent to one group here")
    os.killpg(process.pid, signal.SIGINT)


def wait_until(sign: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
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


find_once = cache(find)  # which reads the whole catalogue


def imported(number: str) -> Any:
    """Return the module of a lesson, by its number."""
    return importlib.import_module(find_once(number).path.stem)


def figure(pattern: str, line: str) -> float:
    """Return the number that the pattern's group catches in the line."""
    match = re.fullmatch(pattern, line)
    assert match, line
    return float(match[1].replace(",", ""))


@contextmanager
def terminal() -> Iterator[
    tuple[int, Callable[[], str], Callable[[str], Any]]
]:
    """Yield a terminal, a way to read what it shows anew, and to type."""
    pty = pytest.importorskip("pty", reason="no terminals of our own here")
    termios = pytest.importorskip("termios")
    inner, outer = pty.openpty()
    termios.tcsetwinsize(outer, (24, 80))
    os.set_blocking(inner, False)

    def read() -> str:
        shown = b""
        with suppress(BlockingIOError):
            while True:
                shown += os.read(inner, 65_536)
        return shown.decode(errors="replace")

    def press(keys: str) -> None:
        os.write(inner, keys.encode())

    try:
        yield outer, read, press
    finally:
        os.close(inner)
        os.close(outer)
