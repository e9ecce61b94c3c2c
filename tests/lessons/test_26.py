"""Lesson 26: the kitchen of lesson 25 as coroutines.

What both lessons must do is in test_25.py.
"""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from support.lessons import import_lesson


@pytest.mark.parametrize("version", [(3, 12), (3, 15)])
def test_the_consumers_end_on_every_python(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int]
) -> None:
    lesson = import_lesson("26")
    if version >= (3, 13) and not hasattr(asyncio.Queue, "shutdown"):
        pytest.skip("this Python's queue has no shutdown")
    monkeypatch.setattr(lesson, "sys", SimpleNamespace(version_info=version))
    monkeypatch.setattr(lesson, "DELIVERY_TIME", 0.001)
    result = asyncio.run(lesson.deliver("a queue", max_size=2))
    assert (result.lost, result.twice) == (0, 0)


def test_an_error_in_a_producer_ends_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class BrokenQueue(asyncio.Queue[str | None]):
        async def put(self, item: str | None, *_: Any, **__: Any) -> None:
            if item is not None:
                raise ZeroDivisionError("no space")
            await super().put(item)

    lesson = import_lesson("26")
    monkeypatch.setattr(lesson, "PizzaQueue", BrokenQueue)
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(lesson.deliver("a queue", max_size=2))
    assert caught.group_contains(ZeroDivisionError, match="no space")
