"""What the GIL takes away: three kinds of work by each kind of worker.

Claim: efficiency of threads in pure Python 50% or less (GIL on), else 100%.
"""

import os
import sys
from concurrent import futures
from functools import partial
from hashlib import pbkdf2_hmac
from time import perf_counter, sleep, thread_time
from typing import Any

from backstage import run

STEPS = 10_000_000  # of a job in pure Python
ROUNDS = 3_000_000  # of a job in C that lets the GIL go
JOBS = 2  # of each kind, and as many workers
pools = [x for x in reversed(dir(futures)) if x.endswith("PoolExecutor")]


def add_squares(steps: int) -> int:
    return sum(n * n for n in range(steps))


def timed(job: partial[Any]) -> tuple[float, Any, float]:
    return thread_time(), job(), thread_time()  # of the CPU


def measure(pool: str, workers: int, job: partial[Any]) -> tuple[Any, ...]:
    with getattr(futures, pool)(workers) as made:
        list(made.map(timed, [partial(sleep, 0.1)] * workers))  # they start
        start = perf_counter()
        before, found, after = zip(*made.map(timed, [job] * JOBS), strict=True)
        elapsed = perf_counter() - start
    return elapsed, (sum(after) - sum(before)) / elapsed, set(found)


def show(name: str, ideal: int, job: partial[Any]) -> str:
    alone, _, known = measure("ThreadPoolExecutor", 1, job)
    row = [measure(pool, JOBS, job) for pool in pools]
    (_,) = known.union(*(found for _, _, found in row))  # or results differ
    cells = (f"{alone / wall:10.2f} ({busy:.1f})" for wall, busy, _ in row)
    print(f"{name:<12}{alone:7.2f} s{ideal:>8}", *cells)
    return f"{name} {alone / row[0][0] / ideal:.0%}"


def main() -> None:
    cores = min(JOBS, getattr(os, "process_cpu_count", os.cpu_count)() or 1)
    print(f"{'one by one':>21}   ideal", *(f"{x[:-12]:>16}" for x in pools))
    pure = show("pure Python", cores, partial(add_squares, STEPS))
    in_c = show("C", cores, partial(pbkdf2_hmac, "sha256", b"", b"", ROUNDS))
    waiting = show("waiting", JOBS, partial(sleep, 0.5))
    gil = "on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "off"
    print(f"efficiency of threads (GIL {gil}): {pure}, {in_c}, {waiting}")


if __name__ == "__main__":
    run(main)
