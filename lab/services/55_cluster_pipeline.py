"""Fetch pages with coroutines, and parse them in a pool or on a cluster.

This is the second half of lesson 10: each page is parsed as soon as it has
arrived. First a process pool parses, then a Dask cluster (lesson 54). The
cluster gives us an executor, which has the methods of a pool. So the same code
works with both. On one computer, a cluster has no more cores than a pool, and
each page takes a longer way to its worker: through the scheduler. You can use
your own cluster, if its computers have the library BeautifulSoup (bs4):
SCHEDULER=tcp://ADDRESS:8786 uv run --group cluster lab 55

Prediction: all pages from the pool and from the cluster are equal.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

import httpx
from bs4 import BeautifulSoup
from httpx_aiohttp import HttpxAiohttpClient

from backstage import practice_site, run

try:
    import dask
    from distributed import Client, LocalCluster
except ModuleNotFoundError as error:
    command = "uv run --group cluster lab 55"
    print(f"0 pages, {error.name} is not installed: {command}")
    sys.exit()

# Paths on the practice site, or whole URLs.
PAGES = [f"/page/{n}?size=50000&delay=0.2" for n in range(40)]  # 40 pages
TIMEOUT = 10  # seconds to wait for data of a page, or for the workers
IN_MEMORY = 10  # pages that we have begun and not finished, at most
WORKERS = 2  # processes that parse


class ParsedPage(NamedTuple):
    title: str
    links: int


def parse(html: bytes) -> ParsedPage:
    soup = BeautifulSoup(html, "html.parser")
    title = soup.title.text if soup.title else ""
    return ParsedPage(title, links=len(soup.find_all("a")))


async def fetch_and_parse(
    urls: list[str], client: httpx.AsyncClient, executor: Executor
) -> list[ParsedPage]:
    loop = asyncio.get_running_loop()
    semaphore = asyncio.Semaphore(IN_MEMORY)

    async def one_page(url: str) -> ParsedPage:
        async with semaphore:
            response = await client.get(url, follow_redirects=True)
            response.raise_for_status()
            # A process of the pool, or a worker of the cluster, runs parse.
            return await loop.run_in_executor(
                executor, parse, response.content
            )

    return await asyncio.gather(*[one_page(url) for url in urls])


async def measure(
    name: str, urls: list[str], executor: Executor
) -> tuple[list[ParsedPage], float]:
    """Return the pages, and how many were fetched and parsed in a second."""
    async with HttpxAiohttpClient(timeout=TIMEOUT) as client:
        # The first request takes longer, so it comes before the clock starts.
        await client.get(httpx.URL(urls[0]).join("/"))
        start = perf_counter()
        pages = await fetch_and_parse(urls, client, executor)
        elapsed = perf_counter() - start
    print(f"{name}: {len(pages)} pages in {elapsed:.2f} s")
    return pages, len(pages) / elapsed


# For a `with` block: first the lines before the yield run, then the block, and
# then the rest. The block gets the value to the right of the word `yield`.
@contextmanager
def start_cluster() -> Iterator[Client]:
    """Start a scheduler and workers on this computer."""
    with (
        TemporaryDirectory() as folder,
        dask.config.set(temporary_directory=folder),  # for Dask's files
        LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=1,
            host="127.0.0.1",  # for no other computer
            dashboard_address="127.0.0.1:0",  # its web page; any free port
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def connect() -> AbstractContextManager[Client]:
    """Connect to the cluster of SCHEDULER, or start one."""
    address = os.environ.get("SCHEDULER")
    if address:
        try:
            return Client(address, timeout=TIMEOUT)
        except ValueError as error:
            # run() prints a ConnectionError as one line.
            raise ConnectionError(f"SCHEDULER={address}: {error}") from error
    return start_cluster()


def main() -> None:
    # The practice site is a web server that runs on this computer.
    with practice_site(PAGES) as urls:
        with ProcessPoolExecutor(WORKERS) as pool:
            # Parse a tiny page in each process. That starts the processes
            # before we measure.
            list(pool.map(parse, [b"<p>"] * WORKERS))
            pool_pages, pool_rate = asyncio.run(measure("pool", urls, pool))
        with connect() as client:
            client.wait_for_workers(WORKERS, timeout=TIMEOUT)
            # pure=False: each call is a task of its own (see lesson 54).
            executor = client.get_executor(pure=False)
            list(executor.map(parse, [b"<p>"] * WORKERS))  # as above
            cluster_pages, cluster_rate = asyncio.run(
                measure("cluster", urls, executor)
            )
    pairs = zip(pool_pages, cluster_pages, strict=True)
    equal = sum(first == second for first, second in pairs)  # True is 1
    print(
        f"equal {equal} of {len(PAGES)} pages; pages per second: "
        f"pool {pool_rate:.1f}, cluster {cluster_rate:.1f}"
    )


if __name__ == "__main__":
    run(main)
