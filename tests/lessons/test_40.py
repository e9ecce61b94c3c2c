"""Lesson 40: async code that fetches one page at a time."""

import re

import pytest

from support.lessons import RunLesson, import_lesson

NAMES = ["loop", "TaskGroup", "blocking", "threads", "long lock", "short lock"]


@pytest.mark.slow
def test_the_site_sees_one_request_at_a_time_with_each_mistake(
    run_lesson: RunLesson,
) -> None:
    pages = [f"/page/{n}?delay=0.5" for n in range(2)]
    result = run_lesson("40", PAGES=pages)
    assert result.status == 0
    in_flight = [int(request["in_flight"]) for request in result.requests]
    assert len(in_flight) == 12
    peaks = [max(in_flight[n : n + 2]) for n in range(0, 12, 2)]
    assert peaks == [1, 2, 1, 2, 1, 2]

    *rows, last = result.lines
    for name, peak, row in zip(NAMES, peaks, rows, strict=True):
        speed = rf"\d\.\d\d s: \d+\.\d pages per second, {peak} in flight"
        assert re.fullmatch(f"{name}: 2 pages in {speed}", row)
    counts = [f"{name} {n}" for name, n in zip(NAMES, peaks, strict=True)]
    assert last == f"in flight: {', '.join(counts)}"


def test_pages_are_counted_that_are_in_flight_together() -> None:
    lesson = import_lesson("40")
    page = lesson.Page
    assert lesson.count_in_flight([page(0, 1), page(1, 2), page(2, 3)]) == 1
    assert lesson.count_in_flight([page(0, 2), page(1, 3), page(2, 4)]) == 2
    assert lesson.count_in_flight([page(0, 9), page(1, 2), page(1, 3)]) == 3
