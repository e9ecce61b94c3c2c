"""Lesson 12: three kinds of work by each kind of worker."""

import re
import sys
import time
from functools import partial

import pytest
from conftest import GIL, Taker, computing, figure, imported

KINDS = ["pure Python", "C", "waiting"]
EFFICIENCY = (
    rf"efficiency of threads \(GIL {GIL}\): "
    r"pure Python \d+%, C \d+%, waiting (\d+)%"
)


def test_each_kind_of_work_has_a_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = imported("12")
    monkeypatch.setattr(lesson, "pools", ["ThreadPoolExecutor"])
    monkeypatch.setattr(lesson, "STEPS", 10_000)
    monkeypatch.setattr(lesson, "ROUNDS", 1_000)
    monkeypatch.setattr(lesson, "sleep", lambda _: time.sleep(0.01))
    lesson.main()
    heading, *rows, last = capsys.readouterr().out.splitlines()
    assert heading.split() == ["one", "by", "one", "ideal", "Thread"]
    assert [row[:12].strip() for row in rows] == KINDS
    assert re.fullmatch(EFFICIENCY, last)


@pytest.mark.slow
@pytest.mark.timing
def test_each_kind_of_worker_has_a_column(take: Taker) -> None:
    result = take("12", STEPS=300_000, ROUNDS=10_000)
    assert (result.status, result.errors) == (0, [])
    heading, *rows, last = result.lines
    workers = ["Thread", "Process", "Interpreter"]
    if sys.version_info < (3, 14):
        workers.pop()
    assert heading.split() == ["one", "by", "one", "ideal", *workers]
    assert [row[:12].strip() for row in rows] == KINDS
    *_, waiting = rows
    assert len(re.findall(r" \d+\.\d\d \(\d\.\d\)", waiting)) == len(workers)
    assert " (0.0)" in waiting  # no core is busy
    assert figure(EFFICIENCY, last) > 50  # the waits of threads overlap


def test_cpu_time_alone_counts() -> None:
    lesson = imported("12")
    job = partial(lesson.add_squares, 4)
    _, _, found = lesson.measure("ThreadPoolExecutor", 1, job)
    assert found == {0 + 1 + 4 + 9}
    job = partial(time.sleep, 0.3)
    seconds, busy, _ = lesson.measure("ThreadPoolExecutor", 2, job)
    assert seconds > 0.25
    assert busy < 0.3


@pytest.mark.slow
def test_ctrl_c_stops_processes_that_compute(take: Taker) -> None:
    result = take(
        "12",
        when=lambda lesson: len(computing(lesson)) >= 2,
        STEPS=5_000_000,
    )
    assert "stopped by Ctrl-C" in result.failed(130)
