"""Fetch pages with coroutines and parse them in processes.

To parse a page means here: find its title and count its links. First fetch
all pages, then parse all pages. Then do it again, but parse each page as soon
as it arrives.

Prediction: fetching and parsing at the same time is faster. In the best case
it takes only as long as the longer of the two steps.
"""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter
from typing import NamedTuple

import httpx
from bs4 import BeautifulSoup

from backstage import practice_site, run

# Paths on the practice site, or whole URLs.
PAGES = [f"/page/{n}?size=150000&delay=0.5" for n in range(60)]  # 60 pages
TIMEOUT = 10  # seconds without any data, then we give up
CONNECTIONS = 10  # pages that are fetched at the same time, at most
IN_MEMORY = 20  # pages that we have begun and not finished, at most
PROCESSES = 2  # processes that parse


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
    # A process of the pool runs parse(html). Meanwhile other coroutines run.
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(pool, parse, html)


async def fetch_then_parse(
    urls: list[str], client: httpx.AsyncClient, pool: ProcessPoolExecutor
) -> TwoSteps:
    start = perf_counter()
    # gather runs these coroutines at the same time. It returns their results
    # in the order of the URLs.
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
    # If parsing is slow, we fetch no new pages yet: they would fill memory.
    semaphore = asyncio.Semaphore(IN_MEMORY)

    async def one_page(url: str) -> ParsedPage:
        async with semaphore:
            html = await fetch(url, client)
            return await parse_in_process(html, pool)

    return await asyncio.gather(*[one_page(url) for url in urls])


async def compare(urls: list[str], pool: ProcessPoolExecutor) -> None:
    limits = httpx.Limits(max_connections=CONNECTIONS)
    # pool=None is not about our processes, but about httpx's connections: a
    # request may wait for a free one as long as necessary.
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
        print(f"fetch and parse at the same time: {elapsed:.2f} s")

    if pages != steps.pages:
        raise RuntimeError("the two ways parsed the pages differently")
    two_steps = steps.fetching + steps.parsing
    # In the best case it takes only as long as the longer step.
    ideal = two_steps / max(steps.fetching, steps.parsing)
    print(
        f"{len(pages)} pages, both at the same time: "
        f"{two_steps / elapsed:.2f} times faster (ideal {ideal:.2f})"
    )


def main() -> None:
    # The practice site is a web server that runs on this computer.
    with ProcessPoolExecutor(PROCESSES) as pool, practice_site(PAGES) as urls:
        # Parse a tiny page in each process. That starts the processes before
        # we measure.
        list(pool.map(parse, [b"<p>"] * PROCESSES))
        asyncio.run(compare(urls, pool))


if __name__ == "__main__":
    run(main)
