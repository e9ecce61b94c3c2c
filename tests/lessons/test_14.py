"""Lesson 14: a rule that chooses a model, and what it is worth."""

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from conftest import Taker, imported


@pytest.mark.parametrize(
    ("alone", "together", "choice"),
    [
        (0.001, 0.0005, "sequential"),  # too little to do for any worker
        (1.0, 0.5, "threads"),
        (1.0, 0.9, "processes"),
    ],
)
def test_two_measurements_choose(
    alone: float,
    together: float,
    choice: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def measure(map_jobs: Any, job: partial[Any], tasks: int) -> float:
        return alone if map_jobs is map else together

    lesson = imported("14")
    monkeypatch.setattr(lesson, "measure", measure)
    assert lesson.choose(partial(abs, -1)) == choice


ROW = re.compile(
    r"(\w+): +(\w+) +sequential (\S+) s threads (\S+) s processes (\S+) s"
)
KINDS = ["tiny", "waits", "computes", "hashes"]
LAST = r"its choices took at most \d+% longer than the fastest"


def test_each_kind_of_work_has_a_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = imported("14")
    monkeypatch.setattr(lesson, "TASKS", 2)
    monkeypatch.setattr(lesson, "choose", lambda job: "threads")
    monkeypatch.setattr(lesson, "ProcessPoolExecutor", ThreadPoolExecutor)
    lesson.main()
    *rows, last = capsys.readouterr().out.splitlines()
    found = [match[1] for match in map(ROW.fullmatch, rows) if match]
    assert found == KINDS
    assert re.fullmatch(LAST, last)


@pytest.mark.slow
@pytest.mark.timing
def test_the_fastest_model_is_chosen(take: Taker) -> None:
    result = take("14", TASKS=20)
    assert (result.status, result.errors) == (0, [])
    *rows, last = result.lines
    found = [match.groups() for match in map(ROW.fullmatch, rows) if match]
    assert [kind for kind, *_ in found] == KINDS
    assert [choice for _, choice, *_ in found[:2]] == ["sequential", "threads"]
    _, _, alone, threads, _ = found[1]
    assert float(alone) >= 0.4 > float(threads)
    assert re.fullmatch(LAST, last)
