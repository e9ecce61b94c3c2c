"""Lesson 49: pools of connections to PostgreSQL."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.database import VARIABLE, Database
from support.lessons import RunLesson, import_lesson
from support.scripts import hide_module


@pytest.mark.slow
def test_a_pool_limits_the_queries(
    database: Database, run_lesson: RunLesson
) -> None:
    result = run_lesson("49", QUERIES=6, POOL_SIZES=[1, 3], QUERY_TIME=0.2)
    assert (result.status, result.errors) == (0, [])
    *pools, last = result.lines
    ways = [
        (size, kind) for size in (1, 3) for kind in ("threads", "coroutines")
    ]
    peaks = {1: 0, 3: 0}
    for (size, kind), line in zip(ways, pools, strict=True):
        row = (
            rf"pool of {size}, {kind}: 6 queries in (\d\.\d\d) s, "
            r"at most (\d) at the same time"
        )
        match = re.fullmatch(row, line)
        assert match, line
        assert float(match[1]) >= 0.2 * 6 / size - 0.01
        assert int(match[2]) <= size
        peaks[size] = max(peaks[size], int(match[2]))
    assert peaks[3] > 1
    assert last == (
        "queries at the same time, at most: pool of 1: 1, "
        f"pool of 3: {peaks[3]}"
    )


def test_the_peak_counts_queries_that_run_at_the_same_time() -> None:
    pytest.importorskip("psycopg")
    lesson = import_lesson("49")
    start = datetime.now(tz=UTC)

    def query(began: float, ended: float) -> Any:
        times = [start + timedelta(seconds=x) for x in (began, ended)]
        return lesson.Query(*times)

    one_by_one = [query(0, 1), query(1, 2), query(2, 3)]
    assert lesson.report_peak("pool 1", one_by_one, 3.0) == 1
    together = [query(0, 3), query(1, 4), query(2, 3), query(5, 6)]
    assert lesson.report_peak("pool 3", together, 6.0) == 3


@pytest.mark.parametrize(
    ("number", "what"), [("49", "queries"), ("56", "payments")]
)
def test_without_an_address_a_line_says_so(
    run_lesson: RunLesson,
    monkeypatch: pytest.MonkeyPatch,
    number: str,
    what: str,
) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.delenv(VARIABLE, raising=False)
    result = run_lesson(number)
    assert (result.status, result.errors) == (0, [])
    (line,) = result.lines
    hint = f" {what}: set DATABASE_URL, for example postgresql://"
    assert line.startswith("0 of ")
    assert hint in line


@pytest.mark.parametrize(
    ("number", "what"), [("49", "queries"), ("56", "payments")]
)
def test_without_its_group_a_line_names_the_command(
    run_lesson: RunLesson,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    number: str,
    what: str,
) -> None:
    hide_module("psycopg", tmp_path, monkeypatch)
    result = run_lesson(number)
    assert (result.status, result.errors) == (0, [])
    command = f"uv run --group database lab {number}"
    assert result.lines == [f"0 {what}, psycopg is not installed: {command}"]


@pytest.mark.slow
@pytest.mark.parametrize("number", ["49", "56"])
@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("postgresql://lab@127.0.0.1:1/lab", "connection failed"),
        ("mysql://127.0.0.1", 'missing "="'),
    ],
)
def test_a_server_that_is_not_there_is_one_line(
    run_lesson: RunLesson,
    monkeypatch: pytest.MonkeyPatch,
    number: str,
    address: str,
    reason: str,
) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.setenv(VARIABLE, address)
    result = run_lesson(number)
    assert reason in result.failure_line()
    assert result.lines == []
