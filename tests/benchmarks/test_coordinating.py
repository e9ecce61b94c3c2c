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
UPDATES: dict[Way, int] = {  # by each process
    value: 10_000,
    array: 10_000,
    manager: 300,
    queue: 10_000,
    pipe: 10_000,
}
TEST_UPDATES = 20_000  # by each thread: a broken lock loses some of them
IDEAL = "threads, unsafe"


def an_update(cents: int) -> dict[str, Any]:
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

    def right(got: int) -> bool:
        return way == "unsafe" or got == cents  # unsafe, any may be lost

    def play() -> int:
        chosen = unsafe if way == "unsafe" else lesson
        account = chosen.Account()
        account.lock = LOCKS.get(way, Lock)()
        pay = lesson.pay_with_queue if way == "queue" else chosen.pay_directly
        pay(account)
        return int(account.cents)

    ideal = IDEAL, (IDEAL, 1)
    measure(benchmark, play, right, *ideal, **an_update(cents))


@pytest.mark.benchmark(group="coordinating")
@pytest.mark.parametrize(
    "way", UPDATES, ids=lambda way: f"processes, {way.__name__}"
)
def test_processes(way: Way, benchmark: Any) -> None:
    updates = UPDATES[way] if benchmark.enabled else UPDATES[way] // 5
    cents: int = updates * lesson.THREADS

    with (
        way() as (given, pay, collect),
        ProcessPoolExecutor(
            lesson.THREADS, initializer=receive, initargs=(given,)
        ) as pool,
    ):

        def play() -> Any:
            return collect(cents, pool.map(pay, [updates] * lesson.THREADS))

        def right(balance: float) -> bool:
            return round(balance * 100) == cents

        ideal = IDEAL, (IDEAL, lesson.UPDATES / updates)
        measure(benchmark, play, right, *ideal, **an_update(cents))
