"""Lesson 2: slow pages, one after the other."""

import re

from support.lessons import RunLesson


def test_one_request_is_in_flight_at_a_time(run_lesson: RunLesson) -> None:
    result = run_lesson("2", PAGES=["/delay/0.1"] * 4)
    assert (result.status, result.peak) == (0, 1)
    assert result.errors == ["practice site: 4 requests, at most 1 in flight"]
    assert [request["status"] for request in result.requests] == [200] * 4
    *lines, last = result.lines
    assert [re.sub(r" after .*", "", line) for line in lines] == [
        f"page {number}: {event}"
        for number in range(1, 5)
        for event in ("start", "end")
    ]
    total = r"4 pages in \d\.\d\d s: \d\.\d pages per second, 1 thread"
    assert re.fullmatch(total, last)
