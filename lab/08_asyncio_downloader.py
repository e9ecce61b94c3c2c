"""The same ten slow pages as coroutines: one thread, one event loop.

Claim: 10 pages in the longest of their waits: 10.0 waits at a time. With
1,000 pages in PAGES all of them arrive, still in one thread.
"""

import asyncio
from time import perf_counter

import httpx

from backstage import practice_site, run

PAGES = ["/delay/1"] * 10  # paths on the practice site, or whole URLs
TIMEOUT = 10  # seconds that a page may keep silent


async def fetch(
    number: int, url: str, waits: list[float], client: httpx.AsyncClient
) -> None:
    print(f"page {number}: waiting")
    begin = perf_counter()
    response = await client.get(url, follow_redirects=True)
    response.raise_for_status()
    wait, size = perf_counter() - begin, len(response.content)
    print(f"page {number}: {size} bytes after {wait:.2f} s")
    waits.append(wait)


async def time_all(urls: list[str]) -> tuple[list[float], float]:
    # Of itself httpx holds back the 101st page, and keeps 20 connections.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=TIMEOUT, limits=limits) as client:
        await client.get(httpx.URL(urls[0]).join("/"))  # its first is slower
        start = perf_counter()
        return await fetch_all(urls, client), perf_counter() - start


async def fetch_all(urls: list[str], client: httpx.AsyncClient) -> list[float]:
    waits = list[float]()
    tasks = [
        asyncio.create_task(fetch(n, url, waits, client), name=f"fetch-{n}")
        for n, url in enumerate(urls, 1)
    ]
    await asyncio.gather(*tasks)
    return waits


def main() -> None:
    with practice_site(PAGES) as urls:
        waits, elapsed = asyncio.run(time_all(urls))
    count, overlap = len(waits), sum(waits) / elapsed
    print(f"{count} pages in {elapsed:.1f} s: {overlap:.1f} waits at a time")


if __name__ == "__main__":
    run(main)
