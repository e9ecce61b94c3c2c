"""Equal computing jobs, as many as there are cores, by every model."""

import importlib
import sys
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import (
    Executor,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import AbstractContextManager, nullcontext
from itertools import product
from typing import Any, NamedTuple

import pytest
from job_in_c import hash_in_c
from measuring import cores, measure

from backstage.system import cpus

lesson: Any = importlib.import_module("03_gil_demo_threads")
JOBS = max(2, int(cpus()))
TEST_SIZE = 1_000  # of a job, where this is a test and not a benchmark


class Job(NamedTuple):
    """A function and how much it computes in a benchmark."""

    function: Callable[[int], Any]
    size: int


KINDS = {
    "pure Python": Job(lesson.count_digits, lesson.WORK),
    "C": Job(hash_in_c, 3_000_000),
}


def interpreters() -> Executor:
    pool: Any = getattr(futures, "InterpreterPoolExecutor", None)
    if not pool:
        pytest.skip("interpreters come with Python 3.14")
    # They look for the jobs where pytest does.
    path = f"import sys; sys.path[:] = {sys.path!r}"
    executor: Executor = pool(JOBS, initializer=exec, initargs=(path,))
    return executor


Pool = Callable[[], AbstractContextManager[Executor | None]]
POOLS: dict[str, Pool] = {
    "sequential": nullcontext,
    "threads": lambda: ThreadPoolExecutor(JOBS),
    "processes": lambda: ProcessPoolExecutor(JOBS),
    "interpreters": interpreters,
}
START = " + start"  # of a row whose time includes the start of the pool
ROWS = list(product(KINDS, [*POOLS, "processes" + START]))


@pytest.mark.benchmark(group="computing")
@pytest.mark.parametrize(
    ("kind", "way"), ROWS, ids=[", ".join(row) for row in ROWS]
)
def test_computing(kind: str, way: str, benchmark: Any) -> None:
    job = KINDS[kind].function
    size = KINDS[kind].size if benchmark.enabled else TEST_SIZE
    make_pool = POOLS[way.removesuffix(START)]
    expected = job(size)
    count = cores(JOBS)
    ideal = f"work / {count:g} cores"
    terms = [(f"{kind}, sequential", count)]

    def run(pool: Executor | None) -> list[Any]:
        return list((pool.map if pool else map)(job, [size] * JOBS))

    def start_and_run() -> list[Any]:
        with make_pool() as pool:
            return run(pool)

    def is_right(results: list[Any]) -> bool:
        return results == [expected] * JOBS

    if way.endswith(START):
        measure(benchmark, start_and_run, is_right, ideal, terms)
    else:
        with make_pool() as pool:
            measure(benchmark, lambda: run(pool), is_right, ideal, terms)
