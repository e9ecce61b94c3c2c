"""Let cashiers write their sales into one SQLite database at the same time.

SQLite is a database in one file. Many connections can read at the same time,
but only one can write: the one that has the lock of the database. A second one
that wants to write can wait for the lock for some time (a timeout). If it does
not get the lock, it gets an error: "database is locked". Then its cashier can
try again (a retry), or give up. If the cashier gives up, this sale is lost.

Prediction: "giving up" loses more than 0 of 20 sales. "waiting" and "retrying"
lose 0.
"""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import uniform
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

from backstage import run

CASHIERS = 3  # cashiers, with a thread for each
SALES = 20  # sales; each free cashier takes the next one
PAYMENT_TIME = 0.03  # seconds of a payment; no other cashier can write then
TIMEOUT = 30  # seconds to wait for the lock or to try again, at most


def create_database(file: Path) -> None:
    # closing() closes the connection at the end of the block.
    with closing(sqlite3.connect(file)) as connection:
        # (A CREATE TABLE is saved without commit().)
        connection.execute("CREATE TABLE sales (cents INTEGER)")


def count_sales(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        row = connection.execute("SELECT count(*) FROM sales").fetchone()
    return int(row[0])


def write_sale(file: Path, timeout: float) -> bool:
    """Return whether the sale was written."""
    # timeout: seconds to wait while the database is locked.
    # isolation_level=None: sqlite3 starts no transaction by itself. Ours is
    # from BEGIN to COMMIT: all changes of a transaction are saved, or none.
    connection = sqlite3.connect(file, timeout=timeout, isolation_level=None)
    with closing(connection):
        try:
            connection.execute("BEGIN IMMEDIATE")  # 1. now only we can write
            # 2. Take the payment. (A real shop does this before step 1. Here
            # we want a lock that is long enough to be seen.)
            sleep(PAYMENT_TIME)
            connection.execute("INSERT INTO sales VALUES (100)")
            connection.execute("COMMIT")  # 3. save the sale, free the lock
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            # "database is locked". Nothing is saved, because there was no
            # COMMIT.
            return False
    return True


def sell(file: Path, timeout: float, retry_time: float) -> int:
    """Return how often the database refused this sale."""
    deadline = perf_counter() + retry_time
    refused = 0
    while not write_sale(file, timeout):
        refused += 1
        if perf_counter() >= deadline:
            break  # With retry_time=0, we give up after the first attempt.
        # A random delay, so that the cashiers do not all return together.
        sleep(uniform(0.01, 0.03))
    return refused


def count_lost_sales(
    name: str, file: Path, timeout: float, retry_time: float
) -> int:
    before = count_sales(file)
    start = perf_counter()
    with ThreadPoolExecutor(CASHIERS) as pool:
        futures = [
            pool.submit(sell, file, timeout, retry_time) for _ in range(SALES)
        ]
        refused = sum(future.result() for future in futures)
    elapsed = perf_counter() - start
    written = count_sales(file) - before
    print(
        f"{name}: {SALES} sales, {written} written, "
        f"{refused} times refused in {elapsed:.2f} s"
    )
    return SALES - written


def main() -> None:
    # The folder is deleted at the end of the block.
    with TemporaryDirectory() as folder:
        file = Path(folder, "shop.db")
        create_database(file)
        # A payment takes a moment, but a refused cashier tries the next sale
        # at once. So most sales can be lost during the first payment.
        giving_up = count_lost_sales(
            "giving up", file, timeout=0, retry_time=0
        )
        waiting = count_lost_sales(
            "waiting", file, timeout=TIMEOUT, retry_time=0
        )
        retrying = count_lost_sales(
            "retrying", file, timeout=0, retry_time=TIMEOUT
        )
    print(
        f"lost: giving up {giving_up} of {SALES} sales, "
        f"waiting {waiting}, retrying {retrying}"
    )


if __name__ == "__main__":
    run(main)
