"""Lesson 07: the account of lesson 06, with a lock and with a queue."""

import re
import sys
from collections.abc import Iterator

import pytest
from conftest import Taker, figure, imported


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    """Switch threads so often that few payments are enough to lose some."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(usual)


def lost_in(told: str) -> int:
    return int(figure(r" ([\d,]+) at \d+\.\d\d us", told))


def test_lock_and_queue_lose_nothing_at_any_run(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    frequent_switches: None,
) -> None:
    lesson = imported("07")
    monkeypatch.setattr(lesson, "UPDATES", 3_000)
    unsafe = 0
    for _ in range(request.config.getoption("--runs")):
        unsafe += lost_in(lesson.measure("", [lesson.pay] * 4))
        locked = [lesson.pay_locked] * lesson.THREADS
        assert lost_in(lesson.measure("", locked)) == 0
        queued = [lesson.own, *[lesson.order] * lesson.THREADS]
        assert lost_in(lesson.measure("", queued)) == 0
        assert lesson.orders.empty()
    assert unsafe > 0  # or so few payments prove nothing


def test_expected_got_and_lost_are_told(take: Taker) -> None:
    result = take("07", UPDATES=2_000, THREADS=3)
    assert (result.status, result.errors) == (0, [])
    *lines, last = result.lines
    losses = dict(re.findall(r"(\w+) ([\d,]+) at [\d.]+ us", last))
    assert last.startswith("lost: ")
    assert list(losses) == ["unsafe", "lock", "queue"]
    assert losses["lock"] == losses["queue"] == "0"
    for line, (name, lost) in zip(lines, losses.items(), strict=True):
        told = rf"{name} +[\d.]+ s: expected 6,000 cents, got ([\d,]+)"
        assert figure(told, line) == 6_000 - int(lost.replace(",", ""))
