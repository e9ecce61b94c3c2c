"""Query a shop's SQLite database one by one, in threads, and with aiosqlite.

SQLite is a database in one file. There is no server: this process reads the
file itself. So a query does not wait for a server, it computes. But Python
releases the GIL while SQLite works. So several threads can use several cores,
if each has its own connection. aiosqlite is for coroutines: each connection
has a thread of its own, and this thread calls sqlite3. With only a few
queries, threads can take more time to start than they save.

Prediction: for 100 queries, threads are at least 1.2 times faster than one by
one, if a second core is free.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

import aiosqlite

from backstage import run

# SQL is the language of databases. ? stands for the number of an item.
QUERY = "SELECT sum(cents) FROM sales WHERE item = ?"  # SQL
ROWS = 100_000  # sales in the database
ITEMS = 10  # different items
FEW = 10  # queries, first
MANY = 100  # queries, then
CONNECTIONS = 4  # connections, with a thread for each


class Times(NamedTuple):
    one_by_one: float  # seconds
    in_threads: float
    with_aiosqlite: float


def create_database(file: Path) -> None:
    rows = [(number % ITEMS, number) for number in range(ROWS)]
    # closing() closes the connection at the end of the block.
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE sales (item INTEGER, cents INTEGER)")
        connection.executemany("INSERT INTO sales VALUES (?, ?)", rows)
        connection.commit()  # saves the changes


def read(file: Path, items: list[int]) -> int:
    """Return the sum of all sales of these items, with a query for each."""
    total = 0
    # Only the thread that opens a connection may use it.
    with closing(sqlite3.connect(file)) as connection:
        for item in items:
            row = connection.execute(QUERY, [item]).fetchone()
            total += row[0]
    return total


# `shares` has a list of items for each connection, which is its share.


def read_in_threads(file: Path, shares: list[list[int]]) -> int:
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        futures = [pool.submit(read, file, share) for share in shares]
        return sum(future.result() for future in futures)


async def read_async(file: Path, items: list[int]) -> int:
    total = 0
    async with aiosqlite.connect(file) as connection:
        for item in items:
            async with connection.execute(QUERY, [item]) as cursor:
                row = await cursor.fetchone()
                if row is not None:  # always true, but mypy wants to see it
                    total += row[0]
    return total


async def read_all_async(file: Path, shares: list[list[int]]) -> int:
    coroutines = [read_async(file, share) for share in shares]
    return sum(await asyncio.gather(*coroutines))


def compare(file: Path, queries: int) -> Times:
    items = [number % ITEMS for number in range(queries)]
    # Each connection gets a share of the queries: the first one gets queries
    # 0, 4, 8 and so on, the second one gets 1, 5, 9 and so on.
    shares = [items[n::CONNECTIONS] for n in range(CONNECTIONS)]

    start = perf_counter()
    total = read(file, items)
    one_by_one = report(f"{queries} queries, one by one", start)

    start = perf_counter()
    total_of_threads = read_in_threads(file, shares)
    in_threads = report(f"{queries} queries, threads", start)

    start = perf_counter()
    total_of_aiosqlite = asyncio.run(read_all_async(file, shares))
    with_aiosqlite = report(f"{queries} queries, aiosqlite", start)

    if not total == total_of_threads == total_of_aiosqlite:
        raise RuntimeError("the three ways read different sums")
    return Times(one_by_one, in_threads, with_aiosqlite)


def report(name: str, start: float) -> float:
    """Print and return how many seconds it took since `start`."""
    elapsed = perf_counter() - start
    print(f"{name}: {elapsed:.2f} s")
    return elapsed


def main() -> None:
    # The folder is deleted at the end of the block.
    with TemporaryDirectory() as folder:
        file = Path(folder, "shop.db")
        create_database(file)
        compare(file, FEW)
        many = compare(file, MANY)
    speed_threads = many.one_by_one / many.in_threads
    speed_aiosqlite = many.one_by_one / many.with_aiosqlite
    print(
        f"{MANY} queries: threads {speed_threads:.1f}, "
        f"aiosqlite {speed_aiosqlite:.1f} times faster than one by one"
    )


if __name__ == "__main__":
    run(main)
