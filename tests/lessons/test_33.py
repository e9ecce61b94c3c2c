"""Lesson 33: many pages at the same time, in threads and in coroutines."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, Self

import pytest

from support.lessons import RunLesson, import_lesson
from support.processes import is_two_seconds_old

NUMBER = r"([\d.]+)"
FINDING = (
    rf"KB for a page in flight: threads {NUMBER}, coroutines {NUMBER}; "
    r"failed 0 of ([\d,]+)"
)


@pytest.mark.slow
def test_each_way_has_all_pages_in_flight(run_lesson: RunLesson) -> None:
    result = run_lesson("33", COUNTS=[20], PAGE="/delay/0.5")
    assert (result.status, result.peak) == (0, 20)
    statuses = [request["status"] for request in result.requests]
    assert statuses == [200] * 40
    heading, threads, coroutines, last = result.lines
    assert heading.split()[:5] == ["pages", "way", "failed", "in", "flight"]
    figures = rf"{NUMBER} s +{NUMBER} s +{NUMBER} MB"
    in_flight = re.fullmatch(rf" +20 threads +0 +(\d+) +{figures}", threads)
    assert in_flight
    assert int(in_flight[1]) > 1
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


def test_coroutines_have_no_limit_of_connections(
    monkeypatch: pytest.MonkeyPatch, site: str
) -> None:
    lesson = import_lesson("33")
    limits = []

    class Connector(lesson.aiohttp.TCPConnector):  # type: ignore[misc, name-defined]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            limits.append(self.limit)

    monkeypatch.setattr(lesson.aiohttp, "TCPConnector", Connector)
    assert len(lesson.fetch_in_coroutines([f"{site}/html"])) == 1
    assert limits == [0]


def test_the_highest_memory_counts_from_before_the_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("33")
    memory = iter(
        [10, 50, 110, 40]
    )  # KB: before the pages, and while they run
    is_done = iter([False, False, False, True])
    submitted = []

    class Pool:
        def __init__(self, max_workers: int) -> None:
            assert max_workers == 1

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
            submitted.append((function, *arguments))
            outcome = lesson.Outcome(1, 5, elapsed=1.0, cpu_time=0.5)
            return SimpleNamespace(
                result=lambda: outcome, done=lambda: next(is_done)
            )

    process = SimpleNamespace(
        memory_info=lambda: SimpleNamespace(rss=1024 * next(memory))
    )
    fake = SimpleNamespace(Process=lambda _: process)
    monkeypatch.setattr(lesson, "psutil", fake)
    monkeypatch.setattr(lesson, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(lesson, "SAMPLE_TIME", 0)
    result = lesson.measure("a way", len, "first", ["a", "b"])
    assert result == lesson.Result(1, kilobytes=20.0)
    assert submitted == [
        (len, ["first"]),
        (lesson.getpid,),
        (lesson.fetch_and_time, len, ["a", "b"]),
    ]


def test_the_last_line_compares_both_ways_with_the_most_pages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = import_lesson("33")
    kilobytes = {
        ("threads", lesson.fetch_in_threads): 90,
        ("coroutines", lesson.fetch_in_coroutines): 40,
    }

    def measure(
        way: str, fetch_pages: Any, first: str, urls: list[str]
    ) -> Any:
        assert (first, set(urls)) == ("first", {"page"})
        return lesson.Result(1, kilobytes[way, fetch_pages] + len(urls))

    monkeypatch.setattr(lesson, "COUNTS", [2, 3])
    site = nullcontext(["first", "page"])
    monkeypatch.setattr(lesson, "practice_site", lambda _: site)
    monkeypatch.setattr(lesson, "measure", measure)
    lesson.main()
    assert capsys.readouterr().out.splitlines()[-1] == (
        "KB for a page in flight: threads 93.0, coroutines 43.0; "
        "failed 4 of 10"
    )


@pytest.mark.slow
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
