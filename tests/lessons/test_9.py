"""Lesson 9: factorials one by one, with Process and with Pool.map."""

import math
import re

import pytest

from support.lessons import RunLesson
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
    assert set.intersection(*processes.values()) == set()
    counts = [len(ids) for ids in processes.values()]
    assert counts[:2] == [1, 3]
    assert counts[2] <= 2
    assert result.lines[-1] == (
        "correct: 9 of 9 results, processes: "
        "one by one {}, Process {}, Pool {}".format(*counts)
    )


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
