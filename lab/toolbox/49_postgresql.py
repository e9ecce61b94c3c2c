"""Send queries to PostgreSQL from pools of 1, 5 and 20 connections.

A pool keeps connections to a database open. A query takes one of them, and
gives it back. If none is free, the thread or the coroutine waits.
Then five cashiers pay into one account at the same time. Each of them reads
the balance, counts the money, and writes the new balance. These steps are one
transaction: all of them count, or none. The isolation level says what happens
if transactions are at work at the same time. "Read committed" is the
default: payments get lost. "Serializable" refuses a payment that would
overwrite another one. Then the cashier begins again.

Prediction: pool 1: 1, pool 5: 5, pool 20: 20 queries at once. Lost: read
committed 4 of 5 payments, serializable 0.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter, sleep
from typing import Any, NamedTuple
from uuid import uuid4

from backstage import run

try:
    import psycopg
    from psycopg import IsolationLevel
    from psycopg.errors import SerializationFailure
    from psycopg_pool import AsyncConnectionPool, ConnectionPool
except ModuleNotFoundError as error:
    command = "uv run --group database lab/toolbox/49_postgresql.py"
    print(f"0 queries, no {error.name}: {command}")
    sys.exit()

POOL_SIZES = [1, 5, 20]  # connections in each pool
QUERIES = 20  # queries, with a thread or a coroutine for each
QUERY_TIME = 0.1  # seconds that the server takes for a query
CASHIERS = 5  # cashiers who pay in one cent each, with a thread for each
COUNTING_TIME = 0.1  # seconds between reading and writing the balance
TIMEOUT = 10  # seconds to wait for a connection

# now() is the time when the transaction began. clock_timestamp() is the time
# after pg_sleep. Both are read from the clock of the server.
SLEEP = "select now(), clock_timestamp() from pg_sleep(%s)"  # SQL


class Query(NamedTuple):
    began: datetime
    ended: datetime


def ask(pool: ConnectionPool) -> Query:
    # The block takes a connection out of the pool, and waits if none is free.
    # At its end, the connection goes back to the pool.
    with pool.connection() as connection:
        cursor = connection.execute(SLEEP, [QUERY_TIME])
        rows = cursor.fetchall()
    return Query(*rows[0])


def ask_in_threads(url: str, size: int) -> int:
    # The block opens the pool. Without max_size, min_size is also the maximum.
    with ConnectionPool(url, min_size=size, open=False) as pool:
        pool.wait(TIMEOUT)  # until all connections are open
        start = perf_counter()
        with ThreadPoolExecutor(QUERIES) as threads:
            queries = list(threads.map(ask, [pool] * QUERIES))
        elapsed = perf_counter() - start
    return report_peak("threads", size, queries, elapsed)


async def ask_async(pool: AsyncConnectionPool) -> Query:
    async with pool.connection() as connection:
        cursor = await connection.execute(SLEEP, [QUERY_TIME])
        rows = await cursor.fetchall()
    return Query(*rows[0])


async def ask_in_coroutines(url: str, size: int) -> int:
    async with AsyncConnectionPool(url, min_size=size, open=False) as pool:
        await pool.wait(TIMEOUT)
        start = perf_counter()
        queries = await asyncio.gather(
            *[ask_async(pool) for _ in range(QUERIES)]
        )
        elapsed = perf_counter() - start
    return report_peak("coroutines", size, queries, elapsed)


def report_peak(
    name: str, size: int, queries: list[Query], elapsed: float
) -> int:
    # When a query begins: how many queries have begun, and not yet ended?
    # In a sum, True counts as 1.
    peak = max(
        sum(other.began <= query.began < other.ended for other in queries)
        for query in queries
    )
    print(
        f"pool {size}, {name}: {len(queries)} queries in {elapsed:.2f} s, "
        f"at most {peak} at the same time"
    )
    return peak


@contextmanager
def open_account(url: str) -> Iterator[str]:
    """Create a table for the balance, and drop it at the end."""
    table = f"account_{uuid4().hex}"  # a name that nobody else has
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            connection.execute(f"create table {table} (cents integer)")
            connection.execute(f"insert into {table} values (0)")
            yield table
        finally:
            connection.execute(f"drop table if exists {table}")


def read_balance(connection: psycopg.Connection[Any], table: str) -> int:
    cursor = connection.execute(f"select cents from {table}")
    rows = cursor.fetchall()
    balance: int = rows[0][0]
    return balance


def pay_in(pool: ConnectionPool, table: str, level: IsolationLevel) -> int:
    """Pay in one cent, and return the number of retries."""
    retries = 0
    while True:
        try:
            # At its end, the block commits the transaction. After an error,
            # it rolls back: the transaction has changed nothing.
            with pool.connection() as connection:
                connection.isolation_level = level
                balance = read_balance(connection, table)
                sleep(COUNTING_TIME)
                connection.execute(
                    f"update {table} set cents = %s", [balance + 1]
                )
            return retries
        except SerializationFailure:
            retries += 1  # Another cashier has paid in, so read again.


def count_lost(url: str, level: IsolationLevel) -> int:
    # These three end in reverse order, after Ctrl-C too: first the table is
    # dropped, then the pool is closed, then the threads end.
    with (
        ThreadPoolExecutor(CASHIERS) as threads,
        ConnectionPool(url, min_size=CASHIERS, open=False) as pool,
        open_account(url) as table,
    ):
        pool.wait(TIMEOUT)
        start = perf_counter()
        futures = [
            threads.submit(pay_in, pool, table, level) for _ in range(CASHIERS)
        ]
        retries = sum(future.result() for future in futures)
        elapsed = perf_counter() - start
        with pool.connection() as connection:
            balance = read_balance(connection, table)
    name = level.name.lower().replace("_", " ")
    print(
        f"{name}: {CASHIERS} payments of 1 cent in {elapsed:.2f} s, "
        f"{retries} retries, balance {balance}"
    )
    return CASHIERS - balance


def check_server(url: str) -> None:
    try:
        # A pool would try again and again, so we try once ourselves.
        psycopg.connect(url, connect_timeout=TIMEOUT).close()
    except psycopg.OperationalError as error:
        raise ConnectionError(str(error)) from error


def main() -> None:
    url = os.environ.get("DATABASE_URL")
    if not url:
        example = "postgresql://user@localhost/test"
        print(
            f"0 of {QUERIES} queries: set DATABASE_URL, for example {example}"
        )
        return
    # psycopg would print warnings, for example after Ctrl-C.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    check_server(url)

    peaks = []
    for size in POOL_SIZES:
        peak_threads = ask_in_threads(url, size)
        # psycopg cannot use the standard event loop of Windows.
        peak_coroutines = asyncio.run(
            ask_in_coroutines(url, size),
            loop_factory=asyncio.SelectorEventLoop,
        )
        peaks.append(f"pool {size}: {max(peak_threads, peak_coroutines)}")
    lost_committed = count_lost(url, IsolationLevel.READ_COMMITTED)
    lost_serializable = count_lost(url, IsolationLevel.SERIALIZABLE)
    print(
        f"{', '.join(peaks)} at once; "
        f"lost: read committed {lost_committed}, "
        f"serializable {lost_serializable}"
    )


if __name__ == "__main__":
    run(main)
