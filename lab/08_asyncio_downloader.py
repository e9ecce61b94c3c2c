"""Fetch ten slow pages at the same time, with coroutines in one thread.

Prediction: nearly 10.0 pages per second, 1 thread. The one thread waits for
all pages at the same time.
"""

import asyncio
from threading import current_thread
from time import perf_counter
from typing import NamedTuple

import httpx
from httpx_aiohttp import HttpxAiohttpClient

from backstage import practice_site, run

PAGES = ["/delay/1"] * 10  # paths on the practice site, or whole URLs
TIMEOUT = 10  # seconds without any data, then we give up
MAX_LINES = 20  # with more pages than this, we print only the last line


class Page(NamedTuple):
    size: int
    thread: str


# "async def" makes a coroutine function: a function that can pause.
async def fetch(number: int, url: str, client: httpx.AsyncClient) -> Page:
    report(f"page {number}: start")
    start = perf_counter()
    # "await" means: pause here, and let other coroutines run. (The library
    # requests cannot pause: it would stop the whole thread.)
    response = await client.get(url, follow_redirects=True)
    response.raise_for_status()
    elapsed = perf_counter() - start
    size = len(response.content)
    report(f"page {number}: end after {elapsed:.2f} s, {size} bytes")
    return Page(size, current_thread().name)


def report(line: str) -> None:
    if len(PAGES) <= MAX_LINES:
        print(line)


async def fetch_all(urls: list[str]) -> list[Page]:
    # httpx uses the connections of another library, aiohttp: they are faster.
    limits = httpx.Limits(max_connections=len(urls))
    # "async with" is a "with" that can pause at its start and its end.
    async with HttpxAiohttpClient(timeout=TIMEOUT, limits=limits) as client:
        # fetch(...) runs nothing yet: it makes a coroutine. create_task turns
        # it into a task, which starts when we pause. This block ends when all
        # tasks have ended: we pause until then. If one fails, the others stop.
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
        # asyncio.run starts the event loop, which runs all coroutines.
        pages = asyncio.run(fetch_all(urls))
        elapsed = perf_counter() - start

    rate = len(pages) / elapsed
    threads = len({page.thread for page in pages})
    print(
        f"{len(pages)} pages in {elapsed:.2f} s: "
        f"{rate:.1f} pages per second, {threads} thread"
    )


if __name__ == "__main__":
    run(main)
