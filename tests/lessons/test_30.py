"""Lesson 30: from which size on processes are faster."""

import re

import pytest

from support.lessons import RunLesson, import_lesson, parse_figure

ROW = r" *([\d,]+) +([\d,]+\.\d) ms +([\d,]+\.\d) ms +(alone|processes)"


def test_each_size_is_measured_in_both_ways(run_lesson: RunLesson) -> None:
    result = run_lesson("30", SIZES=[1_000, 20_000])
    assert (result.status, result.errors) == (0, [])
    heading, *rows, last = result.lines
    assert heading.split() == ["tickets", "alone", "processes", "faster"]
    matches = [re.fullmatch(ROW, row) for row in rows]
    assert [match and match[1] for match in matches] == ["1,000", "20,000"]
    assert matches[0]
    assert matches[0][4] == "alone"
    finding = (
        r"processes: (\d+) times slower at 1,000; faster at the last \d of 2.*"
    )
    assert parse_figure(finding, last) > 2


@pytest.mark.parametrize(
    ("alone", "finding"),
    [
        ([1, 10, 40], "0 of 3"),
        ([1, 10, 400], "1 of 3, from 100,000"),
        ([1, 50, 100], "2 of 3, from 10,000"),
        ([1, 50, 40], "0 of 3"),
    ],
)
def test_the_finding_is_the_size_from_which_processes_are_always_faster(
    alone: list[int],
    finding: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lesson = import_lesson("30")
    measurements = iter([lesson.Measurement(time, [7]) for time in alone])
    processes = lesson.Measurement(45, [7])
    monkeypatch.setattr(lesson, "SIZES", [1_000, 10_000, 100_000])
    monkeypatch.setattr(lesson, "measure_alone", lambda _: next(measurements))
    monkeypatch.setattr(lesson, "measure_processes", lambda tickets: processes)
    lesson.main()
    last = capsys.readouterr().out.splitlines()[-1]
    assert (
        last
        == f"processes: 45 times slower at 1,000; faster at the last {finding}"
    )


def test_different_digits_are_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("30")
    assert lesson.measure_alone(11).digits == [12, 12]
    wrong = lesson.Measurement(1, [12, 13])
    monkeypatch.setattr(lesson, "SIZES", [11])
    monkeypatch.setattr(lesson, "measure_processes", lambda tickets: wrong)
    with pytest.raises(RuntimeError, match="different digits on 11 tickets"):
        lesson.main()
