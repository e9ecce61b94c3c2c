"""Four cashiers pay into one account with a lock, then with a queue.

Without protection, one payment can overwrite another one (lesson 06). The lock
lets only one thread at a time make a payment. With the queue, the cashiers
hand in their payments, and only the main thread changes the account.

Prediction: lost: 0 cents with the lock, and 0 cents with the queue.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from threading import Lock
from time import perf_counter

from backstage import run

UPDATES = 100_000  # payments of one cent, by each cashier
THREADS = 4  # cashiers, with a thread for each


class Account:
    def __init__(self) -> None:
        self.cents = 0
        self.lock = Lock()

    def pay_in(self, amount: int) -> None:
        with self.lock:  # Wait until no other thread is inside.
            balance = self.cents  # 1. read
            balance = add(balance, amount)  # 2. compute
            self.cents = balance  # 3. overwrite


def add(balance: int, amount: int) -> int:
    return balance + amount


def cashier(account: Account) -> None:
    for _ in range(UPDATES):
        account.pay_in(1)


def pay_directly(account: Account) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        # All cashiers get the same account. list() waits for all, and raises
        # their errors.
        list(pool.map(cashier, [account] * THREADS))


def cashier_with_queue(payments: Queue[int | None]) -> None:
    try:
        for _ in range(UPDATES):
            payments.put(1)
    finally:
        payments.put(None)  # this cashier has finished


def pay_with_queue(account: Account) -> None:
    payments: Queue[int | None] = Queue()
    with ThreadPoolExecutor(THREADS) as pool:
        # The cashiers start now; we do not wait for them yet.
        results = pool.map(cashier_with_queue, [payments] * THREADS)
        finished = 0
        while finished < THREADS:
            amount = payments.get()  # waits for the next payment
            if amount is None:
                finished += 1
            else:
                account.cents += amount  # only this thread does that
        list(results)  # waits for all, and raises their errors


def measure(name: str, way: Callable[[Account], None]) -> int:
    # `way` is a function that pays into an account.
    account = Account()
    start = perf_counter()
    way(account)
    elapsed = perf_counter() - start
    total = UPDATES * THREADS
    print(
        f"{name}: expected {total:,} cents, got {account.cents:,} "
        f"in {elapsed:.2f} s"
    )
    return total - account.cents


def main() -> None:
    lost_with_lock = measure("lock", pay_directly)
    lost_with_queue = measure("queue", pay_with_queue)
    total = f"{UPDATES * THREADS:,} cents"
    print(f"lost: lock {lost_with_lock}, queue {lost_with_queue} of {total}")


if __name__ == "__main__":
    run(main)
