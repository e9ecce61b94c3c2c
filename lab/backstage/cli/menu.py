"""The menu of `lab` without any arguments: a list of lessons, and a prompt."""

import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from backstage.cli.lessons import is_lesson
from backstage.course.catalogue import lessons
from backstage.course.selection import find
from backstage.drawing.text import COLUMNS

HELP = """
Type lessons (03 04), with other constants if you like (04 WORK=1_000_000),
a command (watch 04), help, or q to quit. Enter shows the list again."""
PROMPT = "lab> "
INTERRUPTED = 130  # exit status after Ctrl-C


def print_lessons() -> None:
    """Print a line for each lesson: its number, its seconds, and its title."""
    for lesson in lessons():
        seconds = lesson.notes.seconds
        duration = f"{seconds:g} s" if seconds else ""
        line = f"{lesson.number:>2}  {duration:>4}  {lesson.title}"
        print(line if len(line) <= COLUMNS else f"{line[: COLUMNS - 1]}…")


def run_menu(run: Callable[[Sequence[str]], int]) -> None:
    """Ask for lessons and commands, and run them until the user quits.

    Args:
        run: Runs a command line of `lab` with the arguments of an answer.
    """
    _edit_lines()
    print_lessons()
    print(HELP)
    while True:
        arguments = _ask_arguments()
        if arguments in (["q"], ["quit"], ["exit"]):
            return
        if arguments == ["help"]:
            arguments = ["--help"]
        if arguments:
            if is_lesson(arguments[0]):
                arguments = [_ask_which(word) for word in arguments]
            _run_to_its_end(run, arguments)
        else:
            print_lessons()
            print(HELP)


def _edit_lines() -> None:
    """Let `input` edit lines and remember them, where Python can."""
    with suppress(ImportError):  # Windows, whose terminal edits lines itself
        import readline  # noqa: F401  it is enough to import it


def _ask_arguments() -> list[str]:
    """Return what the user types; the end of the input counts as "q"."""
    while True:
        try:
            return shlex.split(input(PROMPT))
        except EOFError:
            print()
            return ["q"]
        except ValueError as error:  # a quotation mark without its partner
            print(f"lab: {error}", file=sys.stderr)


def _ask_which(word: str) -> str:
    """Return the number of the lesson that the user means by one digit."""
    numbers = {lesson.number for lesson in lessons()}
    longer = f"0{word}"
    if not {word, longer} <= numbers:
        return word
    print(f"{word} is {find(word).name}, {longer} is {find(longer).name}")
    try:
        answer = input(f"which one, {word} or {longer}? [{word}] ").strip()
    except EOFError:
        print()
        answer = word
    return longer if answer == longer else word


def _run_to_its_end(
    run: Callable[[Sequence[str]], int], arguments: Sequence[str]
) -> None:
    """Run a command; Ctrl-C ends the command, and not the menu."""
    try:
        run(arguments)
    except KeyboardInterrupt:
        print("lab: stopped by Ctrl-C", file=sys.stderr)
    except SystemExit as end:
        if end.code != INTERRUPTED:  # a lesson has reported Ctrl-C itself
            raise
    except OSError as error:
        print(f"lab: {error}", file=sys.stderr)
    finally:
        # A run that is being stopped ignores further ones.
        signal.signal(signal.SIGINT, signal.default_int_handler)
