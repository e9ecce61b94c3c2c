"""`uv run lab check`: whether the prediction of a lesson held."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess

import psutil
import pytest

from backstage.course import check
from backstage.course.catalogue import Lesson, lessons
from backstage.course.check import (
    Outcome,
    Verdict,
    check_lesson,
    check_run,
)
from backstage.course.predictions import holds
from backstage.course.selection import find
from backstage.errors import LabError
from backstage.system import gil_is_on
from support.lessons import RunLesson, find_once, is_tool, write_lessons

LONG = 3  # seconds of a run that make its test a slow one


def is_quick(lesson: Lesson) -> bool:
    waits_for_pages = "fetches" in lesson.notes.kinds
    is_long = (lesson.notes.seconds or 0) >= LONG
    return not (waits_for_pages or is_long or is_tool(lesson))


each_lesson = pytest.mark.parametrize(
    "number",
    [
        pytest.param(
            lesson.number,
            marks=[] if is_quick(lesson) else [pytest.mark.slow],
        )
        for lesson in lessons()
    ],
)
ENTRY = """
[[part]]
title = "Part"
summary = "A part."

[[part.lesson]]
number = "1"
holds = "size == 3"
cores = {cores}
"""
BODY = """
SIZE = 3  # items
FACTOR = 1
print("first")
print("size", SIZE)
1 / FACTOR
"""


@pytest.mark.parametrize(
    ("changes", "cores", "load", "outcome", "reason"),
    [
        ({}, 1, 0.0, Outcome.HELD, ""),
        ({"SIZE": "4"}, 1, 0.0, Outcome.FAILED, ""),
        (
            {"SIZE": "4"},
            99,
            0.0,
            Outcome.UNCLEAR,
            "it needs 99 cores, and 2 can be used",
        ),
        (
            {"SIZE": "4"},
            1,
            0.9,
            Outcome.UNCLEAR,
            "other programs kept 0.9 cores busy",
        ),
        (
            {"SIZE": "'x'"},
            1,
            0.9,
            Outcome.FAILED,
            "the last line has no number beside 'size'",
        ),
        (
            {"FACTOR": "0"},
            1,
            0.9,
            Outcome.FAILED,
            "it ended with an error",
        ),
    ],
)
def test_a_run_has_a_verdict(
    changes: dict[str, str],
    cores: int,
    load: float,
    outcome: Outcome,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = ENTRY.format(cores=cores)
    write_lessons(tmp_path, monkeypatch, entry, _1_one=BODY)
    monkeypatch.setattr(check, "measure_other_load", lambda: load)
    monkeypatch.setattr(check, "cpus", lambda: 2.0)
    verdict = check_run(find("1"), changes)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("body", "last_line", "reason"),
    [
        (
            "print('size 3')\nraise SystemExit('first\\nthe error')",
            "the error",
            "it ended with an error",
        ),
        (
            "print('size 3')\nraise SystemExit(2)",
            "size 3",
            "it ended with an error",
        ),
        ("", "no output", "the last line has no number beside 'size'"),
    ],
)
def test_a_run_that_fails_has_a_last_line(
    body: str,
    last_line: str,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_lessons(tmp_path, monkeypatch, ENTRY.format(cores=1), _1_one=body)
    monkeypatch.setattr(check, "measure_other_load", lambda: 0.0)
    expected = Verdict(Outcome.FAILED, last_line, reason)
    assert check_run(find("1"), {}) == expected


def test_a_condition_may_depend_on_the_gil_and_on_the_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition = "size < cores if gil else size == 5"
    entry = ENTRY.format(cores=1).replace("size == 3", condition)
    write_lessons(tmp_path, monkeypatch, entry, _1_one=BODY)
    monkeypatch.setattr(check, "measure_other_load", lambda: 0.0)
    monkeypatch.setattr(check, "find_slowdown", lambda samples: 1.0)
    outcomes = {}
    for gil, cores in (True, 4.0), (True, 2.0), (False, 4.0):
        monkeypatch.setattr(check, "gil_is_on", lambda gil=gil: gil)
        monkeypatch.setattr(check, "cpus", lambda cores=cores: cores)
        outcomes[gil, cores] = check_run(find("1"), {}).outcome
    assert outcomes == {
        (True, 4.0): Outcome.HELD,
        (True, 2.0): Outcome.FAILED,
        (False, 4.0): Outcome.FAILED,
    }


def test_a_prediction_may_need_a_newer_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = ENTRY.format(cores=1) + 'python = "3.999"\n'
    write_lessons(tmp_path, monkeypatch, entry, _1_one=BODY)
    monkeypatch.setattr(check, "measure_other_load", lambda: 0.0)
    lesson = find("1")
    verdict = check_run(lesson, {})
    assert (verdict.outcome, verdict.last_line) == (Outcome.UNCLEAR, "size 3")
    assert verdict.reason == lesson.missing
    assert check_run(lesson, {"FACTOR": "0"}).outcome == Outcome.FAILED


@pytest.mark.parametrize("loads", [[0.9, 0.0], [0.0, 0.9]])
def test_other_programs_count_before_a_run_and_after_it(
    loads: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lessons(tmp_path, monkeypatch, ENTRY.format(cores=1), _1_one=BODY)
    samples = iter(loads)
    monkeypatch.setattr(check, "measure_other_load", lambda: next(samples))
    verdict = check_run(find("1"), {"SIZE": "4"})
    assert verdict.outcome == Outcome.UNCLEAR


def test_a_core_whose_speed_changed_makes_it_unclear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lessons(tmp_path, monkeypatch, ENTRY.format(cores=1), _1_one=BODY)
    monkeypatch.setattr(check, "measure_other_load", lambda: 0.0)
    monkeypatch.setattr(check, "find_slowdown", lambda samples: 1.5)
    assert check_run(find("1"), {}).outcome == Outcome.HELD
    verdict = check_run(find("1"), {"SIZE": "4"})
    assert verdict.outcome == Outcome.UNCLEAR
    assert verdict.reason == "a core was at times 1.5 times as slow"


def test_the_speed_is_measured_while_the_lesson_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = []

    @contextmanager
    def measure_speed() -> Iterator[list[float]]:
        events.append("begin")
        yield []
        events.append("end")

    def capture(*_: object) -> CompletedProcess[str]:
        events.append("run")
        return CompletedProcess([], 0, "size 3\n", "")

    write_lessons(tmp_path, monkeypatch, ENTRY.format(cores=1), _1_one=BODY)
    monkeypatch.setattr(check, "measure_other_load", lambda: 0.0)
    monkeypatch.setattr(check, "sample_core_speed", measure_speed)
    monkeypatch.setattr(check, "capture_lesson", capture)
    assert check_run(find("1"), {}).outcome == Outcome.HELD
    assert events == ["begin", "run", "end"]


@pytest.mark.parametrize(
    ("cores", "gain", "outcome"),
    [
        (2, 1.2, Outcome.UNCLEAR),
        (2, 1.9, Outcome.FAILED),
        (1, 1.2, Outcome.FAILED),
    ],
)
def test_cpus_that_share_a_core_make_it_unclear(
    cores: int,
    gain: float,
    outcome: Outcome,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = ENTRY.format(cores=cores)
    write_lessons(tmp_path, monkeypatch, entry, _1_one=BODY)
    monkeypatch.setattr(check, "cpus", lambda: 2.0)
    monkeypatch.setattr(check, "measure_other_load", lambda: 0.0)
    monkeypatch.setattr(check, "measure_parallel_gain", lambda: gain)
    assert check_run(find("1"), {"SIZE": "4"}).outcome == outcome


def test_other_programs_are_counted_in_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: 50.0)
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)
    assert check.measure_other_load() == 2.0


@pytest.mark.parametrize(
    ("size", "outcome", "status"), [("3", "held", 0), ("4", "failed", 1)]
)
def test_the_verdicts_are_printed_and_counted(
    size: str,
    outcome: str,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_lessons(tmp_path, monkeypatch, ENTRY.format(cores=1), _1_one=BODY)
    monkeypatch.setattr(check, "measure_other_load", lambda: 0.0)
    assert check_lesson(find("1"), {"SIZE": size}, 2) == status
    _, condition, first, second, last = capsys.readouterr().out.splitlines()
    assert condition == "it holds if size == 3"
    assert first.split() == ["1", outcome, "size", size]
    assert second.split() == ["2", outcome, "size", size]
    assert last == f"of 2 runs: {outcome} in 2"


@pytest.mark.parametrize(
    ("outcomes", "status", "counts"),
    [
        ([Outcome.FAILED, Outcome.HELD], 1, "failed in 1, held in 1"),
        ([Outcome.UNCLEAR, Outcome.UNCLEAR], 0, "unclear in 2"),
    ],
)
def test_one_failure_is_enough_and_reasons_are_printed(
    outcomes: list[Outcome],
    status: int,
    counts: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_lessons(tmp_path, monkeypatch, ENTRY.format(cores=1), _1_one=BODY)
    verdicts = [Verdict(outcome, "size 4", "why") for outcome in outcomes]
    runs = iter(verdicts)
    monkeypatch.setattr(check, "check_run", lambda *_: next(runs))
    assert check_lesson(find("1"), {}, 2) == status
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"of 2 runs: {counts}"
    assert lines.count("    why") == 2


def test_a_lesson_without_a_condition_is_an_error(small_course: Path) -> None:
    with pytest.raises(LabError, match=r"1_one\.py: no condition in the cat"):
        check_lesson(find("1"), {}, 1)


@each_lesson
def test_a_changed_constant_breaks_the_prediction(
    number: str, run_lesson: RunLesson
) -> None:
    """A condition that cannot fail would be worth nothing."""
    notes = find_once(number).notes
    assert notes.holds
    changes = {name: eval(value) for name, value in notes.breaks.items()}
    result = run_lesson(number, **changes)
    assert result.status == 0
    if find_once(number).missing:
        pytest.skip(find_once(number).missing)
    names = {"gil": gil_is_on(), "cores": float(notes.cores)}
    assert not holds(notes.holds, result.lines[-1], names)


@pytest.mark.slow
@each_lesson
def test_the_prediction_can_be_decided(number: str) -> None:
    """It need not hold: other programs may disturb the run."""
    verdict = check_run(find_once(number), {})
    assert "no number beside" not in verdict.reason
    assert "ended with an error" not in verdict.reason
