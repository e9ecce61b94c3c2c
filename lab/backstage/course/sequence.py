"""Many lessons in a row, and a table of how each ended."""

import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from backstage.course.catalogue import Lesson, Take, lessons, play, take

WIDTH = 79  # columns of the table
LAST = 30  # columns at least for the last line, whatever stands before it


def play_all(
    chosen: Sequence[tuple[Lesson, Mapping[str, str]]],
    python: str = sys.executable,
) -> int:
    """Run these lessons; return the first status that is not 0, or 0.

    Arguments: `chosen`, lessons and changes as for `play`; `python`, too.
    """
    numbers = [lesson.number for lesson, _ in chosen]
    statuses = [
        play(lesson, changes, python, beside=numbers)
        for lesson, changes in chosen
    ]
    return next(filter(None, statuses), 0)


def take_all(pauses: bool, quick: bool) -> int:
    """Run every lesson in learning order, and show a table of them.

    Arguments: `pauses`, whether to wait for Enter before each but the first
    (the end of the input ends the course early); `quick`, whether to run
    each with the catalogue's constants for a short run.

    Returns 0, or 1 where a lesson failed.
    """
    takes: list[tuple[str, Take]] = []
    course = lessons()
    numbers = [lesson.number for lesson in course]
    for lesson in course:
        if pauses and takes:
            try:
                input(f"Enter for {lesson.name} ")
            except EOFError:
                print()
                break
        changes = lesson.notes.quick if quick else {}
        taken = take(lesson, changes, beside=numbers)
        takes.append((lesson.number, taken))
    print(table("lesson", takes))
    return 1 if any(one.status for _, one in takes) else 0


def table(name: str, takes: Iterable[tuple[str, Take]]) -> str:
    """Return a table of WIDTH columns, or a few more, a row for each take.

    Arguments: `name`, the heading of the first column; `takes`, what stands
    in that column, and the take.
    """
    rows = [(name, "status", "seconds", "last line")]
    for label, one in takes:
        seconds = f"{one.seconds:.1f}"
        rows.append((label, str(one.status), seconds, one.last or "-"))
    wide = max(len(label) for label, *_ in rows)
    lines = []
    for label, status, seconds, last in rows:
        row = f"{label:<{wide}} {status:>6} {seconds:>7}  "
        lines += textwrap.wrap(
            last,
            max(WIDTH, len(row) + LAST),
            initial_indent=row,
            subsequent_indent=" " * len(row),
        )
    return "\n" + "\n".join(lines)
