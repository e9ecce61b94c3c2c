"""Lesson 22: a shelf with little room, with and without a condition."""

import re
from collections.abc import Callable
from threading import Condition

import pytest

from support.lessons import RunLesson, import_lesson, parse_figure

QUICK = {"STEP_TIME": 0.05, "POLL_INTERVAL": 0.005}


def test_only_the_condition_keeps_the_number_of_loaves_right(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("22", **QUICK, LOAVES=4)
    assert (result.status, result.errors) == (0, [])
    without, protected, last = result.lines
    rest = r"loaves on a shelf for 1, in \d\.\d\d s"
    assert re.fullmatch(rf"without condition: from -?\d to \d {rest}", without)
    assert re.fullmatch(rf"with condition: from 0 to 1 {rest}", protected)
    finding = r"without condition (\d), with condition 0 of 8"
    assert (
        parse_figure(rf"changes to a wrong number of loaves: {finding}", last)
        > 0
    )


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_shelf_of_any_size_ends_empty(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    lesson = import_lesson("22")
    shelves = []

    class Shelf(lesson.Shelf):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            shelves.append(self)

    changes = {"SHELF_SIZE": size, "STEP_TIME": 0.001, "LOAVES": 10}
    for name, value in changes.items():
        monkeypatch.setattr(lesson, name, value)
    monkeypatch.setattr(lesson, "Shelf", Shelf)
    wrong = lesson.sell(
        "safe", lesson.put_loaf_safely, lesson.take_loaf_safely
    )
    assert wrong == 0
    (shelf,) = shelves
    assert shelf.loaves == 0
    assert len(shelf.history) == 20


def test_one_check_after_a_wait_is_not_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class CheckOnce(Condition):
        def wait_for[T](
            self, predicate: Callable[[], T], timeout: float | None = None
        ) -> T:
            if not predicate():  # and not `while`
                self.wait(timeout)
            return predicate()

    lesson = import_lesson("22")
    monkeypatch.setattr(lesson, "STEP_TIME", 0.01)
    monkeypatch.setattr(lesson, "Condition", CheckOnce)
    assert (
        lesson.sell("if", lesson.put_loaf_safely, lesson.take_loaf_safely) > 0
    )


def test_a_change_wakes_all_threads_that_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One alone could be a baker, where only a customer can go on."""
    calls = []

    class WatchedCondition(Condition):
        def notify_all(self) -> None:
            calls.append("notify_all")

    lesson = import_lesson("22")
    monkeypatch.setattr(lesson, "Condition", WatchedCondition)
    lesson.Shelf().change(1)
    assert calls == ["notify_all"]
