"""Send objects to another interpreter, and see what happens to them.

An interpreter runs Python code. One process can have several interpreters,
like a house with several kitchens. Each has its own GIL, its own modules and
its own objects. (So two of them could run at the same time, in two threads.)
Simple objects that cannot be changed are sent directly, and a memoryview too.
Others are pickled: they become bytes, and the other interpreter makes a new
object from the bytes.
An open file, a lock and a generator cannot become bytes: they are refused.

Prediction: directly 4, pickled 3, refused 3 of 10 objects. The other
interpreter makes 3 changes, and we see 1 of them here.
"""

import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import Process
from pathlib import Path
from threading import Lock, Thread
from time import perf_counter
from typing import Any

from backstage import run

if sys.version_info >= (3, 14):
    from concurrent import interpreters
else:
    interpreters: Any = None  # this module is new in Python 3.14

OBJECTS = [3, "cake", b"cake", ["cake"], {"cake": 3}]  # the first five
STARTS = 10  # starts of a thread, of an interpreter and of a process

shelf = ["cake"]  # a variable of this module


@dataclass
class Order:
    cakes: int


def get_type(sent: Any) -> str:
    return type(sent).__name__


def add_to_list(cakes: list[str]) -> int:
    cakes.append("cake")
    return len(cakes)


def add_to_memory(memory: memoryview) -> int:
    memory[0] += 1
    return memory[0]


def add_to_shelf() -> int:
    shelf.append("cake")
    return len(shelf)


def send(sent: Any, kitchen: Any) -> str:
    try:
        # call() runs a function in the other interpreter, and waits for it.
        arrived = kitchen.call(get_type, sent)
    except interpreters.NotShareableError:
        arrived = "nothing"
        result = "refused"
    else:
        result = "directly" if interpreters.is_shareable(sent) else "pickled"
    print(f"{type(sent).__name__:<16}{result:<10}{arrived} arrived")
    return result


def send_objects(kitchen: Any) -> list[str]:
    # A memoryview has no bytes of its own: it shows the bytes of another
    # object. The other interpreter can use the same bytes.
    memory = memoryview(b"cake")
    generator = (letter for letter in "cake")
    with Path(__file__).open() as file:  # its type is TextIOWrapper
        others = [memory, Order(cakes=3), generator, file, Lock()]
        return [send(each, kitchen) for each in [*OBJECTS, *others]]


def report_change(name: str, there: int, here: int) -> bool:
    print(f"{name:<16}there {there}, here {here}")
    return there == here


def change_objects(kitchen: Any) -> list[bool]:
    """The kitchen adds three cakes. Return which of them we see here."""
    cakes = ["cake"]  # A list is copied, so the copy gets the new cake.
    there = kitchen.call(add_to_list, cakes)
    list_seen = report_change("cakes in list", there, here=len(cakes))

    # One byte, and its value is 1. The memoryview gives access to our byte.
    memory = bytearray([1])
    there = kitchen.call(add_to_memory, memoryview(memory))
    memory_seen = report_change("cakes in memory", there, here=memory[0])

    # The other interpreter imports this module again, with its own shelf.
    there = kitchen.call(add_to_shelf)
    shelf_seen = report_change("cakes on shelf", there, here=len(shelf))
    return [list_seen, memory_seen, shelf_seen]


def start_interpreter() -> None:
    # closing() calls close() at the end of the block.
    with closing(interpreters.create()) as kitchen:
        kitchen.call(get_type, 3)


def start_thread() -> None:
    thread = Thread(target=get_type, args=[3])
    thread.start()
    thread.join()


def start_process() -> None:
    process = Process(target=get_type, args=[3])
    process.start()
    process.join()


def measure_starts(kind: str, start_one: Callable[[], None]) -> None:
    start_one()  # The first one is not measured: it also loads code.
    start = perf_counter()
    for _ in range(STARTS):
        start_one()
    elapsed = perf_counter() - start
    print(f"one {kind:<12}{elapsed / STARTS * 1000:.1f} ms to start and end")


def main() -> None:
    if sys.version_info < (3, 14):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        print(f"0 objects sent: this is Python {version}, we need 3.14")
        return
    with closing(interpreters.create()) as kitchen:
        results = send_objects(kitchen)
        seen = change_objects(kitchen)
    # How long does each kind need to start and end? An interpreter imports
    # this script first. A new process can be a copy of a Python that has done
    # this already (lesson 29).
    measure_starts("thread", start_thread)
    measure_starts("interpreter", start_interpreter)
    measure_starts("process", start_process)
    print(
        f"directly {results.count('directly')}, "
        f"pickled {results.count('pickled')}, "
        f"refused {results.count('refused')} of {len(results)}; "
        f"changes seen here: {sum(seen)} of {len(seen)}"
    )


if __name__ == "__main__":
    run(main)
