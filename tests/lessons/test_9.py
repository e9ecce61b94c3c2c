"""Lesson 9: factorials one by one, with Process and with Pool.map."""

import math
import queue
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson
from support.processes import computing

RESULT = re.compile(r"([\d,]+)! has ([\d,]+) digits, process (\d+)")
NUMBERS = [300, 20, 100]


def test_each_way_finds_the_digits_in_other_processes(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("9", NUMBERS=NUMBERS)
    assert (result.status, result.errors) == (0, [])
    ways: dict[str, list[tuple[int, int]]] = {}
    processes: dict[str, set[str]] = {}
    rows = []
    for line in result.lines[:-1]:
        if row := RESULT.fullmatch(line):
            rows.append(row)
            continue
        way = re.fullmatch(r"(.+): 3 results in \d+\.\d\d s", line)
        assert way, line
        ways[way[1]] = [(int(row[1]), int(row[2])) for row in rows]
        processes[way[1]] = {row[3] for row in rows}
        rows = []
    expected = [(n, len(str(math.factorial(n)))) for n in NUMBERS]
    assert ways == {
        "one by one": expected,
        "Process": sorted(expected),  # the queue has any order
        "Pool.map": expected,
    }
    one_by_one, with_process, with_pool = processes.values()
    assert one_by_one.isdisjoint(with_process | with_pool)
    counts = [len(ids) for ids in processes.values()]
    assert counts[:2] == [1, 3]
    assert counts[2] <= 2
    assert result.lines[-1] == (
        "correct: 9 of 9 results, processes: "
        "one by one {}, Process {}, Pool {}".format(*counts)
    )


def test_all_processes_start_then_all_give_results_then_all_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = []

    class Process:
        def __init__(self, target: Callable[..., None], args: Any) -> None:
            self.target = target
            self.args = args

        def start(self) -> None:
            events.append("start")
            self.target(*self.args)

        def join(self) -> None:
            events.append("join")

    class Queue(queue.Queue[Any]):
        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            events.append("get")
            return super().get(block, timeout)

    lesson = import_lesson("9")
    monkeypatch.setattr(lesson, "NUMBERS", NUMBERS)
    fake = SimpleNamespace(Process=Process, Queue=Queue)
    monkeypatch.setattr(lesson, "multiprocessing", fake)
    results = lesson.compute_with_process()
    assert [result.number for result in results] == sorted(NUMBERS)
    assert events == ["start"] * 3 + ["get"] * 3 + ["join"] * 3


@pytest.mark.parametrize(
    ("digits", "is_correct"), [(18, False), (19, True), (20, False)]
)
def test_a_wrong_number_of_digits_is_seen(
    digits: int, is_correct: bool
) -> None:
    lesson = import_lesson("9")
    result = lesson.Result(20, digits, process_id=1)
    assert lesson.is_correct(result) == is_correct


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 4])
def test_ctrl_c_stops_processes_that_compute(
    run_lesson: RunLesson, workers: int
) -> None:
    result = run_lesson(
        "9",
        when=lambda lesson: len(computing(lesson)) == workers,
        NUMBERS=[14_000] * 4,
    )
    assert "stopped by Ctrl-C" in result.failure_line(130)
