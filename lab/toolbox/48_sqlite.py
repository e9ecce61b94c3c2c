"""Read a shop's SQLite database in several ways, then let cashiers write.

SQLite is a database in one file. Many connections can read at the same time,
but only one can write: for the others the database is locked. A cashier who
neither waits for the lock (a timeout) nor tries again (a retry) gives up, and
loses a sale.

Prediction: lost: giving up more than 0 sales, waiting 0, retrying 0.
"""

import asyncio
import sqlite3
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import uniform
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import aiosqlite

from backstage import run

QUERY = "SELECT sum(cents) FROM sales WHERE item = ?"  # SQL; ? is an item
ROWS = 10_000  # sales in the database when the shop opens
QUERIES = [10, 400]  # queries: few and many
WORKERS = 3  # threads, or connections of aiosqlite
SALES = 20  # new sales of all cashiers together
PAYMENT = 0.03  # seconds for which a sale locks the database
TIMEOUT = 30  # seconds to wait for the lock, at most


def create_database(file: Path) -> None:
    rows = [(n % 10, n) for n in range(ROWS)]  # ten different items
    # closing() closes the connection. "with connection" commits our changes.
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE sales (item INTEGER, cents INTEGER)")
        connection.executemany("INSERT INTO sales VALUES (?, ?)", rows)


def count_sales(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        row = connection.execute("SELECT count(*) FROM sales").fetchone()
    return int(row[0])


def read(file: Path, items: list[int]) -> int:
    total = 0
    # Only the thread that opens a connection may use it.
    with closing(sqlite3.connect(file)) as connection:
        for item in items:
            for row in connection.execute(QUERY, [item]):
                total += row[0]
    return total


async def read_async(file: Path, items: list[int]) -> int:
    total = 0
    # aiosqlite starts a thread for each connection. The thread calls sqlite3.
    async with aiosqlite.connect(file) as connection:
        for item in items:
            async with connection.execute(QUERY, [item]) as cursor:
                async for row in cursor:
                    total += row[0]
    return total


async def read_all_async(file: Path, shares: list[list[int]]) -> int:
    coroutines = [read_async(file, share) for share in shares]
    return sum(await asyncio.gather(*coroutines))


def compare_reading(file: Path, queries: int, pool: Executor) -> None:
    items = [n % 10 for n in range(queries)]
    # Each worker has one connection, and gets a share of the queries.
    shares = [items[n::WORKERS] for n in range(WORKERS)]
    start = perf_counter()
    one_by_one = read(file, items)
    after_one_by_one = perf_counter()
    in_threads = sum(pool.map(read, [file] * WORKERS, shares))
    after_threads = perf_counter()
    with_aiosqlite = asyncio.run(read_all_async(file, shares))
    end = perf_counter()
    if not one_by_one == in_threads == with_aiosqlite:
        raise RuntimeError("the three ways read different sums")
    print(
        f"{queries} queries: one by one {after_one_by_one - start:.3f} s, "
        f"threads {after_threads - after_one_by_one:.3f} s, "
        f"aiosqlite {end - after_threads:.3f} s"
    )


def write_sale(file: Path, timeout: float) -> bool:
    """Return whether the sale was written."""
    # timeout: seconds to wait while the database is locked.
    # isolation_level=None: we begin the transaction ourselves.
    with closing(
        sqlite3.connect(file, timeout=timeout, isolation_level=None)
    ) as connection:
        try:
            with connection:
                connection.execute("BEGIN IMMEDIATE")  # 1. lock the database
                sleep(PAYMENT)  # 2. take the payment (better before step 1)
                connection.execute("INSERT INTO sales VALUES (0, 100)")
            # 3. The end of the block commits, and the lock is free again.
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return False  # the error says "database is locked"
    return True


def sell(file: Path, timeout: float, retry_time: float) -> int:
    """Return how often the database refused this sale."""
    deadline = perf_counter() + retry_time
    refused = 0
    while not write_sale(file, timeout):
        refused += 1
        if perf_counter() >= deadline:
            break
        # A random delay, so that the cashiers do not all return together.
        sleep(uniform(0.01, 0.03))
    return refused


def count_lost_sales(
    name: str, file: Path, pool: Executor, timeout: float, retry_time: float
) -> int:
    before = count_sales(file)
    start = perf_counter()
    refused = sum(
        pool.map(sell, [file] * SALES, [timeout] * SALES, [retry_time] * SALES)
    )
    elapsed = perf_counter() - start
    written = count_sales(file) - before
    print(
        f"{name}: {SALES} sales, {written} written, "
        f"{refused} times refused in {elapsed:.2f} s"
    )
    return SALES - written


def main() -> None:
    # The folder is deleted at the end of the block.
    with TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        file = Path(folder, "shop.db")
        create_database(file)
        for queries in QUERIES:
            compare_reading(file, queries, pool)

        # A refused cashier takes the next sale at once. So many sales can be
        # lost while one cashier still takes a payment.
        giving_up = count_lost_sales(
            "giving up", file, pool, timeout=0, retry_time=0
        )
        waiting = count_lost_sales(
            "waiting", file, pool, timeout=TIMEOUT, retry_time=0
        )
        retrying = count_lost_sales(
            "retrying", file, pool, timeout=0, retry_time=TIMEOUT
        )
    print(
        f"lost: giving up {giving_up}, waiting {waiting}, "
        f"retrying {retrying} of {SALES} sales"
    )


if __name__ == "__main__":
    run(main)
