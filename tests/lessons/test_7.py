"""Lesson 7: a call makes a coroutine, and await runs it."""

import asyncio
import re
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson
from support.processes import is_two_seconds_old


def test_calls_ask_no_shop_and_awaits_ask_one_after_the_other(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("7", SECONDS=0.01, SHOPS=4)
    assert (result.status, result.errors) == (0, [])
    first, *lines, last = result.lines
    made = "4 calls: the first made an object of type coroutine, started: 0"
    assert first == made
    events = [re.sub(r", after .*", "", line) for line in lines]
    assert events == [
        event
        for n in range(1, 5)
        for event in (f"shop {n}: asked", f"shop {n}: {20 + n} euros")
    ]
    counts = "calls started 0, await started 4"
    total = rf"4 shops in \d\.\d\d s: \d+\.\d shops per second; {counts}"
    assert re.fullmatch(total, last)


def test_the_waits_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = import_lesson("7")
    monkeypatch.setattr(lesson, "SECONDS", 0.05)
    monkeypatch.setattr(lesson, "SHOPS", 6)
    result = asyncio.run(lesson.ask_all())
    assert result.prices == [21, 22, 23, 24, 25, 26]
    assert result.elapsed >= 0.25  # clocks may be inexact, but not that much


def test_a_coroutine_that_has_begun_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("7")
    monkeypatch.setattr(lesson, "SECONDS", 0.001)
    coroutines = [lesson.ask_shop(n) for n in (1, 2, 3)]
    assert lesson.count_started(coroutines) == 0

    async def await_one() -> None:
        await coroutines[0]

    asyncio.run(await_one())
    assert lesson.count_started(coroutines) == 1
    for coroutine in coroutines:
        coroutine.close()


def test_the_rate_is_shops_per_second(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = import_lesson("7")

    async def ask_all() -> Any:
        return lesson.Result([21, 22, 23, 24], 0, 4, elapsed=2.0)

    monkeypatch.setattr(lesson, "ask_all", ask_all)
    lesson.main()
    output = capsys.readouterr().out
    assert output.startswith("4 shops in 2.00 s: 2.0 shops per second; ")


@pytest.mark.slow
def test_ctrl_c_leaves_no_warning_about_coroutines(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("7", when=is_two_seconds_old)
    assert result.failure_line(130).endswith("stopped by Ctrl-C")
    assert len(result.errors) == 1
