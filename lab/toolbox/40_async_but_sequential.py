"""Show three kinds of async code that still fetch their pages one by one.

Code with "async" and "await" can wait for many pages at the same time, but it
does not do so by itself. Here are three mistakes, each before its solution. A
page is in flight from the moment when we ask for it until it is here.

Prediction: in flight: 1 page with each mistake (loop, blocking, long lock),
all 4 pages with each solution (TaskGroup, threads, short lock).
"""

import asyncio
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any, NamedTuple

import httpx
import requests
from httpx_aiohttp import HttpxAiohttpClient

from backstage import practice_site, run

# Paths on the practice site, or whole URLs.
PAGES = [f"/page/{n}?delay=0.3" for n in range(4)]  # 4 pages
TIMEOUT = 10  # seconds without any data, then we give up
WRITE_TIME = 0.01  # seconds to write a page to a file


class Page(NamedTuple):
    start: float  # when we asked for it, in seconds of perf_counter
    end: float  # when it was here


# The type of a coroutine function that fetches one page: it gets a URL, and
# `await` gives us a Page. (We do not use the two parts that are Any.)
Fetch = Callable[[str], Coroutine[Any, Any, Page]]


# Mistake 1: we ask for a page only when the page before it is here.
async def fetch_in_loop(fetch: Fetch, urls: list[str]) -> list[Page]:
    pages = []
    for url in urls:
        page = await fetch(url)
        pages.append(page)
    return pages


# The solution: a task for each page. All tasks start, then we wait for all.
async def fetch_in_tasks(fetch: Fetch, urls: list[str]) -> list[Page]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(url)) for url in urls]
    # The end of the "async with" block has waited for all tasks.
    return [task.result() for task in tasks]


def fetch_with_requests(url: str) -> Page:
    start = perf_counter()
    response = requests.get(url, timeout=TIMEOUT)
    end = perf_counter()
    response.raise_for_status()
    return Page(start, end)


class Downloader:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.lock = asyncio.Lock()  # Only one task at a time may write.

    async def fetch(self, url: str) -> Page:
        start = perf_counter()
        response = await self.client.get(url, follow_redirects=True)
        end = perf_counter()
        response.raise_for_status()
        return Page(start, end)

    # Mistake 2: a library without "async" blocks the thread of the event
    # loop. So all tasks have to wait.
    async def fetch_blocking(self, url: str) -> Page:
        return fetch_with_requests(url)

    # The solution: another thread calls the library, so only that thread is
    # blocked. (Or we use httpx, as fetch does.)
    async def fetch_in_thread(self, url: str) -> Page:
        return await asyncio.to_thread(fetch_with_requests, url)

    # Mistake 3: a task has the lock while it waits for its page. The others
    # wait for the lock, and cannot even ask for their pages.
    async def fetch_long_lock(self, url: str) -> Page:
        async with self.lock:
            page = await self.fetch(url)
            await asyncio.sleep(WRITE_TIME)  # stands for writing to a file
        return page

    # The solution: a task has the lock only while it writes.
    async def fetch_short_lock(self, url: str) -> Page:
        page = await self.fetch(url)
        async with self.lock:
            await asyncio.sleep(WRITE_TIME)
        return page


def count_in_flight(pages: list[Page]) -> int:
    """Return how many pages were in flight at the same time, at most."""
    most = 0
    for page in pages:
        # The number rises only when a page starts. So it is enough to look at
        # these moments: which pages had started, and were not here yet?
        in_flight = [
            other for other in pages if other.start <= page.start < other.end
        ]
        most = max(most, len(in_flight))
    return most


async def measure(name: str, fetching: Coroutine[Any, Any, list[Page]]) -> int:
    start = perf_counter()
    pages = await fetching
    elapsed = perf_counter() - start
    in_flight = count_in_flight(pages)
    print(
        f"{name}: {len(pages)} pages in {elapsed:.2f} s: "
        f"{len(pages) / elapsed:.1f} pages per second, {in_flight} in flight"
    )
    return in_flight


async def compare(urls: list[str]) -> None:
    async with HttpxAiohttpClient(timeout=TIMEOUT) as client:
        downloader = Downloader(client)
        # These calls only make coroutines. measure() runs them, one by one.
        # All but the first one start tasks, and differ in what a task does.
        ways = {
            "loop": fetch_in_loop(downloader.fetch, urls),
            "TaskGroup": fetch_in_tasks(downloader.fetch, urls),
            "blocking": fetch_in_tasks(downloader.fetch_blocking, urls),
            "threads": fetch_in_tasks(downloader.fetch_in_thread, urls),
            "long lock": fetch_in_tasks(downloader.fetch_long_lock, urls),
            "short lock": fetch_in_tasks(downloader.fetch_short_lock, urls),
        }
        counts = []
        for name, fetching in ways.items():
            in_flight = await measure(name, fetching)
            counts.append(f"{name} {in_flight}")
    print(f"in flight: {', '.join(counts)}")


def main() -> None:
    # The practice site is a web server that runs on this computer.
    with practice_site(PAGES) as urls:
        asyncio.run(compare(urls))


if __name__ == "__main__":
    run(main)
