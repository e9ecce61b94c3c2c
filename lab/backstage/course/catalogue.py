"""The lessons and the parts of the course.

What a lesson does is in its script. Everything else about it is in the
catalogue, lab/course.toml.
"""

import ast
import os
import platform
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from backstage.course.constants import read_constants
from backstage.errors import LabError

ROOT = Path(__file__).parents[3]
README = ROOT / "README.md"
CATALOGUE = ROOT / "lab" / "course.toml"
PICTURES = ROOT / "lab" / "pictures"
LESSON_FOLDERS = ["basics", "lab", "lab/toolbox", "lab/services"]


@dataclass(frozen=True)
class Twin:
    """The lesson that another one is compared with.

    Attributes:
        number: The number of that lesson.
        lines: In how many lines the two files may differ.
        differ: The constants that have different values on purpose.
    """

    number: str
    lines: int
    differ: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Notes:
    """The catalogue's entry for a lesson; course.toml explains each field.

    The defaults are those of a script that has no entry.
    """

    part: str = ""
    seconds: float | None = None
    minutes: int | None = None
    new: str = ""
    watch: str = ""
    before: str = ""
    during: str = ""
    after: str = ""
    holds: str = ""
    cores: int = 1
    python: str = "3.12"
    group: str = ""
    variable: str = ""
    breaks: Mapping[str, str] = field(default_factory=dict)
    quick: Mapping[str, str] = field(default_factory=dict)
    film: Mapping[str, str] = field(default_factory=dict)
    long: Mapping[str, str] = field(default_factory=dict)
    twin: Twin | None = None
    lines: int = 100
    kinds: list[str] = field(default_factory=list)
    axis: str = ""
    draw: Mapping[str, str] = field(default_factory=dict)
    headline: str = ""
    compared: str = ""
    reason: str = ""
    phases: str = ""
    worker: str = ""
    bars: str = ""
    unit: str = ""
    memory: bool = False
    lanes: bool = True
    table: bool = False
    picture: str = ""
    block: str = ""
    tools: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Lesson:
    """A script, and its entry in the catalogue.

    Attributes:
        path: The path of the script.
        number: The part of the file name before the first "_": "1" and "01"
            are two lessons.
        title: The first line of the docstring.
        prediction: The part of the docstring after "Prediction:".
        constants: The source of each constant's value, by its name.
        units: The comments beside the constants.
        notes: The entry in the catalogue.
        mistake: Why Python cannot read the file, or "".
    """

    path: Path
    number: str
    title: str = ""
    prediction: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)
    mistake: str = ""

    @property
    def name(self) -> str:
        """The path from the project's folder, with forward slashes."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def missing(self) -> str:
        """What the prediction needs and what is not here, or ""."""
        notes = self.notes
        oldest = [int(number) for number in notes.python.split(".")]
        if [*sys.version_info[:2]] < oldest:
            version = platform.python_version()
            return f"it needs Python {notes.python}, and this is {version}"
        if notes.group and not all(map(find_spec, list_modules(notes.group))):
            return f"it needs uv run --group {notes.group}"
        if notes.variable and not os.environ.get(notes.variable):
            return f"it needs the environment variable {notes.variable}"
        return ""


@dataclass(frozen=True)
class Part:
    """A part of the course.

    Attributes:
        title: A few words.
        summary: A sentence.
        numbers: The numbers of its lessons.
        page: The path of the page that lists them, from the project's folder.
    """

    title: str
    summary: str
    numbers: list[str]
    page: str = "README.md"


def lessons() -> list[Lesson]:
    """Return all lessons in the order of the catalogue.

    Scripts without an entry come last.

    Raises:
        LabError: If there is no catalogue, or if there is a mistake in it.
    """
    notes = _load_notes()
    places = {number: place for place, number in enumerate(notes)}
    scripts = [
        path
        for folder in LESSON_FOLDERS
        for path in sorted((ROOT / folder).glob("[0-9]*_*.py"))
    ]
    course = [read_lesson(path, notes) for path in scripts]
    numbers = {lesson.number for lesson in course}
    for number, entry in notes.items():
        if number not in numbers:
            raise _mistake_in_entry(number, "it has no script")
        if entry.twin and entry.twin.number not in numbers:
            raise _mistake_in_entry(number, "its twin has no script")
    return sorted(
        course, key=lambda lesson: places.get(lesson.number, len(places))
    )


def parts() -> list[Part]:
    """Return the parts of the course in their order.

    Raises:
        LabError: If there is no catalogue, or if there is a mistake in it.
    """
    return [part for part, _ in _load_parts()]


def read_lesson(
    path: Path, notes: Mapping[str, Notes] | None = None
) -> Lesson:
    """Return the lesson in a script.

    Args:
        path: The path of the script. If Python cannot read it, the lesson
            has a `mistake`.
        notes: The entries of the catalogue by the numbers of their lessons.
    """
    number = path.name.partition("_")[0]
    entry = (notes or {}).get(number, Notes())
    try:
        script = _parse(path.read_text("utf-8"))
    except SyntaxError as error:
        mistake = f"line {error.lineno}: {error.msg}"
    except UnicodeDecodeError as error:
        mistake = str(error)
    else:
        return Lesson(path, number, *script, notes=entry)
    title = f"cannot be read: {mistake}"
    return Lesson(path, number, title, notes=entry, mistake=mistake)


@cache
def list_modules(group: str) -> list[str]:
    """Return the modules that a dependency group installs.

    "psycopg[binary,pool]" installs psycopg, psycopg_binary and psycopg_pool.

    Args:
        group: Its name in pyproject.toml.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    modules = []
    for requirement in project["dependency-groups"][group]:
        names, *_ = re.split("[<>=;]", requirement.replace("-", "_"))
        package, *extras = re.findall(r"\w+", names)
        modules += [package, *(f"{package}_{extra}" for extra in extras)]
    return modules


