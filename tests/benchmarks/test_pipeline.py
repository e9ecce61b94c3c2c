"""The pipeline of 10 beside fetching alone, and fetching all then parsing all.

As part of the suite each runs once, small. In full, with a table of seconds
and the ratios below it:

    uv run pytest -n0 -s tests/benchmarks --benchmark-columns=min,median,max
"""

import asyncio
import importlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from statistics import median
from typing import Any

import httpx
import psutil
import pytest

from backstage import practice_site
from backstage.catalogue import find, started

lesson: Any = importlib.import_module("10_async_multiprocessing_pipeline")
CORES = min(lesson.PROCESSES, os.cpu_count() or 1)
ROUNDS = 3

Pages = list[tuple[float, str, int, float]]
seconds: dict[str, list[float]] = {}
cpu_seconds: list[float] = []


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(lesson.PROCESSES) as pool:
        list(pool.map(lesson.parse, [b"<p>"] * lesson.PROCESSES))
        yield pool


async def fetch_only(urls: list[str], pool: object) -> list[bytes]:
    limits = httpx.Limits(max_connections=lesson.CONNECTIONS)
    timeout = httpx.Timeout(lesson.TIMEOUT, pool=None)
    async with httpx.AsyncClient(timeout=timeout, limits=limits) as client:
        fetches = (lesson.fetch(url, client) for url in urls)
        return list(await asyncio.gather(*fetches))


async def barrier(urls: list[str], pool: ProcessPoolExecutor) -> list[Any]:
    loop = asyncio.get_running_loop()
    pages = await fetch_only(urls, pool)
    return await asyncio.gather(
        *(loop.run_in_executor(pool, lesson.parse, page) for page in pages)
    )


async def streaming(urls: list[str], pool: ProcessPoolExecutor) -> Pages:
    pages: Pages = (await lesson.time_all(urls, pool))[0]
    return pages


def spent() -> float:
    """Return the CPU seconds of this process and of its children."""
    me = psutil.Process()
    family = [me, *me.children(recursive=True)]
    return sum(sum(p.cpu_times()[:2]) for p in family)


@pytest.mark.benchmark(group="pipeline")
@pytest.mark.parametrize("way", [fetch_only, barrier, streaming])
def test_pipeline(
    benchmark: Any,
    pool: ProcessPoolExecutor,
    way: Callable[..., Any],
) -> None:
    pages = lesson.PAGES if benchmark.enabled else lesson.PAGES[:6]

    def play(urls: list[str]) -> None:
        before, start = spent(), time.perf_counter()
        results = asyncio.run(way(urls, pool))
        taken = time.perf_counter() - start
        assert len(results) == len(urls)
        seconds.setdefault(way.__name__, []).append(taken)
        if way is streaming:
            assert len({title for _, title, _, _ in results}) == len(urls)
            cpu_seconds.append(spent() - before)

    with practice_site(pages) as urls:
        benchmark.pedantic(
            play, (urls,), rounds=ROUNDS, iterations=1, warmup_rounds=1
        )
    if benchmark.enabled and way is streaming:
        fetching, waited, streamed = (median(s) for s in seconds.values())
        bound = max(fetching, median(cpu_seconds) / CORES)
        print(
            f"\nfetching {fetching:.2f} s; "
            f"CPU {median(cpu_seconds):.2f} s on {CORES} cores; "
            f"streaming {streamed / bound:.2f} times the larger,\n"
            f"and {waited / streamed:.2f} times faster than the barrier"
        )


def peak_memory(pages: list[str]) -> float:
    """Return the most megabytes that a run of 10 and its children held."""
    peak = 0
    with started(
        find("10"),
        {"PAGES": repr(pages)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as child:
        family: list[psutil.Process] = []
        while child.poll() is None:
            held = 0
            try:
                me = psutil.Process(child.pid)
                family = [me, *me.children(recursive=True)]
                held = sum(p.memory_info().rss for p in family)
            except psutil.NoSuchProcess:
                continue
            peak = max(peak, held)
            time.sleep(0.02)
    assert child.returncode == 0
    return peak / 1e6


def test_memory_stays_flat(benchmark: Any) -> None:
    few, many, size = 100, 500, 150_000
    if not benchmark.enabled:
        few, many, size = 30, 150, 20_000
    less, more = (
        [f"/page/{n}?size={size}" for n in range(count)]
        for count in (few, many)
    )
    low = peak_memory(less)
    high = benchmark.pedantic(peak_memory, (more,), rounds=1, iterations=1)
    print(f"\n{few} pages {low:.0f} MB, {many} pages {high:.0f} MB at most")
    assert high < 1.3 * low
