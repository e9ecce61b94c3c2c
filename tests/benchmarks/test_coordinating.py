"""What an update of a shared account costs, unsafe and safe."""

import importlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from threading import RLock, Semaphore
from typing import Any

import pytest
from measuring import measure
from shared_account import array, manager, pipe, queue, receive, value

lesson: Any = importlib.import_module("07_lock_fixed_demo")
LOCKS = {"lock": lesson.lock, "RLock": RLock(), "semaphore": Semaphore()}
JOBS = {
    "unsafe": [lesson.pay] * lesson.THREADS,
    **dict.fromkeys(LOCKS, [lesson.pay_locked] * lesson.THREADS),
    "queue": [lesson.own, *[lesson.order] * lesson.THREADS],
}
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
    return {"unit": "us an update", "factor": 1e6 / cents}


@pytest.mark.benchmark(group="coordinating")
@pytest.mark.parametrize("way", JOBS, ids=lambda way: f"threads, {way}")
def test_threads(
    way: str, benchmark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates: int = lesson.UPDATES if benchmark.enabled else TEST_UPDATES
    monkeypatch.setattr(lesson, "UPDATES", updates)
    monkeypatch.setattr(lesson, "lock", LOCKS.get(way))
    cents: int = updates * lesson.THREADS

    def right(_: str) -> bool:
        got = round(lesson.account["balance"] * 100)
        return way == "unsafe" or got == cents  # unsafe, any may be lost

    def play() -> Any:
        return lesson.measure(way, JOBS[way])

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
