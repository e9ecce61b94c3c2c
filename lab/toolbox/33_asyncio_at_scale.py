"""Wait for 10 to 5,000 pages at the same time, in threads and in coroutines.

A page is in flight when we have asked for it and still wait for its answer. We
look at the memory again and again, and keep the highest number. From it we
subtract the memory before these pages.

Prediction: KB for a page in flight: threads need at least 1.5 times as much as
coroutines, with the most pages. A thread has memory of its own for the
functions that it runs (its stack). A coroutine is one small object. The two
libraries and the connections need memory too: it is in both numbers.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from http.client import HTTPException
from itertools import accumulate
from os import getpid
from threading import Thread
from time import perf_counter, process_time, sleep
from typing import NamedTuple
from urllib.request import urlopen

import aiohttp
import psutil

from backstage import practice_site, run

COUNTS = [10, 500, 5_000]  # pages at the same time
PAGE = "/delay/1"  # path on the practice site, which answers after a second
TIMEOUT = 60  # seconds for a page, then it counts as failed
SAMPLE_TIME = 0.01  # seconds from one look at the memory to the next


class Page(NamedTuple):
    start: float  # seconds on the clock of perf_counter
    end: float


class Change(NamedTuple):
    time: float
    number: int  # 1 if a page starts, -1 if one ends


class Outcome(NamedTuple):
    failed: int  # pages
    in_flight: int  # pages, at most
    elapsed: float  # seconds
    cpu_time: float  # seconds


class Result(NamedTuple):
    failed: int  # pages
    kilobytes: float  # for each page in flight


def fetch_in_threads(urls: list[str]) -> list[Page]:
    pages: list[Page] = []  # without the pages that failed

    def fetch(url: str) -> None:
        start = perf_counter()
        try:
            # urlopen is Python's own client. It needs less time and memory
            # than the library requests.
            with urlopen(url, timeout=TIMEOUT) as response:
                response.read()
        except (OSError, HTTPException):
            return
        pages.append(Page(start, end=perf_counter()))

    threads = [Thread(target=fetch, args=(url,)) for url in urls]
    started = []
    for thread in threads:
        try:
            thread.start()
        except RuntimeError:  # this computer allows no more threads
            break
        started.append(thread)
    for thread in started:
        thread.join()
    return pages


def fetch_in_coroutines(urls: list[str]) -> list[Page]:
    return asyncio.run(fetch_all(urls))


async def fetch_all(urls: list[str]) -> list[Page]:
    pages: list[Page] = []  # without the pages that failed

    # fetch uses `session`, which is made below, before fetch runs.
    async def fetch(url: str) -> None:
        start = perf_counter()
        try:
            async with session.get(url) as response:
                response.raise_for_status()
                await response.read()
        except (OSError, aiohttp.ClientError):
            return
        pages.append(Page(start, end=perf_counter()))

    # aiohttp is the library that httpx uses in lesson 08. Without httpx it
    # needs less time and memory.
    connector = aiohttp.TCPConnector(limit=0)  # 0: no limit of connections
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        asyncio.TaskGroup() as group,
    ):
        for url in urls:
            group.create_task(fetch(url))
    return pages


FetchPages = Callable[[list[str]], list[Page]]  # one of the two ways


def fetch_and_time(fetch_pages: FetchPages, urls: list[str]) -> Outcome:
    start = perf_counter()
    cpu_start = process_time()
    pages = fetch_pages(urls)
    elapsed = perf_counter() - start
    cpu_time = process_time() - cpu_start
    failed = len(urls) - len(pages)
    return Outcome(failed, count_in_flight(pages), elapsed, cpu_time)


def count_in_flight(pages: list[Page]) -> int:
    # The number goes up by 1 when a page starts, and down by 1 when it ends.
    # The highest total is the most pages that were in flight together.
    changes = [Change(page.start, 1) for page in pages]
    changes += [Change(page.end, -1) for page in pages]
    changes.sort()  # in the order of time
    # accumulate adds up: the total after each change.
    totals = accumulate(change.number for change in changes)
    return max(totals, default=0)


def measure(
    way: str, fetch_pages: FetchPages, first_url: str, urls: list[str]
) -> Result:
    # Each measurement has a new process, because a process keeps memory that
    # it does not need any more.
    with ProcessPoolExecutor(max_workers=1) as pool:
        # The first page is not measured: it loads code that all pages use.
        pool.submit(fetch_pages, [first_url]).result()
        child = psutil.Process(pool.submit(getpid).result())
        before = child.memory_info().rss  # resident memory, in bytes
        peak = before
        future = pool.submit(fetch_and_time, fetch_pages, urls)
        while not future.done():
            peak = max(peak, child.memory_info().rss)
            sleep(SAMPLE_TIME)
    outcome = future.result()
    if outcome.in_flight == 0:
        raise ConnectionError(f"{way}: none of {len(urls):,} pages arrived")
    kilobytes = (peak - before) / 1024
    print(
        f"{len(urls):>6,} {way:<11}{outcome.failed:>7,}"
        f"{outcome.in_flight:>11,}{outcome.elapsed:>9.2f} s"
        f"{outcome.cpu_time:>9.2f} s{kilobytes / 1024:>9.1f} MB"
    )
    return Result(outcome.failed, kilobytes / outcome.in_flight)


def main() -> None:
    print(
        f"{'pages':>6} {'way':<11}{'failed':>7}{'in flight':>11}"
        f"{'elapsed':>11}{'CPU time':>11}{'memory':>12}"
    )
    failed = 0
    # The practice site is a web server that runs on this computer.
    with practice_site(["/", PAGE]) as site_urls:
        first_url, url = site_urls
        for count in COUNTS:
            urls = [url] * count
            threads = measure("threads", fetch_in_threads, first_url, urls)
            coroutines = measure(
                "coroutines", fetch_in_coroutines, first_url, urls
            )
            failed += threads.failed + coroutines.failed
    # Now threads and coroutines are the results of the last count.
    print(
        f"KB for a page in flight: threads {threads.kilobytes:.1f}, "
        f"coroutines {coroutines.kilobytes:.1f}; "
        f"failed {failed:,} of {2 * sum(COUNTS):,}"
    )


if __name__ == "__main__":
    run(main)
