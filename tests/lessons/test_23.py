"""Lesson 23: hikers that wait for each other, with a barrier."""

from threading import Barrier

import pytest

from support.lessons import RunLesson, import_lesson

PACES = [0.01, 0.01, 0.4]


def test_with_a_barrier_nobody_leaves_too_early(run_lesson: RunLesson) -> None:
    result = run_lesson("23", PACES=PACES, ROUNDS=2)
    assert (result.status, result.errors) == (0, [])
    *stops, errors, last = result.lines
    assert [line.partition(":")[0] for line in stops] == [
        "without barrier, stop 1",
        "with barrier, stop 1",
    ]
    assert errors == "one hiker gives up: 2 others get a BrokenBarrierError"
    assert last == (
        "left too early: without barrier 2 of 3 times, "
        "with barrier 0 of 3 times"
    )


def test_a_single_hiker_waits_for_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("23")
    monkeypatch.setattr(lesson, "PACES", [0.01])
    assert lesson.count_early("alone", lesson.hike_with_barrier) == 0
    assert lesson.count_errors() == 0


def test_a_barrier_that_is_always_open_would_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class OpenBarrier(Barrier):
        def wait(self, timeout: float | None = None) -> int:
            return 0

    lesson = import_lesson("23")
    monkeypatch.setattr(lesson, "PACES", PACES)
    monkeypatch.setattr(lesson, "ROUNDS", 2)
    monkeypatch.setattr(lesson, "Barrier", OpenBarrier)
    assert lesson.count_early("open", lesson.hike_with_barrier) == 2
