"""Do two computing jobs in sequence, in threads and in processes.

The GIL (global interpreter lock) lets only one thread of a process at a time
run Python code. Each process has its own GIL, so two processes can run at the
same time.
Speed-up is the time in sequence, divided by the time with workers.

Prediction: the speed-up of threads is about 1.0 with the GIL: no gain. The
speed-up of processes is nearly 2.0, if two cores are free.
"""

import sys
from concurrent.futures import (
    Executor,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from math import ceil
from time import perf_counter

from backstage import run

WORK = 5_000_000  # one job counts the digits of this many numbers
JOBS = 2  # equal jobs
WORKERS = 2  # workers in a pool
ROUNDS = 3  # measurements of each way: the speed of a computer varies


def count_digits(limit: int) -> int:
    digits = 0
    for number in range(limit):
        digits += len(str(number))
    return digits


def measure_sequential() -> float:
    start = perf_counter()
    results = [count_digits(WORK) for _ in range(JOBS)]
    elapsed = perf_counter() - start
    report("sequential", elapsed, results)
    return elapsed


def measure_pool(name: str, pool: Executor) -> float:
    # An Executor is any pool, of threads or of processes.
    start = perf_counter()
    results = list(pool.map(count_digits, [WORK] * JOBS))
    elapsed = perf_counter() - start
    report(name, elapsed, results)
    return elapsed


def report(name: str, elapsed: float, results: list[int]) -> None:
    if len(set(results)) != 1:
        raise RuntimeError("equal jobs counted differently")
    print(f"{name}: {elapsed:.2f} s, each job counted {results[0]:,} digits")


def is_gil_enabled() -> bool:
    if sys.version_info < (3, 13):
        return True
    return sys._is_gil_enabled()


def main() -> None:
    sequential = 0.0  # seconds of all rounds together
    threads = 0.0
    processes = 0.0
    for _ in range(ROUNDS):
        sequential += measure_sequential()
        with ThreadPoolExecutor(WORKERS) as pool:
            threads += measure_pool("threads", pool)
        with ProcessPoolExecutor(WORKERS) as pool:
            processes += measure_pool("processes", pool)

    gil = "on" if is_gil_enabled() else "off"
    # The best possible speed-up, if there are enough cores. ceil rounds up:
    # with 3 jobs and 2 workers, one worker has to do 2 jobs.
    ideal = JOBS / ceil(JOBS / WORKERS)
    print(
        f"GIL {gil}, speed-up: threads {sequential / threads:.2f}, "
        f"processes {sequential / processes:.2f} (ideal {ideal:.2f})"
    )


if __name__ == "__main__":
    run(main)
