"""Lessons and constants as arguments of a command line."""

import re
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from backstage.course.catalogue import Lesson, lessons
from backstage.course.selection import find, parse_changes
from backstage.errors import LabError, UsageError

Run = tuple[Lesson, dict[str, str]]  # a lesson, and sources by constants


def is_lesson(word: str) -> bool:
    """Return whether a word stands for a lesson, and not for a command.

    Such a word begins with a digit, is a path, or changes a constant.
    """
    return bool(re.match(r"\d|.*[/\\=]|.*\.py$", word, re.DOTALL))


class LessonType(click.ParamType[str]):
    """A lesson's number, its path, or NAME=VALUE; the shell completes it."""

    name = "lesson"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[Any]]:
        """Return the lessons, and the constants of those already named."""
        return complete_lessons(ctx.params.get("arguments") or (), incomplete)


def complete_lessons(
    arguments: Sequence[str], incomplete: str
) -> list[CompletionItem[Any]]:
    """Return what the next argument of a command line may be."""
    try:
        course = lessons()
    except LabError:  # the shell can show no error
        return []
    items = [CompletionItem(x.number, help=x.title) for x in course]
    for lesson in course:
        if lesson.number in arguments:
            items += [CompletionItem(f"{name}=") for name in lesson.constants]
    return [x for x in items if str(x.value).startswith(incomplete)]


lesson_arguments = click.argument(
    "arguments",
    metavar="LESSON... [NAME=VALUE]...",
    nargs=-1,
    required=True,
    type=LessonType(),
)


def parse_lessons(arguments: Sequence[str]) -> list[Run]:
    """Return the lessons that the arguments name, each with its changes.

    Args:
        arguments: Lessons, which commas may separate, and NAME=VALUE, which
            changes a constant in all of them.

    Raises:
        UsageError: If there is no such lesson or constant.
    """
    changes = [word for word in arguments if "=" in word]
    if any(word.startswith("=") or word.endswith("=") for word in changes):
        raise UsageError("write a constant without blanks: WORK=1_000")
    names = [
        name
        for word in arguments
        if "=" not in word
        for name in word.split(",")
        if name
    ]
    if not names:
        purpose = f"to change {changes[0]} in" if changes else "between commas"
        raise UsageError(f"no lesson {purpose}")
    chosen = [find(name) for name in names]
    return [(lesson, parse_changes(lesson, changes)) for lesson in chosen]


def parse_unchanged_lessons(arguments: Sequence[str]) -> list[Lesson]:
    """Return the lessons that the arguments name.

    Raises:
        UsageError: If there is no such lesson, or a NAME=VALUE.
    """
    for argument in arguments:
        if "=" in argument:
            raise UsageError(f"this command changes no constant: {argument}")
    return [lesson for lesson, _ in parse_lessons(arguments)]


def parse_lesson(arguments: Sequence[str]) -> Run:
    """Return the only lesson that the arguments name, with its changes.

    Raises:
        UsageError: If there is none or more than one.
    """
    chosen = parse_lessons(arguments)
    if len(chosen) > 1:
        raise UsageError("this command takes one lesson")
    return chosen[0]


def split_commands(arguments: Sequence[str]) -> list[list[str]]:
    """Return the arguments of each command: a lesson and its changes.

    Raises:
        UsageError: If a change comes before the first lesson.
    """
    commands: list[list[str]] = []
    for word in arguments:
        if "=" not in word:
            commands.append([word])
        elif commands:
            commands[-1].append(word)
        else:
            raise UsageError(f"no lesson to change {word} in")
    return commands
