"""Lesson 12: three kinds of work by each kind of worker."""

import re
import sys

import pytest

from support.lessons import GIL, RunLesson, import_lesson, parse_figure
from support.processes import computing

KINDS = ["pure Python", "C code", "waiting"]
EFFICIENCY = (
    rf"efficiency of threads \(GIL {GIL}\): "
    r"pure Python \d+%, C code \d+%, waiting (\d+)%"
)
WORKERS = ["threads", "processes", "interpreters", "asyncio"]
if sys.version_info < (3, 14):
    WORKERS.remove("interpreters")


@pytest.mark.slow
def test_each_kind_of_work_has_a_row_and_each_worker_a_column(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson(
        "12", STEPS=100_000, ROUNDS=1_000, SECONDS=0.05, TURNS=1
    )
    assert (result.status, result.errors) == (0, [])
    title, heading, *rows, last = result.lines
    assert title == "speed-up of 2 workers over 2 jobs in sequence"
    assert heading.split() == ["work", "sequence", "ideal", *WORKERS]
    assert [row[:12].strip() for row in rows] == KINDS
    for row in rows:
        assert len(re.findall(r" \d+\.\d\d(?! s)", row)) == len(WORKERS)
    assert re.fullmatch(EFFICIENCY, last)


@pytest.mark.slow
@pytest.mark.timing
def test_the_waits_of_threads_overlap(run_lesson: RunLesson) -> None:
    result = run_lesson("12", STEPS=1_000, ROUNDS=1_000)
    assert parse_figure(EFFICIENCY, result.lines[-1]) > 50


def test_another_result_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = import_lesson("12")
    other = lesson.Measurement(1.0, ["another"])
    monkeypatch.setattr(lesson, "measure_pool", lambda *_: other)
    with pytest.raises(RuntimeError, match="threads got a different result"):
        lesson.measure_all(lambda: "a result")


@pytest.mark.slow
def test_ctrl_c_stops_processes_that_compute(run_lesson: RunLesson) -> None:
    result = run_lesson(
        "12",
        when=lambda lesson: len(computing(lesson)) >= 2,
        STEPS=5_000_000,
    )
    assert "stopped by Ctrl-C" in result.failure_line(130)
