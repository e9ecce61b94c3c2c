"""The tables of the READMEs that come from the catalogue and from runs."""

import re
import subprocess
from pathlib import Path

import pytest

from backstage.course import readme
from backstage.course.catalogue import (
    README,
    ROOT,
    Lesson,
    Notes,
    Part,
    Twin,
    lessons,
    parts,
)
from backstage.errors import LabError
from backstage.files import replace_block


def test_the_readmes_agree_with_the_catalogue() -> None:
    """If this fails: `uv run lab readme --tables`."""
    text = README.read_text("utf-8")
    assert readme.fill_blocks(text, lessons(), parts(), {}) == text
    text = readme.LAB_README.read_text("utf-8")
    table = readme.format_tools(lessons())
    assert replace_block(text, "tools", table, "") == text


def test_every_lesson_has_a_row_and_a_sample() -> None:
    text = README.read_text("utf-8")
    for lesson in lessons():
        sample = readme.find_sample(text, lesson)
        assert re.search(r"\d", sample), lesson.name
    assert re.search(r"Measured on .+, CPython 3\.\d+\.\d+.*, on 20", text)


def test_a_lesson_in_the_catalogue_reaches_every_table() -> None:
    notes = Notes(
        part="More",
        seconds=7,
        minutes=9,
        new="what is new",
        watch="what to watch",
        twin=Twin("03", 10),
        tools=["a_tool"],
    )
    path = ROOT / "lab" / "toolbox" / "99_made_up.py"
    course = [*lessons(), Lesson(path, "99", "Made up.", notes=notes)]
    course_parts = [*parts(), Part("More", "Of it.", ["99"])]
    text = README.read_text("utf-8")
    text = readme.fill_blocks(text, course, course_parts, {})
    row = "| `uv run lab/toolbox/99_made_up.py` | 7 s | 9 min | what is new |"
    assert row in text
    assert f" what to watch | `{readme.NOT_MEASURED}` |" in text
    assert f"**{len(course_parts)}. More** (lesson 99). Of it." in text
    twins = "diff lab/03_gil_demo_threads.py lab/toolbox/99_made_up.py"
    assert twins in text.splitlines()
    assert "| `a_tool` | 99 |" in readme.format_tools(course).splitlines()
    outputs = {"99": "1\n3 s\n"}
    measured = readme.fill_blocks(text, course, course_parts, outputs)
    assert " what to watch | `3 s` |" in measured
    assert readme.describe_origin() in measured.splitlines()


@pytest.fixture
def readmes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path]:
    """Use copies of the READMEs, in which the tests may write."""
    copies = tmp_path / "README.md", tmp_path / "lab.md"
    copies[0].write_text(README.read_text("utf-8"), "utf-8")
    copies[1].write_text(readme.LAB_README.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(readme, "README", copies[0])
    monkeypatch.setattr(readme, "LAB_README", copies[1])
    return copies


def test_measured_lines_and_whole_outputs_are_written(
    readmes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def capture(
        lesson: Lesson, changes: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        output = f"first line\n{lesson.number * 3}\n"
        return subprocess.CompletedProcess([], 0, output, "")

    monkeypatch.setattr(readme, "capture_lesson", capture)
    readme.measure_lessons()
    text, lab_text = (page.read_text("utf-8") for page in readmes)
    for lesson in lessons():
        assert readme.find_sample(text, lesson) == lesson.number * 3
        if lesson.notes.block:
            block = (
                f"$ uv run {lesson.name}\nfirst line\n{lesson.number * 3}\n"
            )
            assert f"{block}```\n" in text + lab_text


def test_a_failing_lesson_leaves_the_readme(
    readmes: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = [page.read_text("utf-8") for page in readmes]

    def fail(*_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, "1.0\n", "it is broken\n")

    monkeypatch.setattr(readme, "capture_lesson", fail)
    with pytest.raises(LabError, match=r"\.py failed$"):
        readme.measure_lessons()
    assert capsys.readouterr().err == "it is broken\n"
    assert [page.read_text("utf-8") for page in readmes] == before
