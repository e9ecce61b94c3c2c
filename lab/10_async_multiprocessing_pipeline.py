"""Fetch pages with coroutines and parse them in processes.

First all pages are fetched and then all are parsed. After that, the same pages
are parsed while other pages are still being fetched.

Prediction: both at once is faster. Ideally it takes only as long as the longer
step.
"""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter
from typing import NamedTuple

import httpx
from bs4 import BeautifulSoup

from backstage import practice_site, run

PAGES = [f"/page/{n}?size=150000&delay=0.5" for n in range(60)]  # or URLs
TIMEOUT = 10  # seconds without data before we give up
CONNECTIONS = 10  # pages that we fetch at the same time
IN_MEMORY = 20  # pages that we fetch or parse at the same time
PROCESSES = 2  # for parsing


class ParsedPage(NamedTuple):
    title: str
    links: int


class TwoSteps(NamedTuple):
    pages: list[ParsedPage]
    fetching: float  # seconds
    parsing: float  # seconds


async def fetch(url: str, client: httpx.AsyncClient) -> bytes:
    response = await client.get(url, follow_redirects=True)
    response.raise_for_status()
    return response.content


def parse(html: bytes) -> ParsedPage:
    soup = BeautifulSoup(html, "html.parser")
    title = soup.title.text if soup.title else ""
    return ParsedPage(title, links=len(soup.find_all("a")))


async def parse_in_process(
    html: bytes, pool: ProcessPoolExecutor
) -> ParsedPage:
    # The event loop goes on while a process of the pool does the work.
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(pool, parse, html)


async def fetch_then_parse(
    urls: list[str], client: httpx.AsyncClient, pool: ProcessPoolExecutor
) -> TwoSteps:
    start = perf_counter()
    documents = await asyncio.gather(*[fetch(url, client) for url in urls])
    fetched = perf_counter()
    pages = await asyncio.gather(
        *[parse_in_process(html, pool) for html in documents]
    )
    parsed = perf_counter()
    return TwoSteps(pages, fetched - start, parsed - fetched)


async def fetch_and_parse(
    urls: list[str], client: httpx.AsyncClient, pool: ProcessPoolExecutor
) -> list[ParsedPage]:
    # If parsing is slow, the semaphore keeps new pages from filling memory.
    semaphore = asyncio.Semaphore(IN_MEMORY)

    async def one_page(url: str) -> ParsedPage:
        async with semaphore:
            html = await fetch(url, client)
            return await parse_in_process(html, pool)

    return await asyncio.gather(*[one_page(url) for url in urls])


async def compare(urls: list[str], pool: ProcessPoolExecutor) -> None:
    limits = httpx.Limits(max_connections=CONNECTIONS)
    # No time limit for waiting until a connection is free.
    timeout = httpx.Timeout(TIMEOUT, pool=None)
    async with httpx.AsyncClient(timeout=timeout, limits=limits) as client:
        # The first request takes longer, so it comes before the clock starts.
        await client.get(httpx.URL(urls[0]).join("/"))

        steps = await fetch_then_parse(urls, client, pool)
        print(f"fetch all pages: {steps.fetching:.2f} s")
        print(f"then parse them: {steps.parsing:.2f} s")

        start = perf_counter()
        pages = await fetch_and_parse(urls, client, pool)
        elapsed = perf_counter() - start
        print(f"fetch and parse at once: {elapsed:.2f} s")

    if pages != steps.pages:
        raise RuntimeError("the two ways parsed the pages differently")
    two_steps = steps.fetching + steps.parsing
    ideal = two_steps / max(steps.fetching, steps.parsing)
    print(
        f"{len(pages)} pages, both at once: {two_steps / elapsed:.2f} times "
        f"faster (ideal {ideal:.2f})"
    )


def main() -> None:
    # The practice site is a web server that runs on this computer.
    with ProcessPoolExecutor(PROCESSES) as pool, practice_site(PAGES) as urls:
        # A first job starts each process before the clock does.
        list(pool.map(parse, [b"<p>"] * PROCESSES))
        asyncio.run(compare(urls, pool))


if __name__ == "__main__":
    run(main)
