"""What the tools cost: starting, sending, and tiny tasks."""

import asyncio
import importlib
import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from threading import Thread
from typing import Any

import pytest
import transfers
from measuring import measure

lesson: Any = importlib.import_module("31_chunksize")
STARTS = 10
TEST_STARTS = 2  # where this is a test and not a benchmark
SIZE = 10_000_000  # bytes
TASKS = 10_000
TEST_TASKS = 300
CHUNK_SIZES = [1, 100]
NOTHING = int  # what workers call; a child process imports no module for it
REFERENCE = "start, thread"  # the row that all rows are compared with

Start = Callable[[], None]


def start_thread() -> None:
    thread = Thread(target=NOTHING)
    thread.start()
    thread.join()


def start_interpreter() -> None:
    interpreters = importlib.import_module("concurrent.interpreters")
    interpreter = interpreters.create()
    interpreter.call(NOTHING)
    interpreter.close()


def start_process_by(method: str) -> Start:
    context: Any = multiprocessing.get_context(method)

    def start_process() -> None:
        process = context.Process(target=NOTHING)
        process.start()
        process.join()
        assert process.exitcode == 0

    return start_process


STARTERS: dict[str, Start] = {"thread": start_thread}
if sys.version_info >= (3, 14):
    STARTERS["interpreter"] = start_interpreter
STARTERS |= {
    f"process ({method})": start_process_by(method)
    for method in multiprocessing.get_all_start_methods()
}
WAYS = {
    "Queue": transfers.queue,
    "Pipe": transfers.pipe,
    "shared memory": transfers.shared_memory,
}
FACTORIES = {"task": None, "eager task": asyncio.eager_task_factory}


def measure_each(
    benchmark: Any,
    run: Callable[[], Any],
    is_right: Callable[[Any], bool],
    count: int,
) -> None:
    """Measure a row whose run does the same thing `count` times."""
    starts = STARTS if benchmark.enabled else TEST_STARTS
    measure(
        benchmark,
        run,
        is_right,
        REFERENCE,
        [(REFERENCE, starts / count)],
        unit="µs",
        factor=1e6 / count,
    )


@pytest.mark.filterwarnings("ignore:This process .* multi-threaded")
@pytest.mark.benchmark(group="tools")
@pytest.mark.parametrize("kind", STARTERS, ids=lambda kind: f"start, {kind}")
def test_starting(kind: str, benchmark: Any) -> None:
    count = STARTS if benchmark.enabled else TEST_STARTS

    def start_all() -> int:
        for _ in range(count):
            STARTERS[kind]()
        return count

    measure_each(benchmark, start_all, lambda started: started == count, count)


@pytest.mark.benchmark(group="tools")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"10 MB, {way}")
def test_sending(way: str, benchmark: Any) -> None:
    content = b"x" * (SIZE - 1) + b"y"
    expected = (SIZE, ord("y"))

    with WAYS[way](SIZE) as send:
        measure_each(
            benchmark,
            lambda: send(content),
            lambda answer: bool(answer == expected),
            1,
        )


@pytest.mark.benchmark(group="tools")
@pytest.mark.parametrize(
    "chunk_size", CHUNK_SIZES, ids=lambda size: f"tiny task, chunks of {size}"
)
def test_tiny_tasks(chunk_size: int, benchmark: Any) -> None:
    letters = range(TASKS if benchmark.enabled else TEST_TASKS)
    expected = [lesson.find_price(grams) for grams in letters]

    with ProcessPoolExecutor(lesson.WORKERS) as pool:

        def find_prices() -> list[int]:
            prices = pool.map(lesson.find_price, letters, chunksize=chunk_size)
            return list(prices)

        def is_right(prices: list[int]) -> bool:
            return prices == expected

        measure_each(benchmark, find_prices, is_right, len(letters))


async def get_price(grams: int) -> int:
    return int(lesson.find_price(grams))


@pytest.mark.benchmark(group="tools")
@pytest.mark.parametrize(
    "kind", FACTORIES, ids=lambda kind: f"coroutine, {kind}"
)
def test_asyncio_tasks(kind: str, benchmark: Any) -> None:
    letters = range(TASKS if benchmark.enabled else TEST_TASKS)
    expected = [lesson.find_price(grams) for grams in letters]

    async def get_prices() -> list[int]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(get_price(grams)) for grams in letters]
        return [task.result() for task in tasks]

    def is_right(prices: list[int]) -> bool:
        return prices == expected

    with asyncio.Runner() as runner:
        runner.get_loop().set_task_factory(FACTORIES[kind])
        measure_each(
            benchmark,
            lambda: runner.run(get_prices()),
            is_right,
            len(letters),
        )
