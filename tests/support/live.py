"""Lessons and terminals for the tests of the live view."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backstage.live.follower import Follower
from backstage.live.run import LiveRun
from support.processes import wait_until

HEAD = """
import multiprocessing, os, sys, threading, time
import requests
from backstage import practice_site, run

def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(1_000))
"""


def write_lesson(script: Path, main: str) -> None:
    """Write a lesson whose `main` has this source."""
    script.write_text(
        f'"""A lesson."""\n{HEAD}\nSIZE = 1  # items\n'
        f"def main():\n{textwrap.indent(main, '    ')}\n"
        "if __name__ == '__main__':\n    run(main)\n"
    )


@contextmanager
def start_script(script: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a script with plain `python`."""
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"PYTHONUNBUFFERED": ""},
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def follow_to_end(follower: Follower) -> LiveRun:
    """Return the run that starts next, when it has ended."""
    before = follower.run

    def has_ended() -> bool:
        follower.look()
        run = follower.run
        return run is not None and run is not before and run.has_ended

    wait_until(has_ended)
    assert follower.run
    return follower.run
