"""Commands that run lessons: run, all, quick, on, matrix, check."""

import sys

import click

from backstage.cli.lessons import lesson_arguments, parse_lesson, parse_lessons
from backstage.cli.options import quiet_option
from backstage.errors import UsageError


@click.command()
@click.option(
    "--film",
    is_flag=True,
    help="Use the constants for filming: a run long enough to be seen.",
)
@quiet_option
@lesson_arguments
def run(arguments: tuple[str, ...], film: bool) -> int:
    """Run lessons: `lab 03 04` is short for `lab run 03 04`.

    NAME=VALUE changes a constant in each of the lessons.
    """
    from backstage.course import sequence

    chosen = parse_lessons(arguments)
    if film:
        chosen = [
            (lesson, {**lesson.notes.film, **changes})
            for lesson, changes in chosen
        ]
    return sequence.run_lessons(chosen)


@click.command("all")
@click.option(
    "--no-pause", is_flag=True, help="Do not wait for Enter between lessons."
)
@quiet_option
def run_all(no_pause: bool) -> int:
    """Run the whole course, with a table at its end.

    In a terminal it waits for Enter before each next lesson. The exit status
    is 1 if a lesson failed.
    """
    from backstage.course import sequence

    in_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    pauses = in_terminal and not no_pause
    return sequence.run_course(pauses, quick=False)


@click.command()
@quiet_option
def quick() -> int:
    """Run all lessons with small constants, in two minutes.

    The constants are in lab/course.toml. The same table as that of `all`
    comes at the end.
    """
    from backstage.course import sequence

    return sequence.run_course(pauses=False, quick=True)


@click.command()
@click.argument("python")
@quiet_option
@lesson_arguments
def on(python: str, arguments: tuple[str, ...]) -> int:
    """Run lessons on another Python.

    PYTHON is a version such as 3.15t, or a path. It gets an environment of
    its own, which is removed afterwards. uv downloads a Python that is not
    installed.
    """
    from backstage.course import pythons, sequence

    chosen = parse_lessons(arguments)
    with pythons.make_environment(python) as interpreter:
        return sequence.run_lessons(chosen, interpreter)


@click.command()
@click.argument("versions", metavar="PYTHON,PYTHON")
@quiet_option
@lesson_arguments
def matrix(versions: str, arguments: tuple[str, ...]) -> int:
    """Run a lesson on several Pythons, with a table at the end.

    A Python that cannot be installed is named in one line, and the others
    run. The exit status is then 1, as it is if the lesson failed.
    """
    from backstage.course import pythons

    names = [name for name in versions.split(",") if name]
    if not names:
        raise UsageError(f"no Python in {versions!r}")
    return pythons.run_matrix(names, *parse_lesson(arguments))


@click.command()
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How many times to run it.",
)
@lesson_arguments
def check(arguments: tuple[str, ...], runs: int) -> int:
    """Run a lesson, and decide whether its prediction holds.

    The condition is in lab/course.toml. If this machine cannot show it,
    a line says why: an old Python, too few cores, other programs that are
    busy, or cores whose speed changes. The exit status is 1 if the prediction
    failed.
    """
    from backstage.course import check

    return check.check_lesson(*parse_lesson(arguments), runs)
