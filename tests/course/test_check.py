"""`uv run lab check`: whether a lesson's prediction held."""

from pathlib import Path

import psutil
import pytest

from backstage import system
from backstage.course import check, predictions
from backstage.course.catalogue import Lesson, Notes, lessons
from backstage.course.check import FAILED, HELD, UNCLEAR
from support.commands import Invoke
from support.lessons import RunLesson, find_once, write_lessons

LONG = 3  # seconds, from which on a lesson's run is a slow test


def is_quick(lesson: Lesson) -> bool:
    waits_for_pages = "fetches" in lesson.notes.kinds
    return (lesson.notes.seconds or 0) < LONG and not waits_for_pages


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


@pytest.mark.parametrize(
    ("label", "line", "value"),
    [
        ("threads", "GIL on, speed-up: threads 1.01, processes 1.80", 1.01),
        ("threads", "10 pages in 1.0 s: 9.9 pages per second, 10 threads", 10),
        ("pages_per_second", "in 1.0 s: 9.9 pages per second, 1 thread", 9.9),
        ("thread", "in 1.0 s: 9.9 pages per second, 1 thread", 1),
        ("cores_busy", "2.0 jobs per second, 1.9 cores busy", 1.9),
        ("lost", "lost: 1,234,567 of 2,000,000 cents", 1_234_567),
        ("cents", "lost: 1,234,567 of 2,000,000 cents", 2_000_000),
        ("waiting", "pure Python 49%, C code 98%, waiting 100%", 1),
        ("pure_python", "pure Python 49%, C code 98%, waiting 100%", 0.49),
        ("longer", "took at most 3% longer than the fastest", 0.03),
        ("task", "resident KB for one: task -0.1, thread 16.0", -0.1),
        ("failed", "3 ok, 6 recovered, 1 failed; at most 4 requests", 1),
    ],
)
def test_a_label_has_the_number_beside_it(
    label: str, line: str, value: float
) -> None:
    assert predictions.value_of(label, line) == value


@pytest.mark.parametrize("label", ["thread", "pages", "s"])
def test_a_label_is_a_whole_word(label: str) -> None:
    with pytest.raises(LookupError, match=f"no number beside '{label}'"):
        predictions.value_of(label, "speed-up: threads 1.01, webpages 3")


def test_a_condition_knows_labels_and_names() -> None:
    condition = "0.8 <= threads <= 1.2 if gil else threads >= cores"
    for gil, threads, held in (
        (True, 1.0, True),
        (True, 1.3, False),
        (False, 1.3, False),
        (False, 2.1, True),
    ):
        names = {"gil": gil, "cores": 2.0}
        line = f"speed-up: threads {threads}"
        assert predictions.holds(condition, line, names) is held


ENTRY = """
[[part]]
title = "Part"
about = "About it."

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
    ("changes", "cores", "others", "kind", "reason"),
    [
        ([], 1, 0.0, HELD, ""),
        (["SIZE=4"], 1, 0.0, FAILED, ""),
        (["SIZE=4"], 99, 0.0, UNCLEAR, "it needs 99 cores, and "),
        (["SIZE=4"], 1, 0.9, UNCLEAR, "other programs kept 0.9 cores busy"),
        (["SIZE='x'"], 1, 0.9, FAILED, "no number beside 'size'"),
        (["FACTOR=0"], 1, 0.9, FAILED, "it ended with an error"),
    ],
)
def test_a_run_has_a_verdict(
    changes: list[str],
    cores: int,
    others: float,
    kind: str,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    invoke: Invoke,
) -> None:
    entry = ENTRY.format(cores=cores)
    write_lessons(tmp_path, monkeypatch, entry, _1_one=BODY)
    monkeypatch.setattr(check, "other_programs", lambda: others)
    monkeypatch.setattr(check, "cpus", lambda: 2.0)
    run = invoke("check", "1", *changes)
    assert run.status == (1 if kind == FAILED else 0)
    assert f"1 {kind}" in run.out
    assert reason in run.out
    assert run.out.splitlines()[-1] == f"of 1 runs: {kind} in 1"


@pytest.mark.parametrize("looks", [[0.9, 0.0], [0.0, 0.9]])
def test_other_programs_count_before_a_run_and_after_it(
    looks: list[float],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    invoke: Invoke,
) -> None:
    write_lessons(tmp_path, monkeypatch, ENTRY.format(cores=1), _1_one=BODY)
    found = iter(looks)
    monkeypatch.setattr(check, "other_programs", lambda: next(found))
    assert "1 unclear" in invoke("check", "1", "SIZE=4").out


def test_other_programs_are_counted_in_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: 50.0)
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)
    assert check.other_programs() == 2.0


def test_several_runs_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    write_lessons(tmp_path, monkeypatch, ENTRY.format(cores=1), _1_one=BODY)
    monkeypatch.setattr(check, "other_programs", lambda: 0.0)
    run = invoke("check", "1", "--runs", "3")
    assert run.out.splitlines()[-1] == "of 3 runs: held in 3"
    for runs in "0", "-1", "x":
        assert invoke("check", "1", "--runs", runs).status == 2


def test_a_lesson_without_a_condition_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    write_lessons(tmp_path, monkeypatch, _1_one=BODY)
    run = invoke("check", "1")
    assert (run.status, run.out) == (1, "")
    assert run.err == "lab: basics/1_one.py: no condition in the catalogue\n"


@each_lesson
def test_a_changed_constant_breaks_the_prediction(
    number: str, run_lesson: RunLesson
) -> None:
    """Or the condition could not fail, and would say nothing."""
    notes: Notes = find_once(number).notes
    assert notes.holds
    changes = {name: eval(value) for name, value in notes.breaks.items()}
    result = run_lesson(number, **changes)
    assert result.status == 0
    names = {"gil": system.gil_is_on(), "cores": float(notes.cores)}
    assert not predictions.holds(notes.holds, result.lines[-1], names)


@pytest.mark.slow
@pytest.mark.timing
@each_lesson
def test_the_prediction_can_be_decided(number: str) -> None:
    """Whether it holds is for `uv run lab check`: noise may break it here."""
    verdict = check.check_once(find_once(number), {})
    assert verdict.kind in (HELD, UNCLEAR, FAILED)
    assert "no number beside" not in verdict.reason
    assert "ended with an error" not in verdict.reason
