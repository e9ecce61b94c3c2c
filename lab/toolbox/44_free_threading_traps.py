"""Show traps of a Python without the GIL, in the kitchen of a restaurant.

Python has a second build without the GIL (free-threaded: 3.14t, 3.15t). There
threads compute at the same time. But programs that are right and fast with the
GIL can be wrong or slow without it. First trap: four cooks take their orders
from one iterator, and some orders are cooked twice.
The other traps run only without the GIL: a shared counter is slow, one thread
alone can be slower, an event loop still uses one core, and an import can turn
the GIL on. To see them: uv run lab on 3.14t 44

Prediction: with the GIL, 0 orders are cooked twice. Without the GIL, more than
0 orders are cooked twice, and with lock 0.
"""

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Lock
from time import perf_counter

from backstage import run

COOKS = 4  # cooks, with a thread for each
ORDERS = 100_000  # orders in a round
ROUNDS = 5  # rounds of the first trap
WORK = 1_000_000  # additions of a job
MODULES = ["aiohttp", "psutil"]  # names of modules with compiled code


class LockedIterator(Iterator[str]):
    """An iterator for many threads. Only one at a time can take an item.

    (Python 3.15 has this: threading.serialize_iterator.)
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


def count_cooked_twice(with_lock: bool) -> int:
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
        # One counter for each thread, which can be the same one
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

    And each object is larger: Python needs more data to share it safely.
    """
    start = perf_counter()
    compute()
    return perf_counter() - start


async def compute_in_loop() -> int:
    return compute()


async def compute_all(jobs: int) -> list[int]:
    return await asyncio.gather(*[compute_in_loop() for _ in range(jobs)])


def run_event_loop(jobs: int) -> int:
    return len(asyncio.run(compute_all(jobs)))


def measure_event_loops(jobs: list[int]) -> float:
    """Trap 4: an event loop uses one core, even without the GIL.

    `jobs` has a number for each thread: how many jobs its event loop gets. To
    use more cores, start more threads, each with its own event loop. (Without
    the GIL, this is safe from Python 3.14 on.)
    """
    start = perf_counter()
    with ThreadPoolExecutor(len(jobs)) as pool:
        list(pool.map(run_event_loop, jobs))
    return perf_counter() - start


def import_modules() -> list[str]:
    """Trap 5: an import can turn the GIL on. Return the modules that did.

    A module with compiled code must say that it can work without the GIL. If
    it does not, Python turns the GIL on, until the end of the process.
    """
    modules = []
    for name in MODULES:
        was_enabled = is_gil_enabled()
        import_module(name)
        if is_gil_enabled() and not was_enabled:
            modules.append(name)
    return modules


def is_gil_enabled() -> bool:
    if sys.version_info < (3, 13):
        return True
    return sys._is_gil_enabled()


def show_other_traps() -> None:
    shared = measure_counters([Counter()] * COOKS)
    separate = measure_counters([Counter() for _ in range(COOKS)])
    print(
        f"counter: 1 for all {shared:.2f} s, 1 in each thread {separate:.2f} s"
    )

    size = sys.getsizeof(object())
    print(f"one thread: job {measure_one_thread():.2f} s, object {size} bytes")

    one = measure_event_loops([COOKS])
    each = measure_event_loops([1] * COOKS)
    print(f"event loop: 1 for all {one:.2f} s, 1 for each thread {each:.2f} s")

    modules = import_modules()
    print(f"modules: {len(modules)} of {len(MODULES)} turned the GIL on")


def main() -> None:
    version = f"3.{sys.version_info.minor}"
    if sys.version_info < (3, 14):
        print(f"cooked 0 orders: this is Python {version}, we need 3.14")
        return

    twice = count_cooked_twice(with_lock=False)
    result = f"cooked twice {twice:,} of {ORDERS * ROUNDS:,} orders"
    if is_gil_enabled():
        print(f"Python {version}, GIL on: {result}")
        return
    twice_with_lock = count_cooked_twice(with_lock=True)
    show_other_traps()  # the last of them can turn the GIL on
    print(
        f"Python {version}, GIL off: {result}, with lock {twice_with_lock:,}"
    )


if __name__ == "__main__":
    run(main)
