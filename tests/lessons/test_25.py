"""Lessons 25 and 26: producers and consumers with a queue between them."""

import queue
from types import SimpleNamespace
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson, parse_figure

each_twin = pytest.mark.parametrize("number", ["25", "26"])


@each_twin
def test_only_the_bounded_queue_makes_producers_wait(
    number: str, run_lesson: RunLesson
) -> None:
    result = run_lesson(number, PIZZAS=6, DELIVERY_TIME=0.1, MAX_SIZE=3)
    assert (result.status, result.errors) == (0, [])
    count, _, bounded_count, bounded_queue, last = result.lines
    row = r"queue: 12 pizzas produced, 12 consumed in ([\d.]+) s"
    assert parse_figure(f"unbounded {row}", count) > 0.1
    assert parse_figure(f"bounded {row}", bounded_count) > 0.1
    row = (
        r"bounded queue: longest queue 3, all cooks waited ([\d.]+) s in total"
    )
    assert parse_figure(row, bounded_queue) > 0.05
    finding = (
        r"longest queue: unbounded (\d+), bounded 3 of 12 pizzas; "
        "lost 0, twice 0"
    )
    assert 6 <= parse_figure(finding, last) <= 12


@each_twin
def test_lost_and_repeated_pizzas_are_counted(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = import_lesson(number)
    work = [lesson.Cooked(["a", "b", "c"], longest_queue=2, waited=0.5)]
    result = lesson.report("a queue", 1.0, work, [["a", "b"], ["b"]])
    assert result == (2, 1, 1)
    assert capsys.readouterr().out.splitlines() == [
        "a queue: 3 pizzas produced, 3 consumed in 1.00 s",
        "a queue: longest queue 2, all cooks waited 0.50 s in total",
    ]


@pytest.mark.parametrize("version", [(3, 12), (3, 15)])
def test_the_consumers_end_on_every_python(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int]
) -> None:
    lesson = import_lesson("25")
    if version >= (3, 13) and not hasattr(queue.Queue, "shutdown"):
        pytest.skip("this Python's queue has no shutdown")
    monkeypatch.setattr(lesson, "sys", SimpleNamespace(version_info=version))
    monkeypatch.setattr(lesson, "DELIVERY_TIME", 0.001)
    result = lesson.deliver("a queue", max_size=2)
    assert (result.lost, result.twice) == (0, 0)


def test_an_error_in_a_producer_ends_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class BrokenQueue(queue.Queue[str | None]):
        def put(self, item: str | None, *_: Any, **__: Any) -> None:
            if item is not None:
                raise ZeroDivisionError("no space")
            super().put(item)

    lesson = import_lesson("25")
    monkeypatch.setattr(lesson, "PizzaQueue", BrokenQueue)
    with pytest.raises(ZeroDivisionError, match="no space"):
        lesson.deliver("a queue", max_size=2)
