"""Kill a worker while it works: first in a pool, then with a durable queue.

A shop packs orders in worker processes. A pool keeps its orders in memory. If
a worker dies, the pool is broken: each order that is not finished gets an
error, and the pool does not try it again.
A durable queue is a table in a database file: it is still there when its
workers have died. A worker claims an order there (now no other worker takes
it), packs it, and stores the parcel. If a worker dies, a new one starts. Its
order goes back into the queue, and so does an order that failed. So an order
may be begun more than once, but its parcel is stored once. After three
attempts an order is set aside: no worker takes it again.

Prediction: the queue stores 29 parcels, loses 0 orders, and sets 1 order aside
(the bad one). The pool loses more than 0 of 30 orders.
"""

import multiprocessing
import os
import sqlite3
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from multiprocessing import Process
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

from backstage import run

ORDERS = 30  # orders, with the numbers 1, 2, 3 and so on
BAD_ORDER = 4  # the number of an order that nobody can pack
WORKERS = 3  # processes
PACKING_TIME = 0.1  # seconds for one order
MAX_ATTEMPTS = 3  # attempts to pack an order; then it is set aside
POLL_INTERVAL = 0.01  # seconds between two looks at the queue

Database = sqlite3.Connection


def pack(number: int) -> str:
    sleep(PACKING_TIME)  # waits for the printer of the label
    if number == BAD_ORDER:
        raise ValueError("no address")
    return f"parcel {number}"


def pack_in_pool() -> int:
    """Return how many orders are lost when a worker is killed."""
    start = perf_counter()
    with ProcessPoolExecutor(WORKERS) as pool:
        futures = [pool.submit(pack, n) for n in range(1, ORDERS + 1)]
        # When one order is finished, we kill a worker.
        wait(futures, return_when=FIRST_COMPLETED)
        worker = multiprocessing.active_children()[0]  # any of the pool
        worker.kill()
    elapsed = perf_counter() - start
    # All orders that the pool has not finished get a BrokenProcessPool.
    errors = [future.exception() for future in futures]
    lost = sum(isinstance(error, BrokenProcessPool) for error in errors)
    packed = sum(error is None for error in errors)
    print(
        f"pool: process {worker.pid} killed, "
        f"{packed} of {ORDERS} orders packed, finished in {elapsed:.2f} s"
    )
    return lost


# The queue: two tables in a database file


def connect(file: Path) -> Database:
    # The timeout: seconds to wait while another process writes.
    return sqlite3.connect(file, timeout=30)


def create_queue(database: Database) -> None:
    # WAL: a setting with which reading does not wait for writing.
    database.execute("PRAGMA journal_mode = WAL")
    database.execute(
        "CREATE TABLE orders (number INTEGER, pid INTEGER, "
        "state TEXT DEFAULT 'waiting', attempts INTEGER DEFAULT 0)"
    )
    # UNIQUE: the database refuses a second parcel for the same order.
    database.execute(
        "CREATE TABLE parcels (number INTEGER UNIQUE, label TEXT)"
    )
    # All changes in a `with` block are one transaction: the database makes all
    # of them or none, even if the process is killed. (The block does not close
    # the connection.)
    with database:
        for number in range(1, ORDERS + 1):
            database.execute(
                "INSERT INTO orders (number) VALUES (?)", [number]
            )


def claim(database: Database) -> int | None:
    """Return the number of an order that only this worker has, or None."""
    # The UPDATE changes the waiting order with the smallest number (MIN).
    # RETURNING: it also returns these columns of the rows that it changed. No
    # other worker can come in between.
    with database:
        rows = database.execute(
            "UPDATE orders "
            "SET state = 'packing', attempts = attempts + 1, pid = ? "
            "WHERE number = "
            "(SELECT MIN(number) FROM orders WHERE state = 'waiting') "
            "RETURNING number",
            [os.getpid()],
        ).fetchall()
    return rows[0][0] if rows else None


def store(database: Database, number: int, label: str) -> None:
    with database:
        database.execute("INSERT INTO parcels VALUES (?, ?)", [number, label])
        database.execute(
            "UPDATE orders SET state = 'packed' WHERE number = ?", [number]
        )


