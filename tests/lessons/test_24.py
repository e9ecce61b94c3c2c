"""Lesson 24: the tickets of lesson 18, sold by coroutines."""

import asyncio
import re
from contextlib import nullcontext

import pytest

from support.lessons import RunLesson, import_lesson

NAMES = ["no lock", "lock", "await at the end"]


def test_an_await_in_the_middle_sells_too_many(run_lesson: RunLesson) -> None:
    result = run_lesson("24", PAYMENT=0.02, SEATS=3, CUSTOMERS=5)
    assert (result.status, result.errors) == (0, [])
    *lines, last = result.lines
    for name, tickets, line in zip(NAMES, [5, 3, 3], lines, strict=True):
        row = rf"{name}: {tickets} tickets for 3 seats in \d\.\d\d s"
        assert re.fullmatch(row, line)
    assert last == (
        "tickets: 5 without lock, 3 with lock, 3 with await at the end, "
        "for 3 seats"
    )


def test_who_comes_first_gets_a_ticket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("24")
    monkeypatch.setattr(lesson, "PAYMENT", 0.01)
    for sell in lesson.sell_with_lock, lesson.sell_with_await_at_end:
        concert = asyncio.run(lesson.sell_to_all(sell))
        assert concert.tickets == list(range(1, 11))


def test_with_await_at_the_end_two_customers_pay_at_the_same_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("24")
    barrier = asyncio.Barrier(2)

    async def pay(_: float) -> None:
        await asyncio.wait_for(barrier.wait(), timeout=10)

    monkeypatch.setattr(lesson, "SEATS", 2)
    monkeypatch.setattr(lesson.asyncio, "sleep", pay)
    concert = asyncio.run(lesson.sell_to_all(lesson.sell_with_await_at_end))
    assert concert.tickets == [1, 2]


def test_the_lock_is_what_protects(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = import_lesson("24")
    monkeypatch.setattr(lesson, "PAYMENT", 0.01)
    monkeypatch.setattr(lesson.asyncio, "Lock", nullcontext)
    assert lesson.count_tickets("no lock", lesson.sell_with_lock) == 14
