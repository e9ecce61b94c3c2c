"""Runs of `uv run lab`, as a process and in the process of the test."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil

from backstage.course.catalogue import ROOT
from support.processes import Condition, press_ctrl_c, wait_until

LAB = [sys.executable, str(ROOT / "lab")]


@contextmanager
def start_lab(
    *arguments: str, **options: Any
) -> Iterator[subprocess.Popen[str]]:
    """Start `uv run lab` with these arguments, as a terminal would."""
    with subprocess.Popen(
        [*LAB, *arguments],
        text=True,
        start_new_session=True,
        **{"env": os.environ | {"NO_COLOR": "1"}} | options,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def interrupt_lab(condition: Condition, *arguments: str) -> list[str]:
    """Press Ctrl-C when the condition is true; return the lines of errors."""
    with start_lab(
        *arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as command:
        process = psutil.Process(command.pid)
        wait_until(lambda: condition(process))
        press_ctrl_c(process)
        _, err = command.communicate(timeout=10)
    assert command.returncode == 130
    return str(err).splitlines()


def run_lab(
    *arguments: str, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run `uv run lab` to its end, which must come within `timeout` s."""
    return subprocess.run(
        [*LAB, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


@dataclass(frozen=True)
class Answer:
    """The result of a command that ran in the process of the test."""

    status: int | str | None
    out: str
    err: str
    log: list[str]


Invoke = Callable[..., Answer]
