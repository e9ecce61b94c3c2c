"""Commands that show what a lesson does: watch, replay, live, cue, record."""

import sys
from pathlib import Path

import click

from backstage.cli.lessons import (
    LessonType,
    lesson_arguments,
    parse_lesson,
    parse_unchanged_lessons,
    split_commands,
)
from backstage.cli.options import check_file, quiet_option, svg_option
from backstage.errors import UsageError


@click.command()
@svg_option
@click.option(
    "--save",
    metavar="FILE",
    type=click.Path(path_type=Path),
    callback=check_file,
    help="Write the recording to a file as well, for replay.",
)
@quiet_option
@lesson_arguments
def watch(
    arguments: tuple[str, ...], svg: Path | None, save: Path | None
) -> int:
    """Run a lesson, and draw what it did to the machine.

    The title is the finding. Below it are the requests that the practice
    site saw, and what each thread and process did: computing, or waiting,
    and for what. All of it is seen from outside. After Ctrl-C the part until
    then is drawn.
    """
    from backstage.course.running import announce
    from backstage.files import write_atomically
    from backstage.watch import events, watcher
    from backstage.watch.fitting import lay_out_for_svg, lay_out_for_terminal
    from backstage.watch.svg import draw_svg
    from backstage.watch.terminal import draw_text

    lesson, changes = parse_lesson(arguments)
    announce(lesson, changes)
    recording = watcher.watch(lesson, changes, sys.stdout)
    layout = lay_out_for_terminal(recording, lesson)
    print(f"\n{draw_text(layout)}", flush=True)
    if svg:
        write_atomically(svg, draw_svg(lay_out_for_svg(recording, lesson)))
    if save:
        events.save(recording.log, save)
    if recording.stopped:
        raise recording.stopped
    return recording.status


@click.command()
@svg_option
@click.argument("file", type=click.Path(path_type=Path))
def replay(file: Path, svg: Path | None) -> int:
    """Print a saved run of a lesson, and draw it again.

    `lab watch --save FILE` writes the file: one event on each line.
    """
    from backstage.course.selection import find
    from backstage.files import write_atomically
    from backstage.watch import events
    from backstage.watch.fitting import lay_out_for_svg, lay_out_for_terminal
    from backstage.watch.recording import rebuild
    from backstage.watch.svg import draw_svg
    from backstage.watch.terminal import draw_text

    try:
        event_log = events.load(file)
        lesson = find(event_log.lesson)
    except OSError as error:
        raise UsageError(str(error)) from None
    recording = rebuild(event_log)
    for line in recording.lines:
        print(line.text)
    print(f"\n{draw_text(lay_out_for_terminal(recording, lesson))}")
    if svg:
        write_atomically(svg, draw_svg(lay_out_for_svg(recording, lesson)))
    return 0


@click.command()
@click.option("--web", is_flag=True, help="Serve it as a page for a browser.")
def live(web: bool) -> None:
    """Show what lessons do while they run, in a second terminal.

    It follows whichever lesson starts next, in any other terminal: which
    threads and processes compute, and what the others wait for. At the end
    of the lesson the finding stays, until another one starts. Ctrl-C ends it.
    """
    if web:
        from backstage.live import web as page

        page.serve()
    else:
        from backstage.live import view

        view.show_in_terminal()


@click.command()
@lesson_arguments
def cue(arguments: tuple[str, ...]) -> int:
    """Print what an instructor needs to film a lesson.

    That is what to say before, during and after the run, the command, the
    constants that are worth changing, and what to watch.
    """
    from backstage.course.cue import format_cue_sheet

    sheets = [
        format_cue_sheet(lesson)
        for lesson in parse_unchanged_lessons(arguments)
    ]
    print("\n\n".join(sheets))
    return 0


@click.command()
@click.option(
    "--quiet", is_flag=True, help="Record the commands with --quiet."
)
@click.option("--live", is_flag=True, help="Show the live view below them.")
@svg_option
@click.argument(
    "arguments",
    metavar="(LESSON [NAME=VALUE]...)...",
    nargs=-1,
    required=True,
    type=LessonType(),
)
def record(
    arguments: tuple[str, ...], quiet: bool, live: bool, svg: Path | None
) -> int:
    """Record a take of lessons as an asciicast of 80 columns.

    The command is typed, the lesson runs, and its last line stays for some
    seconds. Then the next lesson follows: 03 03 WORK=20_000_000 records two
    commands, and the second one changes a constant. Each take is a new file
    in lab/recordings/. asciinema and its web player show it; --svg writes an
    animated picture too, which GitHub plays in a README.
    """
    from backstage.takes import take

    commands = [
        (*parse_lesson(command), [*command, *["--quiet"] * quiet])
        for command in split_commands(arguments)
    ]
    return take.record(commands, live=live, svg=svg)
