"""The headline of a run, its reason, and the lesson it is compared with."""

import pytest

from backstage.course.catalogue import Lesson
from backstage.watch.findings import (
    find_baseline,
    find_headline,
    find_reason,
)
from backstage.watch.phases import Phase
from backstage.watch.recording import Recording
from support.recordings import make_lesson, make_recording

LESSON = make_lesson(
    holds="pages == 10",
    headline="{pages:.0f} pages: {in:.1f} s, {cpu:.1f} s of CPU time",
    compared="{in:.1f} s instead of {lesson_01.in:.1f} s",
)


def ended_with(line: str) -> Recording:
    return make_recording(4, lines=[(1, "other"), (4, line)])


def headline(
    line: str,
    lesson: Lesson = LESSON,
    last_lines: dict[str, str] | None = None,
) -> str:
    return find_headline(ended_with(line), lesson, [], last_lines or {})


def test_the_headline_is_the_finding_of_this_run() -> None:
    assert headline("10 pages in 1.02 s") == (
        "10 pages: 1.0 s, 0.0 s of CPU time"
    )


def test_another_lesson_is_compared_if_it_was_run_too() -> None:
    line = "10 pages in 1.02 s"
    last_lines = {"01": "10 pages in 10.01 s"}
    compared = headline(line, last_lines=last_lines)
    assert compared == "1.0 s instead of 10.0 s"
    alone = headline(line, last_lines={"02": "10 pages in 9 s"})
    assert alone.startswith("10 pages: ")


@pytest.mark.parametrize(
    "line", ["9 pages in 1.02 s", "10 pages", "nothing to see"]
)
def test_without_the_finding_the_last_line_is_the_headline(line: str) -> None:
    """The prediction failed, or a figure of the template is missing."""
    assert headline(line) == line


def test_a_headline_can_have_the_seconds_of_the_phases() -> None:
    lesson = make_lesson(headline="{phase_one_way:.1f} s, {phase_last:.1f} s")
    phases = [Phase("one way", 0.7, 2.0, 1.23), Phase("last", 2.0, 4.0)]
    sentence = find_headline(ended_with("x"), lesson, phases, {})
    assert sentence == "1.2 s, 2.0 s"


@pytest.mark.parametrize("lines", [[], [(1.0, "10 pages"), (4.0, "")]])
def test_without_a_last_line_the_command_is_the_headline(
    lines: list[tuple[float, str]],
) -> None:
    recording = make_recording(4, lines=lines)
    sentence = find_headline(recording, LESSON, [], {})
    assert sentence == "lab/00_made_up.py"


def test_the_reason_is_shown_if_the_prediction_held() -> None:
    lesson = make_lesson(holds="pages == 10", reason="{cpus:.0f} CPUs")
    assert find_reason(ended_with("10 pages"), lesson) == "2 CPUs"
    assert find_reason(ended_with("9 pages"), lesson) == ""
    assert find_reason(ended_with("nothing"), lesson) == ""
    assert find_reason(make_recording(4), lesson) == ""


def test_without_a_gil_it_is_not_the_reason() -> None:
    lesson = make_lesson(reason="because of the GIL")
    for gil in True, False:
        recording = make_recording(4, lines=[(4, "x")], gil=gil)
        assert bool(find_reason(recording, lesson)) == gil


def test_the_baseline_is_the_lesson_that_is_compared() -> None:
    phases = [Phase("warm-up", 0.0, 3.0), Phase("10 pages", 3.0, 4.0, 1.0)]
    last_lines = {"01": "10 pages in 10.00 s"}
    baseline = find_baseline(phases, LESSON, last_lines)
    assert baseline == Phase("lesson 01", 3.0, 13.0, seconds=10.0)
    assert find_baseline(phases, LESSON, {}) is None
    assert find_baseline([], LESSON, last_lines) is None
