"""Lesson 27: data for another process, in five ways."""

import re

import pytest

from support.lessons import RunLesson
from support.processes import computing

WAYS = {
    "Queue": "no",
    "Pipe": "no",
    "Manager": "no",
    "Array": "yes",
    "SharedMemory": "yes",
}


def test_a_change_is_seen_only_in_shared_memory(run_lesson: RunLesson) -> None:
    result = run_lesson("27", SIZE=300_001, ROUNDS=2)
    assert (result.status, result.errors) == (0, [])
    heading, *rows, last = result.lines
    assert heading.split() == ["way", "time", "change", "seen"]
    table = [re.fullmatch(r"(\w+) +[\d.]+ ms +(\w+)", row) for row in rows]
    assert {row[1]: row[2] for row in table if row} == WAYS
    figures = r"SharedMemory [\d.]+, Manager [\d.]+ ms"
    pattern = rf"equal results 5 of 5, change seen 2 of 5; {figures}"
    assert re.fullmatch(pattern, last)


@pytest.mark.slow
def test_a_worker_that_paints_no_pixel_is_not_noticed(
    run_lesson: RunLesson,
) -> None:
    """Where the new pixel is like the old one, every way seems to share."""
    result = run_lesson("27", SIZE=100, ROUNDS=1, WHITE=b"g")
    assert "equal results 5 of 5, change seen 5 of 5" in result.lines[-1]


@pytest.mark.slow
@pytest.mark.timing
def test_ctrl_c_leaves_no_shared_memory(run_lesson: RunLesson) -> None:
    result = run_lesson(
        "27", when=lambda lesson: bool(computing(lesson)), ROUNDS=100_000
    )
    assert "stopped by Ctrl-C" in result.failure_line(130)
