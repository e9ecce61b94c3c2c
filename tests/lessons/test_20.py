"""Lesson 20: a semaphore limits the requests in flight."""

import re
from threading import BoundedSemaphore
from types import SimpleNamespace
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson


@pytest.mark.slow
def test_the_site_sees_no_more_requests_than_the_limit(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("20", PAGES=["/delay/0.5"] * 4, LIMIT=2)
    assert result.status == 0
    in_flight = [int(request["in_flight"]) for request in result.requests]
    assert len(in_flight) == 12
    assert max(in_flight[:4]) > 2
    assert max(in_flight[4:8]) == 2
    assert max(in_flight[8:]) == 3

    *rows, bounded, last = result.lines
    most = []
    names = ["without semaphore", "semaphore", "wrong release"]
    for name, row in zip(names, rows, strict=True):
        pattern = (
            rf"{name}: 4 pages in \d\.\d\d s, at most (\d) requests in flight"
        )
        match = re.fullmatch(pattern, row)
        assert match
        most.append(int(match[1]))
    assert most[1:] == [2, 3]
    assert most[0] >= max(in_flight[:4])
    assert bounded == (
        "BoundedSemaphore: ValueError: Semaphore released too many times"
    )
    assert last == (
        f"limit 2, in flight: {most[0]} without semaphore, 2 with it, "
        "3 after a wrong release"
    )


def test_a_page_that_fails_gives_its_place_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ConnectionError("no network")

    lesson = import_lesson("20")
    monkeypatch.setattr(lesson.requests, "get", fail)
    client = lesson.LimitedClient(BoundedSemaphore(1))
    for _ in range(2):  # without a free place, the second would wait for ever
        with pytest.raises(ConnectionError, match="no network"):
            client.fetch("http://127.0.0.1:1/")
    assert (client.in_flight, client.most_in_flight) == (0, 1)


def test_the_counts_change_only_under_the_lock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("20")
    changes = []  # of in_flight, and whether the lock was taken

    class WatchedClient(lesson.Client):  # type: ignore[misc, name-defined]
        def __setattr__(self, name: str, value: Any) -> None:
            if name == "in_flight":
                changes.append((value, self.lock.locked()))
            super().__setattr__(name, value)

    response = SimpleNamespace(raise_for_status=lambda: None)
    monkeypatch.setattr(lesson.requests, "get", lambda *_, **__: response)
    WatchedClient().fetch("http://127.0.0.1:1/")
    assert changes == [(0, False), (1, True), (0, True)]
