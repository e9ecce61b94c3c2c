"""Lesson 10: processes parse the first pages while other pages arrive."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.lessons import RunLesson, import_lesson
from support.processes import computing


def test_every_page_is_parsed_in_both_ways(run_lesson: RunLesson) -> None:
    pages = [f"/page/{n}?size=3000&delay=0.2" for n in range(8)]
    result = run_lesson("10", PAGES=pages, CONNECTIONS=4)
    assert (result.status, result.peak) == (0, 4)
    assert len(result.requests) == 2 * 8
    fetching, parsing, both, last = result.lines
    assert re.fullmatch(r"fetch all pages: \d\.\d\d s", fetching)
    assert re.fullmatch(r"then parse them: \d\.\d\d s", parsing)
    assert re.fullmatch(r"fetch and parse at the same time: \d\.\d\d s", both)
    faster = r"\d\.\d\d times faster \(ideal \d\.\d\d\)"
    assert re.fullmatch(rf"8 pages, both at the same time: {faster}", last)


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace fetching and parsing by functions that log their events."""
    lesson = import_lesson("10")
    log = list[str]()

    async def fetch(url: str, client: object) -> bytes:
        log.append("requested")
        await asyncio.sleep(0.01)
        log.append("fetched")
        return b""

    def parse(html: bytes) -> object:
        log.append("parsed")
        return lesson.ParsedPage("", 0)

    monkeypatch.setattr(lesson, "fetch", fetch)
    monkeypatch.setattr(lesson, "parse", parse)
    monkeypatch.setattr(lesson, "IN_MEMORY", 3)
    return log


def test_pages_are_parsed_while_other_pages_arrive(
    events: list[str],
) -> None:
    lesson = import_lesson("10")
    with ThreadPoolExecutor(1) as pool:
        pages = asyncio.run(lesson.fetch_and_parse(["u"] * 9, None, pool))
    assert len(pages) == events.count("parsed") == 9
    assert "parsed" in events[: events.index("fetched") + 4]
    for end in range(len(events)):
        past = events[:end]
        in_memory = past.count("requested") - past.count("parsed")
        assert in_memory <= lesson.IN_MEMORY


def test_in_two_steps_all_pages_are_fetched_first(
    events: list[str],
) -> None:
    lesson = import_lesson("10")
    with ThreadPoolExecutor(1) as pool:
        steps = asyncio.run(lesson.fetch_then_parse(["u"] * 9, None, pool))
    assert len(steps.pages) == 9
    assert events[-9:] == ["parsed"] * 9
    assert events.count("fetched") == 9


def test_a_page_is_parsed_to_its_title_and_its_links() -> None:
    parse = import_lesson("10").parse
    html = b"<title>T</title><a href='x'>1</a><a href='y'>2</a>"
    assert parse(html) == ("T", 2)
    assert parse(b"no html") == ("", 0)


@pytest.mark.slow
def test_ctrl_c_while_processes_parse(run_lesson: RunLesson) -> None:
    result = run_lesson(
        "10",
        when=lambda lesson: len(computing(lesson)) >= 2,
        PAGES=[f"/page/{n}?size=300000" for n in range(60)],
    )
    assert "stopped by Ctrl-C" in result.failure_line(130)
