"""The practice site, and commands for contributors."""

import logging

import click

from backstage.cli.lessons import LessonType, parse_unchanged_lessons
from backstage.cli.options import quiet_option

log = logging.getLogger(__name__)


@click.command()
def site() -> None:
    """Run the practice site until Ctrl-C, and show its requests.

    Lessons use it if PRACTICE_SITE is set to the address that it prints.
    """
    from backstage.site import foreground

    foreground.serve_in_foreground()


@click.command(hidden=True)
@click.argument("name")
def new(name: str) -> int:
    """Begin a new lesson: its script, catalogue entry and test.

    NAME is that of the file, without ".py", such as 60_name. Its number says
    where it goes: one digit into basics/, 01 to 14 into lab/, others into
    lab/toolbox/.
    """
    from backstage.course import new

    paths = new.create_lesson(name)
    for path in paths:
        print(f"wrote {path}")
    number = name.partition("_")[0]
    print(f"run it: uv run lab {number}")
    print(f"then: uv run lab pictures {number} && uv run lab readme")
    return 0


@click.command(hidden=True)
@quiet_option
@click.argument(
    "arguments", metavar="[LESSON]...", nargs=-1, type=LessonType()
)
def pictures(arguments: tuple[str, ...]) -> int:
    """Run lessons and draw each into lab/pictures/, for the README.

    Without a number it draws all of them. Lessons that share a time axis
    with one that is named are drawn as well.
    """
    from backstage.system import environment_summary
    from backstage.watch.pictures import draw_lessons

    chosen = parse_unchanged_lessons(arguments) if arguments else []
    log.info(environment_summary())
    draw_lessons(chosen)
    return 0


@click.command(hidden=True)
@click.option(
    "--tables", is_flag=True, help="Only write the tables; run nothing."
)
@quiet_option
def readme(tables: bool) -> int:
    """Run all lessons and write what they print into the README's table."""
    from backstage.course import readme
    from backstage.system import environment_summary

    if tables:
        readme.write_readmes({})
        return 0
    log.info(environment_summary())
    readme.measure_lessons()
    return 0


@click.command(hidden=True)
@click.argument("names", metavar="[GUIDE]...", nargs=-1)
@quiet_option
def guides(names: tuple[str, ...]) -> int:
    """Run the lessons that the guides show, and write their output there.

    GUIDE is the beginning of a file's name in lab/guides, such as 02.
    """
    from backstage.course import guides
    from backstage.system import environment_summary

    log.info(environment_summary())
    guides.write_guides(names)
    return 0


@click.command(hidden=True)
def results() -> int:
    """Write lab/RESULTS.md, its pictures and the README's lines on results.

    They show the results in tests/benchmarks/results.json.
    """
    from backstage.bench.page import write_results

    write_results()
    return 0
