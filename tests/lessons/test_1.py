"""Lesson 1: the jobs of lesson 0 in a pool of processes."""

import os

from conftest import Taker, figure


def test_processes_find_what_one_finds(take: Taker) -> None:
    alone, pool = (take(number, WORK=20_000, JOBS=3) for number in ("0", "1"))
    assert (pool.status, pool.errors) == (0, [])
    assert pool.lines[:-1] == alone.lines[:-1]
    last = pool.lines[-1]
    busy = figure(r"over in \d+\.\d\d s: (\d+\.\d) cores busy", last)
    assert busy <= (os.cpu_count() or 1)
