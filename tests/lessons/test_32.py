"""Lesson 32: what may cross to another interpreter."""

import re
import sys
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from support.lessons import RunLesson, import_lesson

OLD = sys.version_info < (3, 14)
needs_interpreters = pytest.mark.skipif(OLD, reason="no interpreters here")


@needs_interpreters
def test_some_objects_are_sent_and_some_refused(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("32", STARTS=1)
    assert (result.status, result.errors) == (0, [])
    *lines, last = result.lines
    assert [line.split() for line in lines[:10]] == [
        ["int", "directly", "int", "arrived"],
        ["str", "directly", "str", "arrived"],
        ["bytes", "directly", "bytes", "arrived"],
        ["list", "pickled", "list", "arrived"],
        ["dict", "pickled", "dict", "arrived"],
        ["memoryview", "directly", "memoryview", "arrived"],
        ["Order", "pickled", "Order", "arrived"],
        ["generator", "refused", "nothing", "arrived"],
        ["TextIOWrapper", "refused", "nothing", "arrived"],
        ["lock", "refused", "nothing", "arrived"],
    ]
    assert lines[10:13] == [
        "cakes in list   there 2, here 1",
        "cakes in memory there 2, here 2",
        "cakes on shelf  there 2, here 1",
    ]
    kinds = []
    for line in lines[13:]:
        match = re.fullmatch(r"one (\w+) +\d+\.\d ms to start and end", line)
        assert match, line
        kinds.append(match[1])
    assert kinds == ["thread", "interpreter", "process"]
    assert last == (
        "directly 4, pickled 3, refused 3 of 10; changes seen here: 1 of 3"
    )


@needs_interpreters
def test_other_objects_can_be_tried(run_lesson: RunLesson) -> None:
    objects = [None, (1, 2), {"cake"}]
    result = run_lesson("32", STARTS=1, OBJECTS=objects)
    assert (result.status, result.errors) == (0, [])
    assert [line.split()[:2] for line in result.lines[:3]] == [
        ["NoneType", "directly"],
        ["tuple", "directly"],
        ["set", "pickled"],
    ]


def test_the_first_start_is_not_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    events = []

    def look_at_clock() -> float:
        events.append("clock")
        return 0.004 * len(events)

    lesson = import_lesson("32")
    monkeypatch.setattr(lesson, "STARTS", 2)
    monkeypatch.setattr(lesson, "perf_counter", look_at_clock)
    lesson.measure_starts("thread", lambda: events.append("start"))
    assert events == ["start", "clock", "start", "start", "clock"]
    output = capsys.readouterr().out
    assert output == "one thread      6.0 ms to start and end\n"


@needs_interpreters
def test_one_of_each_kind_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = import_lesson("32")
    events: list[str] = []
    kinds = []

    class Worker:
        def __init__(self, kind: str) -> None:
            self.kind = kind

        def start(self, *_: object) -> None:
            events.append(f"{self.kind} starts")

        def join(self) -> None:
            events.append(f"{self.kind} ends")

        call = start
        close = join

    def measure_starts(kind: str, start_one: Callable[[], None]) -> None:
        events.clear()
        start_one()
        assert events == [f"{kind} starts", f"{kind} ends"]
        kinds.append(kind)

    fake = SimpleNamespace(create=lambda: Worker("interpreter"))
    monkeypatch.setattr(lesson, "interpreters", fake)
    monkeypatch.setattr(lesson, "Thread", lambda **_: Worker("thread"))
    monkeypatch.setattr(lesson, "Process", lambda **_: Worker("process"))
    monkeypatch.setattr(lesson, "send_objects", lambda _: [])
    monkeypatch.setattr(lesson, "change_objects", lambda _: [])
    monkeypatch.setattr(lesson, "measure_starts", measure_starts)
    lesson.main()
    assert kinds == ["thread", "interpreter", "process"]


@pytest.mark.skipif(not OLD, reason="this Python has interpreters")
def test_an_older_python_is_reported(run_lesson: RunLesson) -> None:
    result = run_lesson("32")
    version = f"3.{sys.version_info.minor}"
    assert (result.status, result.errors) == (0, [])
    assert result.lines == [
        f"0 objects sent: this is Python {version}, we need 3.14"
    ]
