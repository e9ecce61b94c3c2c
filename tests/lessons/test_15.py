"""Lesson 15: a program does not wait for its daemon threads."""

import re

import pytest

from support.lessons import RunLesson


@pytest.mark.slow
def test_only_the_daemon_thread_stops_with_main(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("15", LINES_BEFORE=1, LINES_AFTER=3, DELAY=0.4)
    assert (result.status, result.errors) == (0, [])
    *programs, last = result.lines
    row = r"(\w+) thread: 1 lines, main ends, (\d) more lines, .+ \d\.\d\d s"
    matches = [re.fullmatch(row, line) for line in programs]
    lines = {match[1]: int(match[2]) for match in matches if match}
    assert list(lines) == ["normal", "daemon"]
    assert lines["normal"] == 3
    assert lines["daemon"] < 2
    assert last == (
        "lines after the end of main: normal thread 3, "
        f"daemon thread {lines['daemon']} of 3"
    )
