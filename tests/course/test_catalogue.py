"""The lessons and the parts of the course."""

import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backstage.course import catalogue
from backstage.course.catalogue import CATALOGUE, lessons, parts
from backstage.errors import LabError
from support.commands import Invoke
from support.lessons import write_lessons

ENTRY = """
[[part]]
title = "Part"
summary = "A part."

[[part.lesson]]
number = "1"
seconds = 3
"""


CURRENT = f"{sys.version_info[0]}.{sys.version_info[1]}"
TWIN = 'twin = {number = "2", lines = 5}'


def test_lessons_are_in_the_order_of_the_catalogue(small_course: Path) -> None:
    second, first, new = lessons()
    assert [x.number for x in (second, first, new)] == ["2", "1", "3"]
    assert second.notes.seconds == 3
    assert second.notes.part == first.notes.part == "Part"
    assert first.notes.twin == catalogue.Twin("2", 5, ["OTHER"])
    assert new.notes == catalogue.Notes()
    (part,) = parts()
    assert part == catalogue.Part("Part", "A part.", ["2", "1"])


def test_a_script_has_title_prediction_and_constants(tmp_path: Path) -> None:
    script = tmp_path / "7_name.py"
    script.write_text(
        '"""Do it.\n\nPrediction: it takes\n2 s.\n"""\nSIZE = 3  # items\n'
    )
    lesson = catalogue.read_lesson(script)
    assert (lesson.number, lesson.title) == ("7", "Do it.")
    assert lesson.prediction == "it takes 2 s."
    assert lesson.constants == {"SIZE": "3"}
    assert lesson.units == {"SIZE": "items"}
    assert lesson.mistake == ""


@pytest.mark.parametrize(
    ("python", "is_missing"),
    [
        ("3.9", False),
        ("3.12", False),
        (CURRENT, False),
        ("3.999", True),
        ("4.0", True),
    ],
)
def test_a_lesson_may_need_a_newer_python(
    python: str, is_missing: bool, tmp_path: Path
) -> None:
    notes = catalogue.Notes(python=python)
    lesson = catalogue.Lesson(tmp_path / "7_name.py", "7", notes=notes)
    version = platform.python_version()
    reason = f"it needs Python {python}, and this is {version}"
    assert lesson.missing == (reason if is_missing else "")


def test_a_lesson_may_need_a_dependency_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        "[dependency-groups]\n"
        'lab_here = ["click>=8", "rich"]\n'
        'lab_missing = ["click[no_such]>=8"]\n'
    )
    assert catalogue.list_modules("lab_here") == ["click", "rich"]
    assert catalogue.list_modules("lab_missing") == ["click", "click_no_such"]
    for group, reason in [
        ("", ""),
        ("lab_here", ""),
        ("lab_missing", "it needs uv run --group lab_missing"),
    ]:
        notes = catalogue.Notes(group=group)
        lesson = catalogue.Lesson(tmp_path / "7_name.py", "7", notes=notes)
        assert lesson.missing == reason


def test_a_lesson_may_need_an_environment_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = catalogue.Notes(variable="LAB_ADDRESS")
    lesson = catalogue.Lesson(tmp_path / "7_name.py", "7", notes=notes)
    monkeypatch.setenv("LAB_ADDRESS", "")
    assert lesson.missing == "it needs the environment variable LAB_ADDRESS"
    monkeypatch.setenv("LAB_ADDRESS", "somewhere")
    assert lesson.missing == ""


def test_the_oldest_pythons_are_versions() -> None:
    for lesson in lessons():
        assert re.fullmatch(r"3\.\d+", lesson.notes.python), lesson.name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("part = [", "lab/course.toml: "),
        ('[[part]]\ntitle = "x"', "'summary' is missing"),
        (ENTRY.replace("number", "nmber"), "'number' is missing"),
        (ENTRY.replace("seconds", "secnds"), "lesson 1: got an unexpected"),
        (ENTRY.replace('"1"', '"2"'), "lesson 2: it has no script"),
        (f"{ENTRY}{TWIN}", "lesson 1: its twin has no script"),
        (
            f"{ENTRY}{TWIN.replace('lines', 'lnes')}",
            "lesson 1: got an unexpected",
        ),
        ("part = 3", "lab/course.toml: a part needs title, summary and "),
    ],
)
def test_a_mistake_in_the_catalogue_is_one_line(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lessons(tmp_path, monkeypatch, text, _1_one="")
    with pytest.raises(LabError) as raised:
        lessons()
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_catalogue_that_is_no_text_is_a_mistake(small_course: Path) -> None:
    (small_course / "course.toml").write_bytes(b"\xff")
    with pytest.raises(LabError, match=r"^lab/course\.toml: .* can't decode"):
        lessons()


def test_a_part_may_be_on_a_page_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = ENTRY.replace('"1"', '"2"').replace(
        "summary", 'page = "lab/more.md"\nsummary'
    )
    write_lessons(tmp_path, monkeypatch, ENTRY + more, _1_one="", _2_two="")
    assert [part.page for part in parts()] == ["README.md", "lab/more.md"]


@pytest.mark.parametrize("arguments", [[], ["1"], ["quick"], ["calibrate"]])
def test_commands_need_a_clone_of_the_repository(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    invoke: Invoke,
) -> None:
    monkeypatch.setattr(catalogue, "CATALOGUE", tmp_path / "course.toml")
    answer = invoke(*arguments)
    assert (answer.status, answer.out) == (1, "")
    assert answer.err == (
        "lab: the lessons are not here: "
        "run this in a clone of the repository\n"
    )


def test_a_script_that_python_cannot_read_stops_no_other(
    small_course: Path, invoke: Invoke
) -> None:
    basics = small_course / "basics"
    (basics / "4_broken.py").write_text("SIZE = 1\nprint('four'")
    (basics / "5_bytes.py").write_bytes(b"\xff")
    *_, three, four, five = lessons()
    assert (three.number, three.mistake) == ("3", "")
    assert four.mistake.startswith("line 2: ")
    assert four.title == f"cannot be read: {four.mistake}"
    assert "can't decode byte" in five.mistake
    assert invoke("1").out == "one 1\n"
    answer = invoke("4")
    assert answer.status == 1
    assert 'basics/4_broken.py", line 2' in answer.err
    assert "SyntaxError: " in answer.err
    assert "backstage" not in answer.err


def test_the_catalogue_is_read_without_the_commands_behind_it() -> None:
    """Shell completion and help need it, and must be quick."""
    code = (
        "import sys; from backstage.course import catalogue\n"
        "print(*{'psutil', 'tqdm', 'requests', 'rich'} & set(sys.modules))"
    )
    output = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert output == "\n"
    assert CATALOGUE.is_file()
