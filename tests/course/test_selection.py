"""Lessons and new values for their constants, as a user names them."""

import os
import shlex
from pathlib import Path

import pytest

from backstage.course.catalogue import ROOT, lessons
from backstage.course.selection import find, format_command, parse_changes
from backstage.errors import LabError, UsageError
from support.lessons import write_lessons

FETCHING = next(x.number for x in lessons() if "PAGES" in x.constants)
COMPUTING = next(x.number for x in lessons() if "WORK" in x.constants)


def test_a_number_is_that_of_the_file_name() -> None:
    assert find("1").name.startswith("basics/1_")
    assert find("01").name.startswith("lab/01_")


def test_a_name_or_a_path_is_as_good_as_a_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = find(COMPUTING)
    path = lesson.name.removesuffix(".py")
    for word in (
        lesson.path.stem,
        lesson.path.name,
        lesson.name,
        path,
        f"./{path}",
        str(Path(path)),  # with backslashes on Windows
        str(lesson.path),
    ):
        assert find(word) == lesson
    monkeypatch.chdir(ROOT / "tests")
    assert find(f"../{path}") == lesson


def test_two_lessons_of_one_number_must_be_named_by_their_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lessons(tmp_path, monkeypatch, _1_copy="", _1_first="", _2_other="")
    with pytest.raises(UsageError) as error:
        find("1")
    assert str(error.value) == (
        "1 may be basics/1_copy.py or basics/1_first.py: use the path"
    )
    assert find("basics/1_first.py").path.stem == "1_first"
    assert find("2").path.stem == "2_other"


def test_a_path_to_another_file_is_no_lesson(tmp_path: Path) -> None:
    name = find("01").path.name
    with pytest.raises(UsageError, match="the nearest is '01'"):
        find(str(tmp_path / name))


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("005", "05"),
        ("012", "12"),
        ("lab/3.py", "3"),
        ("lab/03", "03"),
        ("multiproces", "1"),
        ("97", None),
        ("98", None),
        ("99", None),
        ("3.13", None),
        ("xyz", None),
        ("", None),
    ],
)
def test_the_nearest_lesson_is_offered_if_there_is_one(
    word: str, nearest: str | None
) -> None:
    if nearest is None:
        hint = "see uv run lab --help"
    else:
        hint = f"the nearest is {nearest!r}"
    with pytest.raises(UsageError) as raised:
        find(word)
    assert str(raised.value) == f"no lesson {word!r}; {hint}"


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("TIMEOUT=2 * 3", "2 * 3"),
        ('PAGES=["/delay/1"] * 3 ', '["/delay/1"] * 3'),
        (
            'PAGES=[f"/page/{n}" for n in range(2)]',
            '[f"/page/{n}" for n in range(2)]',
        ),
    ],
)
def test_a_value_may_be_an_expression(word: str, value: str) -> None:
    name = word.partition("=")[0]
    assert parse_changes(find(FETCHING), [word]) == {name: value}


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("WORK=1\n2", "no value in WORK=1 2: invalid syntax"),
        ("WORK=1 is 1000", "no value in WORK=1 is 1000: "),
        ("WORK=", "no value in WORK=: invalid syntax"),
        ("WORK=1 +", "no value in WORK=1 +: "),
        ("WORK=[0] * 10**18", "no value in WORK=[0] * 10**18: MemoryError"),
        ("WORK=os.cpu_count()", "no value in WORK=os.cpu_count(): "),
        ("WORK=[].x", "no value in WORK=[].x: "),
        ("work=1", "no constant 'work' in "),
        ("=1", "no constant '' in "),
    ],
)
def test_no_value_is_one_line(word: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_changes(find(COMPUTING), [word])
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_the_nearest_constant_is_offered_and_all_are_named() -> None:
    lesson = find(COMPUTING)
    with pytest.raises(UsageError) as raised:
        parse_changes(lesson, ["wrok=1"])
    message = str(raised.value)
    assert "no constant 'wrok' in" in message
    assert "; the nearest is 'WORK'; it has " in message
    for name, value in lesson.constants.items():
        assert f"{name}={value}" in message


def test_a_script_that_python_cannot_read_has_no_constants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lessons(tmp_path, monkeypatch, _4_broken="SIZE = 1\nprint('four'")
    lesson = find("4")
    assert parse_changes(lesson, []) == {}
    with pytest.raises(LabError, match=r"^basics/4_broken\.py, line 3: "):
        parse_changes(lesson, ["SIZE=2"])


@pytest.mark.skipif(os.name == "nt", reason="shlex knows the POSIX shell")
def test_a_command_can_be_pasted_into_a_shell() -> None:
    pages = '["/delay/1", "/status/200?a"] * 3'
    command = format_command(find(FETCHING), {"PAGES": pages})
    name, change = shlex.split(command)
    assert find(name) == find(FETCHING)
    assert parse_changes(find(name), [change]) == {"PAGES": pages}
