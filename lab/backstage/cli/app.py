"""The command `lab`: its help, its subcommands, and how errors are shown."""

import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from backstage.cli import (
    benchmarks,
    choosing,
    courses,
    inspection,
    menu,
    project,
    recordings,
)
from backstage.cli.lessons import complete_lessons, is_lesson
from backstage.cli.options import quiet_option
from backstage.errors import LabError, UsageError


class LabGroup(click.Group):
    """A group of commands whose arguments may also be lessons.

    `lab 03 WORK=1` is short for `lab run 03 WORK=1`.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command `run` in front if the first word is a lesson.

        Raises:
            UsageError: If a command follows a lesson.
        """
        arguments = [word for word in args if not word.startswith("-")]
        if arguments and is_lesson(arguments[0]):
            for word in arguments:
                if word in self.commands:
                    raise UsageError(f"{word!r} is a command: it comes first")
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_usage(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the two forms of the command line."""
        formatter.write_usage("lab", "LESSON... [NAME=VALUE...]")
        formatter.write_usage("lab", "COMMAND ...", prefix="       ")

    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the commands: those for users, then those for contributors."""
        names = self.list_commands(ctx)
        shown = [self.commands[name] for name in names]
        rows = [
            (command.name or "", command.get_short_help_str(limit=66))
            for command in shown
            if not command.hidden
        ]
        with formatter.section("Commands, each with --help"):
            formatter.write_dl(rows)
        hidden = [command.name or "" for command in shown if command.hidden]
        formatter.write_paragraph()
        formatter.write_text(f"For contributors: {', '.join(hidden)}")

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[CompletionItem[Any]]:
        """Return the lessons and the commands that begin like a word."""
        commands = super().shell_complete(ctx, incomplete)
        return [*complete_lessons([], incomplete), *commands]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names in the order of the help text."""
        return list(self.commands)


@click.group(cls=LabGroup, invoke_without_command=True)
@quiet_option
@click.pass_context
def lab(ctx: click.Context) -> int:
    """Run lessons by their numbers. Without a number, a menu opens.

    NAME=VALUE changes a constant for this run: uv run lab 03 WORK=1_000
    """
    if ctx.invoked_subcommand is not None:
        return 0
    if sys.stdin.isatty() and sys.stdout.isatty():
        menu.run_menu(run)
    else:
        menu.print_lessons()
    return 0


for command in (
    courses.run,
    courses.run_all,
    courses.quick,
    courses.on,
    courses.matrix,
    courses.check,
    recordings.watch,
    inspection.inspect,
    recordings.replay,
    recordings.live,
    recordings.cue,
    recordings.record,
    benchmarks.bench,
    benchmarks.plot,
    benchmarks.calibrate,
    choosing.choose,
    project.site,
    project.new,
    project.pictures,
    project.readme,
    project.guides,
    project.results,
):
    lab.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Run the command line with these arguments, and return the exit status.

    An error that the user can meet is one line on standard error.

    Args:
        arguments: The arguments after `lab`.

    Raises:
        SystemExit: With status 130, if Ctrl-C has ended a lesson that has
            reported it; with 128 + the signal's number after SIGTERM or
            SIGHUP.
        KeyboardInterrupt: After Ctrl-C otherwise.
        OSError: If a file or the output cannot be written.
    """
    logging.basicConfig(format="%(message)s")
    logging.getLogger("backstage").setLevel(logging.INFO)
    if "_LAB_COMPLETE" in os.environ:  # a shell asks for completions
        lab.main(prog_name="lab")
    try:
        # Not `lab.main`, which prints an empty line after Ctrl-C.
        with lab.make_context("lab", list(arguments)) as context:
            status = lab.invoke(context)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return error.exit_status
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        print(f"lab: {_describe(error)}", file=sys.stderr)
        return error.exit_code
    return int(status or 0)


def _describe(error: click.ClickException) -> str:
    """Return a message of Click as one line, with the help to look at."""
    message = " ".join(error.format_message().split()).rstrip(".")
    message = message[:1].lower() + message[1:]
    context = getattr(error, "ctx", None)
    if context is None or message.endswith("?"):
        return message
    return f"{message}; see uv run {context.command_path} --help"
