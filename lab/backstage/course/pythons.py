"""Lessons on other interpreters, each in an environment of its own."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tqdm import tqdm

from backstage.course.catalogue import ROOT, Lesson, Take, end_family, take
from backstage.course.sequence import table

TICK = 0.5  # seconds between two looks at the clock while uv is at work


@contextmanager
def environment(python: str) -> Iterator[str]:
    """Make an environment of what uv.lock names, on another interpreter.

    Arguments: `python`, a request as uv takes it: "3.15t", or a path.

    Yields the path of its interpreter; the project's own environment is left
    alone, and this one is removed afterwards.

    Raises ChildProcessError, in one line, where uv cannot make it.
    """
    uv = os.environ.get("UV") or shutil.which("uv")
    if not uv:
        raise ChildProcessError("uv is needed for this, and is not found")
    # This very Python is at hand, wherever it is.
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
            raise ChildProcessError(f"Python {python}: {_reason(errors)}")
        scripts = sysconfig.get_path("scripts", "venv", {"base": folder})
        yield str(Path(scripts, "python"))


def compare(
    pythons: Sequence[str], lesson: Lesson, changes: Mapping[str, str]
) -> int:
    """Run a lesson on each of these Pythons, and show a table of them.

    One that is not to be had is told in a line and left out of the table.
    Returns 0, or 1 where a Python was not to be had or the lesson failed.
    """
    takes: list[tuple[str, Take]] = []
    for python in pythons:
        with ExitStack() as stack:
            try:
                interpreter = stack.enter_context(environment(python))
            except ChildProcessError as error:
                print(f"lab: {error}", file=sys.stderr)
                continue
            takes.append((python, take(lesson, changes, interpreter)))
    if takes:
        print(table("Python", takes))
    good = [one for _, one in takes if one.status == 0]
    return 0 if len(good) == len(pythons) else 1


def _wait(sync: subprocess.Popen[str], what: str) -> str:
    """Wait for uv, with a clock in the terminal; return what it complains."""
    clock = tqdm(
        desc=what, bar_format="{desc}: {elapsed}", leave=False, disable=None
    )
    try:
        with clock:
            while True:
                try:
                    return sync.communicate(timeout=TICK)[1]
                except subprocess.TimeoutExpired:
                    clock.refresh()
    except BaseException:
        end_family(sync)
        raise


def _reason(errors: str) -> str:
    """Return the first and the last of uv's reasons as one line."""
    reasons = re.findall(r"(?m)^(?:error|\s+cause|\s+Caused by): (.+)", errors)
    ends = [reasons[0], reasons[-1]] if reasons else ["uv failed"]
    return ": ".join(dict.fromkeys(ends))
