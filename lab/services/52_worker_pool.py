"""Kill a worker while it works: first in a pool, then with a durable queue.

A shop packs orders in worker processes. A pool keeps its jobs in memory. If a
worker dies, the pool is broken: each job that is not finished gets an error,
and the pool does not try it again. A durable queue outlives its workers: it is
a table in a database file. A worker claims an order there (now nobody else
takes it), packs it, and stores the parcel. If a worker dies, its order goes
back into the queue, and a new worker starts. So an order may be packed again,
but its parcel is stored once. An order that always fails is set aside.
SIGTERM is the signal to stop. The workers finish the orders that they have and
take no new ones: they drain. On day 2, new workers do the rest.

Prediction: the queue stores each good order once, none twice, and has lost 0.
It has set aside 1 bad order. The pool has lost more than 0.
"""

import multiprocessing
import os
import signal
import sqlite3
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from functools import partial
from multiprocessing import Process
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any

from backstage import run

ORDERS = 30  # orders, with the numbers 1, 2, 3 and so on
BAD_ORDER = 4  # the number of an order that nobody can pack
WORKERS = 3  # processes
PACKING_TIME = 0.1  # seconds for one order
MAX_ATTEMPTS = 3  # attempts to pack an order; then it is set aside
DRAIN_TIMEOUT = 2  # seconds after SIGTERM; then workers are killed
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
        wait(futures, return_when=FIRST_COMPLETED)
        worker = multiprocessing.active_children()[0]  # any of the pool
        worker.kill()
    elapsed = perf_counter() - start
    # All orders that the pool has not finished get this error.
    errors = [future.exception() for future in futures]
    lost = sum(isinstance(error, BrokenProcessPool) for error in errors)
    print(
        f"pool: process {worker.pid} killed, "
        f"{ORDERS - lost} of {ORDERS} orders finished in {elapsed:.2f} s"
    )
    return lost


def create_queue(database: Database) -> None:
    # With this log (WAL), those who read do not wait for those who write.
    database.execute("PRAGMA journal_mode = WAL")
    database.execute(
        "CREATE TABLE orders (number INTEGER, worker INTEGER, "
        "state TEXT DEFAULT 'waiting', attempts INTEGER DEFAULT 0)"
    )
    # UNIQUE: the database refuses a second parcel for the same order.
    database.execute(
        "CREATE TABLE parcels (number INTEGER UNIQUE, label TEXT)"
    )
    # All changes in a `with` block are one transaction. The database makes all
    # of them or none, even if the process is killed.
    with database:
        for number in range(1, ORDERS + 1):
            database.execute(
                "INSERT INTO orders (number) VALUES (?)", [number]
            )


