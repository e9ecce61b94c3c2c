"""Stop a shop on SIGTERM: at once, or when its workers have finished.

A computer sends the signal SIGTERM to a program that should stop, and kills
it some seconds later if it is still there. If the workers of a shop are killed
at once, the orders that they have are half packed. Here they are not tried
again (lesson 52 does that). With a graceful shutdown, the workers drain: each
finishes the order that it has, and takes no new one. A worker that needs too
long is killed. The orders that wait are safe in both cases: no worker has
begun them, and a database file keeps them.

Prediction: "at once" leaves more than 0 of 30 orders half packed, "drained"
leaves 0.
"""

import multiprocessing
import signal
import sqlite3
import sys
from contextlib import closing
from multiprocessing import Process
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any

from backstage import run

ORDERS = 30  # orders in the queue
SIGTERM_AFTER = 6  # packed orders; then SIGTERM arrives
WORKERS = 3  # processes
PACKING_TIME = 0.1  # seconds for one order
DRAIN_TIMEOUT = 2  # seconds after SIGTERM; then workers are killed
POLL_INTERVAL = 0.01  # seconds between two looks at the queue

Database = sqlite3.Connection


def connect(file: Path) -> Database:
    # The timeout: seconds to wait while another process writes.
    return sqlite3.connect(file, timeout=30)


def create_queue(database: Database) -> None:
    # WAL: a setting with which reading does not wait for writing.
    database.execute("PRAGMA journal_mode = WAL")
    with database:  # the changes in a `with` block are one transaction
        database.execute("CREATE TABLE orders (number INTEGER, state TEXT)")
        for number in range(1, ORDERS + 1):
            database.execute(
                "INSERT INTO orders VALUES (?, 'waiting')", [number]
            )


def claim(database: Database) -> int | None:
    """Return the number of an order that only this worker has, or None."""
    with database:
        rows = database.execute(
            "UPDATE orders SET state = 'packing' WHERE number = "
            "(SELECT MIN(number) FROM orders WHERE state = 'waiting') "
            "RETURNING number"
        ).fetchall()
    return rows[0][0] if rows else None


def store(database: Database, number: int) -> None:
    with database:
        database.execute(
            "UPDATE orders SET state = 'packed' WHERE number = ?", [number]
        )


def count(database: Database, state: str) -> int:
    rows = database.execute(
        "SELECT count(*) FROM orders WHERE state = ?", [state]
    ).fetchall()
    return int(rows[0][0])


def work(file: Path, stop: Any) -> None:
    # `stop` is a number that all processes share; 1 means stop. SIGTERM can
    # reach the workers, too. They ignore it (SIG_IGN): only the main process
    # acts on it, and sets `stop`.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    with closing(connect(file)) as database:
        # If the main process is killed, its workers have to stop as well.
        while parent and parent.is_alive() and not stop.value:
            number = claim(database)
            if number is None:
                break
            sleep(PACKING_TIME)  # waits for the printer of the label
            store(database, number)


def stop_workers(workers: list[Process], timeout: float) -> float:
    """Wait for the workers, and kill those that need longer than the timeout.

    Return how many seconds all that took.
    """
    start = perf_counter()
    for worker in workers:
        used = perf_counter() - start
        worker.join(max(0, timeout - used))
        worker.kill()  # does nothing if the worker has ended
        worker.join()
    return perf_counter() - start


def open_shop(
    name: str, database: Database, file: Path, timeout: float
) -> int:
    """Return how many orders are half packed when the shop has closed."""
    # "b": a byte. Without a lock, because a signal handler must not wait for
    # one. (An Event has a lock.)
    stop = multiprocessing.Value("b", 0, lock=False)

    # Python calls this when SIGTERM arrives.
    def handle_sigterm(signum: int, frame: Any) -> None:
        stop.value = 1

    signal.signal(signal.SIGTERM, handle_sigterm)
    workers = [Process(target=work, args=[file, stop]) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    is_sent = False
    while not stop.value and multiprocessing.active_children():
        sleep(POLL_INTERVAL)
        is_time = count(database, "packed") >= SIGTERM_AFTER
        if is_time and count(database, "packing"):
            # We send it to ourselves, as a computer does when it shuts down.
            is_sent = True
            signal.raise_signal(signal.SIGTERM)
    elapsed = stop_workers(workers, timeout)
    half_packed = count(database, "packing")
    print(
        f"{name}: workers stopped in {elapsed:.2f} s, "
        f"{count(database, 'packed')} orders packed, "
        f"{half_packed} half packed, {count(database, 'waiting')} waiting"
    )
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # what it was before
    if stop.value and not is_sent:
        # Another program has sent SIGTERM. This is the usual exit code then.
        sys.exit(128 + signal.SIGTERM)
    return half_packed


def main() -> None:
    if sqlite3.sqlite_version_info < (3, 35):
        print(f"0 of {ORDERS} orders: SQLite is older than 3.35")
        return
    # Not "fork": that would copy an open connection, and SQLite forbids it.
    multiprocessing.set_start_method("spawn")
    half_packed = {}
    # at once: the workers get 0 seconds to finish
    for name, timeout in [("at once", 0), ("drained", DRAIN_TIMEOUT)]:
        with TemporaryDirectory() as folder:
            file = Path(folder, "queue.db")
            with closing(connect(file)) as database:
                create_queue(database)
                try:
                    half_packed[name] = open_shop(
                        name, database, file, timeout
                    )
                finally:
                    # After Ctrl-C or an error, workers can still be there.
                    for worker in multiprocessing.active_children():
                        worker.kill()
                        worker.join()
    print(
        f"half packed: at once {half_packed['at once']} of {ORDERS} orders, "
        f"drained {half_packed['drained']}"
    )


if __name__ == "__main__":
    run(main)
