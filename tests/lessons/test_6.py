"""Lesson 6: what futures hold, a timeout, and what can be cancelled."""

import re
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from support.lessons import RunLesson, import_lesson

QUEUED = "running False, done False, cancelled False"
RUNNING = "running True, done False, cancelled False"
DONE = "running False, done True, cancelled False"
CANCELLED = "running False, done True, cancelled True"


def test_a_task_goes_on_after_a_timeout_and_after_cancel(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("6", COOKING=0.6, TIMEOUT=0.1)
    assert (result.status, result.errors) == (0, [])
    # Without the times, and without the empty lines.
    lines = [re.sub(r"\d\.\d\d s", "T", line) for line in result.lines if line]
    assert lines == [
        "soup: result 'hot soup'",
        "fish: exception ValueError('no fish today')",
        f"soup: {DONE}",
        f"fish: {DONE}",
        "pizza: TimeoutError after T",
        f"pizza: {RUNNING}",
        f"tea: {QUEUED}",
        "pizza: cancel() returns False",
        "tea: cancel() returns True",
        "pizza: result 'hot pizza' after T",
        f"pizza: {DONE}",
        f"tea: {CANCELLED}",
        "TimeoutError after T, result after T, cancelled: 1 of 2 orders",
    ]
    waited, elapsed = re.findall(r"after (.*?) s", result.lines[-1])
    assert float(waited) >= 0.09
    assert float(elapsed) >= 0.59


def test_with_two_cooks_no_order_can_be_cancelled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = import_lesson("6")
    monkeypatch.setattr(lesson, "COOKING", 0.6)
    monkeypatch.setattr(lesson, "TIMEOUT", 0.08)
    with ThreadPoolExecutor(2) as pool:
        lesson.order_pizza_and_tea(pool)
    lines = capsys.readouterr().out.splitlines()
    assert f"tea: {RUNNING}" in lines
    assert "tea: cancel() returns False" in lines
    assert lines[-1].endswith("cancelled: 0 of 2 orders")


def test_it_does_not_report_a_timeout_that_did_not_happen() -> None:
    order = Future[str]()
    order.set_result("hot pizza")
    with pytest.raises(RuntimeError, match="COOKING is too short"):
        import_lesson("6").wait_until_timeout(order)
