"""A pipeline: processes parse the first pages while others still arrive.

Claim: 60 pages, and less than 1 s after the last page, as most of the parsing
was done before it arrived.
"""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter, process_time

import httpx
from bs4 import BeautifulSoup

from backstage import practice_site, run

PAGES = [f"/page/{n}?size=150000&delay=0.5" for n in range(60)]  # or URLs
TIMEOUT = 10  # seconds that a page may keep silent
CONNECTIONS = 10  # pages on their way at a time
IN_MEMORY = 20  # pages at a time, from the request to the end of parsing
PROCESSES = 2  # that parse


def parse(html: bytes) -> tuple[str, int, float]:
    begin = process_time()
    soup = BeautifulSoup(html, "html.parser")
    title = soup.title.text if soup.title else ""
    return title, len(soup("a")), process_time() - begin


async def fetch(url: str, client: httpx.AsyncClient) -> bytes:
    response = await client.get(url, follow_redirects=True)
    response.raise_for_status()
    return response.content


async def fetch_and_parse(
    url: str,
    client: httpx.AsyncClient,
    pool: ProcessPoolExecutor,
    room: asyncio.Semaphore,
) -> tuple[float, str, int, float]:
    async with room:
        html = await fetch(url, client)
        arrived = perf_counter()
        loop = asyncio.get_running_loop()
        return arrived, *await loop.run_in_executor(pool, parse, html)


async def time_all(
    urls: list[str], pool: ProcessPoolExecutor
) -> tuple[list[tuple[float, str, int, float]], float, float]:
    limits = httpx.Limits(max_connections=CONNECTIONS)
    timeout = httpx.Timeout(TIMEOUT, pool=None)  # its turn may take longer
    async with httpx.AsyncClient(timeout=timeout, limits=limits) as client:
        await client.get(httpx.URL(urls[0]).join("/"))  # its first is slower
        start = perf_counter()
        return await process_all(urls, client, pool), start, perf_counter()


async def process_all(
    urls: list[str], client: httpx.AsyncClient, pool: ProcessPoolExecutor
) -> list[tuple[float, str, int, float]]:
    room = asyncio.Semaphore(IN_MEMORY)
    pages = [fetch_and_parse(url, client, pool, room) for url in urls]
    tasks = [
        asyncio.create_task(page, name=f"page-{n}")
        for n, page in enumerate(pages, 1)
    ]
    return await asyncio.gather(*tasks)


def main() -> None:
    with ProcessPoolExecutor(PROCESSES) as pool, practice_site(PAGES) as urls:
        list(pool.map(parse, [b"<p>"] * PROCESSES))  # starts them
        pages, start, end = asyncio.run(time_all(urls, pool))
    arrivals, titles, links, seconds = zip(*pages, strict=True)
    print(f"{len(set(titles))} different titles, {sum(links):,} links")
    print(
        f"{len(pages)} pages in {end - start:.1f} s: {sum(seconds):.1f} s of "
        f"parsing in {PROCESSES} processes, "
        f"{end - max(arrivals):.1f} s after the last page"
    )


if __name__ == "__main__":
    run(main)
