"""Lesson 34: the same requests with several event loops."""

import asyncio
import re
import sys
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

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


def test_a_wrong_answer_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = import_lesson("34")
    answers = iter([b"hello\n", b"hell\n", b"hello\n", b""])

    async def read() -> bytes:
        return next(answers)

    async def connect(*_: object) -> Any:
        writer = SimpleNamespace(
            write=lambda _: None,
            close=lambda: None,
            wait_closed=lambda: asyncio.sleep(0),
        )
        return SimpleNamespace(readline=read), writer

    monkeypatch.setattr(lesson, "REQUESTS", 4)
    monkeypatch.setattr(lesson.asyncio, "open_connection", connect)
    assert len(asyncio.run(lesson.run_client(1))) == 2


def test_all_clients_run_at_the_same_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    barrier = asyncio.Barrier(3)

    async def run_client(port: int) -> list[float]:
        await asyncio.wait_for(barrier.wait(), timeout=10)
        return [0.25, 0.5]

    lesson = import_lesson("34")
    monkeypatch.setattr(lesson, "CLIENTS", 3)
    monkeypatch.setattr(lesson, "run_client", run_client)
    assert asyncio.run(lesson.run_clients(1)) == [0.25, 0.5] * 3


class FirstLoop(asyncio.SelectorEventLoop):
    """An event loop."""


class SecondLoop(asyncio.SelectorEventLoop):
    """Another one."""


def test_each_round_runs_in_the_loop_that_it_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = import_lesson("34")
    loops = {"first": FirstLoop, "second": SecondLoop}
    used = []

    async def run_client(port: int) -> list[float]:
        return []

    async def run_clients(port: int) -> list[float]:
        used.append(type(asyncio.get_running_loop()))
        return [0.5] * 9  # one of ten is lost

    process = SimpleNamespace(start=lambda: None)
    # In each round, the first loop takes 4 s and the second 2 s.
    clock = iter([0.0, 4.0, 5.0, 7.0, 8.0, 12.0, 13.0, 15.0]).__next__
    for name, value in {
        "CLIENTS": 2,
        "REQUESTS": 5,
        "ROUNDS": 2,
        "Process": lambda **_: process,
        "find_loops": lambda: loops,
        "perf_counter": clock,
        "run_client": run_client,
        "run_clients": run_clients,
    }.items():
        monkeypatch.setattr(lesson, name, value)
    lesson.main()
    assert used == [FirstLoop, SecondLoop] * 2
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "lost: 4 of 40 requests; speed: second 2.00 times first"
