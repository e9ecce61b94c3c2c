"""Lesson 57: writers that collide in one SQLite database."""

import re
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson

QUICK = {"SALES": 6, "PAYMENT_TIME": 0.02}
WRITERS = ["giving up", "waiting", "retrying"]


@pytest.fixture
def lesson(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = import_lesson("57")
    monkeypatch.setattr(module, "PAYMENT_TIME", 0.001)
    return module


@pytest.fixture
def file(lesson: Any, tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    lesson.create_database(path)
    return path


def test_sales_are_lost_only_without_timeout_and_retries(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("57", **QUICK)
    assert (result.status, result.errors) == (0, [])
    *rows, last = result.lines
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
    assert last == (
        f"lost: giving up {refused} of 6 sales, waiting 0, retrying 0"
    )


def test_a_single_writer_loses_nothing(run_lesson: RunLesson) -> None:
    result = run_lesson("57", **QUICK, CASHIERS=1)
    assert result.lines[-1] == (
        "lost: giving up 0 of 6 sales, waiting 0, retrying 0"
    )


def test_a_locked_database_refuses_a_sale(lesson: Any, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not lesson.write_sale(file, timeout=0)
        assert lesson.sell(file, timeout=0, retry_time=0) == 1
        assert lesson.sell(file, timeout=0, retry_time=0.05) > 1
        other.rollback()
        assert lesson.count_sales(file) == 0
        assert lesson.sell(file, timeout=0, retry_time=0) == 0
    assert lesson.count_sales(file) == 1


def test_a_sale_that_cannot_be_saved_is_refused(
    lesson: Any, file: Path
) -> None:
    """COMMIT can find the database locked, too: here, by one who reads."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM sales").fetchall()
        assert not lesson.write_sale(file, timeout=0)
        other.rollback()
    assert lesson.count_sales(file) == 0


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
    assert lesson.count_sales(file) == 1


def test_another_error_is_not_hidden(lesson: Any, tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        lesson.sell(tmp_path / "empty.db", timeout=0, retry_time=0)
