"""Lesson 08: the ten slow pages of lesson 01 as coroutines."""

import re

import pytest

from support.lessons import RunLesson
from support.processes import is_two_seconds_old


def test_all_pages_are_in_flight_at_the_same_time(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("08", PAGES=["/delay/0.5"] * 10)
    assert (result.status, result.peak) == (0, 10)
    *lines, last = result.lines
    events = [re.sub(r" after .*", "", line) for line in lines]
    assert events[:10] == [f"page {n}: start" for n in range(1, 11)]
    last_events = sorted(f"page {n}: end" for n in range(1, 11))
    assert sorted(events[10:]) == last_events
    total = r"10 pages in \d\.\d\d s: \d+\.\d pages per second, 1 thread"
    assert re.fullmatch(total, last)


@pytest.mark.slow
def test_more_pages_are_in_flight_than_a_pool_has_by_default(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("08", PAGES=["/delay/3"] * 150)
    assert result.status == 0
    statuses = [request["status"] for request in result.requests]
    assert statuses == [200] * 150
    assert result.peak > 100


@pytest.mark.slow
@pytest.mark.timing
def test_1000_pages_are_in_flight_at_the_same_time(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("08", PAGES=["/delay/9"] * 1_000, TIMEOUT=40)
    assert result.status == 0
    (line,) = result.lines
    assert line.startswith("1000 pages in ")
    assert result.errors == [
        "practice site: 1000 requests, at most 1000 in flight"
    ]
    assert {request["status"] for request in result.requests} == {200}


@pytest.mark.slow
def test_ctrl_c_while_many_pages_are_in_flight(run_lesson: RunLesson) -> None:
    result = run_lesson(
        "08", when=is_two_seconds_old, PAGES=["/delay/9"] * 300
    )
    assert "stopped by Ctrl-C" in result.failure_line(130)
