"""What every lesson must do, and what every lesson of a kind must do."""

import ast
import difflib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from backstage.course.catalogue import (
    ROOT,
    Lesson,
    find,
    lessons,
    parse_changes,
    started,
)
from backstage.lesson.runner import MAY_BE_ZERO
from support.lessons import SITE_LINE, RunLesson
from support.processes import computing, has_a_connection, is_two_seconds_old

LONG = 3  # seconds, from which on a lesson's whole run is a slow test
LESSONS = lessons()
KINDS = {"computes", "fetches", "counts", "saves", "processes"}
Function = ast.FunctionDef | ast.AsyncFunctionDef
TWINS = [
    (find(lesson.notes.twin.number), lesson)
    for lesson in LESSONS
    if lesson.notes.twin
]

each_lesson = pytest.mark.parametrize(
    "lesson", LESSONS, ids=lambda lesson: lesson.number
)
each_pair = pytest.mark.parametrize(
    ("first", "second"), TWINS, ids=lambda lesson: lesson.number
)


def slow_if(long: bool) -> list[pytest.MarkDecorator]:
    return [pytest.mark.slow] if long else []


def unless_long(lessons: Sequence[Lesson]) -> list[object]:
    """Return the lessons, those that run for long as slow parameters.

    Each of them has a shorter test of its own.
    """
    return [
        pytest.param(
            lesson,
            id=lesson.number,
            marks=slow_if((lesson.notes.seconds or 0) >= LONG),
        )
        for lesson in lessons
    ]


def of_kind(*kinds: str) -> list[Lesson]:
    return [x for x in LESSONS if not set(kinds).isdisjoint(x.notes.kinds)]


def each_with(
    lessons: Sequence[Lesson], troubles: Mapping[str, object]
) -> list[object]:
    """Pair each lesson with each trouble; most pairs are slow.

    Each lesson and each trouble has a pair that is not.
    """
    most = max(len(lessons), len(troubles))
    fast = {(n % len(lessons), n % len(troubles)) for n in range(most)}
    return [
        pytest.param(
            lesson,
            trouble,
            id=f"{lesson.number}-{name}",
            marks=slow_if((i, j) not in fast),
        )
        for i, lesson in enumerate(lessons)
        for j, (name, trouble) in enumerate(troubles.items())
    ]


def source(lesson: Lesson) -> str:
    return lesson.path.read_text("utf-8")


def tree(lesson: Lesson) -> ast.Module:
    return ast.parse(source(lesson))


