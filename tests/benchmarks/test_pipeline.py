"""Fetching pages and parsing them: lesson 10 beside other ways."""

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
from measuring import cores, measure, site_cpu_seconds

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
    async with client() as session:
        return [lesson.parse(await lesson.fetch(url, session)) for url in urls]


async def fetch_only(urls: list[str], pool: Pool) -> list[Any]:
    async with client() as session:
        return await asyncio.gather(
            *(lesson.fetch(url, session) for url in urls)
        )


async def one_step_after_the_other(urls: list[str], pool: Pool) -> list[Any]:
    async with client() as session:
        steps = await lesson.fetch_then_parse(urls, session, pool)
    return list(steps.pages)


async def both_at_once(urls: list[str], pool: Pool) -> list[Any]:
    async with client() as session:
        return list(await lesson.fetch_and_parse(urls, session, pool))


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


def cpu_seconds() -> float:
    """Return the CPU seconds that this process and its pool have used."""
    parent = psutil.Process()
    processes = [parent, *parent.children(recursive=True)]
    total = sum(sum(process.cpu_times()[:2]) for process in processes)
    return total - site_cpu_seconds()


@pytest.mark.benchmark(group="pipeline")
@pytest.mark.parametrize("way", WAYS)
def test_pipeline(way: str, benchmark: Any, pool: Pool) -> None:
    pages = lesson.PAGES if benchmark.enabled else SMALL
    used: list[float] = []  # CPU seconds of each round, the warm-up first

    def run() -> list[Any]:
        before = cpu_seconds()
        results = asyncio.run(WAYS[way](urls, pool))
        used.append(cpu_seconds() - before)
        return results

    def is_right(results: list[Any]) -> bool:
        if way == "fetching alone":
            return len(results) == len(pages)
        return len({title for title, *_ in results}) == len(pages)

    count = cores(lesson.PROCESSES)
    ideal = f"max(fetching, CPU/{count:g})"
    rounds = 1 if way == "sequential" else 3  # it takes half a minute
    with practice_site(pages) as urls:
        measure(benchmark, run, is_right, ideal, [], rounds=rounds)
    # No way can be faster than its CPU time on all cores, which is known now.
    terms = [("fetching alone", 1), median(used[1:] or used) / count]
    benchmark.extra_info["ideal"] = terms


def peak_memory(pages: list[str]) -> int:
    """Return the most bytes that lesson 10 and its processes held."""
    lesson_10 = find("10")
    changes = {"PAGES": repr(pages)}
    recording = watch(lesson_10, changes, stderr=subprocess.DEVNULL)
    assert recording.status == 0
    return recording.peak_memory


@pytest.mark.slow
def test_memory_stays_flat() -> None:
    pages = [f"/page/{n}?size=20000" for n in range(150)]
    assert peak_memory(pages) < 1.3 * peak_memory(pages[:30])
