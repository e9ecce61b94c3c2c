"""Four cashiers pay into one account with a lock, then with a queue.

Without protection, one payment can overwrite another one (lesson 06). The lock
lets only one thread at a time make a payment. A queue is safe for many
threads: the cashiers put their payments into it, and only the main thread
changes the account.

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
        with self.lock:  # One thread at a time enters. The others wait.
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
        # All cashiers get the same account. list() waits until all of them
        # have finished. If one of them fails, it raises the error.
        list(pool.map(cashier, [account] * THREADS))


def cashier_with_queue(payments: Queue[int | None]) -> None:
    try:
        for _ in range(UPDATES):
            payments.put(1)
    finally:
        payments.put(None)  # not a payment: this cashier has finished


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
        list(results)  # raises the error if a cashier failed


def measure_loss(name: str, pay: Callable[[Account], None]) -> int:
    # `pay` is a function that pays into an account.
    account = Account()
    start = perf_counter()
    pay(account)
    elapsed = perf_counter() - start
    total = UPDATES * THREADS
    print(
        f"{name}: expected {total:,} cents, got {account.cents:,} "
        f"in {elapsed:.2f} s"
    )
    return total - account.cents


def main() -> None:
    lost_with_lock = measure_loss("lock", pay_directly)
    lost_with_queue = measure_loss("queue", pay_with_queue)
    total = f"{UPDATES * THREADS:,} cents"
    print(f"lost: lock {lost_with_lock}, queue {lost_with_queue} of {total}")


if __name__ == "__main__":
    run(main)
