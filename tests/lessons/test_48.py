"""Lesson 48: the same queries in an SQLite database, in three ways."""

import asyncio
import re
from pathlib import Path

import pytest

from support.lessons import RunLesson, import_lesson


def test_few_and_many_queries_in_each_way(run_lesson: RunLesson) -> None:
    result = run_lesson("48", ROWS=1_000, FEW=3, MANY=30)
    assert (result.status, result.errors) == (0, [])
    *rows, last = result.lines
    names = [
        f"{count} queries, {way}"
        for count in (3, 30)
        for way in ("one by one", "threads", "aiosqlite")
    ]
    for name, row in zip(names, rows, strict=True):
        assert re.fullmatch(rf"{name}: \d\.\d\d s", row)
    ratios = r"threads \d+\.\d, aiosqlite \d+\.\d times faster"
    assert re.fullmatch(f"30 queries: {ratios} than one by one", last)


def test_each_way_reads_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lesson = import_lesson("48")
    monkeypatch.setattr(lesson, "ROWS", 100)
    file = tmp_path / "shop.db"
    lesson.create_database(file)
    # Ten items: sales 0, 10, 20, ... are of item 0.
    expected = sum(range(0, 100, 10)) * 2 + 10
    assert lesson.read(file, [0, 1]) == expected
    shares = [[0], [1], []]
    assert lesson.read_in_threads(file, shares) == expected
    assert asyncio.run(lesson.read_all_async(file, shares)) == expected
