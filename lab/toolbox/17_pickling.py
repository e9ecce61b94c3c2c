"""Send eight objects to a thread and to a process, and count what arrives.

A thread gets the object itself. A process gets a copy: the module pickle turns
the object into bytes, and the process makes a new object from them. The bytes
of a function are only its name: the process finds it in its own copy of this
script. Before sending, pickle tries the same here. A function without a name,
or inside another function, is not found: we get an error, and nothing is
sent. An open file or a lock belongs to one process and has no copy.

Prediction: arrived: in the thread 8 of 8 objects, in the process 4 of 8.
"""

import os
from collections.abc import Callable
from concurrent.futures import (
    Executor,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from functools import partial
from pathlib import Path
from pickle import PicklingError
from threading import Lock
from time import perf_counter, sleep
from typing import NamedTuple

from backstage import run

DELAY = 0.2  # seconds until an answer comes; an error has no delay
COLUMNS = 80  # characters in a line of the output, at most
TIMES = 1  # how often we send each object


class Item(NamedTuple):
    name: str
    content: object


class Account:
    def __init__(self) -> None:
        self.cents = 500
        self.lock = Lock()


def multiply(factor: int, price: int) -> int:
    return factor * price


def make_function(factor: int) -> Callable[[int], int]:
    def inner(price: int) -> int:
        return factor * price

    return inner


def receive(content: object) -> str:
    # The thread or the process that gets the object runs this function.
    sleep(DELAY)
    return f"process {os.getpid()} got this: {type(content).__name__}"


def send(item: Item, pool: Executor) -> bool:
    try:
        answer = pool.submit(receive, item.content).result()
        arrived = True
    # Different objects, and different Pythons, give different errors.
    except (PicklingError, AttributeError, TypeError) as error:
        answer = f"{type(error).__name__}: {error}"
        arrived = False
    line = f"{item.name}: {answer}"
    line = line[:COLUMNS]  # cuts off the end of a long line
    print(line)
    return arrived


def send_all(name: str, items: list[Item], pool: Executor) -> int:
    start = perf_counter()
    arrivals = [send(item, pool) for item in items]
    arrived = sum(arrivals)  # True is 1
    elapsed = perf_counter() - start
    print(f"{name}: {arrived} of {len(items)} objects in {elapsed:.2f} s")
    return arrived


def main() -> None:
    account = Account()
    script = Path(__file__)
    with script.open() as file:
        items = [  # after "->": what we can send instead
            # A lambda is a function without a name.
            Item("lambda", lambda factor, price: factor * price),
            Item("-> top-level function", multiply),
            Item("inner function", make_function(3)),
            # This is like multiply with the factor 3. It can be sent, because
            # multiply is not inside another function.
            Item("-> partial", partial(multiply, 3)),
            Item("open file", file),
            Item("-> path", script),
            Item("account with a lock", account),
            Item("-> only the balance", account.cents),
        ] * TIMES
        with ThreadPoolExecutor(1) as pool:
            in_thread = send_all("thread", items, pool)
        with ProcessPoolExecutor(1) as pool:
            in_process = send_all("process", items, pool)
    print(
        f"arrived: in the thread {in_thread} of {len(items)} objects, "
        f"in the process {in_process} of {len(items)}"
    )


if __name__ == "__main__":
    run(main)