def values(sources: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of constants that the catalogue gives as sources."""
    return {name: eval(source) for name, source in sources.items()}


def numbers(lesson: Lesson) -> list[str]:
    """Return the names of the constants that must be more than 0."""
    return [
        name
        for name, text in lesson.constants.items()
        if re.fullmatch(r"[\d._]+", text) and name not in MAY_BE_ZERO
    ]


@each_lesson
def test_it_is_short_and_narrow(lesson: Lesson) -> None:
    lines = source(lesson).splitlines()
    assert len(lines) <= lesson.notes.lines
    assert max(map(len, lines)) <= 79
    assert source(lesson).isascii()


@each_lesson
def test_its_docstring_says_what_it_does_and_predicts(lesson: Lesson) -> None:
    assert lesson.title.endswith(".")
    assert lesson.prediction.endswith(".")
    assert len(lesson.prediction) > 20


@each_lesson
def test_its_constants_come_first_each_with_its_unit(lesson: Lesson) -> None:
    assert 2 <= len(lesson.constants) <= 7
    for unit in lesson.units.values():
        assert re.match(r"\w", unit)
    body = tree(lesson).body
    first = next(x for x in body if isinstance(x, Function | ast.ClassDef))
    before = source(lesson).splitlines()[: first.lineno - 1]
    for name in lesson.constants:
        assert [x for x in before if x.startswith(f"{name} = ")]


@each_lesson
def test_it_has_main_and_the_guard(lesson: Lesson) -> None:
    functions = [x for x in tree(lesson).body if isinstance(x, Function)]
    assert functions[-1].name == "main"
    guard = 'if __name__ == "__main__":\n    run(main)\n'
    assert source(lesson).endswith("\n\n\n" + guard)


@each_lesson
def test_its_functions_are_typed(lesson: Lesson) -> None:
    for node in ast.walk(tree(lesson)):
        if isinstance(node, Function):
            assert node.returns
            given = node.args
            arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs]
            for argument in arguments:
                assert argument.annotation or argument.arg == "self"


@cache
def libraries() -> set[str]:
    """Return the modules of the packages that the project depends on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needs = project["project"]["dependencies"]
    packages = {re.split(r"[^\w-]", need)[0] for need in needs}
    return {
        module
        for module, providers in packages_distributions().items()
        if not packages.isdisjoint(providers)
    }


@each_lesson
def test_it_imports_only_what_it_may(lesson: Lesson) -> None:
    allowed = {*sys.stdlib_module_names, *libraries()}
    for node in ast.walk(tree(lesson)):
        if isinstance(node, ast.Import):
            modules = {x.name.partition(".")[0] for x in node.names}
            assert modules <= allowed
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert node.module
            if node.module == "backstage":
                names = {x.name for x in node.names}
                assert names <= {"practice_site", "run"}
            else:
                assert node.module.partition(".")[0] in allowed
    others = {x.path.stem for x in LESSONS} - {lesson.path.stem}
    assert not [name for name in others if name in source(lesson)]


@each_lesson
def test_it_prints_only_what_it_measured(lesson: Lesson) -> None:
    """A function `report` may print a line that its callers make."""
    calls = [
        node
        for node in ast.walk(tree(lesson))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("print", "report")
    ]
    assert calls
    for call in calls:
        figures = [
            x for x in ast.walk(call) if isinstance(x, ast.FormattedValue)
        ]
        names = [x for x in call.args if isinstance(x, ast.Name)]
        assert figures or names, ast.unparse(call)
    assert "perf_counter()" in source(lesson)


def without_docstring(lesson: Lesson) -> list[str]:
    return source(lesson).splitlines()[tree(lesson).body[0].end_lineno :]


@each_pair
def test_twins_differ_in_few_lines(first: Lesson, second: Lesson) -> None:
    assert second.notes.twin
    changed = [
        line[0]
        for line in difflib.unified_diff(
            without_docstring(first),
            without_docstring(second),
            n=0,
            lineterm="",
        )
        if re.match(r"[-+](?![-+]{2} )\s*\S", line)
    ]
    most = max(changed.count("-"), changed.count("+"))
    assert 0 < most <= second.notes.twin.lines


@each_pair
def test_twins_have_equal_constants(first: Lesson, second: Lesson) -> None:
    assert second.notes.twin
    assert first.constants.keys() <= second.constants.keys()
    for one, other in [
        (first.constants, second.constants),
        (first.notes.quick, second.notes.quick),
        (first.notes.film, second.notes.film),
    ]:
        for name in one.keys() & other.keys() - {*second.notes.twin.differ}:
            assert one[name] == other[name], name


def test_lessons_that_save_do_it_alike() -> None:
    functions = {
        ast.dump(node)
        for lesson in of_kind("saves")
        for node in ast.walk(tree(lesson))
        if isinstance(node, Function) and node.name == "save"
    }
    assert len(functions) == 1


@each_lesson
def test_its_entry_in_the_catalogue_is_complete(lesson: Lesson) -> None:
    notes = lesson.notes
    assert notes.seconds
    assert notes.minutes
    for text in (
        notes.new,
        notes.watch,
        notes.before,
        notes.during,
        notes.after,
    ):
        assert text.endswith((".", "?"))
    assert notes.picture
    assert notes.tools
    assert notes.quick
    assert notes.long
    assert set(notes.kinds) <= KINDS
    for changes in notes.quick, notes.film, notes.long:
        parse_changes(lesson, [f"{k}={v}" for k, v in changes.items()])
        for name, value in changes.items():
            assert value != lesson.constants[name]
    if notes.twin:
        assert set(notes.twin.differ) <= lesson.constants.keys()


@each_lesson
def test_it_uses_each_tool_that_its_entry_names(lesson: Lesson) -> None:
    """Comments and the docstring do not count."""
    _, *code = tree(lesson).body
    text = "\n".join(map(ast.unparse, code))
    for tool in lesson.notes.tools:
        name = tool.rpartition(".")[2]
        assert re.search(rf"(?<![A-Za-z]){name}(?![A-Za-z])", text), tool


def test_each_lesson_has_a_test_and_a_picture() -> None:
    tests = (ROOT / "tests" / "lessons").glob("test_[0-9]*.py")
    assert {path.stem for path in tests} == {
        f"test_{lesson.number}" for lesson in LESSONS
    }
    pictures = (ROOT / "lab" / "pictures").glob("[0-9]*.svg")
    assert {path.stem for path in pictures} == {
        lesson.path.stem for lesson in LESSONS
    }


def test_backstage_knows_no_lesson_by_name() -> None:
    names = {lesson.path.stem for lesson in LESSONS}
    for path in (ROOT / "lab" / "backstage").rglob("*.py"):
        text = path.read_text("utf-8")
        assert not [name for name in names if name in text]


def test_the_visible_top_level_is_the_users_choice() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    assert {
        path.name
        for path in ROOT.iterdir()
        if path.name[0] != "." and f"{path.name}/" not in ignored
    } == {"pyproject.toml", "uv.lock", "basics", "lab", "tests", "README.md"}


@pytest.mark.parametrize("lesson", unless_long(LESSONS))
def test_a_quick_run_ends_with_a_figure(
    run_lesson: RunLesson, lesson: Lesson
) -> None:
    result = run_lesson(lesson.number, **values(lesson.notes.quick))
    assert result.status == 0
    assert len(result.errors) <= 1
    assert all(map(SITE_LINE.fullmatch, result.errors))
    assert re.search(r"\d", result.lines[-1])
    assert max(map(len, [*result.lines, *result.errors])) <= 80


@pytest.mark.parametrize(
    ("lesson", "constant"),
    [
        pytest.param(
            lesson,
            name,
            id=f"{lesson.number}-{name}",
            marks=slow_if(name != numbers(lesson)[0]),
        )
        for lesson in LESSONS
        for name in numbers(lesson)
    ],
)
def test_a_number_is_not_0(
    run_lesson: RunLesson, lesson: Lesson, constant: str
) -> None:
    result = run_lesson(lesson.number, **{constant: 0})
    assert f"{constant} = 0: " in result.failed()
    assert result.lines == []


@each_lesson
def test_ctrl_c_while_it_is_at_work(
    run_lesson: RunLesson, lesson: Lesson
) -> None:
    def is_at_work(process: psutil.Process) -> bool:
        if "PAGES" in lesson.constants:
            return has_a_connection(process)
        for relative in process, *process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # it has just ended
                if relative.cpu_times().user >= 0.3:
                    return True
        return is_two_seconds_old(process)  # it does nothing but sleep

    result = run_lesson(
        lesson.number, when=is_at_work, **values(lesson.notes.long)
    )
    assert "stopped by Ctrl-C" in result.failed(130)


@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(lesson, id=lesson.number, marks=slow_if(place > 0))
        for place, lesson in enumerate(of_kind("fetches", "counts"))
    ],
)
def test_ctrl_c_while_the_site_starts(
    run_lesson: RunLesson, lesson: Lesson
) -> None:
    result = run_lesson(
        lesson.number,
        when=lambda process: bool(process.children()),
        **values(lesson.notes.long),
    )
    assert "stopped by Ctrl-C" in result.failed(130)


