"""Lesson 47: small and large files, one by one, in threads and coroutines."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson


@pytest.fixture
def lesson() -> Any:
    return import_lesson("47")


def test_all_files_are_equal_in_each_way(run_lesson: RunLesson) -> None:
    result = run_lesson("47", SMALL_FILES=20, LARGE_FILES=3, ROUNDS=2)
    assert (result.status, result.errors) == (0, [])
    *rows, small, large, last = result.lines
    names = ["one by one", "threads", "to_thread", "aiofiles"] * 2
    seconds = r"\d+\.\d{3} s"
    for name, row in zip(names, rows, strict=True):
        figures = f"20 small files {seconds}, 3 large files {seconds}"
        assert re.fullmatch(f"{name}: +{figures}", row)
    row = r"threads \d+\.\d, to_thread \d+\.\d, aiofiles \d+\.\d"
    assert re.fullmatch(f"speed, small files: one by one 1.0, {row}", small)
    assert re.fullmatch(f"speed, large files: one by one 1.0, {row}", large)
    finding = r"equal: 184 of 184; small files \(one by one 1\.0\): threads "
    speeds = r"\d+\.\d, aiofiles \d+\.\d"
    assert re.fullmatch(finding + speeds, last)


@pytest.mark.parametrize(
    "way", ["one_by_one", "in_threads", "with_to_thread", "with_aiofiles"]
)
def test_each_way_writes_reads_and_deletes_all_files(
    lesson: Any, way: str, tmp_path: Path
) -> None:
    files = [tmp_path / f"{n}.bin" for n in range(20)]
    files[0].write_bytes(b"before")
    assert getattr(lesson, way)(files, b"content") == [True] * 20
    assert list(tmp_path.iterdir()) == []


def test_files_that_differ_are_not_counted(
    lesson: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Path, "read_bytes", lambda _: b"other")
    assert (
        lesson.measure(lesson.one_by_one, str(tmp_path), 3, 10).equal_files
        == 0
    )
    assert (
        lesson.measure(lesson.in_threads, str(tmp_path), 3, 10).equal_files
        == 0
    )


def test_coroutines_use_few_files_at_the_same_time(lesson: Any) -> None:
    active = 0
    peak = 0

    async def use_file(file: Path, content: bytes) -> bool:
        nonlocal active, peak
        active += 1
        peak = max(peak, active)
        await asyncio.sleep(0.001)
        active -= 1
        return True

    files = [Path()] * 50
    results = asyncio.run(lesson.run_coroutines(use_file, files, b""))
    assert results == [True] * 50
    assert peak == lesson.WORKERS
