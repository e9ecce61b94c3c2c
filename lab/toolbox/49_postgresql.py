"""Send twenty queries to PostgreSQL from pools of 1, 5 and 20 connections.

A pool keeps connections to a database open. A query takes a connection, and
gives it back at the end. If none is free, the query waits.

Prediction: queries at the same time: with a pool of 1 connection 1, with a
pool of 5 at most 5, with a pool of 20 at most 20. Coroutines are about as fast
as threads.
"""

import asyncio
import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import perf_counter
from typing import NamedTuple

from backstage import run

try:
    import psycopg
    from psycopg_pool import AsyncConnectionPool, ConnectionPool
except ImportError as error:
    command = "uv run --group database lab 49"
    name = error.name or "libpq"  # a library that psycopg needs
    print(f"0 queries, {name} is not installed: {command}")
    sys.exit()

POOL_SIZES = [1, 5, 20]  # connections in each pool
QUERIES = 20  # queries, with a thread or a coroutine for each
QUERY_TIME = 0.1  # seconds that the server takes for a query
TIMEOUT = 10  # seconds to open one connection or all of a pool, at most
WAIT_TIMEOUT = 1_000  # seconds that a query waits for a connection, at most

# SQL is the language of databases. psycopg puts our value in the place of %s.
# The server waits for so many seconds (pg_sleep). Then it returns when the
# query began (now()) and when it ended (clock_timestamp()).
QUERY = "SELECT now(), clock_timestamp() FROM pg_sleep(%s)"  # SQL


class Query(NamedTuple):
    began: datetime
    ended: datetime


def send_query(pool: ConnectionPool) -> Query:
    # The block takes a connection out of the pool, and waits if none is free.
    # At its end, the connection goes back to the pool.
    with pool.connection() as connection:
        cursor = connection.execute(QUERY, [QUERY_TIME])
        rows = cursor.fetchall()
    began, ended = rows[0]
    return Query(began, ended)


def query_in_threads(url: str, size: int) -> int:
    # open=False: the `with` block opens the pool, not this call. Without
    # max_size, min_size is also the maximum.
    with ConnectionPool(
        url, min_size=size, timeout=WAIT_TIMEOUT, open=False
    ) as pool:
        pool.wait(TIMEOUT)  # until all connections are open
        start = perf_counter()
        with ThreadPoolExecutor(QUERIES) as threads:
            # one call for each query, all with the same pool
            queries = list(threads.map(send_query, [pool] * QUERIES))
        elapsed = perf_counter() - start
    return report_peak(f"pool of {size}, threads", queries, elapsed)


async def send_query_async(pool: AsyncConnectionPool) -> Query:
    async with pool.connection() as connection:
        cursor = await connection.execute(QUERY, [QUERY_TIME])
        rows = await cursor.fetchall()
    began, ended = rows[0]
    return Query(began, ended)


async def query_in_coroutines(url: str, size: int) -> int:
    async with AsyncConnectionPool(
        url, min_size=size, timeout=WAIT_TIMEOUT, open=False
    ) as pool:
        await pool.wait(TIMEOUT)
        start = perf_counter()
        queries = await asyncio.gather(
            *[send_query_async(pool) for _ in range(QUERIES)]
        )
        elapsed = perf_counter() - start
    return report_peak(f"pool of {size}, coroutines", queries, elapsed)


def report_peak(name: str, queries: list[Query], elapsed: float) -> int:
    """Print and return how many queries ran at the same time, at most."""
    peak = 0
    for query in queries:
        # The number of running queries rises only when a query begins. So how
        # many were running when this one began? (True counts as 1.)
        running = sum(
            other.began <= query.began < other.ended for other in queries
        )
        peak = max(peak, running)
    print(
        f"{name}: {len(queries)} queries in {elapsed:.2f} s, "
        f"at most {peak} at the same time"
    )
    return peak


def compare(url: str) -> None:
    peaks = []
    for size in POOL_SIZES:
        in_threads = query_in_threads(url, size)
        # psycopg cannot use the standard event loop of Windows. A
        # SelectorEventLoop works on all systems.
        in_coroutines = asyncio.run(
            query_in_coroutines(url, size),
            loop_factory=asyncio.SelectorEventLoop,
        )
        peaks.append(f"pool of {size}: {max(in_threads, in_coroutines)}")
    print(f"queries at the same time, at most: {', '.join(peaks)}")


def main() -> None:
    url = os.environ.get("DATABASE_URL")
    if not url:
        example = "postgresql://user@localhost/test"
        print(
            f"0 of {QUERIES} queries: set DATABASE_URL, for example {example}"
        )
        return
    # psycopg would print warnings, for example after Ctrl-C: we hide them.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    try:
        # A pool would try again and again, so we try once ourselves.
        psycopg.connect(url, connect_timeout=TIMEOUT).close()
        compare(url)
    except psycopg.Error as error:
        # run() prints a ConnectionError as one line.
        raise ConnectionError(str(error)) from error


if __name__ == "__main__":
    run(main)