def claim(database: Database) -> int | None:
    """Return the number of an order that only this worker has, or None."""
    with database:
        rows = database.execute(
            "UPDATE orders "
            "SET state = 'packing', attempts = attempts + 1, worker = ? "
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


def give_back(database: Database, worker: int | None, reason: str) -> None:
    """Put the order of this process back into the queue, if it has one."""
    with database:
        rows = database.execute(
            "UPDATE orders SET state = "
            "CASE WHEN attempts < ? THEN 'waiting' ELSE 'set aside' END "
            "WHERE worker = ? AND state = 'packing' "
            "RETURNING number, attempts, state",
            [MAX_ATTEMPTS, worker],
        ).fetchall()
    for number, attempts, state in rows:
        attempt = f"attempt {attempts} of {MAX_ATTEMPTS}"
        print(f"order {number}, {attempt}: {reason}, now {state}\n", end="")


def read_column(database: Database, query: str) -> list[Any]:
    return [row[0] for row in database.execute(query).fetchall()]


def count_states(database: Database) -> Counter[str]:
    states = Counter(read_column(database, "SELECT state FROM orders"))
    states["finished"] = states["packed"] + states["set aside"]
    return states


def work(file: Path, stop: Any) -> None:
    # SIGTERM can reach the workers too. Only the main process acts on it.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    # The timeout: seconds to wait while another process writes.
    with closing(sqlite3.connect(file, timeout=30)) as database:
        # If the main process is killed, its workers have to stop as well.
        while parent and parent.is_alive() and not stop.value:
            number = claim(database)
            if number is None:
                sleep(POLL_INTERVAL)
                continue
            try:
                label = pack(number)
            except ValueError as error:
                give_back(database, os.getpid(), reason=str(error))
            else:
                store(database, number, label)


def start_worker(file: Path, stop: Any) -> Process:
    worker = Process(target=work, args=(file, stop))
    worker.start()
    return worker


def handle_sigterm(stop: Any, signum: int, frame: Any) -> None:
    stop.value = 1


def open_shop(day: str, target: int, file: Path, database: Database) -> int:
    """Return how many orders are finished when the shop closes."""
    start = perf_counter()
    # A number in memory that all processes share: 1 means stop. It has no
    # lock: a worker that is killed while it has a lock never releases it.
    stop = multiprocessing.Value("b", 0, lock=False)
    signal.signal(signal.SIGTERM, partial(handle_sigterm, stop))
    workers = [start_worker(file, stop) for _ in range(WORKERS)]
    is_one_killed = False
    while not stop.value:
        sleep(POLL_INTERVAL)
        packing = read_column(
            database, "SELECT worker FROM orders WHERE state = 'packing'"
        )
        for place, worker in enumerate(workers):
            # Once a day we kill a worker.
            if worker.pid in packing and not is_one_killed:
                worker.kill()  # while it packs an order
                worker.join()
                is_one_killed = True
            if not worker.is_alive():
                give_back(database, worker.pid, f"process {worker.pid} died")
                workers[place] = start_worker(file, stop)
        if count_states(database)["finished"] >= target:
            # Computers send this signal before they are switched off.
            signal.raise_signal(signal.SIGTERM)

    drain_time = drain(workers, database)
    finished = count_states(database)["finished"]
    elapsed = perf_counter() - start
    print(
        f"{day}: {finished} of {ORDERS} orders so far, finished in "
        f"{elapsed:.2f} s, "
        f"SIGTERM: drained in {drain_time:.2f} s"
    )
    return finished


def drain(workers: list[Process], database: Database) -> float:
    """Return how many seconds the workers needed to stop."""
    start = perf_counter()
    for worker in workers:
        used = perf_counter() - start
        worker.join(max(0, DRAIN_TIMEOUT - used))
        worker.kill()  # does nothing if the worker has ended
        worker.join()
        # If the worker was killed, its order goes back. Else it has none.
        give_back(database, worker.pid, "not finished in time")
    return perf_counter() - start


def report(database: Database, lost_in_pool: int) -> None:
    parcels = Counter(read_column(database, "SELECT number FROM parcels"))
    twice = sum(count > 1 for count in parcels.values())
    states = count_states(database)
    set_aside = states["set aside"]
    lost = ORDERS - len(parcels) - set_aside - states["waiting"]
    print(
        f"queue: stored once {len(parcels) - twice}, twice {twice}, "
        f"lost {lost}, set aside {set_aside}; "
        f"pool: lost {lost_in_pool} of {ORDERS} orders"
    )


def main() -> None:
    lost_in_pool = pack_in_pool()
    with TemporaryDirectory() as folder:
        file = Path(folder, "queue.db")
        with closing(sqlite3.connect(file, timeout=30)) as database:
            create_queue(database)
            try:
                for day, target in ("day 1", ORDERS // 2), ("day 2", ORDERS):
                    finished = open_shop(day, target, file, database)
                    if finished < target:
                        break  # Another program has sent SIGTERM.
            finally:
                # After Ctrl-C or an error, some workers can still be there.
                for worker in multiprocessing.active_children():
                    worker.kill()
                    worker.join()
            report(database, lost_in_pool)


if __name__ == "__main__":
    run(main)
