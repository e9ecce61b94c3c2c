"""Fetch ten slow pages at the same time, with coroutines in one thread.

Prediction: nearly 10.0 pages per second, 1 thread. It waits for all pages.
"""

import asyncio
from threading import active_count
from time import perf_counter

import httpx
from httpx_aiohttp import HttpxAiohttpClient

from backstage import practice_site, run

PAGES = ["/delay/1"] * 10  # paths on the practice site, or whole URLs
TIMEOUT = 10  # seconds without data before we give up
MAX_LINES = 20  # with more pages, only the last line is printed


async def fetch(number: int, url: str, client: httpx.AsyncClient) -> int:
    report(f"page {number}: start")
    start = perf_counter()
    # While this coroutine waits for its page, the others can run.
    response = await client.get(url, follow_redirects=True)
    response.raise_for_status()
    elapsed = perf_counter() - start
    size = len(response.content)
    report(f"page {number}: end after {elapsed:.2f} s, {size} bytes")
    return size


def report(line: str) -> None:
    if len(PAGES) <= MAX_LINES:
        print(line)


async def fetch_all(urls: list[str]) -> list[int]:
    # A client of httpx that is fast for thousands of pages, too.
    limits = httpx.Limits(max_connections=len(urls))
    async with HttpxAiohttpClient(timeout=TIMEOUT, limits=limits) as client:
        # The group waits for its tasks. If one fails, it cancels the others.
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(fetch(number, url, client))
                for number, url in enumerate(urls, start=1)
            ]
        return [task.result() for task in tasks]


def main() -> None:
    # The practice site is a web server that runs on this computer.
    with practice_site(PAGES) as urls:
        start = perf_counter()
        sizes = asyncio.run(fetch_all(urls))
        elapsed = perf_counter() - start

    rate = len(sizes) / elapsed
    print(
        f"{len(sizes)} pages in {elapsed:.2f} s: "
        f"{rate:.1f} pages per second, {active_count()} thread"
    )


if __name__ == "__main__":
    run(main)
