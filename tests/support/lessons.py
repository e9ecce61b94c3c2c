"""Runs of lessons, and figures in their output."""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from backstage.course import catalogue
from backstage.course.catalogue import Lesson, Part, parts
from backstage.course.selection import find
from backstage.system import gil_is_on

SITE_LINE = re.compile(r"practice site: \d+ requests?, at most \d+ in flight")
GIL = "on" if gil_is_on() else "off"


@dataclass(frozen=True)
class RunResult:
    """A run of a lesson.

    Attributes:
        status: The exit status.
        lines: The lines of its output.
        errors: The lines of its errors.
        requests: The log of its practice site.
    """

    status: int
    lines: list[str]
    errors: list[str]
    requests: list[dict[str, Any]]

    @property
    def peak(self) -> int:
        """The largest number of requests in flight."""
        return max(int(request["in_flight"]) for request in self.requests)

    def failure_line(self, status: int = 1) -> str:
        """Return its last line of errors; only the site's may precede it."""
        assert self.status == status
        *site, line = self.errors
        assert len(site) <= 1
        assert all(map(SITE_LINE.fullmatch, site))
        assert "Traceback" not in "".join(self.lines)
        return line


# Two twins, for the tests of the course.
SMALL_CATALOGUE = """
[[part]]
title = "Part"
summary = "A part."

[[part.lesson]]
number = "2"
seconds = 3
quick = {SIZE = "20"}
film = {SIZE = "200"}
long = {SIZE = "2000"}

[[part.lesson]]
number = "1"
twin = {number = "2", lines = 5, differ = ["OTHER"]}
"""
SMALL_LESSONS = {
    "_1_one": "SIZE = 1  # items\nOTHER = 1  # items\nprint('one', SIZE)",
    "_2_two": "SIZE = 2  # items\nOTHER = 2  # items\nprint('two', SIZE)",
    "_3_new": "print('not in the catalogue')",
}
RunLesson = Callable[..., RunResult]
find_once = cache(find)  # which reads the whole catalogue


@cache
def list_toolbox_parts() -> set[str]:
    """Return the titles of the parts that are not on the first page."""
    return {part.title for part in parts() if part.page != Part.page}


def is_tool(lesson: Lesson) -> bool:
    """Return whether a lesson is in the toolbox, not in the course.

    Its longer tests are slow ones, so that the fast ones stay fast.
    """
    return lesson.notes.part in list_toolbox_parts()


def import_lesson(number: str) -> Any:
    """Return the module of the lesson with this number."""
    return importlib.import_module(find_once(number).path.stem)


def parse_figure(pattern: str, line: str) -> float:
    """Return the number in the group of the pattern, which fits the line."""
    match = re.fullmatch(pattern, line)
    assert match, line
    return float(match[1].replace(",", ""))


def write_lessons(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    catalogue_text: str = "part = []",
    **bodies: str,
) -> None:
    """Make a course of these scripts, named as the keywords without "_"."""
    basics = folder / "basics"
    basics.mkdir()
    for name, body in bodies.items():
        script = basics / f"{name[1:]}.py"
        script.write_text(f'"""It is {name}."""\n{body}')
    file = folder / "course.toml"
    file.write_text(catalogue_text, "utf-8")
    monkeypatch.setattr(catalogue, "ROOT", folder)
    monkeypatch.setattr(catalogue, "CATALOGUE", file)
