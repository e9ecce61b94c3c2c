"""Lesson 52: a pool that forgets its jobs, and a queue that does not."""

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

from support.lessons import RunLesson, import_lesson, parse_figure


@pytest.fixture
def lesson() -> Iterator[Any]:
    yield import_lesson("52")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@pytest.fixture
def queue(tmp_path: Path, lesson: Any) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "queue.db")) as database:
        lesson.create_queue(database)
        yield database


@pytest.mark.slow
def test_the_queue_survives_what_breaks_the_pool(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("52", PACKING_TIME=0.05)
    assert (result.status, result.errors) == (0, [])
    pool, *events, last = result.lines
    row = r"pool: process \d+ killed, (\d+) of 30 orders finished in [\d.]+ s"
    lost = 30 - int(parse_figure(row, pool))
    assert lost > 0
    assert [line for line in events if " died, now " in line]
    # A worker can be killed during an attempt at the bad order.
    bad = [line for line in events if line.startswith("order 4, ")]
    assert len(bad) == 3
    assert [line for line in bad if "no address" in line]
    assert sum("now set aside" in line for line in events) == 1
    days = [line.split(":")[0] for line in events if line.startswith("day")]
    assert days == ["day 1", "day 2"]
    assert last == (
        "queue: stored once 29, twice 0, lost 0, set aside 1; "
        f"pool: lost {lost} of 30 orders"
    )


def test_sigterm_drains_the_workers(
    lesson: Any,
    queue: sqlite3.Connection,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "queue.db"

    def send_sigterm_after_the_first_parcel() -> None:
        with closing(sqlite3.connect(file)) as database:
            while not lesson.count_states(database)["packed"]:
                sleep(0.01)
        signal.raise_signal(signal.SIGTERM)

    sender = threading.Thread(target=send_sigterm_after_the_first_parcel)
    sender.start()
    finished = lesson.open_shop("a day", lesson.ORDERS, file, queue)
    sender.join()
    states = lesson.count_states(queue)
    assert finished < lesson.ORDERS
    assert states["packing"] == 0
    assert states["waiting"] + finished == lesson.ORDERS
    last = capfd.readouterr().out.splitlines()[-1]
    row = r".* SIGTERM: drained in ([\d.]+) s"
    assert parse_figure(row, last) < lesson.DRAIN_TIMEOUT


def test_a_worker_that_is_too_slow_is_killed(
    lesson: Any, queue: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lesson, "DRAIN_TIMEOUT", 0.1)
    worker = Process(target=sleep, args=(60,))
    worker.start()
    assert lesson.claim(queue) == 1
    with queue:
        queue.execute("UPDATE orders SET worker = ?", [worker.pid])
    start = perf_counter()
    lesson.drain([worker], queue)
    assert perf_counter() - start < 30
    assert worker.exitcode
    assert lesson.count_states(queue)["packing"] == 0


def test_no_parcel_is_stored_twice(
    lesson: Any, queue: sqlite3.Connection
) -> None:
    assert [lesson.claim(queue), lesson.claim(queue)] == [1, 2]
    lesson.store(queue, 1, "a parcel")
    with queue:  # as if the first worker were still at it
        queue.execute("UPDATE orders SET state = 'packing' WHERE number = 1")
    with pytest.raises(sqlite3.IntegrityError):
        lesson.store(queue, 1, "another parcel")
    assert queue.execute("SELECT * FROM parcels").fetchall() == [
        (1, "a parcel")
    ]
    assert lesson.count_states(queue)["packed"] == 0


def test_an_order_is_set_aside_after_its_last_attempt(
    lesson: Any,
    queue: sqlite3.Connection,
    capsys: pytest.CaptureFixture[str],
) -> None:
    worker = lesson.os.getpid()
    for _ in range(3):
        assert lesson.claim(queue) == 1
        lesson.give_back(queue, worker, "it fell")
    lesson.give_back(queue, worker, "it has no order")
    assert lesson.claim(queue) == 2
    assert lesson.count_states(queue)["set aside"] == 1
    assert capsys.readouterr().out.splitlines() == [
        "order 1, attempt 1 of 3: it fell, now waiting",
        "order 1, attempt 2 of 3: it fell, now waiting",
        "order 1, attempt 3 of 3: it fell, now set aside",
    ]
