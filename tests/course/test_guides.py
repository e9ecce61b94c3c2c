"""The guides: their blocks, their links, and the code that they show."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backstage.course import guides
from backstage.course.catalogue import ROOT
from backstage.errors import LabError, UsageError
from support.commands import Invoke
from support.lessons import GIL

MAX_LINES = 250
PAGES = sorted(guides.GUIDES.glob("*.md"))
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
PAGE = """# A guide

<!-- run 1 SIZE=5: begin -->
<!-- run 1 SIZE=5: end -->

The end.
"""


def find_code(page: Path, language: str) -> list[str]:
    """Return the blocks of code in that language."""
    text = page.read_text("utf-8")
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", text)


def find_links(page: Path) -> list[str]:
    """Return the targets of links and pictures in a page."""
    return re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))


def find_anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text("utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


@each_page
def test_a_page_is_short_and_has_six_questions(page: Path) -> None:
    text = page.read_text("utf-8")
    assert len(text.splitlines()) <= MAX_LINES
    if page.name != "README.md":
        assert text.count("<details>") == text.count("</details>") == 6
        assert "[All guides](README.md)" in text


@each_page
def test_its_links_lead_somewhere(page: Path) -> None:
    for link in find_links(page):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = page.parent / parts.path if parts.path else page
        assert target.exists(), link
        if parts.fragment:
            assert parts.fragment in find_anchors(target), link


@each_page
def test_its_blocks_are_filled(page: Path) -> None:
    text = page.read_text("utf-8")
    for block in guides.BEGIN.findall(text):
        begin = f"<!-- {block}: begin -->\nMeasured on "
        assert begin in text, f"uv run lab guides {page.name}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "code"),
    [
        pytest.param(page, code, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, code in enumerate(find_code(page, "python"), 1)
    ],
)
def test_its_python_code_runs(page: Path, code: str, tmp_path: Path) -> None:
    file = tmp_path / "snippet.py"
    file.write_text(code, "utf-8")
    result = subprocess.run(
        [sys.executable, "-W", "error", file],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="commands for a POSIX shell")
@pytest.mark.parametrize(
    "command",
    sorted(
        {
            line.partition("  #")[0].strip()
            for page in PAGES
            for code in find_code(page, "bash")
            for line in code.splitlines()
            if line.strip() and not line.startswith("#")
        }
    ),
)
def test_its_shell_commands_run(command: str) -> None:
    words = command.split()
    assert words[:3] == ["uv", "run", "lab"], command
    line = command.replace("uv run", f"'{sys.executable}'", 1)
    result = subprocess.run(
        line,
        shell=True,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def find_matrix() -> list[list[str]]:
    """Return the rows of the decision matrix: work, options, model, why."""
    page = guides.GUIDES / "README.md"
    lines = page.read_text("utf-8").splitlines() if page.exists() else []
    rows = [line for line in lines if "`--workload" in line]
    return [
        [cell.strip().strip("`") for cell in row.strip("|").split("|")]
        for row in rows
    ]


@pytest.mark.parametrize("row", find_matrix(), ids=lambda row: row[0])
def test_the_rules_agree_with_the_matrix(
    row: list[str], invoke: Invoke
) -> None:
    _, options, model, _ = row
    answer = invoke("choose", *options.split())
    assert (answer.status, answer.err) == (0, "")
    # Without a GIL, threads can compute as well.
    assert f"use {model}; second: " in answer.out or GIL == "off"


@pytest.fixture
def guide(
    small_course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Return a guide with a block for a lesson of the small course."""
    page = tmp_path / "02-page.md"
    page.write_text(PAGE, "utf-8")
    monkeypatch.setattr(guides, "GUIDES", tmp_path)
    return page


def test_a_block_gets_the_output_of_its_lesson(guide: Path) -> None:
    guides.write_guides(["02"])
    text = guide.read_text("utf-8")
    output = "$ uv run lab 1 SIZE=5\none 5\n```\n<!-- run 1 SIZE"
    assert output in text
    assert "by `uv run lab guides`.\n\n```text\n" in text
    assert text.endswith("end -->\n\nThe end.\n")
    guides.write_guides()
    assert guide.read_text("utf-8") == text


@pytest.mark.parametrize(
    ("assignment", "error"), [("SIZE=1/0", LabError), ("NO=1", UsageError)]
)
def test_a_guide_stays_as_it_was_if_a_lesson_fails(
    assignment: str, error: type[LabError], guide: Path
) -> None:
    text = PAGE.replace("SIZE=5", assignment)
    guide.write_text(text, "utf-8")
    with pytest.raises(error):
        guides.write_guides()
    assert guide.read_text("utf-8") == text


@pytest.mark.parametrize(
    ("end", "reason"),
    [("'first\\nthe reason'", "the reason"), ("3", "no reason")],
)
def test_a_guide_stays_as_it_was_if_its_second_lesson_fails(
    end: str, reason: str, guide: Path, small_course: Path
) -> None:
    lesson = small_course / "basics" / "2_two.py"
    lesson.write_text(f"print(2)\nraise SystemExit({end})")
    text = PAGE + PAGE.replace("run 1 SIZE=5", "run 2")
    guide.write_text(text, "utf-8")
    with pytest.raises(LabError, match=rf"^run 2: {reason}$"):
        guides.write_guides()
    assert guide.read_text("utf-8") == text


def test_a_table_keeps_its_first_spaces(
    guide: Path, small_course: Path
) -> None:
    lesson = small_course / "basics" / "1_one.py"
    lesson.write_text("SIZE = 1\nprint('   size')\nprint(SIZE)")
    guides.write_guides()
    assert "SIZE=5\n   size\n5\n```\n" in guide.read_text("utf-8")


def test_guides_are_found_by_the_beginnings_of_their_names(
    guide: Path,
) -> None:
    first = guide.with_name("01-first.md")
    third = guide.with_name("03-third.md")
    for page in first, third:
        page.touch()
    assert guides.find_guides([]) == [first, guide, third]
    assert guides.find_guides(["02"]) == [guide]
    assert guides.find_guides(["03-t", "01"]) == [first, third]
    with pytest.raises(UsageError, match=r"^no guide 'page' in lab/guides$"):
        guides.find_guides(["01", "page"])


def test_a_guide_that_does_not_exist(guide: Path) -> None:
    with pytest.raises(UsageError, match=r"^no guide '09' in lab/guides$"):
        guides.write_guides(["09"])
