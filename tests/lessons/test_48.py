"""Lesson 48: queries, and writers that collide in one SQLite database."""

import asyncio
import re
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson

QUICK = {"ROWS": 1_000, "QUERIES": [3, 30], "SALES": 6, "PAYMENT": 0.02}
WRITERS = ["giving up", "waiting", "retrying"]


@pytest.fixture
def lesson(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = import_lesson("48")
    monkeypatch.setattr(module, "ROWS", 100)
    monkeypatch.setattr(module, "PAYMENT", 0.001)
    return module


@pytest.fixture
def file(lesson: Any, tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    lesson.create_database(path)
    return path


def test_sales_are_lost_only_without_timeout_and_retries(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("48", **QUICK)
    assert (result.status, result.errors) == (0, [])
    few, many, *rows, last = result.lines
    seconds = r"\d\.\d{3} s"
    ways = rf"one by one {seconds}, threads {seconds}, aiosqlite {seconds}"
    assert re.fullmatch(f"3 queries: {ways}", few)
    assert re.fullmatch(f"30 queries: {ways}", many)
    counts = []
    for name, row in zip(WRITERS, rows, strict=True):
        figures = r"6 sales, (\d+) written, (\d+) times refused in \d+\.\d\d s"
        match = re.fullmatch(f"{name}: {figures}", row)
        assert match
        counts.append((int(match[1]), int(match[2])))
    (written, refused), timeout, (written_with_retries, retries) = counts
    assert 1 <= written < 6
    assert refused == 6 - written
    assert timeout == (6, 0)
    assert written_with_retries == 6
    assert retries >= 1
    lost = f"lost: giving up {refused}, waiting 0, retrying 0"
    assert last == f"{lost} of 6 sales"


def test_a_single_writer_loses_nothing(run_lesson: RunLesson) -> None:
    result = run_lesson("48", **QUICK, WORKERS=1)
    assert result.lines[-1] == (
        "lost: giving up 0, waiting 0, retrying 0 of 6 sales"
    )


def test_each_way_reads_the_same(lesson: Any, file: Path) -> None:
    # Ten items: sales 0, 10, 20, ... are of item 0.
    assert lesson.read(file, [0, 1]) == sum(range(0, 100, 10)) * 2 + 10
    shares = [[0], [1], []]
    total = asyncio.run(lesson.read_all_async(file, shares))
    assert total == lesson.read(file, [0, 1])


def test_a_locked_database_refuses_a_sale(lesson: Any, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not lesson.write_sale(file, timeout=0)
        assert lesson.sell(file, timeout=0, retry_time=0) == 1
        assert lesson.sell(file, timeout=0, retry_time=0.05) > 1
        other.rollback()
        assert lesson.count_sales(file) == 100
        assert lesson.sell(file, timeout=0, retry_time=0) == 0
    assert lesson.count_sales(file) == 101


@pytest.mark.parametrize(
    ("timeout", "retry_time"), [(30, 0), (0, 30)], ids=["timeout", "retries"]
)
def test_a_sale_waits_until_the_lock_is_free(
    lesson: Any, file: Path, timeout: float, retry_time: float
) -> None:
    with closing(
        sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.1, other.rollback)
        release.start()
        refused = lesson.sell(file, timeout, retry_time)
        release.join()
    assert (refused > 0) == (retry_time > 0)
    assert lesson.count_sales(file) == 101


def test_another_error_is_not_hidden(lesson: Any, tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        lesson.sell(tmp_path / "empty.db", timeout=0, retry_time=0)
