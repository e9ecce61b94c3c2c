"""Four equal jobs of computing, one after the other.

Claim: over in the sum of the jobs' own CPU seconds: 1.0 cores busy.
"""

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
    results = list(map(compute_pi, [WORK] * JOBS))
    elapsed = perf_counter() - start
    (pi,) = {pi for pi, _ in results}  # or they differ, and this line fails
    print(f"{len(results)} jobs, each of them found {pi:.9f}")
    busy = sum(cpu_seconds for _, cpu_seconds in results) / elapsed
    print(f"over in {elapsed:.2f} s: {busy:.1f} cores busy")


if __name__ == "__main__":
    run(main)
