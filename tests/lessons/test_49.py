"""Lesson 49: pools of connections to PostgreSQL, and payments that collide."""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.database import VARIABLE, postgresql
from support.lessons import RunLesson, parse_figure
from support.scripts import hide_module

SMALL = {"QUERIES": 6, "POOL_SIZES": [1, 3], "QUERY_TIME": 0.05}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    pytest.importorskip("psycopg")
    with postgresql() as url:
        yield url


@dataclass
class Database:
    """The part of a database that one test has for itself.

    Attributes:
        execute: Returns the first value of an SQL query.
        schema: The name of the schema that holds the tables.
    """

    execute: Callable[[str], Any]
    schema: str

    def count_tables(self) -> int:
        """Return how many tables the schema has."""
        tables = "select count(*) from pg_tables where schemaname"
        return int(self.execute(f"{tables} = '{self.schema}'"))


@pytest.fixture
def database(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """Let the lesson create its tables in a schema of this test."""
    import psycopg
    from psycopg.conninfo import make_conninfo

    schema = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:

        def execute(query: str) -> Any:
            return connection.execute(query).fetchall()[0][0]

        connection.execute(f"create schema {schema}")
        try:
            options = f"-c search_path={schema}"
            url = make_conninfo(server, options=options)
            monkeypatch.setenv(VARIABLE, url)
            yield Database(execute, schema)
        finally:
            connection.execute(f"drop schema {schema} cascade")


@pytest.mark.slow
def test_a_pool_limits_the_queries_and_serializable_loses_nothing(
    database: Database, run_lesson: RunLesson
) -> None:
    result = run_lesson("49", COUNTING_TIME=0.05, CASHIERS=3, **SMALL)
    assert (result.status, result.errors) == (0, [])
    *pools, committed, serializable, last = result.lines
    ways = [
        (size, kind) for size in (1, 3) for kind in ("threads", "coroutines")
    ]
    for (size, kind), line in zip(ways, pools, strict=True):
        row = (
            rf"pool {size}, {kind}: 6 queries in (\d\.\d\d) s, "
            f"at most {size} at the same time"
        )
        assert parse_figure(row, line) >= 0.05 * 6 / size - 0.01
    row = r"3 payments of 1 cent in \d\.\d\d s, (\d+) retries, balance (\d)"
    match = re.fullmatch(f"read committed: {row}", committed)
    assert match
    assert match[1] == "0"
    lost = 3 - int(match[2])
    assert lost > 0
    match = re.fullmatch(f"serializable: {row}", serializable)
    assert match
    assert int(match[1]) >= 2  # the other two, at the first payment
    assert match[2] == "3"
    assert last == (
        f"pool 1: 1, pool 3: 3 at once; "
        f"lost: read committed {lost}, serializable 0"
    )
    assert database.count_tables() == 0


@pytest.mark.slow
def test_ctrl_c_leaves_no_table(
    database: Database, run_lesson: RunLesson
) -> None:
    result = run_lesson(
        "49",
        when=lambda _: database.count_tables() > 0,
        CASHIERS=40,
        **SMALL,
    )
    assert "stopped by Ctrl-C" in result.failure_line(130)
    assert database.count_tables() == 0


def test_without_an_address_a_line_says_so(
    run_lesson: RunLesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.delenv(VARIABLE, raising=False)
    result = run_lesson("49", QUERIES=4)
    assert (result.status, result.errors) == (0, [])
    (line,) = result.lines
    assert line.startswith(
        "0 of 4 queries: set DATABASE_URL, for example post"
    )


def test_without_its_group_a_line_names_the_command(
    run_lesson: RunLesson, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hide_module("psycopg", tmp_path, monkeypatch)
    result = run_lesson("49")
    assert (result.status, result.errors) == (0, [])
    command = "uv run --group database lab/toolbox/49_postgresql.py"
    assert result.lines == [f"0 queries, no psycopg: {command}"]


@pytest.mark.slow
def test_a_server_that_is_not_there_is_one_line(
    run_lesson: RunLesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.setenv(VARIABLE, "postgresql://lab@127.0.0.1:1/lab")
    result = run_lesson("49")
    assert "connection failed" in result.failure_line()
    assert result.lines == []
