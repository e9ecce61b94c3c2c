"""The house style of a lesson, held to every lesson."""

import ast
import difflib
import re
import sys
from pathlib import Path

import pytest

from backstage.catalogue import ROOT, Lesson, find, lessons, parse_changes

MOST_LINES = {"basics": 40, "lab": 60}
MOST_LINES |= {"09": 90, "10": 90, "11": 150, "13": 90}
WINDOW = 40  # rows that hold the constants and the functions of a lesson
HEART = {"09": "pause", "10": "fetch_and_parse", "11": "check_all"}
HEART |= {"13": "weigh"}  # its last function
LIBRARIES = {"backstage", "bs4", "httpx", "psutil", "requests", "tqdm"}
TWINS = {
    ("0", "1"): 10,
    ("2", "3"): 10,
    ("01", "02"): 25,
    ("03", "04"): 10,
    ("02", "05"): 25,
    ("02", "08"): 25,
    ("06", "07"): 25,
}
# A page of /delay tells the site's port: saved, it would differ at each take.
OTHER_PAGES = ("02", "05")
SHARED = {("06", "07"): ["pay", "measure"], ("05", "09"): ["save"]}

each_lesson = pytest.mark.parametrize(
    "lesson", lessons(), ids=lambda lesson: lesson.number
)


def source(lesson: Lesson) -> str:
    return lesson.path.read_text("utf-8")


def tree(lesson: Lesson) -> ast.Module:
    return ast.parse(source(lesson))


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(lesson: Lesson) -> list[Function]:
    return [x for x in tree(lesson).body if isinstance(x, Function)]


def lines_of(node: ast.stmt) -> int:
    return (node.end_lineno or 0) - node.lineno + 1


@each_lesson
def test_it_is_short_and_narrow(lesson: Lesson) -> None:
    lines = source(lesson).splitlines()
    most = MOST_LINES[lesson.path.parent.name]
    assert len(lines) <= MOST_LINES.get(lesson.number, most)
    assert max(map(len, lines)) <= 79
    assert max(map(lines_of, functions(lesson))) <= 15
    assert source(lesson).isascii()


@each_lesson
def test_its_docstring_says_what_it_does_and_claims(lesson: Lesson) -> None:
    assert lesson.title.endswith(".")
    assert lesson.claim.endswith(".")
    assert len(lesson.claim) > 20


@each_lesson
def test_its_docstring_names_a_quick_run(lesson: Lesson) -> None:
    assert source(lesson).count("\nQuick: ") == 1
    changes = parse_changes(lesson, lesson.quick)
    assert changes
    for name, value in changes.items():
        assert value != eval(lesson.constants[name])


@each_lesson
def test_its_constants_come_first_each_with_its_unit(lesson: Lesson) -> None:
    assert 2 <= len(lesson.constants) <= 5
    lines = source(lesson).splitlines()
    for name in lesson.constants:
        (line,) = [x for x in lines if x.startswith(f"{name} = ")]
        assert re.search(r"  # \w", line)
        assert lines.index(line) < functions(lesson)[0].lineno
    if "WORK" in lesson.constants:
        assert "WORK = 5_000_000  #" in source(lesson)


@each_lesson
def test_it_has_main_and_the_guard(lesson: Lesson) -> None:
    assert functions(lesson)[-1].name == "main"
    guard = 'if __name__ == "__main__":\n    run(main)\n'
    assert source(lesson).endswith("\n\n\n" + guard)
    code = source(lesson).partition("\n\n\n")[2]
    assert re.findall(r"(?<!asyncio\.)\brun\b", code) == ["run"]


@each_lesson
def test_it_is_typed_and_has_no_class(lesson: Lesson) -> None:
    nodes = list(ast.walk(tree(lesson)))
    assert not [x for x in nodes if isinstance(x, ast.ClassDef)]
    for function in functions(lesson):
        assert function.returns
        assert all(argument.annotation for argument in function.args.args)
        assert not function.decorator_list


@each_lesson
def test_it_imports_no_sibling(lesson: Lesson) -> None:
    imported = set()
    for node in ast.walk(tree(lesson)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add((node.module or "").partition(".")[0])
            if node.module == "backstage":
                names = {alias.name for alias in node.names}
                assert names <= {"practice_site", "run"}
    assert imported <= LIBRARIES | sys.stdlib_module_names


@each_lesson
def test_it_prints_only_what_it_measured(lesson: Lesson) -> None:
    calls = [x for x in ast.walk(tree(lesson)) if isinstance(x, ast.Call)]
    prints = [
        call
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "print"
    ]
    assert prints
    for call in prints:
        shown = [
            x for x in ast.walk(call) if isinstance(x, ast.FormattedValue)
        ]
        assert shown, ast.unparse(call)
    assert re.search(r"perf_counter\(\) - |\bend - start\b", source(lesson))


@each_lesson
def test_its_heart_fits_a_window(lesson: Lesson) -> None:
    lines = source(lesson).splitlines()
    if len(lines) > WINDOW:
        first = min(
            lines.index(line)
            for line in lines
            if line.startswith(tuple(f"{x} =" for x in lesson.constants))
        )
        *heart, _ = functions(lesson)  # main() is not of the heart
        ends = {x.name: x.end_lineno or 0 for x in heart}
        last = ends[HEART.get(lesson.number, heart[-1].name)]
        assert last - first <= WINDOW


def without_docstring(lesson: Lesson) -> list[str]:
    return source(lesson).splitlines()[lines_of(tree(lesson).body[0]) :]


@pytest.mark.parametrize(("pair", "budget"), TWINS.items())
def test_twins_differ_in_few_lines(pair: tuple[str, str], budget: int) -> None:
    one, other = map(find, pair)
    changed = [
        line[0]
        for line in difflib.unified_diff(
            without_docstring(one), without_docstring(other), n=0, lineterm=""
        )
        if re.match(r"[-+](?![-+]{2} )", line)
    ]
    assert 0 < max(changed.count("-"), changed.count("+")) <= budget
    assert one.constants.keys() <= other.constants.keys()
    for name in one.constants:
        if name != "PAGES" or pair != OTHER_PAGES:
            assert one.constants[name] == other.constants[name]


@pytest.mark.parametrize(("pair", "names"), SHARED.items())
def test_a_function_told_twice_is_the_same(
    pair: tuple[str, str], names: list[str]
) -> None:
    one, other = (
        {x.name: ast.dump(x) for x in functions(find(number))}
        for number in pair
    )
    for name in names:
        assert one[name] == other[name]


def test_the_visible_top_level_is_the_users_choice() -> None:
    tracked = Path(ROOT / ".gitignore").read_text("utf-8").split()
    assert {
        path.name
        for path in ROOT.iterdir()
        if path.name[0] != "." and f"{path.name}/" not in tracked
    } == {"pyproject.toml", "uv.lock", "basics", "lab", "tests", "README.md"}


def test_backstage_knows_no_lesson_by_name() -> None:
    names = {lesson.path.stem for lesson in lessons()}
    for path in (ROOT / "lab" / "backstage").glob("*.py"):
        text = path.read_text("utf-8")
        assert not [name for name in names if name in text]
