"""Runs lessons as child processes."""

import logging
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from backstage.course.catalogue import Lesson
from backstage.course.constants import (
    change_constants,
    is_value,
    shorten_value,
)
from backstage.course.selection import format_command
from backstage.course.twins import describe_differences
from backstage.drawing.text import COLUMNS
from backstage.processes import stop_tree
from backstage.system import environment_summary

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunResult:
    """The result of a run.

    Attributes:
        status: The exit status, as `exit_status` defines it.
        seconds: How long the run took.
        last_line: The last line of the output, or "".
    """

    status: int
    seconds: float
    last_line: str


@contextmanager
def start_lesson(
    lesson: Lesson,
    changes: Mapping[str, str],
    python: str = sys.executable,
    **options: Any,
) -> Iterator[subprocess.Popen[str]]:
    """Start a lesson as a child process, and wait until it ends.

    If the block raises an exception, the child and its own children are
    stopped. After Ctrl-C, further ones are ignored.

    Args:
        lesson: What to start.
        changes: The sources of new values, by the names of its constants.
            With changes, a copy of the script runs, in a temporary folder.
        python: The path of the interpreter.
        options: Further arguments of `subprocess.Popen`.

    Yields:
        The child process.

    Raises:
        SystemExit: With status 130 after Ctrl-C, if the lesson has reported
            it on standard error.
        KeyboardInterrupt: After Ctrl-C otherwise.
    """
    with (
        tempfile.TemporaryDirectory(prefix="lab-") as folder,
        ExitStack() as blocked,
    ):
        script = lesson.path
        if changes:
            script = Path(folder, lesson.path.name)
            script.write_text(_change_source(lesson, changes), "utf-8")
        # Ctrl-C waits here until the child can be stopped, and in the child
        # until `backstage.run` can report it.
        blocked.enter_context(_ctrl_c_blocked())
        with subprocess.Popen(
            [python, str(script)], text=True, **options
        ) as child:
            try:
                blocked.close()
                yield child
            except KeyboardInterrupt:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                stop_tree(child)
                if child.returncode == 130 and not child.stderr:
                    sys.exit(130)
                raise
            except BaseException:
                stop_tree(child)
                raise


def run_lesson(
    lesson: Lesson,
    changes: Mapping[str, str],
    python: str = sys.executable,
    companions: Collection[str] = (),
) -> int:
    """Run a lesson in this terminal, below the lines of `announce`.

    Args:
        lesson: As for `start_lesson`.
        changes: As for `start_lesson`.
        python: As for `start_lesson`.
        companions: As for `announce`.

    Returns:
        The exit status, as `exit_status` defines it.
    """
    announce(lesson, changes, python, companions)
    with start_lesson(lesson, changes, python) as child:
        child.wait()
    return exit_status(child)


def measure_lesson(
    lesson: Lesson,
    changes: Mapping[str, str],
    python: str = sys.executable,
    companions: Collection[str] = (),
) -> RunResult:
    """Run a lesson as `run_lesson` does, and return its result."""
    announce(lesson, changes, python, companions)
    line = ""
    start = perf_counter()
    with start_lesson(
        lesson,
        changes,
        python,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},  # each line at once
    ) as child:
        for line in child.stdout or ():
            print(line, end="", flush=True)
    seconds = perf_counter() - start
    return RunResult(exit_status(child), seconds, line.strip())


def capture_lesson(
    lesson: Lesson, changes: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a lesson without showing its output, and return that."""
    with start_lesson(
        lesson, changes, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        output, errors = child.communicate()
    return subprocess.CompletedProcess(
        child.args, exit_status(child), output, errors
    )


def exit_status(child: subprocess.Popen[str]) -> int:
    """Wait for a child, and return its exit status as a shell does.

    That is 128 + the number of the signal if one has ended the child.
    """
    code = child.wait()
    return code if code >= 0 else 128 - code


def announce(
    lesson: Lesson,
    changes: Mapping[str, str],
    python: str = sys.executable,
    companions: Collection[str] = (),
) -> None:
    """Log the environment summary, the constants, and where twins differ.

    Args:
        lesson: The lesson that is going to run.
        changes: The sources of its new values, by the names of constants.
        python: The path of the interpreter.
        companions: The numbers of lessons that run with the same changes.
    """
    log.info(environment_summary(python))
    constants = {
        name: shorten_value(value)
        for name, value in lesson.constants.items()
        if is_value(value)
    }
    log.info(
        textwrap.fill(
            format_command(lesson, {**constants, **changes}),
            COLUMNS,
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
    for line in describe_differences(lesson, changes, companions):
        log.info(line)


def _change_source(lesson: Lesson, changes: Mapping[str, str]) -> str:
    """Return the source of a copy that finds the files beside the lesson."""
    source = change_constants(lesson.path.read_text("utf-8"), changes)
    return source.replace("__file__", repr(str(lesson.path)))


@contextmanager
def _ctrl_c_blocked() -> Iterator[None]:
    """Delay Ctrl-C; a child that is started in this block inherits that."""
    if sys.platform == "win32":  # which cannot delay it
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
