"""Lessons and new values for their constants, as a user names them."""

import difflib
import shlex
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from backstage.course.catalogue import Lesson, lessons
from backstage.course.constants import evaluate
from backstage.errors import LabError, UsageError


def find(word: str) -> Lesson:
    """Return the lesson that a word stands for.

    Args:
        word: The lesson's number ("03"), the name of its script ("03_name"),
            or the script's path from the present folder or the project's.

    Raises:
        UsageError: If there is no such lesson, or several of that number.
        LabError: As `lessons` does.
    """
    course = lessons()
    script = Path(f"{word.removesuffix('.py')}.py")
    numbered = [lesson for lesson in course if lesson.number == word]
    if len(numbered) > 1:
        names = " or ".join(lesson.name for lesson in numbered)
        raise UsageError(f"{word} may be {names}: use the path")
    for lesson in [*numbered, *course]:
        if word == lesson.number:
            return lesson
        if script.as_posix() in (lesson.path.name, lesson.name):
            return lesson
        if script.resolve() == lesson.path.resolve():
            return lesson
    number = _find_nearest_number(word, course)
    hint = f"the nearest is {number!r}" if number else "see uv run lab --help"
    raise UsageError(f"no lesson {word!r}; {hint}")


def parse_changes(
    lesson: Lesson, assignments: Iterable[str]
) -> dict[str, str]:
    """Return new values for constants of a lesson.

    Args:
        lesson: It must have these constants.
        assignments: Each of the form NAME=VALUE. The value may be any
            expression that calls no name but `range`: '["/delay/1"] * 1_000'.

    Returns:
        The source of each value, by the names of the constants.

    Raises:
        UsageError: If there is no such constant or no such value.
        LabError: If Python cannot read the lesson.
    """
    changes = {}
    for assignment in assignments:
        if lesson.mistake:
            raise LabError(f"{lesson.name}, {lesson.mistake}")
        name, _, value = assignment.partition("=")
        if name not in lesson.constants:
            raise UsageError(_explain_missing_constant(lesson, name))
        try:
            with warnings.catch_warnings(action="error"):
                evaluate(value.strip())
        except Exception as error:  # noqa: BLE001  the user may write anything
            reason = getattr(error, "msg", str(error)) or type(error).__name__
            message = f"no value in {assignment[:60]}: {reason}"
            raise UsageError(" ".join(message.split())) from None
        changes[name] = value.strip()
    return changes


def format_command(lesson: Lesson, changes: Mapping[str, str]) -> str:
    """Return a lesson and its changes, quoted for a shell."""
    assignments = [f"{name}={value}" for name, value in changes.items()]
    return shlex.join([lesson.name, *assignments])


def _find_nearest_number(word: str, course: Sequence[Lesson]) -> str:
    """Return the number of the lesson that a user may mean, or "".

    "5" may mean "05", but no other number is like a number.
    """
    name = Path(word).name.removesuffix(".py").lower()
    if name.isdecimal():
        near = [x.number for x in course if int(x.number) == int(name)]
        return name if name in near else max(near, key=len, default="")
    numbers = {lesson.path.stem: lesson.number for lesson in course}
    matches = difflib.get_close_matches(name, numbers, n=1)
    return numbers[matches[0]] if matches else ""


def _explain_missing_constant(lesson: Lesson, name: str) -> str:
    constants = {constant.lower(): constant for constant in lesson.constants}
    matches = difflib.get_close_matches(name.lower(), constants, n=1)
    nearest = f"; the nearest is {constants[matches[0]]!r}" if matches else ""
    has = ", ".join(f"{k}={v}" for k, v in lesson.constants.items())
    return f"no constant {name!r} in {lesson.name}{nearest}; it has {has}"
