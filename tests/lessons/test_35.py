"""Lesson 35: eager tasks start inside create_task."""

import asyncio
import re
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson

STANDARD = """
create_task returns for tea, done: False
create_task returns for coffee, done: False
the task for tea starts
the task for tea ends, price 3 euros
the task for coffee starts
the task for coffee ends, price 4 euros
"""
EAGER = """
the task for tea starts
the task for tea ends, price 3 euros
create_task returns for tea, done: True
the task for coffee starts
create_task returns for coffee, done: False
the task for coffee ends, price 4 euros
"""


def test_eager_tasks_start_before_create_task_returns(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("35", TASKS=50, ROUNDS=2, SECONDS=0.01)
    assert (result.status, result.errors) == (0, [])
    *order, standard, eager, last = result.lines
    assert order == [
        f"{kind}: {line}"
        for kind, lines in [("standard", STANDARD), ("eager", EAGER)]
        for line in lines.split("\n")
        if line
    ]
    assert re.fullmatch(r"standard: 100 tasks in \d\.\d\d s", standard)
    assert re.fullmatch(r"eager: 100 tasks in \d\.\d\d s", eager)
    counts = "done in create_task: standard 0, eager 100 of 100"
    assert re.fullmatch(rf"{counts}; eager \d+\.\d times faster", last)


def test_a_task_that_has_to_wait_is_not_done_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("35")
    monkeypatch.setattr(lesson, "SECONDS", 0.01)
    monkeypatch.setattr(lesson, "TASKS", 5)
    assert asyncio.run(lesson.run_round("eager")).done == 5
    assert asyncio.run(lesson.run_round("standard")).done == 0
    monkeypatch.setattr(lesson, "ITEM", "coffee")
    assert asyncio.run(lesson.run_round("eager")).done == 0


def test_a_wrong_price_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = import_lesson("35")
    monkeypatch.setattr(lesson, "CACHE", {"tea": 5})
    with pytest.raises(RuntimeError, match="a wrong price"):
        asyncio.run(lesson.run_round("eager"))


def test_a_round_ends_when_all_tasks_have_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = []

    async def get_price(item: str) -> int:
        events.append("price")
        return 3

    def look_at_clock() -> float:
        events.append("clock")
        return 0.0

    lesson = import_lesson("35")
    monkeypatch.setattr(lesson, "TASKS", 3)
    monkeypatch.setattr(lesson, "get_price", get_price)
    monkeypatch.setattr(lesson, "perf_counter", look_at_clock)
    asyncio.run(lesson.run_round("standard"))
    assert events == ["clock", *["price"] * 3, "clock"]


def test_the_rounds_are_added_up_and_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = import_lesson("35")

    async def show_order(kind: str) -> None:
        pass

    async def run_round(kind: str) -> Any:
        if kind == "eager":
            return lesson.Round(done=5, elapsed=1.0)
        return lesson.Round(done=0, elapsed=3.0)

    monkeypatch.setattr(lesson, "TASKS", 5)
    monkeypatch.setattr(lesson, "ROUNDS", 2)
    monkeypatch.setattr(lesson, "show_order", show_order)
    monkeypatch.setattr(lesson, "run_round", run_round)
    lesson.main()
    assert capsys.readouterr().out.splitlines() == [
        "standard: 10 tasks in 6.00 s",
        "eager: 10 tasks in 2.00 s",
        (
            "done in create_task: standard 0, eager 10 of 10; "
            "eager 3.0 times faster"
        ),
    ]
