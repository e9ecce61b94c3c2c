"""Do four equal computing jobs at the same time, in four processes.

Prediction: as many cores busy as this computer has free, up to 4.0.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter, process_time
from typing import NamedTuple

from backstage import run

WORK = 5_000_000  # one job counts the digits of so many numbers
JOBS = 4  # equal jobs
WORKERS = 4  # processes


class Job(NamedTuple):
    digits: int
    cpu_seconds: float
    process_id: int


def count_digits(limit: int) -> int:
    digits = 0
    for number in range(limit):
        digits += len(str(number))
    return digits


def do_job(limit: int) -> Job:
    start = process_time()
    digits = count_digits(limit)
    cpu_seconds = process_time() - start
    return Job(digits, cpu_seconds, os.getpid())


def main() -> None:
    alone = do_job(WORK)
    print(f"one job alone: {alone.cpu_seconds:.2f} s of CPU time")

    start = perf_counter()
    with ProcessPoolExecutor(WORKERS) as pool:
        jobs = list(pool.map(do_job, [WORK] * JOBS))
    elapsed = perf_counter() - start

    for number, job in enumerate(jobs, start=1):
        print(
            f"job {number}: {job.digits:,} digits, "
            f"{job.cpu_seconds:.2f} s of CPU time, process {job.process_id}"
        )
    if len({job.digits for job in jobs}) != 1:
        raise RuntimeError("equal jobs counted differently")

    rate = len(jobs) / elapsed
    # A core that is busy for one second gives one second of CPU time.
    cores = sum(job.cpu_seconds for job in jobs) / elapsed
    print(
        f"{len(jobs)} jobs in {elapsed:.2f} s: "
        f"{rate:.1f} jobs per second, {cores:.1f} cores busy"
    )


if __name__ == "__main__":
    run(main)
