"""`uv run lab`, as a process and as a call."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil

from backstage.course.catalogue import ROOT
from support.processes import press_ctrl_c, wait_until

LAB = [sys.executable, str(ROOT / "lab")]


@contextmanager
def start_lab(*words: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start `uv run lab` with these words, as a terminal would."""
    with subprocess.Popen(
        [*LAB, *words],
        text=True,
        start_new_session=True,
        **{"env": os.environ | {"NO_COLOR": "1"}} | options,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def interrupt_lab(
    sign: Callable[[psutil.Process], bool], *words: str
) -> list[str]:
    """Press Ctrl-C once the sign is there; return the lines of errors."""
    with start_lab(
        *words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as director:
        process = psutil.Process(director.pid)
        wait_until(lambda: sign(process))
        press_ctrl_c(process)
        _, err = director.communicate(timeout=10)
    assert director.returncode == 130
    return str(err).splitlines()


def run_lab(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LAB, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@dataclass(frozen=True)
class Answer:
    """What a command line of the director led to, in this process."""

    status: int | str | None
    out: str
    err: str
    log: list[str]


Invoke = Callable[..., Answer]
