"""What the tests share: a take of a lesson, and what it left behind."""

import json
import os
import platform
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from tqdm import tqdm

from backstage.catalogue import find, started
from backstage.machine import truth
from backstage.practice_site import SERVER

PATIENCE = 20  # seconds that any take of a test may last

# From Python 3.14 on the first bar's lock starts a process, which is not any
# one test's.
tqdm(disable=True)


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


Sign = Callable[[psutil.Process], bool]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--runs",
        type=int,
        default=20,
        help="how often each race is run (20)",
    )


def pytest_benchmark_generate_machine_info() -> dict[str, str]:
    where = f"{platform.system()} {platform.machine()}"
    return {"truth": f"{where}, {truth()}"}


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail the test where a process that it started outlives it by 2 s."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv("LAB_TEST", mark)
    yield
    deadline = time.monotonic() + 2
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    commands = [" ".join(process.cmdline()) for process in left]
    for process in left:
        process.kill()
    assert commands == []


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
) -> Callable[..., Take]:
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
        lesson = find(number)
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


def computing(process: psutil.Process) -> list[psutil.Process]:
    """Return the descendants that computed for 0.2 s, but for the site."""
    found = []
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if child.cpu_times().user >= 0.2 and not is_site(child):
                found.append(child)
    return found


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
