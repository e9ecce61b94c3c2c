"""Lesson 04: the two jobs of lesson 03, in processes as well."""

import re

import pytest

from support.lessons import GIL, RunLesson
from support.processes import computing


def test_processes_count_the_same_digits(run_lesson: RunLesson) -> None:
    result = run_lesson("04", WORK=20_000)
    assert (result.status, result.errors) == (0, [])
    *lines, last = result.lines
    row = r"(\w+): \d\.\d\d s, each job counted 88,890 digits"
    models = [match[1] for line in lines if (match := re.fullmatch(row, line))]
    assert models == ["sequential", "threads", "processes"] * 3
    speed_ups = r"threads \d+\.\d\d, processes \d+\.\d\d \(ideal 2\.00\)"
    assert re.fullmatch(rf"GIL {GIL}, speed-up: {speed_ups}", last)


@pytest.mark.slow
def test_ctrl_c_stops_processes_that_compute(run_lesson: RunLesson) -> None:
    result = run_lesson(
        "04",
        when=lambda lesson: len(computing(lesson)) >= 2,
        WORK=3_000_000,
    )
    assert "stopped by Ctrl-C" in result.failure_line(130)
