"""Four threads pay into one account, a cent at a time, and money gets lost.

Claim: lost: many cents where each sum is rounded; where it is a bare `+=`,
none (GIL on), or many as well (GIL off).
"""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from backstage import run

UPDATES = 100_000  # payments of a cent by each thread
THREADS = 4  # threads that pay

account = {"balance": 0.0}


def pay() -> None:
    for _ in range(UPDATES):
        account["balance"] = round(account["balance"] + 0.01, 2)


def pay_bare() -> None:
    for _ in range(UPDATES):
        account["balance"] += 0.01


def measure(name: str, jobs: list[Callable[[], None]]) -> str:
    account["balance"], start = 0.0, perf_counter()
    with ThreadPoolExecutor(len(jobs), thread_name_prefix=name) as pool:
        list(pool.map(lambda job: job(), jobs))
    elapsed = perf_counter() - start
    cents, got = UPDATES * THREADS, round(account["balance"] * 100)
    print(f"{name:<8} {elapsed:.2f} s: expected {cents:,} cents, got {got:,}")
    return f"{name} {cents - got:,} at {elapsed / cents * 1e6:.2f} us"


def main() -> None:
    rounded = measure("rounded", [pay] * THREADS)
    bare = measure("bare", [pay_bare] * THREADS)
    gil = "on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "off"
    print(f"lost: {rounded}, {bare} (GIL {gil})")


if __name__ == "__main__":
    run(main)
