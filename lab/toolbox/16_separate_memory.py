"""Let two clerks write orders into a book, which main reads at the end.

A clerk works in an office. Threads share the memory of their process: there is
one book. Each process has its own memory: it gets a copy of the book, and
writes only into this copy. A manager is one more process. It keeps one book,
and reads and writes it for all others.

Prediction: entries that main sees: threads 6, processes 0, manager 6.
"""

import os
from collections.abc import MutableMapping
from multiprocessing import Manager, Process
from threading import Thread
from time import perf_counter, sleep

from backstage import run

CLERKS = 2  # clerks, with a thread or a process for each
ORDERS = 3  # orders that each clerk writes into the book
DELAY = 0.2  # seconds until the next customer orders something

Book = MutableMapping[str, str]  # a dict, or an object that is used like one
Worker = Thread | Process  # both have start() and join()


def write_orders(clerk: str, book: Book) -> None:
    for number in range(1, ORDERS + 1):
        sleep(DELAY)
        book[f"{clerk}, order {number}"] = "coffee"
    print(f"{clerk}, process {os.getpid()}: sees {len(book)} entries")


def measure(name: str, worker_class: type[Worker], book: Book) -> int:
    """Return how many entries main sees in the book at the end."""
    start = perf_counter()
    # The clerks work one after the other: none writes while another one
    # counts. worker_class is Thread or Process.
    for number in range(1, CLERKS + 1):
        clerk = f"clerk {number}"
        worker = worker_class(target=write_orders, args=(clerk, book))
        worker.start()
        worker.join()  # waits for the end of the thread or process
    elapsed = perf_counter() - start
    print(
        f"{name}: main, process {os.getpid()}, sees {len(book)} entries "
        f"after {elapsed:.2f} s"
    )
    return len(book)


def main() -> None:
    threads = measure("threads", Thread, {})
    processes = measure("processes", Process, {})
    with Manager() as manager:
        # This book looks like a dict. But each read and each write is a
        # message to the manager, which has the real dict.
        shared = measure("manager", Process, manager.dict())
    print(
        f"entries that main sees: threads {threads}, processes {processes}, "
        f"manager {shared} of {CLERKS * ORDERS}"
    )


if __name__ == "__main__":
    run(main)
