"""The account made safe twice: by a lock, and by one owner at a queue.

Claim: lost: with the lock 0, with the queue 0; each costs more than unsafe.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from threading import Lock
from time import perf_counter

from backstage import run

UPDATES = 100_000  # payments of a cent by each thread
THREADS = 4  # threads that pay

account, lock, orders = {"balance": 0.0}, Lock(), Queue[float]()


def pay() -> None:
    for _ in range(UPDATES):
        account["balance"] = round(account["balance"] + 0.01, 2)


def pay_locked() -> None:
    for _ in range(UPDATES):
        with lock:
            account["balance"] = round(account["balance"] + 0.01, 2)


def order() -> None:
    for _ in range(UPDATES):
        orders.put(0.01)


def own() -> None:
    for _ in range(UPDATES * THREADS):
        account["balance"] = round(account["balance"] + orders.get(), 2)


def measure(name: str, jobs: list[Callable[[], None]]) -> str:
    account["balance"], start = 0.0, perf_counter()
    with ThreadPoolExecutor(len(jobs), thread_name_prefix=name) as pool:
        list(pool.map(lambda job: job(), jobs))
    elapsed = perf_counter() - start
    cents, got = UPDATES * THREADS, round(account["balance"] * 100)
    print(f"{name:<8} {elapsed:.2f} s: expected {cents:,} cents, got {got:,}")
    return f"{name} {cents - got:,} at {elapsed / cents * 1e6:.2f} us"


def main() -> None:
    unsafe = measure("unsafe", [pay] * THREADS)
    locked = measure("lock", [pay_locked] * THREADS)
    queued = measure("queue", [own, *[order] * THREADS])
    print(f"lost: {unsafe}, {locked}, {queued}")


if __name__ == "__main__":
    run(main)
