"""What the files of every lesson must contain."""

import ast
import difflib
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from backstage.course.catalogue import ROOT, Lesson, lessons, list_modules
from backstage.course.selection import find, parse_changes

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


@cache
def read_source(path: Path) -> str:
    return path.read_text("utf-8")


@cache
def parse_source(path: Path) -> ast.Module:
    return ast.parse(read_source(path))


@each_lesson
def test_it_is_short_and_narrow(lesson: Lesson) -> None:
    lines = read_source(lesson.path).splitlines()
    assert len(lines) <= lesson.notes.lines
    assert max(map(len, lines)) <= 79
    assert read_source(lesson.path).isascii()


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
    body = parse_source(lesson.path).body
    first = next(x for x in body if isinstance(x, Function | ast.ClassDef))
    lines_before = read_source(lesson.path).splitlines()[: first.lineno - 1]
    for name in lesson.constants:
        assert [line for line in lines_before if line.startswith(f"{name} = ")]


@each_lesson
def test_it_has_main_and_the_guard(lesson: Lesson) -> None:
    functions = [
        x for x in parse_source(lesson.path).body if isinstance(x, Function)
    ]
    assert functions[-1].name == "main"
    guard = 'if __name__ == "__main__":\n    run(main)\n'
    assert read_source(lesson.path).endswith("\n\n\n" + guard)


@each_lesson
def test_its_functions_are_typed(lesson: Lesson) -> None:
    for node in ast.walk(parse_source(lesson.path)):
        if isinstance(node, Function):
            assert node.returns
            kinds = node.args
            arguments = [*kinds.posonlyargs, *kinds.args, *kinds.kwonlyargs]
            for argument in arguments:
                assert argument.annotation or argument.arg == "self"


@cache
def list_libraries() -> set[str]:
    """Return the modules of the packages that the project depends on.

    Some lessons need a package of a dependency group, and say so if it is
    missing.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    requirements = [*project["project"]["dependencies"]]
    for group in project["dependency-groups"].values():
        requirements += group
    packages = {re.split(r"[^\w-]", text)[0] for text in requirements}
    return {
        module
        for module, providers in packages_distributions().items()
        if not packages.isdisjoint(providers)
    }


@each_lesson
def test_it_imports_only_libraries_and_two_names(lesson: Lesson) -> None:
    allowed = {*sys.stdlib_module_names, *list_libraries()}
    if lesson.notes.group:
        allowed.update(list_modules(lesson.notes.group))
    for node in ast.walk(parse_source(lesson.path)):
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
    other_lessons = {x.path.stem for x in LESSONS} - {lesson.path.stem}
    source = read_source(lesson.path)
    assert not [name for name in other_lessons if name in source]


@each_lesson
def test_it_prints_only_what_it_measured(lesson: Lesson) -> None:
    """A function `report` may print a line that its callers have made."""
    calls = [
        node
        for node in ast.walk(parse_source(lesson.path))
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
    assert "perf_counter()" in read_source(lesson.path)


def lines_after_docstring(lesson: Lesson) -> list[str]:
    return read_source(lesson.path).splitlines()[
        parse_source(lesson.path).body[0].end_lineno :
    ]


@each_pair
def test_twins_differ_in_few_lines(first: Lesson, second: Lesson) -> None:
    assert second.notes.twin
    changed = [
        line[0]
        for line in difflib.unified_diff(
            lines_after_docstring(first),
            lines_after_docstring(second),
            n=0,
            lineterm="",
        )
        if re.match(r"[-+](?![-+]{2} )\s*\S", line)
    ]
    lines = max(changed.count("-"), changed.count("+"))
    assert 0 < lines <= second.notes.twin.lines


@each_pair
def test_twins_have_equal_constants(first: Lesson, second: Lesson) -> None:
    assert second.notes.twin
    assert first.constants.keys() <= second.constants.keys()
    may_differ = set(second.notes.twin.differ)
    for constants, twin_constants in [
        (first.constants, second.constants),
        (first.notes.quick, second.notes.quick),
        (first.notes.film, second.notes.film),
    ]:
        for name in constants.keys() & twin_constants.keys() - may_differ:
            assert constants[name] == twin_constants[name], name


def test_lessons_save_in_the_same_way() -> None:
    functions = {
        ast.dump(node)
        for lesson in LESSONS
        if "saves" in lesson.notes.kinds
        for node in ast.walk(parse_source(lesson.path))
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
    _, *code = parse_source(lesson.path).body
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


def test_backstage_names_no_lesson() -> None:
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
