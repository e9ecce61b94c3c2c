"""Lesson 21: bakers that wait until the oven is hot, with an event."""

import re
from threading import Event

import pytest

from support.lessons import RunLesson, import_lesson, parse_figure


def test_only_bakers_that_do_not_wait_start_too_early(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("21", HEATING_TIME=0.1, POLL_INTERVAL=0.02, BAKERS=3)
    assert (result.status, result.errors) == (0, [])
    *lines, last = result.lines
    for name, line in zip(
        ["no waiting", "polling", "event"], lines, strict=True
    ):
        start = r"the first baker started at \d\.\d\d s"
        hot = r"the oven was hot at \d\.\d\d s"
        assert re.fullmatch(f"{name}: {start}, {hot}", line)
    finding = "too early: no waiting 3, polling 0, event 0 of 3 bakers"
    looks = parse_figure(rf"{finding}\. Polling: (\d+) looks", last)
    assert looks > 3  # one look each would not be enough


def test_the_oven_may_be_hot_already() -> None:
    lesson = import_lesson("21")
    oven = lesson.Oven()
    oven.is_hot.set()
    assert lesson.poll(oven).looks == 1
    assert lesson.wait_for_event(oven).looks == 0


def test_the_oven_knows_when_it_was_hot_before_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise a baker could start before that time, and seem too early."""
    lesson = import_lesson("21")
    monkeypatch.setattr(lesson, "HEATING_TIME", 0)
    monkeypatch.setattr(lesson, "perf_counter", lambda: 7.0)
    oven = lesson.Oven()
    times = []
    oven.is_hot.set = lambda: times.append(oven.hot_time)
    oven.heat()
    assert times == [7.0]


def test_a_wait_that_does_not_wait_would_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class ImpatientEvent(Event):
        def wait(self, timeout: float | None = None) -> bool:
            return False

    lesson = import_lesson("21")
    monkeypatch.setattr(lesson, "HEATING_TIME", 0.05)
    monkeypatch.setattr(lesson, "Event", ImpatientEvent)
    result = lesson.bake("event", lesson.wait_for_event)
    assert result.too_early == lesson.BAKERS
