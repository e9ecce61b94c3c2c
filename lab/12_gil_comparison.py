"""Do three kinds of work with each kind of worker, and compare.

The GIL slows down threads that run Python code. It does not slow down threads
that wait. And it does not slow down C code that releases the GIL.

Speed-up is the time in sequence, divided by the time with workers. Efficiency
is the speed-up, divided by the ideal speed-up.

Prediction: efficiency of threads: pure Python about 50% or less (GIL on) or
about 100% (GIL off); waiting about 100%.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from hashlib import pbkdf2_hmac
from time import perf_counter, sleep
from typing import Any, NamedTuple

from backstage import run

if sys.version_info >= (3, 14):
    from concurrent.futures import InterpreterPoolExecutor

STEPS = 5_000_000  # one job in pure Python adds this many squares
ROUNDS = 1_000_000  # one job in C code repeats its computation this many times
SECONDS = 0.3  # one job that waits takes this many seconds
JOBS = 2  # jobs of each kind, with one worker for each job
TURNS = 3  # measurements of each way: the speed of a computer varies

Work = Callable[[], Any]


class Measurement(NamedTuple):
    seconds: float
    results: list[Any]


def add_squares() -> int:
    total = 0
    for number in range(STEPS):
        total += number * number
    return total


def hash_password() -> bytes:
    # This is C code that releases the GIL while it computes.
    return pbkdf2_hmac("sha256", b"password", b"salt", ROUNDS)


def wait() -> None:
    sleep(SECONDS)


def measure_sequential(work: Work) -> Measurement:
    start = perf_counter()
    results = [work() for _ in range(JOBS)]
    return Measurement(perf_counter() - start, results)


def measure_threads(work: Work) -> Measurement:
    return measure_pool(ThreadPoolExecutor, work)


def measure_processes(work: Work) -> Measurement:
    return measure_pool(ProcessPoolExecutor, work)


def get_ready(job: int) -> None:
    # Stay busy for a moment, so that the pool has to start every worker.
    sleep(0.1)


def measure_pool(pool_class: Any, work: Work) -> Measurement:
    with pool_class(JOBS) as pool:
        # Start all workers now, before we measure.
        list(pool.map(get_ready, range(JOBS)))
        start = perf_counter()
        futures = [pool.submit(work) for _ in range(JOBS)]
        results = [future.result() for future in futures]
        return Measurement(perf_counter() - start, results)


def measure_asyncio(work: Work) -> Measurement:
    return asyncio.run(measure_coroutines(work))


async def measure_coroutines(work: Work) -> Measurement:
    async def do_job() -> Any:
        if work is wait:
            return await asyncio.sleep(SECONDS)
        return work()  # computing blocks the event loop

    start = perf_counter()
    results = await asyncio.gather(*[do_job() for _ in range(JOBS)])
    return Measurement(perf_counter() - start, results)


models = {
    "sequential": measure_sequential,
    "threads": measure_threads,
    "processes": measure_processes,
}
if sys.version_info >= (3, 14):

    def measure_interpreters(work: Work) -> Measurement:
        # A process can have several interpreters, each with its own GIL.
        return measure_pool(InterpreterPoolExecutor, work)

    models["interpreters"] = measure_interpreters
models["asyncio"] = measure_asyncio


def measure_all(work: Work) -> dict[str, float]:
    """Return the seconds of each model, added up over all turns."""
    seconds = dict.fromkeys(models, 0.0)
    results = {}
    for _ in range(TURNS):
        for name, measure in models.items():
            measurement = measure(work)
            seconds[name] += measurement.seconds
            results[name] = measurement.results
            if results[name] != results["sequential"]:
                raise RuntimeError(f"{name} got a different result")
    return seconds


def show(kind: str, work: Work, ideal: int) -> float:
    """Print a row of the table. Return the efficiency of threads."""
    seconds = measure_all(work)
    sequential = seconds.pop("sequential")
    speed_ups = {name: sequential / time for name, time in seconds.items()}
    cells = "".join(f"{speed_up:13.2f}" for speed_up in speed_ups.values())
    print(f"{kind:<12}{sequential / TURNS:6.1f} s{ideal:7}{cells}")
    return speed_ups["threads"] / ideal


def is_gil_enabled() -> bool:
    if sys.version_info < (3, 13):
        return True
    return sys._is_gil_enabled()


def main() -> None:
    columns = "".join(f"{name:>13}" for name in list(models)[1:])
    print(f"speed-up of {JOBS} workers over {JOBS} jobs in sequence")
    print(f"{'work':<12}{'sequence':>8}{'ideal':>7}{columns}")
    # Ideal: jobs that compute need a core each, jobs that wait do not.
    cores = min(JOBS, os.cpu_count() or 1)
    pure_python = show("pure Python", add_squares, ideal=cores)
    c_code = show("C code", hash_password, ideal=cores)
    waiting = show("waiting", wait, ideal=JOBS)
    gil = "on" if is_gil_enabled() else "off"
    print(
        f"efficiency of threads (GIL {gil}): pure Python {pure_python:.0%}, "
        f"C code {c_code:.0%}, waiting {waiting:.0%}"
    )


if __name__ == "__main__":
    run(main)
