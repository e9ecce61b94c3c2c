"""Lesson 07: the account of lesson 06, with a lock and with a queue."""

import re
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from queue import Queue
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    """Switch between threads so often that a few payments lose money."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(usual)


def test_lock_and_queue_lose_nothing_in_any_run(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    frequent_switches: None,
) -> None:
    lesson = import_lesson("07")
    monkeypatch.setattr(lesson, "UPDATES", 3_000)
    for _ in range(request.config.getoption("--runs")):
        lesson.main()
        *_, last = capsys.readouterr().out.splitlines()
        assert last == "lost: lock 0, queue 0 of 12,000 cents"
    # Without the lock it must lose some, or these runs prove nothing.
    monkeypatch.setattr(lesson, "Lock", nullcontext)
    lost = 0
    for _ in range(20):
        lesson.main()
        *_, last = capsys.readouterr().out.splitlines()
        lost += last != "lost: lock 0, queue 0 of 12,000 cents"
    assert lost > 0


def test_expected_and_actual_cents_are_reported(run_lesson: RunLesson) -> None:
    result = run_lesson("07", UPDATES=2_000, THREADS=3)
    assert (result.status, result.errors) == (0, [])
    lock, queue, last = result.lines
    for name, line in ("lock", lock), ("queue", queue):
        row = rf"{name}: expected 6,000 cents, got 6,000 in \d\.\d\d s"
        assert re.fullmatch(row, line)
    assert last == "lost: lock 0, queue 0 of 6,000 cents"


def test_an_error_in_a_cashier_ends_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class BrokenQueue(Queue[int | None]):
        def put(self, item: int | None, *_: Any, **__: Any) -> None:
            if item is not None:
                raise ZeroDivisionError("no money")
            super().put(item)

    lesson = import_lesson("07")
    monkeypatch.setattr(lesson, "Queue", BrokenQueue)
    with pytest.raises(ZeroDivisionError, match="no money"):
        lesson.pay_with_queue(lesson.Account())
