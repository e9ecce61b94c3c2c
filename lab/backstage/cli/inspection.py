"""The command that looks into a running lesson: inspect."""

import click

from backstage.cli.lessons import lesson_arguments, parse_lesson
from backstage.cli.options import quiet_option


@click.command()
@quiet_option
@lesson_arguments
def inspect(arguments: tuple[str, ...]) -> int:
    """Look into a lesson that is stuck or slow, with Python's tools.

    The lesson runs with constants that keep it busy, from lab/course.toml.
    After some seconds come the stacks of its threads, the tree of its tasks,
    the lines that use the CPU, that hold the GIL, and that use memory. The
    command for each is shown, so that you can use it for your own program.
    Then the lesson is ended.
    """
    from backstage.course.running import announce
    from backstage.inspection.inspector import inspect

    lesson, changes = parse_lesson(arguments)
    changes = {**lesson.notes.long, **changes}
    announce(lesson, changes)
    return inspect(lesson, changes)
