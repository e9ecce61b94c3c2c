"""The measured lines of the README, written by a run of every lesson."""

import datetime
import platform
import re
import subprocess

from .catalogue import README, Lesson, lessons, started
from .machine import truth

BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"


def measure() -> None:
    """Run every lesson and write its last line into its row of the README.

    The rows stand between two markers; their last cell is the line, and the
    sentence before the table names machine, Python and date.

    Raises ChildProcessError where a lesson fails, and OSError where the
    README lacks a row: it stays as it was.
    """
    text = README.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    block, end, after = rest.partition(END)
    block = re.sub(
        r"^Measured .*$", _where_and_when(), block, flags=re.MULTILINE
    )
    for lesson in lessons():
        print(f"{lesson.name}: ", end="", flush=True)
        line = last_line(lesson)
        print(line)
        block = fill_row(block, lesson, line)
    text = before + begin + block + end + after
    README.write_text(text, "utf-8", newline="\n")


def last_line(lesson: Lesson) -> str:
    """Return the last line that a run of the lesson prints.

    Raises ChildProcessError where the lesson fails.
    """
    with started(
        lesson, {}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        out, err = child.communicate()
    if child.returncode:
        raise ChildProcessError(err.strip() or f"{lesson.name} failed")
    return out.splitlines()[-1]


def fill_row(block: str, lesson: Lesson, line: str) -> str:
    """Return the table `block` with `line` as the lesson's last cell.

    Raises OSError where the table has no row for the lesson.
    """
    row = re.compile(
        rf"^(\|.*{re.escape(lesson.name)}.*\|).*\|$", re.MULTILINE
    )
    block, count = row.subn(lambda m: f"{m[1]} `{line}` |", block)
    if count != 1:
        raise OSError(f"{count} rows for {lesson.name} in {README.name}")
    return block


def _where_and_when() -> str:
    """Return the sentence that names machine, Python and date."""
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"Measured on {platform.system()} {platform.machine()}, {truth()}, on "
        f"{today}, by `uv run lab readme`."
    )
