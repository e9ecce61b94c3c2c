"""Lesson 03: two jobs of computing, one after the other and in threads."""

import math
import re

import pytest
from conftest import GIL, Taker, has_threads, imported


@pytest.mark.parametrize("steps", [1, 10, 1_000])
def test_a_job_measures_the_circle_from_within(steps: int) -> None:
    pi = imported("03").compute_pi(steps)
    assert 0 < math.pi - pi < 0.4 / steps


def test_threads_find_what_one_finds(take: Taker) -> None:
    result = take("03", WORK=20_000)
    assert (result.status, result.errors) == (0, [])
    sequential, threads, last = result.lines
    name, value = re.split(r" +[\d.]+ s: ", sequential)
    assert (name, value[:13]) == ("sequential", "found 3.14159")
    assert re.split(r" +[\d.]+ s: ", threads) == ["threads", value]
    assert re.fullmatch(rf"speed-up: threads \d+\.\d\d \(GIL {GIL}\)", last)


@pytest.mark.slow
def test_ctrl_c_stops_threads_that_compute(take: Taker) -> None:
    result = take("03", when=has_threads, WORK=5_000_000)
    assert "stopped by Ctrl-C" in result.failed(130)
