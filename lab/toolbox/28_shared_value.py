"""Four processes pay into one account, and money gets lost.

A Value is a number in memory that several processes use. It has its own lock.
But `account.value += 1` takes and releases this lock two times: to read, and
then to write. Between these two steps, another process can change the number.

Prediction: lost: without lock more than 0 cents, with lock 0: then the lock is
taken for both steps together.
"""

import multiprocessing
from collections.abc import Callable
from time import perf_counter
from typing import Any

from backstage import run

UPDATES = 50_000  # payments of one cent, by each cashier
CASHIERS = 4  # processes


def pay_in(account: Any) -> None:
    # These are two steps: read the balance, then write the balance plus 1.
    # Each step takes the lock, but between them the account is not locked.
    account.value += 1


def pay_in_with_lock(account: Any) -> None:
    with account.get_lock():  # one process at a time does both steps
        # It is an RLock (lesson 19): `value` can take it a second time.
        account.value += 1


def cashier(pay: Callable[[Any], None], account: Any, barrier: Any) -> None:
    barrier.wait()  # until all are here: they start to pay together
    for _ in range(UPDATES):
        pay(account)


def measure_loss(name: str, pay: Callable[[Any], None]) -> int:
    account = multiprocessing.Value("q", 0)  # q: a whole number of 64 bits
    # The main process waits at the barrier too.
    barrier = multiprocessing.Barrier(CASHIERS + 1)
    # Daemons: if the main process fails, they end too.
    cashiers = [
        multiprocessing.Process(
            target=cashier, args=(pay, account, barrier), daemon=True
        )
        for _ in range(CASHIERS)
    ]
    for process in cashiers:
        process.start()
    barrier.wait()
    start = perf_counter()
    for process in cashiers:
        process.join()
    elapsed = perf_counter() - start

    # The exit code of a process is 0 if it ended without an error.
    if any(process.exitcode != 0 for process in cashiers):
        raise RuntimeError("a cashier failed")
    total = UPDATES * CASHIERS
    lost: int = total - account.value
    print(
        f"{name}: expected {total:,} cents, got {account.value:,}, "
        f"lost {lost:,} in {elapsed:.2f} s"
    )
    return lost


def main() -> None:
    lost = measure_loss("without lock", pay_in)
    lost_with_lock = measure_loss("with lock", pay_in_with_lock)
    total = UPDATES * CASHIERS
    print(
        f"lost of {total:,} cents: without lock {lost:,}, "
        f"with lock {lost_with_lock:,}"
    )


if __name__ == "__main__":
    run(main)
