"""Lesson 44: traps of a Python without the GIL.

The functions of all traps also run with the GIL.
"""

import re
import sys
from typing import Any

import pytest

from backstage.system import cpus
from support.lessons import GIL, RunLesson, import_lesson

OLD = sys.version_info < (3, 14)
VERSION = f"3.{sys.version_info.minor}"
is_free = pytest.mark.skipif(OLD or GIL == "on", reason="this has a GIL")


@pytest.fixture
def lesson(monkeypatch: pytest.MonkeyPatch) -> Any:
    lesson = import_lesson("44")
    monkeypatch.setattr(lesson, "ORDERS", 2_000)
    monkeypatch.setattr(lesson, "WORK", 1_000)
    return lesson


def test_a_lock_lets_each_order_be_cooked_once(lesson: Any) -> None:
    assert lesson.count_cooked_twice(with_lock=True) == 0


@pytest.mark.skipif(GIL == "off", reason="this has no GIL")
def test_with_a_gil_no_order_is_cooked_twice(lesson: Any) -> None:
    assert lesson.count_cooked_twice(with_lock=False) == 0


@is_free
@pytest.mark.skipif(cpus() < 2, reason="one core")
def test_without_a_gil_some_orders_are_cooked_twice() -> None:
    lesson = import_lesson("44")
    assert lesson.count_cooked_twice(with_lock=False) > 0


def test_orders_that_are_cooked_twice_are_counted(
    lesson: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        lesson, "LockedIterator", lambda items: iter(items * 2)
    )
    assert lesson.count_cooked_twice(with_lock=True) == 10_000


def test_counters_are_exact(lesson: Any) -> None:
    shared = [lesson.Counter()] * 4
    assert lesson.measure_counters(shared) > 0
    assert shared[0].value == 8_000
    separate = [lesson.Counter() for _ in range(4)]
    assert lesson.measure_counters(separate) > 0
    assert [counter.value for counter in separate] == [2_000] * 4


def test_each_event_loop_does_its_jobs(lesson: Any) -> None:
    assert lesson.run_event_loop(3) == 3
    assert lesson.measure_event_loops([2, 1]) > 0
    assert lesson.measure_one_thread() > 0


def test_a_module_that_turns_the_gil_on_is_found(
    lesson: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported: list[str] = []
    monkeypatch.setattr(lesson, "MODULES", ["good", "bad", "late"])
    monkeypatch.setattr(lesson, "import_module", imported.append)
    monkeypatch.setattr(lesson, "is_gil_enabled", lambda: "bad" in imported)
    assert lesson.import_modules() == ["bad"]


@pytest.mark.skipif(OLD, reason="it needs Python 3.14")
def test_all_lines_without_a_gil(
    lesson: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(lesson, "is_gil_enabled", lambda: False)
    lesson.main()
    *rows, last = capsys.readouterr().out.splitlines()
    patterns = [
        r"counter: 1 for all \d\.\d\d s, 1 in each thread \d\.\d\d s",
        r"one thread: job \d\.\d\d s, object \d\d bytes",
        r"event loop: 1 for all \d\.\d\d s, 1 for each thread \d\.\d\d s",
        r"modules: 0 of 2 turned the GIL on",
    ]
    for pattern, row in zip(patterns, rows, strict=True):
        assert re.fullmatch(pattern, row)
    assert re.fullmatch(
        rf"Python {VERSION}, GIL off: cooked twice [\d,]+ of 10,000 orders, "
        r"with lock 0",
        last,
    )


@pytest.mark.skipif(OLD or GIL == "off", reason="it needs a GIL and 3.14")
def test_with_a_gil_there_is_one_line(run_lesson: RunLesson) -> None:
    result = run_lesson("44", ORDERS=1_000)
    assert (result.status, result.errors) == (0, [])
    assert len(result.lines) == 1
    assert re.fullmatch(
        rf"Python {VERSION}, GIL on: cooked twice 0 of 5,000 orders",
        result.lines[0],
    )


@pytest.mark.skipif(not OLD, reason="this Python is new enough")
def test_an_older_python_is_reported(run_lesson: RunLesson) -> None:
    result = run_lesson("44")
    assert (result.status, result.errors) == (0, [])
    assert result.lines == [
        f"cooked 0 orders: this is Python {VERSION}, we need 3.14"
    ]
