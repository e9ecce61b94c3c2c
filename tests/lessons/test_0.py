"""Lesson 0: jobs of computing, one after the other."""

import math

import pytest
from conftest import Taker, figure, imported


@pytest.mark.parametrize("steps", [1, 10, 1_000])
def test_a_job_measures_the_circle_from_within(steps: int) -> None:
    pi, _ = imported("0").compute_pi(steps)
    assert 0 < math.pi - pi < 0.4 / steps


def test_one_core_is_busy(take: Taker) -> None:
    result = take("0", WORK=20_000, JOBS=3)
    assert (result.status, result.errors) == (0, [])
    jobs, last = result.lines
    assert jobs.startswith("3 jobs, each of them found 3.14159")
    busy = figure(r"over in \d+\.\d\d s: (\d+\.\d) cores busy", last)
    assert busy <= 1
