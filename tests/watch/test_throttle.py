"""How much time a throttle leaves between two looks."""

import time

import pytest

from backstage.watch.throttle import RECENT_LOOKS, SHARE, Throttle


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Replace the clock of this thread's CPU time by one set by hand."""
    seconds = [0.0]
    monkeypatch.setattr(time, "thread_time", lambda: seconds[0])
    return seconds


def intervals(
    throttle: Throttle, clock: list[float], costs: list[float]
) -> list[float]:
    """Take looks of that CPU time; return the interval after each."""
    after_each = []
    for cost in costs:
        with throttle.measure():
            clock[0] += cost
        after_each.append(throttle.interval)
    return after_each


def test_looks_take_at_most_their_share_of_a_core(clock: list[float]) -> None:
    throttle = Throttle()
    assert throttle.interval == 0
    after = intervals(throttle, clock, [0.1, 0.3])
    assert after == pytest.approx([0.1 / SHARE, 0.2 / SHARE])


def test_a_throttle_may_begin_after_some_looks(clock: list[float]) -> None:
    after = intervals(Throttle(min_looks=3), clock, [0.9, 0.1, 0.1])
    assert after == pytest.approx([0, 0, 0.1 / SHARE])


def test_only_recent_looks_count(clock: list[float]) -> None:
    costs = [9.0] * RECENT_LOOKS + [0.2] * RECENT_LOOKS
    after = intervals(Throttle(), clock, costs)
    assert after[-1] == pytest.approx(0.2 / SHARE)
