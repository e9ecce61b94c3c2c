"""Lesson 41: a limit of requests in flight, and a limit of their rate."""

import asyncio
import re
from time import perf_counter
from typing import Any

import pytest
from aiolimiter import AsyncLimiter

from support.lessons import RunLesson, RunResult, import_lesson

NAMES = ["no limit", "semaphore", "limiter", "both"]
ROW = r"{}: {} pages in \d\.\d\d s, at most (\d+) in flight, at most (\d+) .*"


def split_by_way(result: RunResult, pages: int) -> list[list[dict[str, Any]]]:
    """Return what the site saw of each way, in the order of the arrival."""
    assert result.status == 0
    requests = sorted(result.requests, key=lambda x: float(x["arrived"]))
    assert len(requests) == len(NAMES) * pages
    return [requests[n : n + pages] for n in range(0, len(requests), pages)]


def peak(requests: list[dict[str, Any]]) -> int:
    return max(int(request["in_flight"]) for request in requests)


@pytest.mark.slow
def test_each_limit_is_kept_only_by_its_own_tool(
    run_lesson: RunLesson,
) -> None:
    pages = ["/delay/0.01"] * 4 + ["/delay/1"] * 3
    result = run_lesson("41", PAGES=pages, MAX_IN_FLIGHT=2, RATE=10)
    no_limit, semaphore, limiter, both = split_by_way(result, len(pages))
    assert peak(no_limit) > 2
    assert peak(semaphore) == peak(both) == 2
    assert peak(limiter) > 2
    for requests in limiter, both:
        first, last = requests[0]["arrived"], requests[-1]["arrived"]
        # The client sends them six times 0.1 s apart, but they do not always
        # need the same time to arrive.
        assert last - first >= 0.3

    *rows, finding = result.lines
    figures = []
    for name, row in zip(NAMES, rows, strict=True):
        match = re.fullmatch(ROW.format(name, len(pages)), row)
        assert match, row
        figures.append(match.groups())
    assert figures[1][0] == figures[3][0] == "2"
    assert finding == (
        f"semaphore: 2 in flight but {figures[1][1]} starts in 1 s; "
        f"limiter: {figures[2][1]} starts but {figures[2][0]} in flight"
    )


@pytest.mark.slow
def test_the_semaphore_lets_too_many_start_in_a_second(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("41")
    starts = []
    for requests in split_by_way(result, 33):
        arrivals = [float(request["arrived"]) for request in requests]
        starts.append(
            max(sum(x <= y < x + 1 for y in arrivals) for x in arrivals)
        )
    assert min(starts[:2]) > 22
    assert max(starts[2:]) <= 26


def test_requests_in_flight_and_starts_are_counted() -> None:
    lesson = import_lesson("41")
    request = lesson.Request
    requests = [request(0, 3), request(0.5, 1), request(1, 2)]
    assert lesson.count_in_flight(0.5, requests) == 2
    assert lesson.count_in_flight(1, requests) == 2
    assert lesson.count_starts(0, requests) == 2
    assert lesson.count_starts(0.5, requests) == 2


def test_a_large_bucket_lets_many_start_at_once() -> None:
    """As a comment in the lesson says."""

    async def take(limiter: AsyncLimiter) -> float:
        start = perf_counter()
        for _ in range(10):
            async with limiter:
                pass
        return perf_counter() - start

    # One by one, ten tokens take nine times 0.02 s.
    assert asyncio.run(take(AsyncLimiter(1, 0.02))) >= 0.17
    assert asyncio.run(take(AsyncLimiter(10, 0.2))) < 0.17
