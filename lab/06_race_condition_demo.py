"""Four cashiers pay into one account together, and money gets lost.

A payment has three steps. Python can switch to another thread between them,
with the GIL too: the turn of a thread can end in the middle of a payment.

Prediction: lost: more than 0 cents, and a different number in each run.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from backstage import run

UPDATES = 500_000  # payments of one cent, by each cashier
THREADS = 4  # cashiers, with a thread for each


class Account:
    def __init__(self) -> None:
        self.cents = 0

    def pay_in(self, amount: int) -> None:
        balance = self.cents  # 1. read
        # Python switches threads only at certain places. A function call is
        # one of them. If another thread pays in now, our step 3 overwrites
        # its payment: we write our old balance, plus our amount.
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
    lost = measure_loss("no lock", pay_directly)
    total = f"{UPDATES * THREADS:,} cents"
    print(f"lost: {lost:,} of {total}")


if __name__ == "__main__":
    run(main)
