"""Lesson 3: the slow pages of lesson 2, a thread for each."""

import re

import psutil

from support.lessons import RunLesson
from support.processes import has_a_connection


def test_all_pages_are_in_flight_at_the_same_time(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("3", PAGES=["/delay/0.5"] * 4)
    assert (result.status, result.peak) == (0, 4)
    assert result.errors == ["practice site: 4 requests, at most 4 in flight"]
    *lines, last = result.lines
    events = [re.sub(r" after .*", "", line) for line in lines]
    # All requests start before the first one ends.
    assert sorted(events[:4]) == [f"page {n}: start" for n in range(1, 5)]
    assert sorted(events[4:]) == [f"page {n}: end" for n in range(1, 5)]
    total = r"4 pages in \d\.\d\d s: \d\.\d pages per second, 4 threads"
    assert re.fullmatch(total, last)


def test_a_killed_lesson_leaves_no_site(run_lesson: RunLesson) -> None:
    result = run_lesson(
        "3",
        when=has_a_connection,
        then=psutil.Process.kill,
        PAGES=["/delay/9"] * 3,
    )
    assert result.status not in (0, 1, 130)
