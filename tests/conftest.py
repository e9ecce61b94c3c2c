"""What the tests share: options, runs of lessons, and checks after a test."""

import json
import os
import platform
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings
from tqdm import tqdm

from backstage import feed, practice_site
from backstage.cli import app
from backstage.course.running import start_lesson
from backstage.system import environment_summary
from support.commands import Answer, Invoke
from support.leftovers import (
    describe,
    find_marked,
    find_unused,
    list_shared_memory,
)
from support.lessons import (
    SMALL_CATALOGUE,
    SMALL_LESSONS,
    RunLesson,
    RunResult,
    find_once,
    write_lessons,
)
from support.processes import TIMEOUT, Condition, press_ctrl_c, wait_until
from support.site import ReadLog

pytest_plugins = ["support.database"]  # which has fixtures
# How long an example takes depends on what else the machine does.
settings.register_profile(
    "lab", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lab")
LOCKS = "LAB_TEST_LOCKS"  # the environment variable that holds their folder

# From Python 3.14 on, the first bar starts a process, which belongs to no
# test.
tqdm(disable=True)
# If the tests were started in the background, Ctrl-C is ignored, and children
# would inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


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
        # A live view that somebody is looking at does not follow the tests.
        os.environ[feed.FOLDER] = str(Path(folder.name, "live"))
        config.add_cleanup(folder.cleanup)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out slow tests without --slow, and put timing tests last.

    Slow tests run without --slow too if they are benchmarks that are
    measured, or if tests were chosen by their names.
    """
    is_chosen = any("::" in argument for argument in config.args)
    is_chosen |= config.getoption("--slow") or config.option.benchmark_only
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow and not is_chosen:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
    items.sort(key=lambda item: bool(item.get_closest_marker("timing")))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Run a test that depends on the clock while no other test runs.

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
    return {"environment": f"{where}, {environment_summary()}"}


@pytest.fixture
def traced(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fail the test if something that it started is left after 10 s.

    These are processes, with the ports that they listen at, temporary files,
    and named semaphores or shared memory that no process uses any more. It
    cannot be seen which test made the latter. So they count only if no other
    test runs at the same time: with -n0, or in a test marked `timing`.
    """
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    alone |= bool(request.node.get_closest_marker("timing"))
    mark = uuid.uuid4().hex
    monkeypatch.setenv("LAB_TEST", mark)
    # A short path: it holds sockets, whose names may not be long.
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        for name in "TMPDIR", "TEMP", "TMP":
            monkeypatch.setenv(name, folder)
        before = list_shared_memory()
        yield
        deadline = time.monotonic() + 10
        while True:
            processes = find_marked(mark)
            left = [describe(process) for process in processes]
            left += [
                path.name
                for path in Path(folder).iterdir()
                if not path.match("uv-*.lock")  # which uv never removes
            ]
            if alone:
                left += find_unused(list_shared_memory() - before)
            if not left or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        for process in processes:
            process.kill()
        psutil.wait_procs(processes, 2)
    assert left == []


@pytest.fixture
def small_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a course of the twins 2 and 1, and of 3, which has no entry.

    Returns:
        The folder in place of the project's.
    """
    write_lessons(tmp_path, monkeypatch, SMALL_CATALOGUE, **SMALL_LESSONS)
    return tmp_path


@pytest.fixture
def live_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of the test's own for live views."""
    folder = tmp_path / "live"
    monkeypatch.setenv(feed.FOLDER, str(folder))
    return folder


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Yield the address of a practice site, without a slash at its end."""
    with practice_site(["/"]) as urls:
        yield urls[0].rstrip("/")


@pytest.fixture
def read_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReadLog:
    """Have practice sites log their requests; return what reads the log."""
    log = tmp_path / "site.jsonl"
    monkeypatch.setenv("PRACTICE_SITE_LOG", str(log))

    def read() -> list[dict[str, Any]]:
        if not log.exists():
            return []
        return [json.loads(line) for line in log.read_text().splitlines()]

    return read


@pytest.fixture
def run_lesson(traced: None, read_log: ReadLog, tmp_path: Path) -> RunLesson:
    """Return a function that runs a lesson with some constants changed.

    As soon as `when` is true of the lesson's process, `then` is called with
    it. By default that is Ctrl-C, sent to the whole group as a terminal does.
    Files go to a folder of the test, and none may be incomplete at the end.
    """

    def run(
        number: str,
        /,
        when: Condition | None = None,
        then: Callable[[psutil.Process], object] = press_ctrl_c,
        **changes: Any,
    ) -> RunResult:
        lesson = find_once(number)
        downloads = tmp_path / "downloads"
        if "FOLDER" in lesson.constants:
            changes.setdefault("FOLDER", str(downloads))
        with start_lesson(
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
            out, err = child.communicate(timeout=TIMEOUT)
        assert not list(downloads.glob("*.part"))
        return RunResult(
            child.returncode, out.splitlines(), err.splitlines(), read_log()
        )

    return run


@pytest.fixture
def invoke(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Invoke:
    """Return a function that runs the command in this process."""

    def run(*arguments: str) -> Answer:
        caplog.clear()
        status: int | str | None
        try:
            status = app.run(arguments)
        except SystemExit as end:
            status = end.code or 0
        return Answer(status, *capfd.readouterr(), list(caplog.messages))

    return run
