"""Do four equal computing jobs at the same time, in four processes.

A core is a part of the processor that can do one job at a time.

Prediction: up to 4 cores busy, one for each process. With fewer free cores,
fewer are busy.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter, process_time
from typing import NamedTuple

from backstage import run  # run(main) calls main, and explains errors

WORK = 5_000_000  # one job counts the digits of this many numbers
JOBS = 4  # equal jobs
WORKERS = 4  # processes


class Job(NamedTuple):
    digits: int
    cpu_seconds: float
    process_id: int  # the number of the process (the running program)


def count_digits(limit: int) -> int:
    digits = 0
    for number in range(limit):
        digits += len(str(number))
    return digits


def do_job(limit: int) -> Job:
    # CPU time is how long a core worked. Waiting does not count.
    start = process_time()
    digits = count_digits(limit)
    cpu_seconds = process_time() - start
    return Job(digits, cpu_seconds, os.getpid())


def main() -> None:
    # First one job alone, to compare. Jobs that run at the same time can slow
    # each other down a little: each may need more CPU time.
    alone = do_job(WORK)
    print(f"one job alone: {alone.cpu_seconds:.2f} s of CPU time")

    start = perf_counter()
    with ProcessPoolExecutor(WORKERS) as pool:
        # The pool is a group of processes. It gives each job to a free one.
        jobs = list(pool.map(do_job, [WORK] * JOBS))
    elapsed = perf_counter() - start

    for number, job in enumerate(jobs, start=1):
        print(
            f"job {number}: {job.digits:,} digits, "
            f"{job.cpu_seconds:.2f} s of CPU time, process {job.process_id}"
        )
    if len({job.digits for job in jobs}) != 1:  # a set has no duplicates
        raise RuntimeError("equal jobs counted differently")

    rate = len(jobs) / elapsed
    # CPU time / elapsed time = busy cores.
    cores = sum(job.cpu_seconds for job in jobs) / elapsed
    print(
        f"{len(jobs)} jobs in {elapsed:.2f} s: "
        f"{rate:.1f} jobs per second, {cores:.1f} cores busy"
    )


if __name__ == "__main__":
    run(main)