@pytest.mark.parametrize(
    ("lesson", "trouble"),
    each_with(
        of_kind("computes"),
        {
            "negative": ({"WORK": -2}, "WORK = -2: "),
            "half a step": ({"WORK": 2.5}, "float"),
            "half a job": ({"WORK": 100, "JOBS": 2.5}, "float"),
        },
    ),
)
def test_a_number_that_makes_no_sense_ends_it(
    run_lesson: RunLesson,
    lesson: Lesson,
    trouble: tuple[dict[str, float], str],
) -> None:
    changes, told = trouble
    result = run_lesson(lesson.number, **changes)
    assert told in result.failed()
    assert len(result.lines) <= 1  # a job alone may have come before it


class Trouble(NamedTuple):
    """Pages that do not arrive: what is told, and what the site saw."""

    pages: object
    told: str  # a regular expression
    requests: int
    retried: int = 0  # by the client itself


NONSENSE = {
    "no pages": Trouble([], r"PAGES = \[\]", 0),
    "no list": Trouble("/delay/1", "a list of addresses", 0),
    "no text": Trouble([7], "a list of addresses", 0),
}
TROUBLES = NONSENSE | {
    "500": Trouble(["/delay/0.1", "/status/500"], "/status/500", 2),
    "dead": Trouble(["http://127.0.0.1:1/"] * 2, "http://127.0.0.1:1/: ", 0),
    "unknown": Trouble(["http://x.invalid/"], "http://x.invalid/: ", 0),
    "silent": Trouble(["/silent"], "(?i)timed? ?out", 1),
    "cut": Trouble(["/cut"], "IncompleteRead|peer closed|Not enough data", 1),
    "drop": Trouble(
        ["/drop"], "without (sending a )?response|disconnected", 1, 1
    ),
}


