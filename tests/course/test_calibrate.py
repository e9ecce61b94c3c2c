"""`uv run lab calibrate`: the time that one job takes."""

import ast

import pytest

from backstage.course import calibrate
from backstage.course.catalogue import lessons


def test_calibrate_finds_the_work_of_one_second(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 0.0

    def job(steps: int) -> None:
        nonlocal now
        now += steps / 2_345_678

    monkeypatch.setattr(calibrate, "perf_counter", lambda: now)
    monkeypatch.setattr("runpy.run_path", lambda _: {"count_digits": job})
    calibrate.calibrate()
    assert capsys.readouterr().out.splitlines() == [
        "WORK = 5_000_000: 2.13 s a job (5 runs, 2.13 to 2.13 s)",
        "WORK = 2_300_000: 0.98 s a job (5 runs, 0.98 to 0.98 s)",
        "try it: uv run lab 0 WORK=2_300_000",
    ]


def test_every_lesson_that_computes_has_the_same_job() -> None:
    computing = [x for x in lessons() if "WORK" in x.constants]
    assert len(computing) >= 4
    jobs = {
        ast.dump(node)
        for lesson in computing
        for node in ast.parse(lesson.path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and node.name == calibrate.FUNCTION
    }
    assert len(jobs) == 1
