"""Show traps of a Python without the GIL, in the kitchen of a restaurant.

Python has a second build without the GIL (free-threaded: 3.14t, 3.15t). There
threads compute at the same time. But programs that are right and fast with the
GIL can be wrong or slow without it. Here are five traps. Trap 1: four cooks
take their orders from one iterator, and some orders are cooked more than once.
Trap 2: a shared counter is slow. Trap 3: one thread alone can be slower than
with the GIL. Trap 4: an event loop still uses one core. Trap 5: an import can
turn the GIL on. To see them: uv run lab on 3.14t 44
For trap 3, compare the line "one thread" there with the same line on 3.14.

Prediction: with the GIL, the cooks cook 0 soups too many. Without the GIL and
with a second core, they cook more than 0 too many, and with a lock 0.
"""

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from statistics import median
from threading import Lock
from time import perf_counter

from backstage import run

COOKS = 4  # cooks, with a thread for each
ORDERS = 100_000  # orders in a round
ROUNDS = 5  # rounds of traps 1 and 3
WORK = 1_000_000  # additions in one computation
MODULES = ["aiohttp", "psutil"]  # names of modules with code in C


class LockedIterator(Iterator[str]):
    """An iterator for many threads. Only one at a time can take an item.

    A for loop calls __next__ for each item. The base class Iterator adds what
    else a for loop needs. (Python 3.15 has all this:
    threading.serialize_iterator.)
    """

    def __init__(self, items: list[str]) -> None:
        self.iterator = iter(items)
        self.lock = Lock()

    def __next__(self) -> str:
        with self.lock:
            return next(self.iterator)


def cook(orders: Iterator[str]) -> int:
    cooked = 0
    for _ in orders:
        cooked += 1
    return cooked


def count_extra_soups(with_lock: bool) -> int:
    """Trap 1: all threads share one iterator.

    The iterator of a list remembers its place in the list. Without the GIL,
    two threads can take the item at the same place. (Never share a generator
    in this way. In Python 3.14t that can crash the whole process.)
    """
    cooked = 0
    for _ in range(ROUNDS):
        items = ["soup"] * ORDERS
        orders = LockedIterator(items) if with_lock else iter(items)
        with ThreadPoolExecutor(COOKS) as pool:
            cooked += sum(pool.map(cook, [orders] * COOKS))
    # If each order is cooked once, that is 0.
    return cooked - ORDERS * ROUNDS


class Counter:
    def __init__(self) -> None:
        self.value = 0
        self.lock = Lock()


def count(counter: Counter) -> None:
    for _ in range(ORDERS):
        with counter.lock:
            counter.value += 1


def measure_counters(counters: list[Counter]) -> float:
    """Trap 2: all threads share one counter, so they wait for its lock.

    With the GIL only one thread runs anyway, so it rarely has to wait.
    """
    start = perf_counter()
    with ThreadPoolExecutor(COOKS) as pool:
        # Each thread gets one counter of the list. With one shared counter,
        # the list has this counter several times.
        list(pool.map(count, counters))
    elapsed = perf_counter() - start
    if sum(counter.value for counter in set(counters)) != ORDERS * COOKS:
        raise RuntimeError("a counter has a wrong value")
    return elapsed


def compute() -> int:
    total = 0
    for number in range(WORK):
        total += number
    return total


def measure_one_thread() -> float:
    """Trap 3: one thread alone can be slower than with the GIL.

    Compare only Pythons that were made in the same way, such as 3.14 and 3.14t
    from uv.
    """
    start = perf_counter()
    compute()
    return perf_counter() - start


async def compute_in_loop() -> int:
    return compute()


async def compute_all(tasks: int) -> list[int]:
    return await asyncio.gather(*[compute_in_loop() for _ in range(tasks)])


def run_event_loop(tasks: int) -> int:
    return len(asyncio.run(compute_all(tasks)))


def measure_event_loops(tasks: list[int]) -> float:
    """Trap 4: an event loop uses one core, even without the GIL.

    `tasks` has a number for each thread: how many tasks its event loop gets.
    To use more cores, start more threads, each with its own event loop.
    (Without the GIL, this is safe from Python 3.14 on.)
    """
    start = perf_counter()
    with ThreadPoolExecutor(len(tasks)) as pool:
        list(pool.map(run_event_loop, tasks))
    return perf_counter() - start


def import_modules() -> str:
    """Trap 5: an import can turn the GIL on. Return the module that did.

    A module with code in C must say that it can work without the GIL. If it
    does not, Python turns the GIL on, until the end of the process.
    """
    for name in MODULES:
        import_module(name)
        if is_gil_enabled():
            return name
    return "none"


def is_gil_enabled() -> bool:
    if sys.version_info < (3, 13):
        return True
    return sys._is_gil_enabled()


def show_other_traps() -> None:
    shared = measure_counters([Counter()] * COOKS)
    separate = measure_counters([Counter() for _ in range(COOKS)])
    print(
        f"counter: one for all threads {shared:.2f} s, "
        f"one for each thread {separate:.2f} s"
    )
    one_loop = measure_event_loops([COOKS])
    several_loops = measure_event_loops([1] * COOKS)
    print(
        f"event loop: one for all tasks {one_loop:.2f} s, "
        f"one for each task {several_loops:.2f} s"
    )
    print(f"modules: GIL turned on by {import_modules()}")


def main() -> None:
    version = f"3.{sys.version_info.minor}"
    if sys.version_info < (3, 14) and not is_gil_enabled():
        print(
            f"0 orders: Python {version} without the GIL is too old, use 3.14t"
        )
        return

    extra = count_extra_soups(with_lock=False)
    seconds = median([measure_one_thread() for _ in range(ROUNDS)])
    print(f"one thread: {WORK:,} additions in {seconds:.3f} s")
    result = f"{extra:,} soups too many for {ORDERS * ROUNDS:,} orders"
    if is_gil_enabled():
        print(f"Python {version}, GIL on: {result}")
        return
    extra_with_lock = count_extra_soups(with_lock=True)
    show_other_traps()  # the last of them can turn the GIL on
    print(
        f"Python {version}, GIL off: {result}, with lock {extra_with_lock:,}"
    )


if __name__ == "__main__":
    run(main)
