"""Limit how many requests are in flight, or how many start in a second.

Imagine a server that allows 4 requests at the same time (its concurrency), and
20 new ones in a second (its rate). A request is in flight from its start until
its answer is here. A semaphore limits how many are in flight at the same time.
If the answers come fast, very many requests can start in a second. A rate
limiter limits how many start in a second. If the answers come late, very many
can be in flight. Only both together keep both limits.

Prediction: the semaphore keeps 4 in flight, but more than 20 start in 1 s. The
limiter keeps about 20 starts in 1 s, but more than 4 are in flight.
"""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from time import perf_counter
from typing import NamedTuple

import httpx
from aiolimiter import AsyncLimiter
from httpx_aiohttp import HttpxAiohttpClient

from backstage import practice_site, run

# Paths on the practice site, or whole URLs: 25 fast pages, then 8 slow ones.
PAGES = ["/delay/0.02"] * 25 + ["/delay/0.5"] * 8  # pages
TIMEOUT = 10  # seconds without any data, then we give up
MAX_IN_FLIGHT = 4  # requests at the same time, with the semaphore
RATE = 20  # requests that may start in a second, with the limiter


class Request(NamedTuple):
    start: float  # in seconds of perf_counter
    end: float  # when the answer was here


class Result(NamedTuple):
    in_flight: int  # requests, at most
    starts: int  # requests that started within one second, at most


# A semaphore, a limiter or no limit: each works with "async with".
Limit = AbstractAsyncContextManager[None]


def make_limiter() -> AsyncLimiter:
    # Think of a bucket of tokens. A token allows one request to start. This
    # bucket gets a new token every 1 / RATE seconds, and holds one at most.
    # AsyncLimiter(20, 1) would hold up to 20 tokens, and 20 requests could
    # start together. In the same second nearly 20 new tokens come. So nearly
    # 40 requests could start in one second.
    return AsyncLimiter(max_rate=1, time_period=1 / RATE)


async def fetch(
    url: str, client: httpx.AsyncClient, semaphore: Limit, limiter: Limit
) -> Request:
    # First the semaphore, then a token. The other way round, requests would
    # take a token, and wait with it for the semaphore. Later, several of them
    # could start together: too many in one second.
    async with semaphore, limiter:
        start = perf_counter()
        response = await client.get(url, follow_redirects=True)
        end = perf_counter()
    response.raise_for_status()
    return Request(start, end)


async def fetch_all(
    name: str, urls: list[str], semaphore: Limit, limiter: Limit
) -> Result:
    # Enough connections for all: httpx must not be a third limit.
    client_limits = httpx.Limits(max_connections=len(urls))
    start = perf_counter()
    async with (
        HttpxAiohttpClient(timeout=TIMEOUT, limits=client_limits) as client,
        asyncio.TaskGroup() as group,
    ):
        tasks = [
            group.create_task(fetch(url, client, semaphore, limiter))
            for url in urls
        ]
    elapsed = perf_counter() - start

    requests = [task.result() for task in tasks]
    # It is enough to look at the moments when a request starts.
    moments = [request.start for request in requests]
    in_flight = max(count_in_flight(moment, requests) for moment in moments)
    starts = max(count_starts(moment, requests) for moment in moments)
    print(
        f"{name}: {len(requests)} pages in {elapsed:.2f} s, "
        f"at most {in_flight} in flight, at most {starts} starts in 1 s"
    )
    return Result(in_flight, starts)


def count_in_flight(moment: float, requests: list[Request]) -> int:
    return len([r for r in requests if r.start <= moment < r.end])


def count_starts(moment: float, requests: list[Request]) -> int:
    return len([r for r in requests if moment <= r.start < moment + 1])


async def compare(urls: list[str]) -> None:
    no_limit = nullcontext()  # "async with no_limit" does nothing
    await fetch_all("no limit", urls, no_limit, no_limit)
    semaphore = asyncio.Semaphore(MAX_IN_FLIGHT)
    with_semaphore = await fetch_all("semaphore", urls, semaphore, no_limit)
    with_limiter = await fetch_all("limiter", urls, no_limit, make_limiter())
    await fetch_all("both", urls, semaphore, make_limiter())
    print(
        f"semaphore: {with_semaphore.in_flight} in flight but "
        f"{with_semaphore.starts} starts in 1 s; "
        f"limiter: {with_limiter.starts} starts but "
        f"{with_limiter.in_flight} in flight"
    )


def main() -> None:
    # The practice site is a web server that runs on this computer.
    with practice_site(PAGES) as urls:
        asyncio.run(compare(urls))


if __name__ == "__main__":
    run(main)
