"""Lesson 38: what stops at a timeout, and what cleans up."""

import re
import sys

import pytest

from support.lessons import RunLesson

ROW = r"(.+?) +(\d\.\d\d) s +(\d\.\d\d) s +(\d+)   (on|off)"
GOES_ON = ["cancel ignored", "thread"]
STOPS = ["asyncio.timeout", "asyncio.wait_for", "thread, then stop"]
KILLED = ["terminate_workers"]
if sys.version_info >= (3, 14):
    KILLED.append("kill_workers")


@pytest.mark.slow
def test_what_stops_and_what_goes_on(run_lesson: RunLesson) -> None:
    result = run_lesson("38")
    assert (result.status, result.errors) == (0, [])
    rows = [re.fullmatch(ROW, line) for line in result.lines]
    found = {row[1]: (int(row[4]), row[5]) for row in rows if row}
    assert sorted(found) == sorted(GOES_ON + STOPS + KILLED)
    for way in GOES_ON:
        assert found[way] == (10, "off")
    for way in STOPS:
        assert found[way][0] < 10
        assert found[way][1] == "off"
    for way in KILLED:
        assert found[way][0] < 10
        assert found[way][1] == "on"  # `finally` did not run
    numbers = [found[way][0] for way in (STOPS[0], *GOES_ON, STOPS[2])]
    coroutine, ignored, thread, stopped = numbers
    assert result.lines[-1] == (
        f"pizzas: coroutine {coroutine}, cancel ignored {ignored}, "
        f"thread {thread}, with stop {stopped}, "
        f"process {found[KILLED[0]][0]} of 10"
    )
    if len(KILLED) == 1:
        assert "kill_workers needs Python 3.14" in "".join(result.lines)


@pytest.mark.slow
def test_without_a_timeout_each_oven_is_off(run_lesson: RunLesson) -> None:
    result = run_lesson("38", PIZZAS=1, BAKING_TIME=0.01, TIMEOUT=9.0)
    rows = [re.fullmatch(ROW, line) for line in result.lines]
    ovens = [(row[4], row[5]) for row in rows if row]
    assert set(ovens) == {("1", "off")}
