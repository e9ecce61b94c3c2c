"""More and more slow pages at once, until something gives."""

import asyncio
import importlib
import subprocess
from typing import Any

import aiohttp
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

threaded: Any = importlib.import_module("02_threaded_fetch")
NUMBERS = {"threads": "02", "httpx on aiohttp": "08"}
SIZES = [("threads", n) for n in (10, 100, 1_000, 5_000)]
SIZES += [("httpx on aiohttp", n) for n in (10, 100, 1_000, 5_000, 10_000)]
OTHERS = [("httpx alone", n) for n in (1_000, 5_000)]
OTHERS += [("aiohttp alone", n) for n in (1_000, 5_000)]
FEW = 20  # pages at most, where this is a test and no benchmark


def row(way: str, count: int) -> Any:
    """Return the case of a row; a test of many pages would be one of few."""
    marks = pytest.mark.slow if count > FEW else ()
    return pytest.param(way, count, id=f"{way}, {count:,}", marks=marks)


def size(count: int, benchmark: Any) -> tuple[int, float]:
    """Return how many pages there are, and the delay of each."""
    return (count, 1.0) if benchmark.enabled else (min(count, FEW), 0.1)


def whole_script(way: str, page: str, count: int) -> dict[str, Any]:
    """Return CPU seconds and memory of a lesson's whole script."""
    changes = {"PAGES": f"[{page!r}] * {count}", "TIMEOUT": "60"}
    seen = watch(find(NUMBERS[way]), changes, stderr=subprocess.DEVNULL)
    statuses = [request.status for request in seen.requests.values()]
    assert statuses == [200] * count
    return {"cpu": seen.cpu, "memory": seen.peak_memory}


def measure_way(way: str, count: int, benchmark: Any, **more: Any) -> None:
    count, delay = size(count, benchmark)
    client = lesson_client(count)
    if way == "httpx alone":
        client = httpx_client(count)

    with (
        practice_site([f"/delay/{delay}"] * count) as urls,
        warmed(urls[0], client) as runner,
    ):

        def play() -> list[Any]:
            if way == "threads":
                return list(threaded.fetch_all(urls))
            if way == "aiohttp alone":
                return runner.run(fetch_with_aiohttp(urls))
            return runner.run(fetch_together(urls, client))

        def right(pages: list[Any]) -> bool:
            return len(pages) == count

        ideal = "one delay", delay
        rounds = 1 if count > 1_000 else 3  # it takes long
        measure(
            benchmark, play, right, *ideal, rounds=rounds, count=count, **more
        )


async def fetch_with_aiohttp(urls: list[str]) -> list[int]:
    async def fetch(url: str) -> int:
        async with session.get(url) as response:
            response.raise_for_status()
            return len(await response.read())

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        return await asyncio.gather(*(fetch(url) for url in urls))


@pytest.mark.benchmark(group="scale")
@pytest.mark.parametrize(("way", "count"), [row(*one) for one in SIZES])
def test_scale(way: str, count: int, benchmark: Any) -> None:
    """CPU and memory are those of the whole script, in a run of its own."""
    many, delay = size(count, benchmark)
    more = whole_script(way, f"/delay/{delay}", many)
    measure_way(way, count, benchmark, **more)


@pytest.mark.benchmark(group="scale")
@pytest.mark.parametrize(("way", "count"), [row(*one) for one in OTHERS])
def test_other_clients(way: str, count: int, benchmark: Any) -> None:
    """Of the same pages, to see what limits the lesson's."""
    measure_way(way, count, benchmark)
