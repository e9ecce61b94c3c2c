"""Lesson 58: workers that SIGTERM stops, at once or after their orders."""

import re
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import Process
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson


@pytest.fixture
def lesson() -> Iterator[Any]:
    yield import_lesson("58")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@pytest.fixture
def queue(tmp_path: Path, lesson: Any) -> Iterator[sqlite3.Connection]:
    with closing(lesson.connect(tmp_path / "queue.db")) as database:
        lesson.create_queue(database)
        yield database


@pytest.mark.slow
def test_only_those_who_drain_finish_their_orders(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("58", PACKING_TIME=0.2, DRAIN_TIMEOUT=20)
    assert (result.status, result.errors) == (0, [])
    half_packed = []
    ways = ["at once", "drained"]
    for way, line in zip(ways, result.lines[:-1], strict=True):
        row = (
            rf"{way}: workers stopped in [\d.]+ s, (\d+) orders packed, "
            r"(\d+) half packed, (\d+) waiting"
        )
        match = re.fullmatch(row, line)
        assert match, line
        packed, half, waiting = map(int, match.groups())
        assert packed >= 6
        assert packed + half + waiting == 30
        half_packed.append(half)
    assert half_packed[0] > 0
    assert half_packed[1] == 0
    assert result.lines[-1] == (
        f"half packed: at once {half_packed[0]} of 30 orders, drained 0"
    )


def test_another_program_sends_sigterm(
    lesson: Any, queue: sqlite3.Connection, tmp_path: Path
) -> None:
    file = tmp_path / "queue.db"
    lesson.SIGTERM_AFTER = lesson.ORDERS  # so the lesson itself sends none

    def send_sigterm_after_the_first_order() -> None:
        with closing(lesson.connect(file)) as database:
            while not lesson.count(database, "packed"):
                sleep(0.01)
        signal.raise_signal(signal.SIGTERM)

    sender = threading.Thread(target=send_sigterm_after_the_first_order)
    sender.start()
    with pytest.raises(SystemExit) as end:
        lesson.open_shop("a day", queue, file, timeout=20)
    sender.join()
    assert end.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert lesson.count(queue, "packing") == 0
    assert lesson.count(queue, "packed") < lesson.ORDERS
    assert lesson.count(queue, "waiting") > 0


def test_a_worker_that_is_too_slow_is_killed(lesson: Any) -> None:
    worker = Process(target=sleep, args=(60,))
    worker.start()
    start = perf_counter()
    lesson.stop_workers([worker], timeout=0.1)
    assert perf_counter() - start < 30
    assert worker.exitcode
