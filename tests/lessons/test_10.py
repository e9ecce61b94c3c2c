"""Lesson 10: processes parse the first pages while others still arrive."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import Taker, computing, imported


def test_every_page_is_parsed(take: Taker) -> None:
    pages = [f"/page/{n}?size=30000&delay=0.3" for n in range(8)]
    result = take("10", PAGES=pages, CONNECTIONS=4)
    assert (result.status, result.peak) == (0, 4)
    assert len(result.seen) == 8
    titles, last = result.lines
    assert titles.startswith("8 different titles, ")
    told = r"8 pages in .* processes, \d+\.\d s after the last page"
    assert re.fullmatch(told, last)


def test_pages_are_parsed_while_others_arrive_and_few_are_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = imported("10")
    asked, told = list[str](), list[str]()

    async def fetch(url: str, client: object) -> bytes:
        asked.append(url)
        assert len(asked) - told.count("parsed") <= lesson.IN_MEMORY
        await asyncio.sleep(0.01)
        told.append("fetched")
        return b""

    def parse(html: bytes) -> tuple[str, int, float]:
        told.append("parsed")
        return "", 0, 0.0

    monkeypatch.setattr(lesson, "fetch", fetch)
    monkeypatch.setattr(lesson, "parse", parse)
    monkeypatch.setattr(lesson, "IN_MEMORY", 3)
    with ThreadPoolExecutor(1) as pool:
        pages = asyncio.run(lesson.process_all(["u"] * 9, None, pool))
    assert len(pages) == told.count("parsed") == 9
    assert "parsed" in told[:4]


def test_title_and_links_of_a_page_are_found() -> None:
    parse = imported("10").parse
    html = b"<title>T</title><a href='x'>1</a><a href='y'>2</a>"
    assert parse(html)[:2] == ("T", 2)
    assert parse(b"no html")[:2] == ("", 0)


@pytest.mark.slow
def test_ctrl_c_while_processes_parse(take: Taker) -> None:
    result = take(
        "10",
        when=lambda lesson: len(computing(lesson)) >= 2,
        PAGES=[f"/page/{n}?size=300000" for n in range(60)],
    )
    assert "stopped by Ctrl-C" in result.failed(130)
