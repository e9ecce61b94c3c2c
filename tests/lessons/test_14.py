"""Lesson 14: a rule that chooses a model, and what its choices cost."""

import re
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson

ROW = re.compile(r"(.{14})(\w+) +(\w+) +(\S+) s +(\S+) s +(\S+) s +(\S+) s")
MODELS = ["sequential", "threads", "processes", "asyncio"]
KINDS = ["tiny", "waits", "computes", "hashes (C)"]
LAST = r"the chosen models took at most \d+% longer than the fastest ones"


@pytest.mark.parametrize(
    ("work", "trial", "choice"),
    [
        ("tiny", (0.001, 0.001, 0.0005), "sequential"),  # too little work
        ("wait", (1.0, 0.1, 0.5), "asyncio"),
        ("compute", (1.0, 0.1, 0.5), "threads"),  # it waits, but blocks
        ("hash_password", (1.0, 1.0, 0.5), "threads"),
        ("compute", (1.0, 1.0, 0.9), "processes"),
    ],
)
def test_the_rule_chooses(
    work: str,
    trial: tuple[float, float, float],
    choice: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("14")
    monkeypatch.setattr(lesson, "try_out", lambda _: lesson.Trial(*trial))
    assert lesson.choose(getattr(lesson, work)) == choice


def test_all_trials_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads seem to be faster in one trial of three."""
    lesson = import_lesson("14")
    monkeypatch.setattr(lesson, "TURNS", 3)
    times = iter([(0.5, 0.5, 0.5), (0.5, 0.5, 0.3), (0.5, 0.5, 0.5)])
    monkeypatch.setattr(
        lesson, "try_out", lambda _: lesson.Trial(*next(times))
    )
    assert lesson.choose(lesson.compute) == "processes"


@pytest.mark.slow
def test_each_kind_of_work_has_a_row(run_lesson: RunLesson) -> None:
    result = run_lesson("14", TASKS=4, TRIAL=2, TURNS=1, WORKERS=2)
    assert (result.status, result.errors) == (0, [])
    heading, *rows, last = result.lines
    columns = ["1", "x", "4", "tasks", "choice", "fastest", *MODELS]
    assert heading.split() == columns
    cells = [match.groups() for row in rows if (match := ROW.fullmatch(row))]
    assert [kind.strip() for kind, *_ in cells] == KINDS
    for _, choice, fastest, *times in cells:
        assert choice in MODELS
        seconds = dict(zip(MODELS, map(float, times), strict=True))
        assert seconds[fastest] == min(seconds.values())
    assert re.fullmatch(LAST, last)


def test_other_results_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = import_lesson("14")

    def run_nothing(work: Any, tasks: int) -> list[Any]:
        return []

    monkeypatch.setattr(lesson, "choose", lambda _: "sequential")
    models = {"sequential": lesson.run_sequential, "threads": run_nothing}
    monkeypatch.setattr(lesson, "models", models)
    with pytest.raises(RuntimeError, match="threads got different results"):
        lesson.measure("tiny", lesson.tiny)
