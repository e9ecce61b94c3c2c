"""Lesson 42: += loses updates, or not, by chance."""

import re

import pytest

from support.lessons import GIL, RunLesson, import_lesson, parse_figure

WAYS = ["bare", "dictionary", "property", "function", "lock", "separate"]


def test_places_are_only_in_the_property_and_in_the_function() -> None:
    lesson = import_lesson("42")
    assert lesson.count_places(lesson.add_bare) == 0
    assert lesson.count_places(lesson.add_in_dictionary) == 0
    assert lesson.count_places(lesson.add_with_property) == 1
    assert lesson.count_places(lesson.add_with_function) == 1
    assert lesson.count_places(lesson.add_with_lock) == 0


def test_each_way_adds_one_visitor() -> None:
    lesson = import_lesson("42")
    counter = lesson.Counter()
    lesson.add_bare(counter)
    lesson.add_with_property(counter)
    lesson.add_with_function(counter)
    lesson.add_with_lock(counter)
    assert counter.visitors == 4
    lesson.add_in_dictionary(counter)
    assert (counter.visitors, counter.numbers) == (4, {"visitors": 1})


def test_the_property_and_the_function_lose_visitors_in_every_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lesson = import_lesson("42")
    for name, add in [
        ("property", lesson.add_with_property),
        ("function", lesson.add_with_function),
    ]:
        shared = [lesson.Counter()] * lesson.DOORS
        lost = lesson.measure_loss(name, add, shared)
        assert 0 < lost < lesson.VISITORS * lesson.DOORS
        figures = r"lost ([\d,]+) of 2,000,000 visitors in .* s"
        row = f"{name}: places to switch 1, {figures}"
        line = capsys.readouterr().out.strip()
        assert parse_figure(row, line) == lost


def test_the_safe_ways_lose_nothing(run_lesson: RunLesson) -> None:
    result = run_lesson("42", VISITORS=20_000, DOORS=3)
    assert (result.status, result.errors) == (0, [])
    first, *rows, last = result.lines
    assert re.fullmatch(rf"Python 3\.\d+, GIL {GIL}, 3 doors", first)
    lost = {}
    for way, row in zip(WAYS, rows, strict=True):
        pattern = (
            rf"{way}: places to switch \d, lost ([\d,]+) of 60,000 visitors "
            rf"in \d+\.\d\d s"
        )
        lost[way] = parse_figure(pattern, row)
    assert lost["lock"] == lost["separate"] == 0
    if GIL == "on":
        assert lost["bare"] == lost["dictionary"] == 0
    del lost["dictionary"]
    figures = ", ".join(f"{way} {count:,.0f}" for way, count in lost.items())
    assert last == f"lost: {figures}"


def test_a_single_thread_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("42")
    monkeypatch.setattr(lesson, "DOORS", 1)
    monkeypatch.setattr(lesson, "VISITORS", 20_000)
    for add in lesson.add_with_property, lesson.add_with_function:
        assert lesson.measure_loss("one door", add, [lesson.Counter()]) == 0
