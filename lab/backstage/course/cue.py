"""The instructor's cue sheet for a lesson."""

import shlex
import textwrap

from backstage.course.catalogue import Lesson
from backstage.drawing.text import COLUMNS

INDENT = 8  # columns of the headings


def format_cue_sheet(lesson: Lesson) -> str:
    """Return what an instructor needs to film a lesson, in 79 columns.

    Fields that the catalogue leaves empty are left out.
    """
    lines = textwrap.wrap(f"{lesson.name}: {lesson.title}", COLUMNS)
    for heading, text in _list_rows(lesson):
        if text:
            lines += textwrap.wrap(
                " ".join(text.split()),
                COLUMNS,
                initial_indent=f"{heading:<{INDENT}}",
                subsequent_indent=" " * INDENT,
                break_on_hyphens=False,
            )
    return "\n".join(lines)


def _list_rows(lesson: Lesson) -> list[tuple[str, str]]:
    """Return the rows of the sheet: a heading and a text each."""
    notes = lesson.notes
    command = f"uv run lab {lesson.number}"
    seconds = f"  ({notes.seconds:g} s)" if notes.seconds else ""
    rows = [("run", f"{command}{seconds}")]
    if notes.film:
        changes = [f"{name}={value}" for name, value in notes.film.items()]
        rows.append(("film", f"{command} --film  ({shlex.join(changes)})"))
    if notes.minutes:
        rows.append(("study", f"{notes.minutes} minutes"))
    rows += [
        ("before", notes.before),
        ("during", notes.during),
        ("after", notes.after),
        ("watch", notes.watch),
    ]
    heading = "change"
    for name, unit in lesson.units.items():
        rows.append((heading, f"{name} = {lesson.constants[name]}  # {unit}"))
        heading = ""
    return rows
