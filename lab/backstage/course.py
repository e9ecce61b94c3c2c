"""The whole course: every lesson in learning order, and a table at the end."""

import os
import subprocess
import sys
import textwrap
from time import perf_counter

from .catalogue import Lesson, exit_status, lessons, started

WIDTH = 79  # columns of the table


def take_all() -> int:
    """Run every lesson, wait for Enter before each next one in a terminal.

    Ends with a table of lesson, exit status, seconds and last line; the end
    of the input ends the course early. Returns 0, or 1 where a lesson failed.
    """
    pauses = sys.stdin.isatty() and sys.stdout.isatty()
    rows: list[tuple[Lesson, int, float, str]] = []
    for lesson in lessons():
        if pauses and rows:
            try:
                input(f"Enter for {lesson.name} ")
            except EOFError:
                print()
                break
        rows.append((lesson, *_take(lesson)))
    head = f"{'lesson':<6} {'status':>6} {'seconds':>7}  "
    print(f"\n{head}last line")
    for lesson, status, seconds, last in rows:
        row = f"{lesson.number:<6} {status:>6} {seconds:>7.1f}  "
        lines = textwrap.wrap(last, WIDTH - len(row))
        print(row + f"\n{' ' * len(row)}".join(lines))
    return 1 if any(status for _, status, _, _ in rows) else 0


def _take(lesson: Lesson) -> tuple[int, float, str]:
    """Run a lesson; return its status, seconds and last line."""
    print(lesson.name, file=sys.stderr, flush=True)
    line = ""
    start = perf_counter()
    try:
        with started(
            lesson,
            {},
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},  # lines as they come
        ) as child:
            for line in child.stdout or ():
                print(line, end="", flush=True)
    except KeyboardInterrupt:
        sys.exit(130)  # the lesson has said why
    return exit_status(child), perf_counter() - start, line.strip() or "-"
