"""The instructor's cue sheets."""

import shlex

import pytest

from backstage.course.catalogue import Lesson, lessons
from backstage.course.cue import format_cue_sheet


@pytest.mark.parametrize("lesson", lessons(), ids=lambda x: x.number)
def test_a_cue_sheet_has_everything_that_an_instructor_needs(
    lesson: Lesson,
) -> None:
    sheet = format_cue_sheet(lesson)
    assert max(map(len, sheet.splitlines())) < 80
    notes = lesson.notes
    expected = [notes.before, notes.during, notes.after, notes.watch]
    expected += [f"uv run lab {lesson.number}", f"{notes.minutes} minutes"]
    expected += [f"{name} = " for name in lesson.constants]
    text = " ".join(sheet.split())
    for sentence in expected:
        assert " ".join(sentence.split()) in text
    film = shlex.join(f"{k}={v}" for k, v in notes.film.items())
    assert (f"--film ({film})" in text) == bool(notes.film)
