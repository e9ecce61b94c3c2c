"""Fetching more and more slow pages at the same time."""

import asyncio
import importlib
import subprocess
from typing import Any

import aiohttp
import httpx
import pytest
from measuring import (
    fetch_together,
    httpx_client,
    lesson_client,
    measure,
    warmed,
)

from backstage import practice_site
from backstage.course.selection import find
from backstage.watch.watcher import watch

lesson_02: Any = importlib.import_module("02_threaded_fetch")
MAX_TEST_PAGES = 20  # where this is a test and not a benchmark
# A row for each client and each of its numbers of pages.
LESSONS = {
    "threads": [10, 100, 1_000, 5_000],
    "httpx on aiohttp": [10, 100, 1_000, 5_000, 10_000],
}
OTHER_CLIENTS = {
    "httpx alone": [1_000, 5_000],
    "aiohttp alone": [1_000, 5_000],
}
NUMBERS = {"threads": "02", "httpx on aiohttp": "08"}  # of the lessons


async def fetch_with_aiohttp(
    urls: list[str], client: httpx.AsyncClient
) -> list[int]:
    """Fetch pages without httpx: its client is not used."""

    async def fetch(url: str) -> int:
        async with session.get(url) as response:
            response.raise_for_status()
            return len(await response.read())

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        return await asyncio.gather(*(fetch(url) for url in urls))


FETCH = {
    "httpx on aiohttp": fetch_together,
    "httpx alone": fetch_together,
    "aiohttp alone": fetch_with_aiohttp,
}


def each_row(counts: dict[str, list[int]]) -> pytest.MarkDecorator:
    """Return a mark that makes a case of each row.

    As a test, a case of many pages would be the same as one of few.
    """
    return pytest.mark.parametrize(
        ("name", "count"),
        [
            pytest.param(
                name,
                count,
                id=f"{name}, {count:,}",
                marks=pytest.mark.slow if count > MAX_TEST_PAGES else (),
            )
            for name in counts
            for count in counts[name]
        ],
    )


@pytest.mark.benchmark(group="scale")
@each_row(LESSONS)
@pytest.mark.slow
def test_scale(name: str, count: int, benchmark: Any) -> None:
    """CPU time and memory are those of a run of the whole lesson."""
    count, delay = choose_size(count, benchmark)
    page = f"/delay/{delay}"
    changes = {"PAGES": f"[{page!r}] * {count}", "TIMEOUT": "60"}
    lesson = find(NUMBERS[name])
    recording = watch(lesson, changes, stderr=subprocess.DEVNULL)
    statuses = [request.status for request in recording.requests.values()]
    assert statuses == [200] * count
    measure_client(
        name,
        count,
        delay,
        benchmark,
        cpu=recording.cpu,
        memory=recording.peak_memory,
    )


@pytest.mark.benchmark(group="scale")
@each_row(OTHER_CLIENTS)
def test_other_clients(name: str, count: int, benchmark: Any) -> None:
    """The same pages, to see what limits the clients of the lessons."""
    measure_client(name, *choose_size(count, benchmark), benchmark)


def choose_size(count: int, benchmark: Any) -> tuple[int, float]:
    """Return how many pages to fetch, and the delay of each in seconds."""
    if benchmark.enabled:
        return count, 1.0
    return min(count, MAX_TEST_PAGES), 0.1


def measure_client(
    name: str, count: int, delay: float, benchmark: Any, **figures: Any
) -> None:
    make_client = httpx_client if name == "httpx alone" else lesson_client
    client = make_client(count)

    with (
        practice_site([f"/delay/{delay}"] * count) as urls,
        warmed(urls[0], client) as runner,
    ):

        def fetch() -> list[Any]:
            if name == "threads":
                return list(lesson_02.fetch_all(urls))
            return runner.run(FETCH[name](urls, client))

        def is_right(pages: list[Any]) -> bool:
            return len(pages) == count

        measure(
            benchmark,
            fetch,
            is_right,
            "one delay",
            [delay],
            rounds=1 if count > 1_000 else 3,  # many pages take long
            count=count,
            **figures,
        )
