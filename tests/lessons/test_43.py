"""Lesson 43: two deadlocks, and the lines where their threads wait."""

import re
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson

FUNCTIONS = [  # where the threads wait, in each way
    ("opposite order", {"cut_bread", "cut_cheese", "cut_together"}),
    ("same order", set()),
    ("one pool", {"make_pasta", "use_one_pool"}),
    ("two pools", set()),
]


def parse_row(row: str) -> tuple[str, int]:
    """Return the name of a way, and how many threads wait."""
    pattern = (
        r"([a-z ]+): the (job ended|watchdog ended the process) "
        r"after \d\.\d\d s, (\d) threads waited"
    )
    match = re.fullmatch(pattern, row)
    assert match, row
    assert (match[3] == "0") == (match[2] == "job ended")
    return match[1], int(match[3])


@pytest.mark.slow
def test_the_lines_of_the_threads_that_wait_are_shown(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("43", STEP_TIME=0.05, TIMEOUT=0.5)
    assert (result.status, result.errors) == (0, [])
    *lines, last = result.lines
    sources: dict[str, str] = {}
    for name, functions in FUNCTIONS:
        assert parse_row(lines.pop(0)) == (name, len(functions))
        shown = [lines.pop(0) for _ in functions]
        matches = [
            re.fullmatch(r"    line \d+ in (\w+): (.+)", x) for x in shown
        ]
        found = {match[1]: match[2] for match in matches if match}
        assert found.keys() == functions
        sources |= found
    assert lines == []
    assert sources == {
        "cut_bread": "with board:",
        "cut_cheese": "with knife:",
        "cut_together": "future.result()",
        "make_pasta": "sauce.result()",
        "use_one_pool": "pasta.result()",
    }
    assert last == (
        "threads that wait: opposite order 3, same order 0, one pool 2, "
        "two pools 0"
    )


@pytest.fixture
def lesson(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the module; the steps of its jobs take no time."""
    module = import_lesson("43")
    monkeypatch.setattr(module, "sleep", lambda _: None)
    return module


def test_the_solutions_take_the_same_steps_and_end(lesson: Any) -> None:
    steps: list[float] = []
    lesson.sleep = steps.append
    lesson.use_same_order()
    lesson.use_two_pools()
    assert len(steps) == 4 + 2


def test_one_pool_is_enough_if_another_worker_is_free(
    lesson: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lesson, "WORKERS", 2)
    lesson.use_one_pool()


def fail() -> None:
    raise ZeroDivisionError


@pytest.mark.slow
def test_an_error_in_the_process_is_no_deadlock(lesson: Any) -> None:
    with pytest.raises(RuntimeError, match="a way: exit code 1"):
        lesson.count_waiting_threads("a way", fail)
