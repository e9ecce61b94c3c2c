"""A lesson behaves the same whether a live view listens or not."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from backstage import feed

MAINS = {
    "lines": "print('one'); print('two')",
    "no line break": "print('one', end='', flush=True); print('two', end='')",
    "bytes": "sys.stdout.flush(); sys.stdout.buffer.write(b'\\xff\\n')",
    "status": "print('one'); sys.exit(3)",
    "failure": "print('one'); raise OSError('no disk')",
    "os._exit": "print('one'); os._exit(5)",
    "start method": "multiprocessing.set_start_method('spawn')",
    "attributes": "out = sys.stdout; print(out.name, out.mode, out.encoding,"
    " out.fileno(), out.isatty(), out.writable())",
    "threads": "threads = [threading.Thread(target=print, args=['x' * 99])"
    " for _ in range(40)]; [t.start() for t in threads];"
    " [t.join() for t in threads]",
    "no folder": "print('one'); shutil.rmtree(os.environ['LAB_LIVE'],"
    " ignore_errors=True); print('two')",
    "fork": "print('one'); os.fork() or os._exit(9); os.wait()",
}
ONLY_POSIX = {"fork", "no folder"}


@pytest.fixture
def listener(live_folder: Path) -> Path:
    """Return the folder of a live view that listens."""
    folder = live_folder / "view"
    folder.mkdir(parents=True)
    (folder / feed.ALIVE).touch()
    late = time.time() + 3600  # a busy machine may need long for a test
    os.utime(folder / feed.ALIVE, (late, late))
    return folder


def run_main(
    folder: Path, main: str, live: Path, unbuffered: str = ""
) -> tuple[int, bytes, bytes]:
    """Run a script with this `main`; return its status, output and errors."""
    script = folder / "1_child.py"
    script.write_text(
        "import multiprocessing, os, shutil, signal, sys, threading\n"
        "from backstage import run\n"
        "NUMBER = 1\n"
        f"def main():\n    {main}\n"
        "if __name__ == '__main__':\n    run(main)\n"
    )
    result = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        check=False,
        env=os.environ
        | {feed.FOLDER: str(live), "PYTHONUNBUFFERED": unbuffered},
    )
    return result.returncode, result.stdout, result.stderr


def read_items(listener: Path) -> list[dict[str, Any]]:
    """Return what was reported to a live view."""
    (file,) = listener.glob("*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize(
    "name",
    [
        name
        if name in ("lines", "threads")
        else pytest.param(name, marks=pytest.mark.slow)
        for name in MAINS
    ],
)
def test_a_lesson_behaves_as_without_a_live_view(
    name: str, listener: Path, live_folder: Path, tmp_path: Path
) -> None:
    if os.name == "nt" and name in ONLY_POSIX:
        pytest.skip("not on Windows")
    seen = run_main(tmp_path, MAINS[name], live_folder)
    if name != "no folder":
        assert list(listener.glob("*.jsonl"))
    unseen = run_main(tmp_path, MAINS[name], tmp_path / "nobody")
    assert seen == unseen


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_output_that_cannot_be_written_is_the_same_error(
    listener: Path, live_folder: Path, tmp_path: Path
) -> None:
    script = tmp_path / "1_child.py"
    script.write_text(
        "from backstage import run\nrun(lambda: print('one', flush=True))\n"
    )
    statuses = []
    for folder in live_folder, tmp_path / "nobody":
        with open("/dev/full", "w") as full:  # noqa: PTH123
            result = subprocess.run(
                [sys.executable, str(script)],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                env=os.environ | {feed.FOLDER: str(folder)},
            )
        assert "Traceback" not in result.stderr
        statuses.append(result.returncode)
    assert list(listener.glob("*.jsonl"))
    assert statuses[0] == statuses[1] != 0


def test_the_run_and_its_lines_are_reported(
    listener: Path, live_folder: Path, tmp_path: Path
) -> None:
    run_main(tmp_path, "print('one'); print('two', end='')", live_folder)
    header, *items = read_items(listener)
    assert header["script"] == "1_child.py"
    assert header["constants"] == {"NUMBER": "1"}
    assert header["cpus"] > 0
    assert [item.get("text") for item in items] == ["one\n", "two", None]
    assert items[-1]["end"] == 0
    times = [item["time"] for item in [header, *items]]
    assert times == sorted(times)


def test_a_run_that_ctrl_c_has_to_end_reports_its_status(
    listener: Path, live_folder: Path, tmp_path: Path
) -> None:
    """Its clean-up does not end, so the process is ended."""
    main = (
        "sleep = threading.Event().wait\n"
        "    try: signal.raise_signal(signal.SIGINT)\n"
        "    finally: sleep(60)"
    )
    status, _, errors = run_main(tmp_path, main, live_folder)
    assert (status, errors) == (130, b"1_child.py: stopped by Ctrl-C\n")
    assert read_items(listener)[-1]["end"] == 130


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_does_not_disturb_a_lesson(tmp_path: Path) -> None:
    good = tmp_path / "good"
    both = feed.Feed([Path("/dev/full"), good])
    both.add(text="one")
    both.add(text="two")
    assert len(good.read_text().splitlines()) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_does_not_report_the_end(
    listener: Path, live_folder: Path, tmp_path: Path
) -> None:
    main = "os.fork() and os.wait(); print('end', flush=True)"
    run_main(tmp_path, main, live_folder)
    items = read_items(listener)
    assert [item.get("text") for item in items[1:]] == ["end\n"] * 2 + [None]


def test_a_view_that_was_killed_is_ignored(
    listener: Path, live_folder: Path
) -> None:
    assert feed.find_listeners() == [listener]
    old = time.time() - feed.MAX_AGE - 1
    os.utime(listener / feed.ALIVE, (old, old))
    assert feed.find_listeners() == []


def test_nothing_is_imported_where_nobody_listens(tmp_path: Path) -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "from backstage.lesson.report import RunReport\n"
        "output = sys.stdout\n"
        "report = RunReport(); report.begin(print); report.end(0)\n"
        "assert sys.stdout is output\n"
        "slow = {'json', 'psutil', 'backstage.system'}\n"
        "print(slow & set(sys.modules) - before)\n"
    )
    environment = os.environ | {feed.FOLDER: str(tmp_path / "nobody")}
    out = subprocess.check_output(
        [sys.executable, "-c", code], env=environment, text=True
    )
    assert out == "set()\n"
