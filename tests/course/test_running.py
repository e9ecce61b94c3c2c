"""Lessons as child processes: what they print, and how they end."""

import os
import shlex
import signal
import subprocess
import threading
from pathlib import Path

import psutil
import pytest

from backstage.course.catalogue import lessons
from backstage.course.running import (
    RunResult,
    announce,
    capture_lesson,
    measure_lesson,
    run_lesson,
    start_lesson,
)
from backstage.course.selection import find
from backstage.system import environment_summary
from support.commands import start_lab
from support.lessons import write_lessons
from support.processes import computing, wait_until

needs_groups = pytest.mark.skipif(
    os.name == "nt", reason="no process groups that can be signalled"
)


def test_a_lesson_runs_in_this_terminal(
    small_course: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "backstage")
    assert run_lesson(find("1"), {"SIZE": "7"}) == 0
    assert capfd.readouterr().out == "one 7\n"
    assert caplog.messages == [
        environment_summary(),
        "basics/1_one.py SIZE=7 OTHER=1",
        "note: its twin 2 has SIZE=2",
    ]


def test_a_failing_lesson_has_its_own_exit_status(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    write_lessons(tmp_path, monkeypatch, _1_bad="raise SystemExit(3)")
    assert run_lesson(find("1"), {}) == 3


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_a_lesson_that_a_signal_ends_has_the_status_of_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    write_lessons(tmp_path, monkeypatch, _1_killed=body)
    assert capture_lesson(find("1"), {}).returncode == 128 + signal.SIGKILL


def test_a_measured_lesson_shows_its_output_and_has_a_result(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    body = "print('first'); print('last '); raise SystemExit(3)"
    write_lessons(tmp_path, monkeypatch, _1_bad=body)
    result = measure_lesson(find("1"), {})
    assert capfd.readouterr().out == "first\nlast \n"
    assert result == RunResult(3, result.seconds, "last")
    assert result.seconds > 0


def test_a_captured_lesson_shows_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    body = "import sys; print('out'); print('errors', file=sys.stderr)"
    write_lessons(tmp_path, monkeypatch, _1_both=body)
    result = capture_lesson(find("1"), {})
    assert (result.returncode, result.stdout) == (0, "out\n")
    assert result.stderr == "errors\n"
    assert capfd.readouterr() == ("", "")


def test_a_long_value_is_announced_within_80_columns(
    small_course: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "backstage")
    pages = '["/delay/10"] * 8 + ["/status/200?a", "/status/200?b"][:0]'
    announce(find("1"), {"SIZE": pages})
    lines = caplog.messages[1].splitlines()
    assert max(map(len, lines)) < 80
    arguments = shlex.split(" ".join(line.strip() for line in lines))
    assert arguments[1] == f"SIZE={pages}"


@needs_groups
@pytest.mark.parametrize(
    "send", ["killpg", pytest.param("kill", marks=pytest.mark.slow)]
)
def test_ctrl_c_ends_the_lesson_and_the_command(
    send: str, traced: None, tmp_path: Path
) -> None:
    with start_lab(
        "1",
        "WORK=2_000_000",
        "JOBS=400",
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
    ) as command:
        process = psutil.Process(command.pid)
        wait_until(lambda: len(computing(process)) >= 2)
        getattr(os, send)(command.pid, signal.SIGINT)
        _, errors = command.communicate(timeout=10)
    assert command.returncode == 130
    *_, last = errors.splitlines()
    assert last == "1_multiprocess.py: stopped by Ctrl-C"
    assert errors.count("Ctrl-C") == 1
    assert not list(tmp_path.glob("lab-*"))


@needs_groups
@pytest.mark.parametrize("arguments", [["10"], ["all"], ["calibrate"]])
def test_ctrl_c_right_after_the_start_is_one_line(
    arguments: list[str], traced: None
) -> None:
    """The lesson is not even imported then."""
    with start_lab(
        *arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as command:
        assert command.stderr
        assert command.stderr.readline() == f"{environment_summary()}\n"
        children = psutil.Process(command.pid).children
        wait_until(lambda: arguments == ["calibrate"] or bool(children()))
        os.killpg(command.pid, signal.SIGINT)
        _, errors = command.communicate(timeout=10)
    assert command.returncode == 130
    *_, last = errors.splitlines()
    assert last.endswith(": stopped by Ctrl-C")
    assert "Traceback" not in errors


@needs_groups
@pytest.mark.slow
def test_a_terminated_command_ends_its_lesson(traced: None) -> None:
    with start_lab(
        "03", "WORK=100_000_000", stderr=subprocess.DEVNULL
    ) as command:
        process = psutil.Process(command.pid)
        wait_until(lambda: bool(computing(process)))
        command.terminate()
        assert command.wait(timeout=10) == 128 + signal.SIGTERM


STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
if sys.platform != "win32":
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
code = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)"
workers = [
    subprocess.Popen([sys.executable, "-c", code + "; time.sleep(60)"])
    for _ in range(2)
]
print("ready", flush=True)
time.sleep(60)
"""


MULTIPLYING = """
import signal, subprocess, sys, time
code = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)"
def start_another(*_):
    subprocess.Popen([sys.executable, "-c", code + "; time.sleep(60)"])
signal.signal(signal.SIGINT, start_another)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
print("ready", flush=True)
while True:
    time.sleep(1)
"""


@needs_groups
@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "again"),
    [
        (STUBBORN, True),
        pytest.param(STUBBORN, False, marks=pytest.mark.slow),
        pytest.param(MULTIPLYING, False, marks=pytest.mark.slow),
    ],
)
def test_a_lesson_that_ignores_ctrl_c_leaves_no_worker(
    body: str,
    again: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    traced: None,
) -> None:
    write_lessons(tmp_path, monkeypatch, _1_stubborn=body)
    (lesson,) = lessons()
    second = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))

    def interrupt() -> None:
        with start_lesson(lesson, {}, stdout=subprocess.PIPE) as child:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
            if again:  # while the lesson is being stopped
                second.start()
            raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            interrupt()  # `traced` looks for the workers
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
