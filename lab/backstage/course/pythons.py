"""Runs lessons on other interpreters, each in an environment of its own."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from backstage.course.catalogue import ROOT, Lesson
from backstage.course.running import measure_lesson
from backstage.course.sequence import format_row, print_results
from backstage.errors import LabError
from backstage.processes import kill_tree

CLOCK_INTERVAL = 0.5  # seconds between two updates of the clock
REASON_WIDTH = 60  # columns of uv's message, at most

# Patterns in the messages of uv that name addresses or do not fit on a line.
REASONS = {
    r"^error: No interpreter found": "uv cannot find this Python",
    r"Failed to download `https?:": (
        "not installed here, and the download failed"
    ),
    r"Python requirement: `(.+?)`": r"the lessons need Python \1",
}


class NoPythonError(LabError):
    """An interpreter, or the packages for it, cannot be installed.

    Attributes:
        reason: Why, without the name of the interpreter.
    """

    def __init__(self, python: str, reason: str) -> None:
        super().__init__(f"Python {python}: {reason}")
        self.reason = reason


@contextmanager
def make_environment(python: str) -> Iterator[str]:
    """Make a temporary environment with the packages of uv.lock.

    The project's own environment is left alone.

    Args:
        python: A version such as "3.15t", a path, or anything else that
            `uv --python` accepts.

    Yields:
        The path of the interpreter in the environment.

    Raises:
        NoPythonError: If uv cannot make the environment.
        LabError: If uv is not installed.
    """
    uv = os.environ.get("UV") or shutil.which("uv")
    if not uv:
        raise LabError("uv is needed for this, and is not found")
    # So that uv finds the Python that runs this, too.
    own = [sys.base_prefix, str(Path(sys.base_prefix, "bin"))]
    path = os.pathsep.join([*os.get_exec_path(), *own])
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        command = [uv, "sync", "--project", str(ROOT), "--python", python]
        command += ["--frozen", "--no-dev", "--compile-bytecode", "--quiet"]
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"UV_PROJECT_ENVIRONMENT": folder, "PATH": path},
        ) as sync:
            errors = _wait(sync, f"an environment for Python {python}")
        if sync.returncode:
            raise NoPythonError(python, _find_reason(errors))
        scripts = sysconfig.get_path("scripts", "venv", {"base": folder})
        yield str(Path(scripts, "python"))


def run_matrix(
    pythons: Sequence[str], lesson: Lesson, changes: Mapping[str, str]
) -> int:
    """Run a lesson on several interpreters, and print a table of results.

    One that cannot be installed is reported in one line and in the table.

    Args:
        pythons: As for `make_environment`.
        lesson: What to run.
        changes: The sources of new values, by the names of its constants.

    Returns:
        0, or 1 if an interpreter cannot be installed or if the lesson failed.
    """
    rows = []
    succeeded = True
    for python in pythons:
        try:
            with make_environment(python) as interpreter:
                result = measure_lesson(lesson, changes, interpreter)
        except NoPythonError as error:
            print(f"lab: {error}", file=sys.stderr)
            rows.append([python, "-", "-", error.reason])
            succeeded = False
        else:
            rows.append(format_row(python, result))
            succeeded = succeeded and result.status == 0
    print_results("Python", rows)
    return 0 if succeeded else 1


def _wait(sync: subprocess.Popen[str], title: str) -> str:
    """Wait for uv, with a clock in the terminal; return its messages."""
    clock = tqdm(
        desc=title, bar_format="{desc}: {elapsed}", leave=False, disable=None
    )
    try:
        with clock:
            while True:
                try:
                    return sync.communicate(timeout=CLOCK_INTERVAL)[1]
                except subprocess.TimeoutExpired:
                    clock.refresh()
    except BaseException:
        kill_tree(sync)
        raise


def _find_reason(messages: str) -> str:
    """Return why uv failed, in one short line."""
    for pattern, reason in REASONS.items():
        match = re.search(pattern, messages, re.MULTILINE)
        if match:
            return match.expand(reason)
    match = re.search(r"^error: (.+)", messages, re.MULTILINE)
    if not match:
        return "uv failed"
    return textwrap.shorten(match[1], REASON_WIDTH, placeholder=" ...")
