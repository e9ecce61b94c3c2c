"""Lesson 06: threads that pay into one account, and money gets lost."""

import pytest

from support.lessons import RunLesson, import_lesson, parse_figure


def test_payments_are_lost_in_every_run(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = import_lesson("06")
    total = lesson.UPDATES * lesson.THREADS
    for _ in range(request.config.getoption("--runs")):
        lesson.main()
        *_, last = capsys.readouterr().out.splitlines()
        lost = parse_figure(rf"lost: ([\d,]+) of {total:,} cents", last)
        assert 0 < lost < total


def test_expected_got_and_lost_add_up(run_lesson: RunLesson) -> None:
    result = run_lesson("06", UPDATES=2_000, THREADS=3)
    assert (result.status, result.errors) == (0, [])
    report, last = result.lines
    row = r"no lock: expected 6,000 cents, got ([\d,]+) in \d\.\d\d s"
    got = parse_figure(row, report)
    lost = parse_figure(r"lost: ([\d,]+) of 6,000 cents", last)
    assert got + lost == 6_000


def test_a_single_thread_loses_nothing(run_lesson: RunLesson) -> None:
    result = run_lesson("06", UPDATES=50_000, THREADS=1)
    assert result.lines[-1] == "lost: 0 of 50,000 cents"
