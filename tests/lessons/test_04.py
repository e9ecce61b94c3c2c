"""Lesson 04: the two jobs of lesson 03, in processes as well."""

import re

import pytest
from conftest import GIL, Taker, computing


def test_processes_find_what_threads_find(take: Taker) -> None:
    result = take("04", WORK=20_000)
    assert (result.status, result.errors) == (0, [])
    *lines, last = result.lines
    told = [re.split(r" +[\d.]+ s: ", line) for line in lines]
    assert [name for name, _ in told] == ["sequential", "threads", "processes"]
    assert len({value for _, value in told}) == 1
    speed_ups = rf"threads \d+\.\d\d \(GIL {GIL}\), processes \d+\.\d\d"
    assert re.fullmatch(f"speed-up: {speed_ups}", last)


@pytest.mark.slow
def test_ctrl_c_stops_processes_that_compute(take: Taker) -> None:
    result = take(
        "04",
        when=lambda lesson: len(computing(lesson)) >= 2,
        WORK=3_000_000,
    )
    assert "stopped by Ctrl-C" in result.failed(130)
