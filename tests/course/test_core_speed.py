"""How much the speed of a core changes, from samples."""

import threading

import pytest

from backstage.course import core_speed
from backstage.course.core_speed import CoreSpeed


@pytest.mark.parametrize(
    ("samples", "change"),
    [
        ([1.0] * 20, 1.0),
        ([1.0] * 10 + [2.0] * 10, 2.0),
        ([1.0] * 20 + [9.0], 1.0),  # a single slow sample
        ([1.0, 2.0], 1.0),  # too few
    ],
)
def test_the_change_of_speed(samples: list[float], change: float) -> None:
    speed = CoreSpeed()
    speed.samples = samples
    assert speed.change == change


def test_samples_are_taken_inside_the_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(core_speed, "INTERVAL", 0.001)
    before = threading.active_count()
    with CoreSpeed() as speed:
        while len(speed.samples) < 3:
            pass
    count = len(speed.samples)
    assert threading.active_count() == before
    assert len(speed.samples) == count