class _Script(NamedTuple):
    """What a script says of its lesson; see `Lesson`."""

    title: str
    prediction: str
    constants: Mapping[str, str]
    units: Mapping[str, str]


@cache
def _parse(source: str) -> _Script:
    """Return what a script says; a script is parsed only once."""
    docstring = ast.get_docstring(ast.parse(source)) or ""
    title, _, rest = docstring.partition("\n")
    prediction = " ".join(rest.partition("Prediction:")[2].split())
    constants, units = read_constants(source)
    return _Script(title, prediction, constants, units)


def _load_notes() -> dict[str, Notes]:
    """Return the entries of the catalogue by the numbers of their lessons."""
    notes = {}
    for part, entries in _load_parts():
        for entry in entries:
            number = entry["number"]
            fields = {**entry, "part": part.title}
            del fields["number"]
            try:
                if "twin" in fields:
                    fields["twin"] = Twin(**fields["twin"])
                notes[number] = Notes(**fields)
            except TypeError as error:
                # "Notes.__init__() got an unexpected keyword argument 'x'"
                problem = str(error).partition("() ")[2]
                raise _mistake_in_entry(number, problem) from None
    return notes


def _mistake_in_entry(number: str, problem: str) -> LabError:
    return LabError(f"lab/{CATALOGUE.name}: lesson {number}: {problem}")


def _load_parts() -> list[tuple[Part, list[dict[str, Any]]]]:
    """Return each part of the catalogue with its entries."""
    try:
        toml = tomllib.loads(CATALOGUE.read_text("utf-8"))
    except FileNotFoundError:
        # As a wheel, the package is installed without the lessons.
        raise LabError(
            "the lessons are not here: run this in a clone of the repository"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"lab/{CATALOGUE.name}: {error}") from None
    try:
        return [
            (
                Part(
                    part["title"],
                    part["summary"],
                    [entry["number"] for entry in part["lesson"]],
                    part.get("page", Part.page),
                ),
                part["lesson"],
            )
            for part in toml["part"]
        ]
    except (KeyError, TypeError) as error:
        raise LabError(
            f"lab/{CATALOGUE.name}: a part needs title, summary and lessons, "
            f"and a lesson its number: {error} is missing"
        ) from None
