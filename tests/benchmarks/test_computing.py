"""Equal jobs of computing, as many as there are cores, by every model."""

import importlib
import sys
from collections.abc import Callable
from concurrent.futures import (
    Executor,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import AbstractContextManager, nullcontext
from itertools import product
from typing import Any

import pytest
from job_in_c import hash_in_c
from measuring import cores, measure

from backstage.system import cpus

lesson: Any = importlib.import_module("03_gil_demo_threads")
JOBS = max(2, int(cpus()))


JOB: dict[str, tuple[Callable[[int], Any], int, int]] = {
    "pure Python": (lesson.count_digits, lesson.WORK, 1_000),
    "C": (hash_in_c, 3_000_000, 1_000),
}


def interpreters() -> Executor:
    from concurrent import futures

    pool: Any = getattr(futures, "InterpreterPoolExecutor", None)
    if not pool:
        pytest.skip("interpreters come with Python 3.14")
    # They look for the jobs where pytest does.
    path = f"import sys; sys.path[:] = {sys.path!r}"
    made: Executor = pool(JOBS, initializer=exec, initargs=(path,))
    return made


Pool = Callable[[], AbstractContextManager[Executor | None]]
POOLS: dict[str, Pool] = {
    "sequential": nullcontext,
    "threads": lambda: ThreadPoolExecutor(JOBS),
    "processes": lambda: ProcessPoolExecutor(JOBS),
    "interpreters": interpreters,
}
STARTED = " + start"
ROWS = list(product(JOB, [*POOLS, "processes" + STARTED]))


@pytest.mark.benchmark(group="computing")
@pytest.mark.parametrize(
    ("kind", "way"), ROWS, ids=[", ".join(row) for row in ROWS]
)
def test_computing(kind: str, way: str, benchmark: Any) -> None:
    job, full, small = JOB[kind]
    size = full if benchmark.enabled else small
    make_pool = POOLS[way.removesuffix(STARTED)]
    expected = job(size)

    def run(pool: Executor | None) -> list[Any]:
        return list((pool.map if pool else map)(job, [size] * JOBS))

    def start_and_run() -> list[Any]:
        with make_pool() as pool:
            return run(pool)

    def right(results: list[Any]) -> bool:
        return results == [expected] * JOBS

    count = cores(JOBS)
    ideal = f"work / {count:g} cores", (f"{kind}, sequential", count)
    if way.endswith(STARTED):
        measure(benchmark, start_and_run, right, *ideal)
    else:
        with make_pool() as pool:
            measure(benchmark, lambda: run(pool), right, *ideal)