@pytest.mark.parametrize(
    ("lesson", "trouble"),
    each_with(of_kind("fetches"), TROUBLES)
    + each_with(of_kind("counts"), NONSENSE),
)
def test_pages_that_do_not_arrive_end_it(
    run_lesson: RunLesson, lesson: Lesson, trouble: Trouble
) -> None:
    result = run_lesson(lesson.number, PAGES=trouble.pages, TIMEOUT=1)
    assert re.search(trouble.told, result.failed())
    most = trouble.requests + trouble.retried
    assert trouble.requests <= len(result.seen) <= most


@pytest.mark.parametrize(
    "lesson", of_kind("counts"), ids=lambda lesson: lesson.number
)
def test_a_page_that_fails_does_not_end_it(
    run_lesson: RunLesson, lesson: Lesson
) -> None:
    result = run_lesson(lesson.number, PAGES=["/status/404", "/html"])
    assert result.status == 0
    assert {visit["status"] for visit in result.seen} == {200, 404}


@pytest.mark.parametrize(
    ("lesson", "trouble"),
    each_with(
        of_kind("saves"),
        {x: x for x in ("no parent", "a file", "a folder in the way")},
    ),
)
def test_a_folder_that_cannot_be_written_ends_it(
    run_lesson: RunLesson, lesson: Lesson, trouble: str, tmp_path: Path
) -> None:
    folder = tmp_path / "place" / "downloads"
    if trouble == "a file":
        folder.parent.write_text("in the way")
    elif trouble == "a folder in the way":
        folder.mkdir(parents=True)
        (folder / "01.html").mkdir()  # which root may not overwrite either
        (folder / "01.html" / "file").touch()
    result = run_lesson(lesson.number, PAGES=["/html"], FOLDER=str(folder))
    assert str(folder) in result.failed()
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(
    "lesson", of_kind("saves"), ids=lambda lesson: lesson.number
)
def test_a_copy_saves_beside_the_lesson(lesson: Lesson) -> None:
    with started(lesson, {"TIMEOUT": "0"}, stderr=subprocess.PIPE) as child:
        script = Path(list(child.args)[-1])  # type: ignore[arg-type]
        text = script.read_text("utf-8")
        child.communicate()
    assert f"FOLDER = Path({str(lesson.path)!r}).with_name" in text


@pytest.mark.parametrize("lesson", unless_long(of_kind("processes")))
def test_a_worker_that_is_killed_ends_it(
    run_lesson: RunLesson, lesson: Lesson
) -> None:
    workers = min(2, os.cpu_count() or 1)
    pages = [f"/page/{n}?size=300000" for n in range(60)]
    work = {"WORK": 2_000_000, "JOBS": 40, "PAGES": pages}
    result = run_lesson(
        lesson.number,
        when=lambda process: len(computing(process)) >= workers,
        # The last: a fork server comes before its workers.
        then=lambda process: computing(process)[-1].kill(),
        **{k: v for k, v in work.items() if k in lesson.constants},
    )
    assert "terminated abruptly" in result.failed()
