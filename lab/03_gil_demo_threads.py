"""Two equal jobs of computing, one after the other, then in two threads.

Claim: speed-up: threads 1.0 or less (GIL on), or nearly 2.0 (GIL off).
"""

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from backstage import run

WORK = 5_000_000  # steps of one job
JOBS = 2  # jobs, and as many workers

Map = Callable[[Callable[[int], float], list[int]], Iterable[float]]


def compute_pi(steps: int) -> float:
    width, length, height = 1 / steps, 0.0, 1.0
    for step in range(1, steps + 1):  # along a quarter of the unit circle
        x = step / steps
        y = (1 - x * x) ** 0.5
        length += (width**2 + (height - y) ** 2) ** 0.5
        height = y
    return 2 * length


def measure(name: str, map_jobs: Map, found: set[float]) -> float:
    start = perf_counter()
    found.update(map_jobs(compute_pi, [WORK] * JOBS))
    elapsed = perf_counter() - start
    (pi,) = found  # or results differ, and this line fails
    print(f"{name:<10} {elapsed:6.2f} s: found {pi:.9f}")
    return elapsed


def main() -> None:
    found: set[float] = set()
    alone = measure("sequential", map, found)
    with ThreadPoolExecutor(JOBS, thread_name_prefix="job") as pool:
        threads = measure("threads", pool.map, found)
    gil = "on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "off"
    print(f"speed-up: threads {alone / threads:.2f} (GIL {gil})")


if __name__ == "__main__":
    run(main)
