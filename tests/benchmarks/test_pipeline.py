"""Fetching pages and parsing them: the pipeline of 10 beside other ways."""

import asyncio
import importlib
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from statistics import median
from typing import Any

import httpx
import psutil
import pytest
import requests
from measuring import cores, measure, site_seconds

from backstage import practice_site
from backstage.course.selection import find
from backstage.watch.watcher import watch

lesson: Any = importlib.import_module("10_async_multiprocessing_pipeline")
SMALL = [f"/page/{n}?size=2000&delay=0.05" for n in range(6)]
Pool = ProcessPoolExecutor


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with ProcessPoolExecutor(lesson.PROCESSES) as pool:
        list(pool.map(lesson.parse, [b"<p>"] * lesson.PROCESSES))
        yield pool


def client() -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=lesson.CONNECTIONS)
    timeout = httpx.Timeout(lesson.TIMEOUT, pool=None)
    return httpx.AsyncClient(timeout=timeout, limits=limits)


async def sequential(urls: list[str], pool: Pool) -> list[Any]:
    async with client() as one:
        return [lesson.parse(await lesson.fetch(url, one)) for url in urls]


async def fetch_only(urls: list[str], pool: Pool) -> list[Any]:
    async with client() as one:
        return await asyncio.gather(*(lesson.fetch(url, one) for url in urls))


async def one_step_after_the_other(urls: list[str], pool: Pool) -> list[Any]:
    async with client() as one:
        steps = await lesson.fetch_then_parse(urls, one, pool)
    return list(steps.pages)


async def both_at_once(urls: list[str], pool: Pool) -> list[Any]:
    async with client() as one:
        return list(await lesson.fetch_and_parse(urls, one, pool))


async def threads(urls: list[str], pool: Pool) -> list[Any]:
    def fetch_and_parse(url: str) -> Any:
        response = requests.get(url, timeout=lesson.TIMEOUT)
        response.raise_for_status()
        return lesson.parse(response.content)

    with ThreadPoolExecutor(lesson.CONNECTIONS) as both:
        return list(both.map(fetch_and_parse, urls))


Way = Callable[[list[str], Pool], Coroutine[Any, Any, list[Any]]]
WAYS: dict[str, Way] = {
    "fetching alone": fetch_only,
    "sequential": sequential,
    "threads for both": threads,
    "fetch all, then parse": one_step_after_the_other,
    "parse while fetching": both_at_once,
}


def spent() -> float:
    """Return the CPU seconds of this process and of its pool so far."""
    me = psutil.Process()
    family = [me, *me.children(recursive=True)]
    return sum(sum(p.cpu_times()[:2]) for p in family) - site_seconds()


@pytest.mark.benchmark(group="pipeline")
@pytest.mark.parametrize("way", WAYS)
def test_pipeline(way: str, benchmark: Any, pool: Pool) -> None:
    pages = lesson.PAGES if benchmark.enabled else SMALL
    used: list[float] = []

    def play() -> list[Any]:
        before = spent()
        results = asyncio.run(WAYS[way](urls, pool))
        used.append(spent() - before)
        return results

    def right(results: list[Any]) -> bool:
        if way == "fetching alone":
            return len(results) == len(pages)
        return len({title for title, *_ in results}) == len(pages)

    count = cores(lesson.PROCESSES)
    ideal = f"max(fetching, CPU/{count:g})"
    rounds = 1 if way == "sequential" else 3  # it takes half a minute
    with practice_site(pages) as urls:
        measure(benchmark, play, right, ideal, rounds=rounds)
    # Fetching alone is what it is; the rest cannot be faster than its CPU.
    terms = [("fetching alone", 1), median(used[1:] or used) / count]
    benchmark.extra_info["ideal"] = terms


def peak_memory(pages: list[str]) -> int:
    """Return the most bytes that a run of 10 and its processes held."""
    seen = watch(find("10"), {"PAGES": repr(pages)}, stderr=subprocess.DEVNULL)
    assert seen.status == 0
    return seen.peak_memory


@pytest.mark.slow
def test_memory_stays_flat() -> None:
    few, many = (
        peak_memory([f"/page/{n}?size=20000" for n in range(count)])
        for count in (30, 150)
    )
    assert many < 1.3 * few
