"""Lesson 44: traps of a Python without the GIL.

The functions of all traps also run with the GIL.
"""

import re
import sys
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest

from backstage.system import cpus
from support.lessons import GIL, RunLesson, import_lesson

Version = namedtuple("Version", ["major", "minor"])
RunWithoutGil = Callable[[int], list[str]]
VERSION = f"3.{sys.version_info.minor}"
is_free = pytest.mark.skipif(
    GIL == "on" or sys.version_info < (3, 14),
    reason="it needs 3.14 without a GIL",
)


@pytest.fixture
def lesson(monkeypatch: pytest.MonkeyPatch) -> Any:
    lesson = import_lesson("44")
    monkeypatch.setattr(lesson, "ORDERS", 2_000)
    monkeypatch.setattr(lesson, "WORK", 1_000)
    return lesson


def test_a_lock_lets_each_order_be_cooked_once(lesson: Any) -> None:
    assert lesson.count_extra_soups(with_lock=True) == 0


@pytest.mark.skipif(GIL == "off", reason="this has no GIL")
def test_with_a_gil_no_order_is_cooked_twice(lesson: Any) -> None:
    assert lesson.count_extra_soups(with_lock=False) == 0


@is_free
@pytest.mark.skipif(cpus() < 2, reason="one core")
def test_without_a_gil_some_orders_are_cooked_twice() -> None:
    lesson = import_lesson("44")
    assert lesson.count_extra_soups(with_lock=False) > 0


def test_orders_that_are_cooked_twice_are_counted(
    lesson: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        lesson, "LockedIterator", lambda items: iter(items * 2)
    )
    assert lesson.count_extra_soups(with_lock=True) == 10_000


def test_counters_are_exact(lesson: Any) -> None:
    shared = [lesson.Counter()] * 4
    assert lesson.measure_counters(shared) > 0
    assert shared[0].value == 8_000
    separate = [lesson.Counter() for _ in range(4)]
    assert lesson.measure_counters(separate) > 0
    assert [counter.value for counter in separate] == [2_000] * 4


def test_each_event_loop_runs_its_tasks(lesson: Any) -> None:
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
    assert lesson.import_modules() == "bad"


@pytest.fixture
def run_without_gil(
    lesson: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> RunWithoutGil:
    """Return a function that runs it as on a Python 3.N without a GIL."""

    def run(minor: int) -> list[str]:
        monkeypatch.setattr(lesson, "is_gil_enabled", lambda: False)
        monkeypatch.setattr(lesson, "import_module", lambda name: None)
        monkeypatch.setattr(lesson.sys, "version_info", Version(3, minor))
        lesson.main()
        return capsys.readouterr().out.splitlines()

    return run


def test_all_lines_without_a_gil(run_without_gil: RunWithoutGil) -> None:
    *rows, last = run_without_gil(14)
    patterns = [
        r"one thread: 1,000 additions in \d\.\d{3} s",
        r"counter: one for all threads [\d.]+ s, one for each thread [\d.]+ s",
        r"event loop: one for all tasks [\d.]+ s, one for each task [\d.]+ s",
        "modules: GIL turned on by none",
    ]
    for pattern, row in zip(patterns, rows, strict=True):
        assert re.fullmatch(pattern, row)
    assert re.fullmatch(
        r"Python 3.14, GIL off: [\d,]+ soups too many "
        r"for 10,000 orders, "
        r"with lock 0",
        last,
    )


@pytest.mark.skipif(GIL == "off", reason="it needs a GIL")
def test_with_a_gil_there_are_two_lines(run_lesson: RunLesson) -> None:
    result = run_lesson("44", ORDERS=1_000)
    assert (result.status, result.errors) == (0, [])
    first, last = result.lines
    assert re.fullmatch(
        r"one thread: 1,000,000 additions in \d\.\d{3} s", first
    )
    finding = "0 soups too many for 5,000 orders"
    assert last == f"Python {VERSION}, GIL on: {finding}"


def test_an_older_python_without_a_gil_is_reported(
    run_without_gil: RunWithoutGil,
) -> None:
    line = "0 orders: Python 3.13 without the GIL is too old, use 3.14t"
    assert run_without_gil(13) == [line]
