"""Let five cashiers pay into one account in PostgreSQL at the same time.

Each cashier reads the balance, counts the money, and writes the new balance.
These steps are one transaction: all its changes are saved, or none. But other
cashiers can read the same balance at the same time. The isolation level
decides what happens then. With the default, "read committed", each cashier
writes the old balance plus one, so a payment of another cashier in between is
lost. There are two solutions. "FOR UPDATE" locks the balance, so that the
others wait before they read it. The level "serializable" lets everybody read,
but refuses to overwrite a balance that has changed. Then the cashier has to
try again.

Prediction: "read committed" loses more than 0 of 5 payments. "for update" and
"serializable" lose 0.
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import perf_counter, sleep
from uuid import uuid4

from backstage import run

try:
    import psycopg
    from psycopg import IsolationLevel
    from psycopg.errors import SerializationFailure
except ImportError as error:
    command = "uv run --group database lab 56"
    name = error.name or "libpq"  # a library that psycopg needs
    print(f"0 payments, {name} is not installed: {command}")
    sys.exit()

CASHIERS = 5  # cashiers who pay in one cent each, with a thread for each
COUNTING_TIME = 0.1  # seconds between reading and writing the balance
TIMEOUT = 10  # seconds until a connection to the server is open, at most


def connect(url: str) -> psycopg.Connection:
    # autocommit=True: psycopg starts no transaction by itself.
    return psycopg.connect(url, connect_timeout=TIMEOUT, autocommit=True)


# For a `with` block: first the lines before the yield run, then the block, and
# then the rest. The block gets the value to the right of the word `yield`.
@contextmanager
def open_account(url: str) -> Iterator[str]:
    """Create a table for the balance, and drop it at the end."""
    # In psycopg, %s stands for a value, but not for the name of a table. So
    # the name is in an f-string.
    table = f"account_{uuid4().hex}"  # a name that nobody else has
    with connect(url) as connection:
        try:
            connection.execute(f"CREATE TABLE {table} (cents integer)")
            connection.execute(f"INSERT INTO {table} VALUES (0)")
            yield table
        finally:
            connection.execute(f"DROP TABLE IF EXISTS {table}")


def read_balance(
    connection: psycopg.Connection, table: str, for_update: str = ""
) -> int:
    # `for_update` is "FOR UPDATE", or nothing.
    cursor = connection.execute(f"SELECT cents FROM {table} {for_update}")
    rows = cursor.fetchall()
    return int(rows[0][0])


def pay_in(
    url: str, table: str, level: IsolationLevel, for_update: str
) -> int:
    """Pay in one cent, and return the number of retries."""
    retries = 0
    with connect(url) as connection:
        connection.isolation_level = level
        while True:
            try:
                # At its end, the block commits the transaction. After an
                # error, it rolls back: the transaction has changed nothing.
                with connection.transaction():
                    # Read, count, write.
                    balance = read_balance(connection, table, for_update)
                    sleep(COUNTING_TIME)
                    update = f"UPDATE {table} SET cents = %s"
                    connection.execute(update, [balance + 1])
                return retries
            except SerializationFailure:
                retries += 1  # Another cashier has paid in, so read again.


def count_lost(
    name: str, url: str, level: IsolationLevel, for_update: str = ""
) -> int:
    """Return how many payments are lost."""
    with ThreadPoolExecutor(CASHIERS) as threads, open_account(url) as table:
        start = perf_counter()
        futures = [
            threads.submit(pay_in, url, table, level, for_update)
            for _ in range(CASHIERS)
        ]
        retries = sum(future.result() for future in futures)
        elapsed = perf_counter() - start
        with connect(url) as connection:
            balance = read_balance(connection, table)
    print(
        f"{name}: {CASHIERS} payments of 1 cent in {elapsed:.2f} s, "
        f"{retries} retries, balance {balance}"
    )
    return CASHIERS - balance


def compare(url: str) -> None:
    committed = IsolationLevel.READ_COMMITTED
    serializable = IsolationLevel.SERIALIZABLE
    lost_committed = count_lost("read committed", url, committed)
    lost_for_update = count_lost("for update", url, committed, "FOR UPDATE")
    lost_serializable = count_lost("serializable", url, serializable)
    print(
        f"lost: read committed {lost_committed} of {CASHIERS} payments, "
        f"for update {lost_for_update}, serializable {lost_serializable}"
    )


def main() -> None:
    url = os.environ.get("DATABASE_URL")
    if not url:
        example = "postgresql://user@localhost/test"
        print(
            f"0 of {CASHIERS} payments: set DATABASE_URL, "
            f"for example {example}"
        )
        return
    try:
        compare(url)
    except psycopg.Error as error:
        # run() prints a ConnectionError as one line.
        raise ConnectionError(str(error)) from error


if __name__ == "__main__":
    run(main)
