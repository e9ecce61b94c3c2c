"""Lesson 30: from which size on processes are faster."""

import re
from collections.abc import Callable
from typing import Any, Self

import pytest

from support.lessons import RunLesson, import_lesson, parse_figure

ROW = r" *([\d,]+) +([\d,]+\.\d) ms +([\d,]+\.\d) ms +(alone|processes)"


def test_each_size_is_measured_in_both_ways(run_lesson: RunLesson) -> None:
    result = run_lesson("30", SIZES=[1_000, 20_000])
    assert (result.status, result.errors) == (0, [])
    heading, *rows, last = result.lines
    assert heading.split() == ["tickets", "alone", "processes", "faster"]
    matches = [re.fullmatch(ROW, row) for row in rows]
    assert [match and match[1] for match in matches] == ["1,000", "20,000"]
    assert matches[0]
    assert matches[0][4] == "alone"
    finding = (
        r"processes: (\d+) times slower at 1,000; faster at the last \d of 2.*"
    )
    assert parse_figure(finding, last) > 2


@pytest.mark.parametrize(
    ("alone", "finding"),
    [
        ([1, 10, 40], "0 of 3"),
        ([1, 10, 400], "1 of 3, from 100,000"),
        ([1, 50, 100], "2 of 3, from 10,000"),
        ([1, 50, 40], "0 of 3"),
    ],
)
def test_the_finding_is_the_size_from_which_processes_are_always_faster(
    alone: list[int],
    finding: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lesson = import_lesson("30")
    measurements = iter([lesson.Measurement(time, [7]) for time in alone])
    processes = lesson.Measurement(45, [7])
    monkeypatch.setattr(lesson, "SIZES", [1_000, 10_000, 100_000])
    monkeypatch.setattr(lesson, "measure_alone", lambda _: next(measurements))
    monkeypatch.setattr(lesson, "measure_processes", lambda tickets: processes)
    lesson.main()
    last = capsys.readouterr().out.splitlines()[-1]
    assert (
        last
        == f"processes: 45 times slower at 1,000; faster at the last {finding}"
    )


def test_the_start_and_the_end_of_the_processes_are_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = []

    class Pool:
        def __init__(self, workers: int) -> None:
            events.append(f"start {workers}")

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            events.append("end")

        def map(self, function: Callable[[int], int], jobs: list[int]) -> Any:
            events.append("map")
            return map(function, jobs)

    def look_at_clock() -> float:
        events.append("clock")
        return 7.0 * events.count("clock")

    lesson = import_lesson("30")
    monkeypatch.setattr(lesson, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(lesson, "perf_counter", look_at_clock)
    assert lesson.measure_processes(11) == (7.0, [12, 12])
    assert events == ["clock", "start 2", "map", "end", "clock"]


def test_processes_run_once_before_they_are_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("30")
    measurements = []

    def measure(way: str) -> Callable[[int], Any]:
        def measure_way(tickets: int) -> Any:
            measurements.append((way, tickets))
            return lesson.Measurement(1, [7])

        return measure_way

    monkeypatch.setattr(lesson, "SIZES", [11])
    for way in "alone", "processes":
        monkeypatch.setattr(lesson, f"measure_{way}", measure(way))
    lesson.main()
    assert measurements == [("processes", 1), ("alone", 11), ("processes", 11)]


def test_different_digits_are_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("30")
    assert lesson.measure_alone(11).digits == [12, 12]
    wrong = lesson.Measurement(1, [12, 13])
    monkeypatch.setattr(lesson, "SIZES", [11])
    monkeypatch.setattr(lesson, "measure_processes", lambda tickets: wrong)
    with pytest.raises(RuntimeError, match="different digits on 11 tickets"):
        lesson.main()
