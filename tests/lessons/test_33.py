"""Lesson 33: many pages at the same time, in threads and in coroutines."""

import re

import pytest

from support.lessons import RunLesson, import_lesson
from support.processes import is_two_seconds_old

NUMBER = r"([\d.]+)"
FINDING = (
    rf"KB for a page in flight: threads {NUMBER}, coroutines {NUMBER}; "
    r"failed 0 of ([\d,]+)"
)


def test_each_way_has_all_pages_in_flight(run_lesson: RunLesson) -> None:
    result = run_lesson("33", COUNTS=[20], PAGE="/delay/0.5")
    assert (result.status, result.peak) == (0, 20)
    statuses = [request["status"] for request in result.requests]
    assert statuses == [200] * 40
    heading, threads, coroutines, last = result.lines
    assert heading.split()[:5] == ["pages", "way", "failed", "in", "flight"]
    figures = rf"{NUMBER} s +{NUMBER} s +{NUMBER} MB"
    assert re.fullmatch(rf" +20 threads +0 +\d+ +{figures}", threads)
    assert re.fullmatch(rf" +20 coroutines +0 +20 +{figures}", coroutines)
    finding = re.fullmatch(FINDING, last)
    assert finding
    assert finding[3] == "40"


@pytest.mark.slow
def test_a_thread_needs_more_memory_than_a_coroutine(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("33", COUNTS=[1_000])
    finding = re.fullmatch(FINDING, result.lines[-1])
    assert finding
    assert float(finding[1]) > 1.2 * float(finding[2])


# An error that urlopen raises holds the answer, which nobody reads here.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_pages_that_fail_are_missing_from_the_result(site: str) -> None:
    lesson = import_lesson("33")
    urls = [f"{site}/html", f"{site}/status/500", f"{site}/cut"]
    urls += [f"{site}/drop", "http://127.0.0.1:1/", f"{site}/html"]
    for fetch_pages in lesson.fetch_in_threads, lesson.fetch_in_coroutines:
        assert len(fetch_pages(urls)) == 2
        assert lesson.fetch_and_time(fetch_pages, urls).failed == 4


def test_pages_in_flight_at_the_same_time_are_counted() -> None:
    lesson = import_lesson("33")
    times = [(0, 3), (1, 2), (2, 4), (3, 5)]
    pages = [lesson.Page(start, end) for start, end in times]
    assert lesson.count_in_flight(pages) == 2
    assert lesson.count_in_flight([]) == 0


def test_a_page_that_never_arrives_ends_it(run_lesson: RunLesson) -> None:
    result = run_lesson("33", COUNTS=[3], PAGE="/status/500")
    message = "33_asyncio_at_scale.py: threads: none of 3 pages arrived"
    assert result.failure_line() == message


def test_a_limit_of_threads_is_a_failure_of_pages(
    monkeypatch: pytest.MonkeyPatch, site: str
) -> None:
    lesson = import_lesson("33")

    class LimitedThread(lesson.Thread):  # type: ignore[misc, name-defined]
        started = 0

        def start(self) -> None:
            if LimitedThread.started == 2:
                raise RuntimeError("can't start new thread")
            LimitedThread.started += 1
            super().start()

    monkeypatch.setattr(lesson, "Thread", LimitedThread)
    outcome = lesson.fetch_and_time(
        lesson.fetch_in_threads, [f"{site}/html"] * 5
    )
    assert outcome.failed == 3


@pytest.mark.slow
def test_ctrl_c_while_many_pages_are_in_flight(run_lesson: RunLesson) -> None:
    result = run_lesson(
        "33", when=is_two_seconds_old, COUNTS=[1_000], PAGE="/delay/9"
    )
    assert "stopped by Ctrl-C" in result.failure_line(130)
