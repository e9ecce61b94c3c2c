"""Lesson 05: slow pages, fetched by a pool of threads and saved as files."""

import re
from pathlib import Path

import pytest

from backstage.course.running import start_lesson
from backstage.course.selection import find
from support.lessons import RunLesson, parse_figure
from support.processes import is_two_seconds_old
from support.terminals import terminal


def pages(count: int) -> list[str]:
    return [f"/page/{n}?size=3000&delay=0.4" for n in range(1, count + 1)]


@pytest.mark.slow
def test_whole_pages_are_saved_the_same_in_each_run(
    run_lesson: RunLesson, tmp_path: Path
) -> None:
    saved = []
    for _ in range(2):
        result = run_lesson("05", PAGES=pages(10))
        assert (result.status, result.peak) == (0, 10)
        assert result.errors == [
            "practice site: 10 requests, at most 10 in flight"
        ]
        files = sorted((tmp_path / "downloads").iterdir())
        saved.append({path.name: path.read_bytes() for path in files})
    assert list(saved[0]) == [f"{n:02}.html" for n in range(1, 11)]
    assert saved[0] == saved[1]
    for n, content in enumerate(saved[0].values(), 1):
        assert f"<title>Page {n} of the".encode() in content
    files_line, last = result.lines
    row = r"10 pages saved \(([\d,]+) bytes\), 0 failed"
    size = sum(map(len, saved[0].values()))
    assert parse_figure(row, files_line) == size
    total = r"10 pages in \d\.\d\d s: \d+\.\d pages per second, 10 threads"
    assert re.fullmatch(total, last)


def test_one_failure_does_not_discard_the_other_pages(
    run_lesson: RunLesson, tmp_path: Path
) -> None:
    result = run_lesson("05", PAGES=["/page/1", "/status/500", "/page/3"])
    assert "/status/500" in result.failure_line()
    (line,) = result.lines
    assert re.fullmatch(r"2 pages saved \(.* bytes\), 1 failed", line)
    names = sorted(path.name for path in (tmp_path / "downloads").iterdir())
    assert names == ["01.html", "03.html"]


def test_the_workers_limit_the_requests_in_flight(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("05", PAGES=pages(6), WORKERS=3)
    assert (result.status, result.peak) == (0, 3)


def test_a_terminal_shows_a_bar(run_lesson: RunLesson, tmp_path: Path) -> None:
    changes = {
        "PAGES": repr(pages(2)),
        "FOLDER": repr(str(tmp_path / "pages")),
    }
    with (
        terminal() as (screen, read, _),
        start_lesson(
            find("05"), changes, stdout=screen, stderr=screen
        ) as child,
    ):
        child.wait()
        shown = read()
    assert "2/2" in shown
    assert shown.splitlines()[-1].startswith("2 pages in ")


@pytest.mark.slow
def test_ctrl_c_after_the_first_page(run_lesson: RunLesson) -> None:
    pages = ["/html", *["/delay/9"] * 3]
    result = run_lesson("05", when=is_two_seconds_old, PAGES=pages)
    assert "stopped by Ctrl-C" in result.failure_line(130)
