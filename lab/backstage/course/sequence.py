"""Runs several lessons one after the other, and prints a table of results."""

import sys
from collections.abc import Iterable, Mapping, Sequence

from backstage.course.catalogue import Lesson, lessons
from backstage.course.running import RunResult, measure_lesson, run_lesson


def run_lessons(
    chosen: Sequence[tuple[Lesson, Mapping[str, str]]],
    python: str = sys.executable,
) -> int:
    """Run lessons in this terminal.

    Args:
        chosen: The lessons, each with the sources of new values by the names
            of its constants.
        python: The path of the interpreter.

    Returns:
        The first exit status that is not 0, or 0.
    """
    numbers = [lesson.number for lesson, _ in chosen]
    statuses = [
        run_lesson(lesson, changes, python, companions=numbers)
        for lesson, changes in chosen
    ]
    return next(filter(None, statuses), 0)


def run_course(pauses: bool, quick: bool) -> int:
    """Run all lessons in the order of the course, and print a table.

    Args:
        pauses: Whether to wait for Enter before each lesson except the first.
            The end of the input ends the course.
        quick: Whether to use the catalogue's constants for a short run.

    Returns:
        1 if a lesson failed, or else 0.
    """
    course = lessons()
    numbers = [lesson.number for lesson in course]
    results = dict[str, RunResult]()
    for lesson in course:
        if pauses and results:
            try:
                input(f"Enter for {lesson.name} ")
            except EOFError:
                print()
                break
        changes = lesson.notes.quick if quick else {}
        results[lesson.number] = measure_lesson(
            lesson, changes, companions=numbers
        )
    rows = [format_row(number, result) for number, result in results.items()]
    print_results("lesson", rows)
    return 1 if any(result.status for result in results.values()) else 0


def format_row(label: str, result: RunResult) -> list[str]:
    """Return the cells of a row of the table of results."""
    seconds = f"{result.seconds:.1f}"
    return [label, str(result.status), seconds, result.last_line or "-"]


def print_results(heading: str, rows: Iterable[Sequence[str]]) -> None:
    """Print a table of results below an empty line.

    Args:
        heading: That of the first column.
        rows: For each run its label, status, seconds, and last line.
    """
    from rich.table import Column, Table  # slow to import

    from backstage.tables import print_table

    table = Table(
        Column(heading, overflow="fold"),
        Column("status", justify="right"),
        Column("seconds", justify="right"),
        Column("last line", overflow="fold"),
    )
    for row in rows:
        table.add_row(*row)
    print()
    print_table(table)
