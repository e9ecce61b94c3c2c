"""Lesson 13: the memory of an idle worker of each kind."""

import re
import sys

import pytest

from support.lessons import RunLesson
from support.processes import has_threads


def test_each_kind_of_worker_is_measured(run_lesson: RunLesson) -> None:
    result = run_lesson("13", COUNTS=[1, 300], FEW=[1, 2])
    assert (result.status, result.errors) == (0, [])
    kinds = ["process", "task", "thread", "interpreter"]
    if sys.version_info < (3, 14):
        kinds.pop()
    heading, *rows, last = result.lines
    columns = ["kind", "count", "start", "one", "resident", "reserved"]
    assert heading.split() == columns
    assert [row.split()[0] for row in rows] == [k for k in kinds for _ in "12"]
    summary = dict(re.findall(r"(\w+) (-?[\d,.]+)", last))
    assert sorted(summary) == sorted(kinds)
    sizes = {kind: float(summary[kind].replace(",", "")) for kind in kinds}
    assert sizes["task"] < sizes["thread"] < 200  # KB
    assert sizes["process"] > 2_000
    assert sizes.get("interpreter", 1_000) > 500


@pytest.mark.slow
def test_ctrl_c_stops_threads_that_wait(run_lesson: RunLesson) -> None:
    result = run_lesson("13", when=has_threads, COUNTS=[20_000], FEW=[1])
    assert "stopped by Ctrl-C" in result.failure_line(130)
