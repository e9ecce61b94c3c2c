"""Lesson 56: transactions of PostgreSQL that collide."""

import re

import pytest

from support.database import Database
from support.lessons import RunLesson
from support.processes import wait_until


@pytest.mark.slow
def test_a_lock_and_serializable_lose_nothing(
    database: Database, run_lesson: RunLesson
) -> None:
    result = run_lesson("56", COUNTING_TIME=0.4, CASHIERS=3)
    assert (result.status, result.errors) == (0, [])
    retries = []
    balances = []
    names = ["read committed", "for update", "serializable"]
    for name, line in zip(names, result.lines[:-1], strict=True):
        row = (
            r"3 payments of 1 cent in \d\.\d\d s, (\d+) retries, balance (\d)"
        )
        match = re.fullmatch(f"{name}: {row}", line)
        assert match
        retries.append(int(match[1]))
        balances.append(int(match[2]))
    assert retries[:2] == [0, 0]
    assert retries[2] >= 2  # the other two, at the first payment
    assert balances[0] < 3
    assert balances[1:] == [3, 3]
    assert result.lines[-1] == (
        f"lost: read committed {3 - balances[0]} of 3 payments, "
        "for update 0, serializable 0"
    )
    assert database.count_tables() == 0


@pytest.mark.slow
def test_ctrl_c_leaves_no_table(
    database: Database, run_lesson: RunLesson
) -> None:
    result = run_lesson(
        "56",
        when=lambda _: database.count_tables() > 0,
        COUNTING_TIME=2,
    )
    assert "stopped by Ctrl-C" in result.failure_line(130)
    # The server drops it as soon as it has ended the other transactions.
    wait_until(lambda: database.count_tables() == 0)
