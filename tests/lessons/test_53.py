"""Lesson 53: back-pressure, the missing of it, and load shedding."""

import asyncio
import re
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from support.lessons import RunLesson, import_lesson


@pytest.mark.slow
def test_each_way_has_its_price(run_lesson: RunLesson) -> None:
    result = run_lesson("53", PHOTOS=20, PHOTO_TIME=0.001, PRINT_TIME=0.1)
    assert (result.status, result.errors) == (0, [])
    header, *rows, last = result.lines
    assert header.split()[:2] == ["way", "printed"]
    cells = [re.split(r" {2,}| (?=\d+$)", row) for row in rows]
    assert [row[0] for row in cells] == ["no limit", "back-pressure", "refuse"]
    printed = [int(row[1]) for row in cells]
    refused = [int(row[-1]) for row in cells]
    assert printed[:2] == [20, 20]
    assert refused[:2] == [0, 0]
    assert printed[2] + refused[2] == 20
    assert refused[2] > 0
    megabytes = [float(row[3].removesuffix(" MB")) for row in cells]
    assert megabytes[0] > 15  # most of the 20 MB
    assert max(megabytes[1:]) < 8
    assert f"refused {refused[2]} of 20" in last


@pytest.mark.parametrize(
    ("name", "waiting", "sent", "drained"),
    [
        ("send_without_limit", 200_000, 1, 0),
        ("send_and_wait", 200_000, 1, 1),
        ("send_or_refuse", 200_000, 0, 0),
        ("send_or_refuse", 0, 1, 0),
    ],
)
def test_what_each_way_does_with_a_full_buffer(
    name: str, waiting: int, sent: int, drained: int
) -> None:
    send: Any = getattr(import_lesson("53"), name)
    writer = AsyncMock()
    writer.write = Mock()
    writer.transport.get_write_buffer_size = Mock(return_value=waiting)
    assert asyncio.run(send(writer, b"photo")) is bool(sent)
    assert writer.write.call_count == sent
    assert writer.drain.await_count == drained


def test_a_printer_that_fails_ends_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("53")

    async def fail(_: object) -> list[float]:
        raise ZeroDivisionError("no paper")

    monkeypatch.setattr(lesson, "print_photos", fail)
    with pytest.raises(ExceptionGroup) as group:
        asyncio.run(lesson.measure("no limit", lesson.send_without_limit))
    assert group.group_contains(ZeroDivisionError, match="no paper")
