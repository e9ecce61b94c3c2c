"""Lesson 4: the life of threads that are started by hand."""

import re

import pytest

from support.lessons import RunLesson, import_lesson


def test_the_order_of_events_is_the_life_of_threads(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("4", RICE=0.9, SOUP=0.65, EGGS=0.1, TABLE=0.4)
    assert (result.status, result.errors) == (0, [])
    # Without the times, and without the empty lines.
    lines = [re.sub(r"\d\.\d\d s", "T", line) for line in result.lines if line]
    assert lines[:6] == [
        "T  main: rice thread is created, alive: False",
        "T  rice: start",
        "T  main: table is ready, alive: True",
        "T  rice: ready",
        "T  main: rice thread has ended, alive: False",
        "rice alone: T",
    ]
    created, *starts = lines[6:10]
    assert created == "T  main: all are created, alive: 0 of 3"
    # All three start before one of them is ready.
    dishes = ["eggs", "rice", "soup"]
    assert sorted(starts) == [f"T  {dish}: start" for dish in dishes]
    assert lines[10:] == [
        "T  eggs: ready",
        "T  main: table is ready, alive: 2 of 3",
        "T  soup: ready",
        "T  rice: ready",
        "T  main: all have ended, alive: 0 of 3",
        "3 dishes together: T",
        "3 dishes together took T, rice alone T",
    ]
    # Rice takes the longest, also among the three.
    seconds = re.findall(r"(\d\.\d\d) s", result.lines[-1])
    assert min(map(float, seconds)) >= 0.89


def test_the_last_line_compares_both_ways(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = import_lesson("4")
    monkeypatch.setattr(lesson, "cook_rice", lambda: 2.0)
    monkeypatch.setattr(lesson, "cook_three_dishes", lambda: 2.5)
    lesson.main()
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "3 dishes together took 2.50 s, rice alone 2.00 s"
