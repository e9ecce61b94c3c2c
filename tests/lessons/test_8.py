"""Lesson 8: tasks wait at the same time, made in three ways."""

import asyncio
import re
from collections.abc import Callable

import pytest

from support.lessons import RunLesson, import_lesson

WAYS = ["gather", "create_task", "TaskGroup"]


def test_tasks_interleave_and_one_by_one_they_do_not(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("8", SECONDS=0.05, SHOPS=4)
    assert (result.status, result.errors) == (0, [])
    title, *lines, last = result.lines
    assert title == "4 shops (3 one by one): + is asked, - has answered"
    assert lines[0] == "one by one: +1 -1 +2 -2 +3 -3"
    assert lines[1].startswith("one by one: 3 shops in ")
    assert lines[1].endswith(", prices 21 22 23")
    for way, events, report in zip(
        WAYS, lines[2::2], lines[3::2], strict=True
    ):
        name, *signs = events.split()
        assert name == f"{way}:"
        assert signs[:4] == ["+1", "+2", "+3", "+4"]
        assert sorted(signs[4:]) == ["-1", "-2", "-3", "-4"]
        row = rf"{way}: 4 shops in \d\.\d\d s, prices 21 22 23 24"
        assert re.fullmatch(row, report)
    rates = ", ".join(rf"{way} \d+\.\d" for way in ["one by one", *WAYS])
    assert re.fullmatch(f"shops per second: {rates}", last)


@pytest.mark.parametrize(
    "name", ["ask_with_gather", "ask_with_create_task", "ask_with_task_group"]
)
def test_results_are_in_the_order_of_the_tasks_not_of_their_ends(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    lesson = import_lesson("8")
    ended: list[int] = []
    answered = {number: asyncio.Event() for number in (1, 2, 3)}

    async def ask_shop(number: int) -> int:
        if number < 3:
            await answered[number + 1].wait()
        ended.append(number)
        answered[number].set()
        return number

    monkeypatch.setattr(lesson, "ask_shop", ask_shop)
    assert asyncio.run(getattr(lesson, name)([1, 2, 3])) == [1, 2, 3]
    assert ended == [3, 2, 1]


def test_one_by_one_a_shop_is_asked_after_the_one_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = import_lesson("8")
    monkeypatch.setattr(lesson, "SECONDS", 0.001)
    assert asyncio.run(lesson.ask_one_by_one([1, 2])) == [21, 22]
    assert capsys.readouterr().out == " +1 -1 +2 -2"


def test_prices_in_another_order_are_an_error() -> None:
    lesson = import_lesson("8")

    async def ask(numbers: list[int]) -> list[int]:
        return [20 + number for number in reversed(numbers)]

    with pytest.raises(RuntimeError, match="not in the order of the shops"):
        lesson.measure("reversed", ask, 2)


def test_each_way_has_a_rate_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = import_lesson("8")
    rates = {
        "ask_one_by_one": 2.0,
        "ask_with_gather": 20.1,
        "ask_with_create_task": 20.2,
        "ask_with_task_group": 20.3,
    }

    def measure(name: str, ask: Callable[..., object], count: int) -> float:
        return rates[ask.__name__]

    monkeypatch.setattr(lesson, "measure", measure)
    lesson.main()
    assert capsys.readouterr().out.splitlines()[-1] == (
        "shops per second: one by one 2.0, gather 20.1, create_task 20.2, "
        "TaskGroup 20.3"
    )


def test_a_rate_is_shops_per_second(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(numbers: list[int]) -> list[int]:
        return [20 + number for number in numbers]

    lesson = import_lesson("8")
    monkeypatch.setattr(lesson, "perf_counter", iter([1.0, 1.5]).__next__)
    assert lesson.measure("a way", ask, 2) == 4.0
