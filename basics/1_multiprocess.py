"""The same four jobs of computing, in a pool of processes.

Claim: where there are cores for it, over in less than the sum of the jobs'
CPU seconds: more than 1.0 cores busy, the pool's start and end included.
"""

from concurrent.futures import ProcessPoolExecutor
from time import perf_counter, thread_time

from backstage import run

WORK = 5_000_000  # steps of one job
JOBS = 4  # jobs


def compute_pi(steps: int) -> tuple[float, float]:
    begin = thread_time()
    width, length, height = 1 / steps, 0.0, 1.0
    for step in range(1, steps + 1):  # along a quarter of the unit circle
        x = step / steps
        y = (1 - x * x) ** 0.5
        length += (width**2 + (height - y) ** 2) ** 0.5
        height = y
    return 2 * length, thread_time() - begin


def main() -> None:
    start = perf_counter()
    with ProcessPoolExecutor() as pool:
        results = list(pool.map(compute_pi, [WORK] * JOBS))
    elapsed = perf_counter() - start
    (pi,) = {pi for pi, _ in results}  # or they differ, and this line fails
    print(f"{len(results)} jobs, each of them found {pi:.9f}")
    busy = sum(cpu_seconds for _, cpu_seconds in results) / elapsed
    print(f"over in {elapsed:.2f} s: {busy:.1f} cores busy")


if __name__ == "__main__":
    run(main)
