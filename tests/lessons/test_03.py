"""Lesson 03: two jobs of computing, one after the other and in threads."""

import re

import pytest

from support.lessons import GIL, RunLesson, import_lesson
from support.processes import has_threads


def test_a_job_is_that_of_lesson_0() -> None:
    for limit in 0, 10, 12_345:
        expected = import_lesson("0").count_digits(limit)
        assert import_lesson("03").count_digits(limit) == expected


def test_threads_count_the_same_digits(run_lesson: RunLesson) -> None:
    result = run_lesson("03", WORK=20_000)
    assert (result.status, result.errors) == (0, [])
    *lines, last = result.lines
    row = r"(\w+): \d\.\d\d s, each job counted 88,890 digits"
    models = [match[1] for line in lines if (match := re.fullmatch(row, line))]
    assert models == ["sequential", "threads"] * 3
    speed_up = r"threads \d+\.\d\d \(ideal 2\.00\)"
    assert re.fullmatch(rf"GIL {GIL}, speed-up: {speed_up}", last)


@pytest.mark.slow
def test_ctrl_c_stops_threads_that_compute(run_lesson: RunLesson) -> None:
    result = run_lesson("03", when=has_threads, WORK=5_000_000)
    assert "stopped by Ctrl-C" in result.failure_line(130)