def give_back(database: Database, pid: int | None, reason: str) -> None:
    """Put the order of a process back into the queue, or set it aside."""
    with database:
        rows = database.execute(
            "UPDATE orders SET state = "
            # in Python: "waiting" if attempts < MAX_ATTEMPTS else "set aside"
            "CASE WHEN attempts < ? THEN 'waiting' ELSE 'set aside' END "
            "WHERE pid = ? AND state = 'packing' "
            "RETURNING number, attempts, state",
            [MAX_ATTEMPTS, pid],
        ).fetchall()
    for number, attempts, state in rows:
        attempt = f"attempt {attempts} of {MAX_ATTEMPTS}"
        # print() writes its newline separately, and a worker could print in
        # between. So the newline is a part of the text.
        print(f"order {number}, {attempt}: {reason}; {state}\n", end="")


def count_unfinished(database: Database) -> int:
    rows = database.execute(
        "SELECT count(*) FROM orders WHERE state IN ('waiting', 'packing')"
    ).fetchall()
    return int(rows[0][0])


# The workers, and the main process that supervises them


def work(file: Path) -> None:
    parent = multiprocessing.parent_process()
    with closing(connect(file)) as database:
        # If the main process is killed, its workers have to stop as well.
        while parent and parent.is_alive() and count_unfinished(database):
            number = claim(database)
            if number is None:
                # Other workers pack the last orders. If one of these orders
                # fails, it comes back into the queue.
                sleep(POLL_INTERVAL)
                continue
            try:
                label = pack(number)
            except ValueError as error:
                give_back(database, os.getpid(), reason=str(error))
            else:
                store(database, number, label)


def start_worker(file: Path) -> Process:
    worker = Process(target=work, args=[file])
    worker.start()
    return worker


def kill_busy_worker(workers: list[Process], database: Database) -> bool:
    """Kill a worker that packs an order; return whether there was one."""
    query = "SELECT pid FROM orders WHERE state = 'packing'"
    busy = [row[0] for row in database.execute(query).fetchall()]
    for worker in workers:
        if worker.pid in busy:
            worker.kill()
            worker.join()
            return True
    return False


def pack_with_queue(file: Path, database: Database) -> None:
    start = perf_counter()
    workers = [start_worker(file) for _ in range(WORKERS)]
    is_one_killed = False
    while count_unfinished(database):
        sleep(POLL_INTERVAL)
        if not is_one_killed:
            is_one_killed = kill_busy_worker(workers, database)
        for index, worker in enumerate(workers):
            # The exit code: None while it works, 0 after a normal end
            if worker.exitcode not in (None, 0):
                give_back(database, worker.pid, f"process {worker.pid} died")
                workers[index] = start_worker(file)
    for worker in workers:
        worker.join()
    elapsed = perf_counter() - start
    print(
        f"queue: {count_unfinished(database)} of {ORDERS} orders left, "
        f"finished in {elapsed:.2f} s"
    )


def report(database: Database, lost_in_pool: int) -> None:
    stored = database.execute("SELECT number FROM parcels").fetchall()
    set_aside = database.execute(
        "SELECT number FROM orders WHERE state = 'set aside'"
    ).fetchall()
    lost = ORDERS - len(stored) - len(set_aside)
    print(
        f"queue: stored {len(stored)}, lost {lost}, "
        f"set aside {len(set_aside)}; "
        f"pool: lost {lost_in_pool} of {ORDERS} orders"
    )


def main() -> None:
    if sqlite3.sqlite_version_info < (3, 35):
        print(f"0 of {ORDERS} orders: SQLite is older than 3.35")
        return
    # Not "fork": that would copy an open connection, and SQLite forbids it.
    multiprocessing.set_start_method("spawn")
    lost_in_pool = pack_in_pool()
    with TemporaryDirectory() as folder:
        file = Path(folder, "queue.db")
        with closing(connect(file)) as database:
            create_queue(database)
            try:
                pack_with_queue(file, database)
            finally:
                # After Ctrl-C or an error, some workers can still be there.
                for worker in multiprocessing.active_children():
                    worker.kill()
                    worker.join()
            report(database, lost_in_pool)


if __name__ == "__main__":
    run(main)
