"""Lesson 18: the last seats of a concert, without a lock and with one."""

import re
from threading import Barrier, Lock
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson


@pytest.fixture
def lesson(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = import_lesson("18")
    monkeypatch.setattr(module, "SEATS", 2)
    monkeypatch.setattr(module, "CUSTOMERS", 4)
    return module


def pay_together(
    lesson: Any, customers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let each payment last until so many customers are paying."""
    barrier = Barrier(customers)
    monkeypatch.setattr(lesson, "sleep", lambda _: barrier.wait(timeout=10))


def test_without_lock_all_customers_pay_and_get_a_ticket(
    lesson: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay_together(lesson, 4, monkeypatch)
    assert lesson.count_tickets("no lock", lesson.sell) == 4


def test_with_the_short_lock_two_customers_pay_at_the_same_time(
    lesson: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay_together(lesson, 2, monkeypatch)
    sold = lesson.count_tickets("short lock", lesson.sell_with_short_lock)
    assert sold == 2


def test_with_the_short_lock_only_check_and_ticket_are_protected(
    lesson: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    concert = lesson.Concert()
    steps = []  # what the sale does, and whether the lock is taken

    def check() -> bool:
        steps.append(("check", concert.lock.locked()))
        return True

    class Tickets(list[int]):
        def append(self, customer: int) -> None:
            steps.append(("ticket", concert.lock.locked()))

    def pay(_: float) -> None:
        steps.append(("payment", concert.lock.locked()))

    monkeypatch.setattr(lesson, "sleep", pay)
    concert.has_free_seat = check
    concert.tickets = Tickets()
    lesson.sell_with_short_lock(concert, customer=1)
    assert steps == [("check", True), ("ticket", True), ("payment", False)]


def test_with_the_lock_one_customer_pays_at_a_time(
    lesson: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Lock()
    payments: list[bool] = []  # whether nobody else was paying

    def pay(_: float) -> None:
        payments.append(terminal.acquire(blocking=False))
        terminal.release()

    monkeypatch.setattr(lesson, "sleep", pay)
    assert lesson.count_tickets("lock", lesson.sell_with_lock) == 2
    assert payments == [True, True]


def test_each_way_reports_its_tickets(run_lesson: RunLesson) -> None:
    result = run_lesson("18", SEATS=3, CUSTOMERS=5, PAYMENT=0.08)
    assert (result.status, result.errors) == (0, [])
    *rows, last = result.lines
    tickets = []
    for name, row in zip(["no lock", "lock", "short lock"], rows, strict=True):
        pattern = rf"{name}: (\d+) tickets for 3 seats in \d\.\d\d s"
        match = re.fullmatch(pattern, row)
        assert match
        tickets.append(int(match[1]))
    without, *protected = tickets
    assert without > 3
    assert protected == [3, 3]
    assert last == (
        f"tickets: {without} without lock, 3 with lock, 3 with short lock, "
        "for 3 seats"
    )
