"""Twins: lessons whose difference is the point of the comparison."""

from collections.abc import Collection, Mapping

from backstage.course.catalogue import Lesson, lessons
from backstage.course.constants import shorten_value


def describe_differences(
    lesson: Lesson,
    changes: Mapping[str, str],
    companions: Collection[str] = (),
) -> list[str]:
    """Return a line for each constant that has another value in a twin.

    Values that differ on purpose are left out: the catalogue says so, or it
    has the lesson's value for quick runs or for filming.

    Args:
        lesson: The lesson that is going to run.
        changes: The sources of its new values, by the names of constants.
        companions: The numbers of lessons that run with the same changes.
    """
    constants = {
        name: value
        for name, value in {**lesson.constants, **changes}.items()
        if value != lesson.notes.quick.get(name)
        and value != lesson.notes.film.get(name)
    }
    lines = []
    for twin, differ in _find_twins(lesson):
        twin_constants = dict(twin.constants)
        if twin.number in companions:
            twin_constants.update(changes)
        for name in constants.keys() & twin_constants.keys() - set(differ):
            value = twin_constants[name]
            if value != constants[name]:
                lines.append(
                    f"note: its twin {twin.number} has "
                    f"{name}={shorten_value(value)}"
                )
    return sorted(lines)


def _find_twins(lesson: Lesson) -> list[tuple[Lesson, list[str]]]:
    """Return each twin of a lesson, and the constants that differ on purpose.

    The catalogue names one of the two in the entry of the other.
    """
    twins = []
    for other in lessons():
        entry = lesson.notes.twin
        if entry and entry.number == other.number:
            twins.append((other, entry.differ))
        entry = other.notes.twin
        if entry and entry.number == lesson.number:
            twins.append((other, entry.differ))
    return twins
