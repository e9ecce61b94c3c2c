"""How fast the cores are, and how much that changes."""

import threading

import pytest

from backstage.course import core_speed
from backstage.course.core_speed import (
    find_slowdown,
    measure_parallel_gain,
    sample_core_speed,
)


@pytest.mark.parametrize(
    ("samples", "slowdown"),
    [
        ([1.0] * 20, 1.0),
        ([1.0] * 10 + [2.0] * 10, 2.0),
        ([1.0] * 20 + [9.0], 1.0),  # a single slow sample
        ([1.0, 2.0], 1.0),  # too few
    ],
)
def test_the_slowdown_of_a_core(samples: list[float], slowdown: float) -> None:
    assert find_slowdown(samples) == slowdown


def test_samples_are_taken_inside_the_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(core_speed, "INTERVAL", 0.001)
    before = threading.active_count()
    with sample_core_speed() as samples:
        while len(samples) < 3:
            pass
    count = len(samples)
    assert threading.active_count() == before
    assert len(samples) == count
    assert min(samples) > 0


@pytest.mark.parametrize(("threads", "gain"), [(1, 1.0), (2, 2.0)])
def test_the_gain_of_two_jobs(
    threads: int, gain: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs that only wait, one at a time or both at the same time."""
    places = threading.Semaphore(threads)

    def wait(*_: object) -> None:
        with places:
            threading.Event().wait(0.4)

    monkeypatch.setattr(core_speed, "pbkdf2_hmac", wait)
    assert measure_parallel_gain() == pytest.approx(gain, rel=0.4)
