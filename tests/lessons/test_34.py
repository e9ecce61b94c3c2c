"""Lesson 34: the same requests with several event loops."""

import re
import sys
from importlib.util import find_spec

import pytest

from support.lessons import RunLesson, import_lesson

LOOPS = ["SelectorEventLoop"]
if sys.platform == "win32":
    LOOPS.append("ProactorEventLoop")
if find_spec("uvloop"):
    LOOPS.append("uvloop")


def test_every_loop_gets_all_answers_in_turns(run_lesson: RunLesson) -> None:
    result = run_lesson("34", CLIENTS=3, REQUESTS=20, ROUNDS=2)
    assert (result.status, result.errors) == (0, [])
    *rows, last = [x for x in result.lines if "not installed" not in x]
    assert [row.partition(":")[0] for row in rows] == LOOPS * 2
    figures = r"[\d,]+ requests per second, median latency \d+\.\d\d ms"
    for row in rows:
        assert re.fullmatch(rf"\w+: \d\.\d\d s, {figures}", row)
    sent = 120 * len(LOOPS)
    speed = rf"speed: {LOOPS[-1]} \d+\.\d\d times {LOOPS[0]}"
    assert re.fullmatch(f"lost: 0 of {sent} requests; {speed}", last)


def test_without_uvloop_a_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = import_lesson("34")
    monkeypatch.setattr(lesson, "find_spec", lambda _: None)
    loops = lesson.find_loops()
    assert list(loops) == [name for name in LOOPS if name != "uvloop"]
    line = f"uvloop is not installed, loops that we measure: {len(loops)}\n"
    assert capsys.readouterr().out == line


def test_each_name_makes_a_loop_of_its_own() -> None:
    loops = [make() for make in import_lesson("34").find_loops().values()]
    for loop in loops:
        loop.close()
    assert len({type(loop) for loop in loops}) == len(LOOPS)
