"""Lesson 27: data for another process, in five ways."""

import re
from types import SimpleNamespace
from zlib import adler32

import pytest

from support.lessons import RunLesson, import_lesson
from support.processes import computing

WAYS = {
    "Queue": "no",
    "Pipe": "no",
    "Manager": "no",
    "Array": "yes",
    "SharedMemory": "yes",
}


def test_a_change_is_seen_only_in_shared_memory(run_lesson: RunLesson) -> None:
    result = run_lesson("27", SIZE=300_001, ROUNDS=2)
    assert (result.status, result.errors) == (0, [])
    heading, *rows, last = result.lines
    assert heading.split() == ["way", "time", "change", "seen"]
    table = [re.fullmatch(r"(\w+) +([\d.]+) ms +(\w+)", row) for row in rows]
    assert {row[1]: row[3] for row in table if row} == WAYS
    times = {row[1]: row[2] for row in table if row}
    assert last == (
        "equal results 5 of 5, change seen 2 of 5; "
        f"SharedMemory {times['SharedMemory']}, Manager {times['Manager']} ms"
    )


@pytest.mark.parametrize(
    ("way", "photo"),
    [
        ("Queue", "message"),
        ("Pipe", "message"),
        ("Manager", "managed"),
        ("Array", "array"),
        ("SharedMemory", "memo"),  # without the bytes after the photo
    ],
)
def test_each_way_has_its_own_place_for_the_photo(
    way: str, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = import_lesson("27")
    monkeypatch.setattr(lesson, "SIZE", 4)
    memory = SimpleNamespace(buf="memory")
    places = lesson.Places(None, {"photo": "managed"}, "array", memory)
    assert lesson.find_photo(way, "message", places) == photo


@pytest.mark.parametrize(
    ("arrived", "is_equal"),
    [([b"gggg", b"gggg"], True), ([b"gggg", b"ggg"], False)],
)
def test_one_wrong_photo_is_enough(
    arrived: list[bytes], is_equal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = import_lesson("27")
    monkeypatch.setattr(lesson, "SIZE", 4)
    monkeypatch.setattr(lesson, "ROUNDS", 2)
    pipe = SimpleNamespace(
        send=lambda _: None, recv=map(adler32, arrived).__next__
    )
    assert lesson.measure("Pipe", pipe, places=None).is_equal == is_equal


@pytest.mark.slow
def test_a_worker_that_paints_no_pixel_is_not_noticed(
    run_lesson: RunLesson,
) -> None:
    """Where the new pixel is like the old one, every way seems to share."""
    result = run_lesson("27", SIZE=100, ROUNDS=1, WHITE=b"g")
    assert "equal results 5 of 5, change seen 5 of 5" in result.lines[-1]


@pytest.mark.slow
@pytest.mark.timing
def test_ctrl_c_leaves_no_shared_memory(run_lesson: RunLesson) -> None:
    result = run_lesson(
        "27", when=lambda lesson: bool(computing(lesson)), ROUNDS=100_000
    )
    assert "stopped by Ctrl-C" in result.failure_line(130)
