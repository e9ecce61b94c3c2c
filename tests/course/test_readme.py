"""The tables of the pages that come from the catalogue and from runs."""

import re
import subprocess
from pathlib import Path

import pytest

from backstage.course import readme
from backstage.course.catalogue import (
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
    for page in readme.COURSE_PAGES:
        text = (ROOT / page).read_text("utf-8")
        filled = readme.fill_blocks(text, page, lessons(), parts(), {})
        assert filled == text
    text = (ROOT / readme.TOOLS_PAGE).read_text("utf-8")
    table = readme.format_tools(lessons())
    assert replace_block(text, "tools", table, "") == text


def test_every_lesson_has_a_row_and_a_sample() -> None:
    pages = [(ROOT / page).read_text("utf-8") for page in readme.COURSE_PAGES]
    for lesson in lessons():
        sample = readme.find_sample("\n".join(pages), lesson)
        assert re.search(r"\d", sample), lesson.name
    for text in pages:
        assert re.search(r"Measured on .+, CPython 3\.\d+\.\d+.*, on 20", text)


def test_a_lesson_in_the_catalogue_reaches_every_table() -> None:
    notes = Notes(
        part="More",
        seconds=7.5,
        minutes=9,
        new="what is new",
        watch="what to watch",
        twin=Twin("03", 10),
        tools=["a_tool"],
    )
    path = ROOT / "lab" / "toolbox" / "99_made_up.py"
    course = [*lessons(), Lesson(path, "99", "Made up.", notes=notes)]
    course_parts = [*parts(), Part("More", "Of it.", ["99"])]
    text = (ROOT / "README.md").read_text("utf-8")
    text = readme.fill_blocks(text, "README.md", course, course_parts, {})
    row = (
        "| `uv run lab/toolbox/99_made_up.py` | 7.5 s | 9 min | what is new |"
    )
    assert row in text
    assert f" what to watch | `{readme.NOT_MEASURED}` |" in text
    assert f"**{len(course_parts)}. More** (lesson 99). Of it." in text
    twins = "diff lab/03_gil_demo_threads.py lab/toolbox/99_made_up.py"
    assert twins in text.splitlines()
    assert "| `a_tool` | 99 |" in readme.format_tools(course).splitlines()
    outputs = {"99": "1\n3 s\n"}
    measured = readme.fill_blocks(
        text, "README.md", course, course_parts, outputs
    )
    assert " what to watch | `3 s` |" in measured
    assert readme.describe_origin() in measured.splitlines()


def test_a_page_has_only_the_lessons_of_its_parts() -> None:
    text = "".join(
        f"<!-- {block}: begin -->\n<!-- {block}: end -->\n"
        for block in ("course", "twins", "measured")
    )
    course_parts = parts()
    page = course_parts[0].page
    numbers = {
        number
        for part in course_parts
        if part.page == page
        for number in part.numbers
    }
    filled = readme.fill_blocks(text, page, lessons(), course_parts, {})
    for lesson in lessons():
        row = f"| `uv run {lesson.name}` |"
        assert (row in filled) == (lesson.number in numbers)


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use copies of the pages, in which the tests may write."""
    for page in readme.PAGES:
        copy = tmp_path / page
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text((ROOT / page).read_text("utf-8"), "utf-8")
    monkeypatch.setattr(readme, "ROOT", tmp_path)
    return tmp_path


def read_pages(folder: Path) -> list[str]:
    return [(folder / page).read_text("utf-8") for page in readme.PAGES]


def test_measured_lines_and_whole_outputs_are_written(
    pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def capture(
        lesson: Lesson, changes: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        output = f"first line\n{lesson.number * 3}\n"
        return subprocess.CompletedProcess([], 0, output, "")

    monkeypatch.setattr(readme, "capture_lesson", capture)
    before = "\n".join(read_pages(pages))
    tools = readme.format_tools(lessons())
    page = pages / readme.TOOLS_PAGE
    page.write_text(page.read_text("utf-8").replace(tools, "old"), "utf-8")
    readme.measure_lessons()
    assert tools in page.read_text("utf-8")
    text = "\n".join(read_pages(pages))
    for lesson in lessons():
        if lesson.missing:
            kept = readme.find_sample(before, lesson)
            assert readme.find_sample(text, lesson) == kept
            continue
        assert readme.find_sample(text, lesson) == lesson.number * 3
        if lesson.notes.block:
            block = (
                f"$ uv run {lesson.name}\nfirst line\n{lesson.number * 3}\n"
            )
            assert f"{block}```\n" in text


def test_pages_keep_the_output_of_lessons_that_have_not_run(
    pages: Path,
) -> None:
    before = "\n".join(read_pages(pages))
    ran, *others = [lesson for lesson in lessons() if not lesson.notes.block]
    others += [lesson for lesson in lessons() if lesson.notes.block]
    readme.write_readmes({ran.number: "first line\n7 made-up s\n"})
    text = "\n".join(read_pages(pages))
    assert readme.find_sample(text, ran) == "7 made-up s"
    for lesson in others:
        sample = readme.find_sample(before, lesson)
        assert readme.find_sample(text, lesson) == sample
    code = r"(?s)```text\n.*?```"
    assert re.findall(code, text) == re.findall(code, before)


def test_a_failing_lesson_leaves_the_readme(
    pages: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = read_pages(pages)
    statuses = iter([0, 0, 1])  # the first lessons do not fail

    def fail(*_: object) -> subprocess.CompletedProcess[str]:
        status = next(statuses)
        errors = "it is broken\n" if status else ""
        return subprocess.CompletedProcess([], status, "1.0\n", errors)

    monkeypatch.setattr(readme, "capture_lesson", fail)
    with pytest.raises(LabError, match=r"\.py failed$"):
        readme.measure_lessons()
    assert capsys.readouterr().err == "it is broken\n"
    assert read_pages(pages) == before


def test_a_block_that_is_on_no_page_is_an_error(
    pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = next(lesson for lesson in lessons() if lesson.notes.block)
    for page in readme.PAGES:
        text = (pages / page).read_text("utf-8")
        changed = text.replace(f"<!-- {lesson.notes.block}: ", "<!-- other: ")
        (pages / page).write_text(changed, "utf-8")
    before = read_pages(pages)
    message = f"no page has the block '{lesson.notes.block}'"
    with pytest.raises(LabError, match=f"^{message}"):
        readme.write_readmes({lesson.number: "1 s"})
    assert read_pages(pages) == before
