"""What an update of a shared account costs, unsafe and safe."""

import importlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from threading import Lock, RLock, Semaphore
from typing import Any

import pytest
from measuring import measure
from shared_account import array, manager, pipe, queue, receive, value

lesson: Any = importlib.import_module("07_lock_fixed_demo")
unsafe: Any = importlib.import_module("06_race_condition_demo")
LOCKS = {"lock": Lock, "RLock": RLock, "semaphore": Semaphore}
Way = Callable[[], AbstractContextManager[Any]]
UPDATES: dict[Way, int] = {  # of each process; the rows are named as the ways
    value: 10_000,
    array: 10_000,
    manager: 300,
    queue: 10_000,
    pipe: 10_000,
}
TEST_UPDATES = 20_000  # of each thread: a broken lock loses some of them
REFERENCE = "threads, unsafe"  # the row that all rows are compared with


def per_update(cents: int) -> dict[str, Any]:
    """Return the figures that make a table of times per update."""
    return {"unit": "µs per update", "factor": 1e6 / cents}


@pytest.mark.benchmark(group="coordinating")
@pytest.mark.parametrize(
    "way", ["unsafe", *LOCKS, "queue"], ids=lambda way: f"threads, {way}"
)
def test_threads(
    way: str, benchmark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates: int = lesson.UPDATES if benchmark.enabled else TEST_UPDATES
    for module in lesson, unsafe:
        monkeypatch.setattr(module, "UPDATES", updates)
    cents: int = updates * lesson.THREADS

    def pay() -> int:
        module = unsafe if way == "unsafe" else lesson
        account = module.Account()
        account.lock = LOCKS.get(way, Lock)()
        if way == "queue":
            lesson.pay_with_queue(account)
        else:
            module.pay_directly(account)
        return int(account.cents)

    def is_right(balance: int) -> bool:
        return way == "unsafe" or balance == cents  # updates may be lost

    terms = [(REFERENCE, 1)]
    figures = per_update(cents)
    measure(benchmark, pay, is_right, REFERENCE, terms, **figures)


@pytest.mark.benchmark(group="coordinating")
@pytest.mark.parametrize(
    "way", UPDATES, ids=lambda way: f"processes, {way.__name__}"
)
def test_processes(way: Way, benchmark: Any) -> None:
    updates = UPDATES[way] if benchmark.enabled else UPDATES[way] // 5
    cents: int = updates * lesson.THREADS

    with (
        way() as (shared, pay, collect),
        ProcessPoolExecutor(
            lesson.THREADS, initializer=receive, initargs=(shared,)
        ) as pool,
    ):

        def pay_and_collect() -> Any:
            payments = pool.map(pay, [updates] * lesson.THREADS)
            return collect(cents, payments)

        def is_right(balance: float) -> bool:
            return round(balance * 100) == cents

        # A thread makes more updates than a process does here.
        terms = [(REFERENCE, lesson.UPDATES / updates)]
        figures = per_update(cents)
        measure(
            benchmark, pay_and_collect, is_right, REFERENCE, terms, **figures
        )
