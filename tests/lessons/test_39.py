"""Lesson 39: what blocks an event loop, and what does not."""

import asyncio
import logging
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from support.lessons import GIL, RunLesson, import_lesson

NAMES = [
    "asyncio sleep",
    "time.sleep",
    "time.sleep in thread",
    "computing",
    "computing in thread",
    "computing in process",
]


@pytest.mark.slow
def test_debug_mode_names_the_task_that_blocks(run_lesson: RunLesson) -> None:
    result = run_lesson("39", SLEEP=0.12, WORK=50_000)
    assert (result.status, result.errors) == (0, [])
    first, *lines, last = result.lines
    assert first == f"Python 3.{sys.version_info.minor}, GIL {GIL}"
    rows = [line for line in lines if not line.startswith("debug mode:")]
    longest = {}
    for name, row in zip(NAMES, rows, strict=True):
        pattern = rf"{name}: \d+\.\d\d s, at most (\d+) ms between beats"
        match = re.fullmatch(pattern, row)
        assert match, row
        longest[name] = int(match[1])
    assert longest["time.sleep"] >= 120
    assert last == (
        f"longest pause in ms: time.sleep {longest['time.sleep']}, "
        f"in thread {longest['time.sleep in thread']}; "
        f"computing {longest['computing']}, "
        f"in process {longest['computing in process']}"
    )
    before = lines[lines.index(rows[1]) - 1]
    pattern = r"debug mode: wait_in_coroutine blocked the loop for 0\.\d{3} s"
    assert re.fullmatch(pattern, before)


async def is_loop_free(way: Any, event: threading.Event) -> bool:
    """Return whether another task can set the event while `way` waits."""
    task = asyncio.create_task(way())
    await asyncio.sleep(0)  # the task starts
    was_free = not task.done()
    event.set()
    await task
    return was_free


@pytest.mark.parametrize("kind", ["wait", "compute"])
def test_only_other_threads_leave_the_loop_free(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    lesson = import_lesson("39")

    def wait(_: int = 0) -> bool:
        is_main = threading.current_thread() is threading.main_thread()
        return event.wait(timeout=0.05 if is_main else 10)

    monkeypatch.setattr(lesson, "ask_server", wait)
    monkeypatch.setattr(lesson, "count_digits", wait)
    with ThreadPoolExecutor() as pool:
        ways = {
            getattr(lesson, f"{kind}_in_coroutine"): False,
            getattr(lesson, f"{kind}_in_thread"): True,
            # Any pool will do for this test.
            lambda: lesson.compute_in_process(pool): True,
        }
        for way, is_free in ways.items():
            event = threading.Event()
            assert asyncio.run(is_loop_free(way, event)) == is_free


def test_an_error_of_the_task_is_raised() -> None:
    lesson = import_lesson("39")

    async def fail() -> None:
        raise ValueError("a task failed")

    with pytest.raises(ValueError, match="a task failed"):
        asyncio.run(lesson.measure("fail", fail()))


def test_only_the_messages_about_slow_tasks_are_replaced(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lesson = import_lesson("39")
    for text, is_printed in [
        ("Executing <Task coro=<f() done> created at x> took 0.5 s", False),
        ("another message", True),
    ]:
        record = logging.LogRecord("", 30, "", 1, text, None, None)
        assert lesson.report_slow_task(record) == is_printed
    line = "debug mode: f blocked the loop for 0.5 s\n"
    assert capsys.readouterr().out == line
