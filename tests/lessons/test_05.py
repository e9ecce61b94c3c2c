"""Lesson 05: slow pages, fetched by a pool of threads and saved as files."""

from pathlib import Path

import pytest
from conftest import Taker, figure, is_two_seconds_old, terminal

from backstage.catalogue import find, started


def pages(count: int) -> list[str]:
    return [f"/page/{n}?size=3000&delay=0.4" for n in range(1, count + 1)]


def test_whole_pages_are_saved_the_same_again(
    take: Taker, tmp_path: Path
) -> None:
    saved = []
    for _ in range(2):
        result = take("05", PAGES=pages(10))
        assert (result.status, result.peak) == (0, 10)
        assert result.errors == [
            "practice site: 10 requests, at most 10 at a time"
        ]
        files = sorted((tmp_path / "downloads").iterdir())
        saved.append({path.name: path.read_bytes() for path in files})
    assert list(saved[0]) == [f"{n:02}.html" for n in range(1, 11)]
    assert saved[0] == saved[1]
    for n, content in enumerate(saved[0].values(), 1):
        assert f"<title>Page {n} of the".encode() in content
    (last,) = result.lines
    size = figure(r"([\d,]+) bytes, 10 pages in .* waits at a time", last)
    assert size == sum(map(len, saved[0].values()))


def test_no_more_pages_are_in_flight_than_workers(take: Taker) -> None:
    result = take("05", PAGES=pages(6), WORKERS=3)
    assert (result.status, result.peak) == (0, 3)


def test_a_terminal_shows_a_bar(take: Taker, tmp_path: Path) -> None:
    changes = {
        "PAGES": repr(pages(2)),
        "FOLDER": repr(str(tmp_path / "pages")),
    }
    with (
        terminal() as (screen, read, _),
        started(find("05"), changes, stdout=screen, stderr=screen) as child,
    ):
        child.wait()
        shown = read()
    assert "2/2" in shown
    assert " 2 pages in " in shown.splitlines()[-1]


@pytest.mark.slow
def test_ctrl_c_after_the_first_page(take: Taker) -> None:
    pages = ["/html", *["/delay/9"] * 3]
    result = take("05", when=is_two_seconds_old, PAGES=pages)
    assert "stopped by Ctrl-C" in result.failed(130)
