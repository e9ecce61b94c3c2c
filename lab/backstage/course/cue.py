"""The instructor's cue sheet of a lesson."""

import shlex
import textwrap

from backstage.course.catalogue import Lesson

WIDTH = 79  # columns
INDENT = 8  # columns before what is said of each heading


def sheet(lesson: Lesson) -> str:
    """Return what an instructor needs to film a lesson, in 79 columns.

    What the catalogue does not say of the lesson is left out.
    """
    notes = lesson.notes
    run = f"uv run lab {lesson.number}"
    rows = [("run", f"{run}  ({notes.seconds:g} s)" if notes.seconds else run)]
    if notes.film:
        changes = [f"{name}={value}" for name, value in notes.film.items()]
        rows.append(("film", f"{run} --film  ({shlex.join(changes)})"))
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
    lines = textwrap.wrap(f"{lesson.name}: {lesson.title}", WIDTH)
    for heading, text in rows:
        if text:
            lines += textwrap.wrap(
                " ".join(text.split()),
                WIDTH,
                initial_indent=f"{heading:<{INDENT}}",
                subsequent_indent=" " * INDENT,
                break_on_hyphens=False,
            )
    return "\n".join(lines)
