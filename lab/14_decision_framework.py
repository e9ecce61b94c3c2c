"""A rule that chooses a model from two measurements, and what it is worth.

Claim: none of its 4 choices takes 25% longer than the fastest model.
"""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from hashlib import pbkdf2_hmac
from operator import call
from time import perf_counter, sleep
from typing import Any

from backstage import run

TASKS = 100  # of each kind
WORKERS = 4  # that share them
GAIN = 1.3  # times as fast as one thread, that two must be to be taken


def compute(steps: int) -> int:
    return sum(n * n for n in range(steps))


def measure(map_jobs: Any, job: partial[Any], tasks: int) -> float:
    start = perf_counter()
    (_,) = set(map_jobs(call, [job] * tasks))  # or results differ
    return perf_counter() - start


def choose(job: partial[Any]) -> str:
    alone = min(measure(map, job, 6) for _ in range(3))
    with ThreadPoolExecutor(2, "trial") as pool:
        together = min(measure(pool.map, job, 6) for _ in range(3))
    if alone / 6 * TASKS < 0.1:  # second in all, and no worker pays
        return "sequential"
    return "threads" if alone / together >= GAIN else "processes"


def check(kind: str, job: partial[Any]) -> float:
    choice, seconds = choose(job), {"sequential": measure(map, job, TASKS)}
    with ThreadPoolExecutor(WORKERS, "task") as pool:
        seconds["threads"] = measure(pool.map, job, TASKS)
    with ProcessPoolExecutor(WORKERS) as pool:
        seconds["processes"] = measure(pool.map, job, TASKS)
    times = (f"{model} {time:.2f} s" for model, time in seconds.items())
    print(f"{kind + ':':<10}{choice:<11}", *times)
    return seconds[choice] / min(seconds.values()) - 1


def main() -> None:
    lost = [check("tiny", partial(abs, -1))]
    lost += [check("waits", partial(sleep, 0.02))]
    lost += [check("computes", partial(compute, 300_000))]
    lost += [check("hashes", partial(pbkdf2_hmac, "md5", b"", b"", 50_000))]
    print(f"its choices took at most {max(lost):.0%} longer than the fastest")


if __name__ == "__main__":
    run(main)
