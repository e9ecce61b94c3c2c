"""Lesson 19: a lock that the thread which has it takes again."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, RLock
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson, parse_figure


def test_a_lock_keeps_out_its_own_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("19")
    monkeypatch.setattr(lesson, "TIMEOUT", 0.01)
    bank = lesson.Bank(Lock())
    with pytest.raises(TimeoutError, match=r"waited 0\.\d\d s"):
        bank.transfer()
    assert bank.cents == {"Ann": 1_000, "Ben": 0}
    assert bank.lock.acquire(blocking=False)  # it was released


def can_lock(bank: Any) -> bool:
    """Return whether another thread gets the lock, and release it."""

    def try_to_lock() -> bool:
        if not bank.lock.acquire(blocking=False):
            return False
        bank.lock.release()
        return True

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(try_to_lock).result()


@pytest.mark.parametrize(
    ("method", "is_kept_out"),
    [("transfer", True), ("transfer_in_two_steps", False)],
)
def test_an_rlock_keeps_out_other_threads(
    monkeypatch: pytest.MonkeyPatch, method: str, is_kept_out: bool
) -> None:
    lesson = import_lesson("19")
    bank = lesson.Bank(RLock())
    seen = []  # between the two steps: can another thread look, and the total

    def pause(_: float) -> None:
        seen.append((can_lock(bank), bank.total()))

    monkeypatch.setattr(lesson, "sleep", pause)
    getattr(bank, method)()
    assert seen == [(not is_kept_out, 1_000 - lesson.AMOUNT)]
    assert bank.cents == {"Ann": 900, "Ben": 100}
    assert can_lock(bank)


def test_each_way_reports_the_money_and_the_totals(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson(
        "19", TRANSFERS=2, PAUSE=0.05, CHECK=0.005, TIMEOUT=0.1
    )
    assert (result.status, result.errors) == (0, [])
    without, timeout, lock, rlock, last = result.lines
    row = r"{}: Ben got {} of 200 cents, {} of \d+ totals wrong, in \d\.\d\d s"
    wrong = parse_figure(row.format("two steps", 200, r"(\d+)"), without)
    assert wrong > 0
    waited = parse_figure(
        r"with Lock: add\(\) waited (\d\.\d\d) s, then gave up", timeout
    )
    assert waited >= 0.1
    assert re.fullmatch(row.format("with Lock", 0, 0), lock)
    assert re.fullmatch(row.format("with RLock", 200, 0), rlock)
    assert last == (
        "Ben got: Lock 0, RLock 200 of 200; "
        f"wrong totals: 0 with RLock, {wrong:.0f} with two steps"
    )
