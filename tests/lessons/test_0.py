"""Lesson 0: computing jobs, one after the other."""

import re

import pytest

from support.lessons import RunLesson, import_lesson, parse_figure


@pytest.mark.parametrize(
    ("limit", "digits"), [(0, 0), (10, 10), (100, 190), (1_000, 2_890)]
)
def test_a_job_counts_the_digits_of_all_numbers(
    limit: int, digits: int
) -> None:
    assert import_lesson("0").count_digits(limit) == digits


def test_one_core_is_busy_in_one_process(run_lesson: RunLesson) -> None:
    result = run_lesson("0", WORK=20_000, JOBS=3)
    assert (result.status, result.errors) == (0, [])
    *jobs, last = result.lines
    row = r"job (\d): 88,890 digits, \d\.\d\d s of CPU time, process (\d+)"
    matches = [re.fullmatch(row, line) for line in jobs]
    assert [match[1] for match in matches if match] == ["1", "2", "3"]
    assert len({match[2] for match in matches if match}) == 1
    total = r"3 jobs in \d\.\d\d s: \d+\.\d jobs per second, "
    assert parse_figure(rf"{total}(\d\.\d) cores busy", last) <= 1.1


def test_different_results_are_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("0")
    totals = iter(range(9))
    monkeypatch.setattr(lesson, "count_digits", lambda _: next(totals))
    with pytest.raises(RuntimeError, match="counted differently"):
        lesson.main()
