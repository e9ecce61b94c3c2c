"""Lesson 50: a web server whose handlers wait, compute or block."""

import asyncio
import re

import psutil
import pytest

from support.lessons import RunLesson, import_lesson

ROWS = [
    "event loop, waits",
    "event loop, computes",
    "event loop, blocks",
    "threads, waits",
    "threads, computes",
    "2 workers, waits",
    "2 workers, computes",
    "2 workers, blocks",
]
THREAD_LIMIT = 40  # of the handlers that are not `async def`
FIGURES = (
    r" +(?P<requests>[\d,]+) +(?P<rate>[\d,.]+)"
    r" +[\d,]+ ms +[\d,]+ ms +\d+ MB"
)


@pytest.mark.slow
def test_blocking_handlers_are_served_one_by_one(
    run_lesson: RunLesson,
) -> None:
    clients = 12
    result = run_lesson("50", CLIENTS=clients, SECONDS=0.1, WORK=100)
    assert (result.status, result.errors) == (0, [])
    _, *rows, last = result.lines
    figures = {}
    for name, row in zip(ROWS, rows, strict=True):
        match = re.fullmatch(name + FIGURES, row)
        assert match, row
        figures[name] = match
        assert int(match["requests"].replace(",", "")) >= clients
    # Each request blocks an event loop for 0.05 s.
    for name, loops in ("event loop, blocks", 1), ("2 workers, blocks", 2):
        assert float(figures[name]["rate"]) < loops / 0.05 + 1
    blocks = figures["event loop, blocks"]["rate"]
    waits = figures["event loop, waits"]["rate"]
    finding = "requests per second in one event loop: "
    finding += rf"waits {waits}, blocks {blocks}, ratio \d+"
    assert re.fullmatch(finding, last)


@pytest.mark.slow
@pytest.mark.timing
def test_handlers_without_async_run_in_at_most_40_threads() -> None:
    lesson = import_lesson("50")
    with lesson.start_workers(1) as workers:
        ports = [workers[0].port]
        process = psutil.Process(workers[0].process.pid)
        before = process.num_threads()
        latencies = asyncio.run(
            lesson.send_requests(ports, "/thread/waits", 0.5)
        )
        threads = process.num_threads() - before
        with pytest.raises(ExceptionGroup) as failure:
            asyncio.run(lesson.send_requests(ports, "/nothing", 0.01))
    assert len(latencies) >= lesson.CLIENTS > THREAD_LIMIT
    assert threads == THREAD_LIMIT
    # Some clients had to wait until another one had its answer.
    assert max(latencies) >= 2 * lesson.ANSWER_TIME
    assert "404" in str(failure.value.exceptions[0])
    assert not process.is_running()
