"""Lesson 3: the slow pages of lesson 2, a thread for each."""

import psutil
from conftest import Taker, figure, has_a_connection


def test_all_pages_are_in_flight_at_once(take: Taker) -> None:
    result = take("3", PAGES=["/delay/0.5"] * 4)
    assert (result.status, result.peak) == (0, 4)
    assert result.errors == ["practice site: 4 requests, at most 4 at a time"]
    assert len(result.lines) == 5
    last = r"over in \d+\.\d\d s: (\d+\.\d) waits at a time"
    assert figure(last, result.lines[-1]) <= 4


def test_a_killed_lesson_leaves_no_site(take: Taker) -> None:
    result = take(
        "3",
        when=has_a_connection,
        then=psutil.Process.kill,
        PAGES=["/delay/9"] * 3,
    )
    assert result.status not in (0, 1, 130)
