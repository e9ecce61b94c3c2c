"""Move money between two accounts of a bank, with a Lock and with an RLock.

transfer() takes the lock of the bank and calls add(), which takes the same
lock again. If it is a Lock, the thread waits for itself, for ever. An RLock (a
"reentrant" lock) can be taken again by the thread that has it. Other threads
have to wait.
(Another solution: a private method _add() that takes no lock. add() and
transfer() take the Lock, and then call _add().)

Prediction: Ben got 0 cents with Lock, and 300 of 300 with RLock. Wrong totals:
0 with RLock, more than 0 without lock.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, RLock
from time import perf_counter, sleep
from typing import NamedTuple

from backstage import run

AMOUNT = 100  # cents of one transfer, from Ann to Ben
TRANSFERS = 3  # transfers, one after the other
PAUSE = 0.1  # seconds between the two steps of a transfer, and after it
CHECK = 0.02  # seconds between two checks of the total
TIMEOUT = 0.5  # seconds that add() waits for the lock, then it gives up

type AnyLock = Lock | RLock


class Result(NamedTuple):
    got: int  # cents that Ben has at the end
    wrong_totals: int


class Bank:
    def __init__(self, lock: AnyLock) -> None:
        self.cents = {"Ann": 1_000, "Ben": 0}
        self.lock = lock

    def add(self, owner: str, amount: int) -> None:
        # Usually we write "with self.lock", but that has no timeout: with a
        # Lock, this script would never end.
        start = perf_counter()
        if not self.lock.acquire(timeout=TIMEOUT):
            waited = perf_counter() - start
            raise TimeoutError(f"add() waited {waited:.2f} s, then gave up")
        try:
            self.cents[owner] += amount
        finally:
            self.lock.release()

    def transfer_without_lock(self) -> None:
        # Each add() takes the lock, but between them the lock is free.
        self.add("Ann", -AMOUNT)
        sleep(PAUSE)  # At this moment the money is in no account.
        self.add("Ben", AMOUNT)

    def transfer(self) -> None:
        with self.lock:  # No other thread can see the total now.
            self.transfer_without_lock()

    def total(self) -> int:
        with self.lock:
            return sum(self.cents.values())


def make_transfers(transfer: Callable[[], None]) -> None:
    for _ in range(TRANSFERS):
        transfer()
        sleep(PAUSE)


def audit(name: str, bank: Bank, transfer: Callable[[], None]) -> Result:
    expected = bank.total()
    totals = []
    start = perf_counter()
    # A thread makes the transfers. At the same time this thread, the main
    # thread, checks the total again and again: it should never change.
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(make_transfers, transfer)
        while not future.done():
            sleep(CHECK)
            totals.append(bank.total())
    elapsed = perf_counter() - start
    try:
        future.result()  # raises the error if a transfer failed
    except TimeoutError as error:
        print(f"{name}: {error}")
    got = bank.cents["Ben"]
    wrong = len([total for total in totals if total != expected])
    print(
        f"{name}: Ben got {got} of {AMOUNT * TRANSFERS} cents, "
        f"{wrong} of {len(totals)} totals wrong, in {elapsed:.2f} s"
    )
    return Result(got, wrong)


def main() -> None:
    bank = Bank(Lock())
    without = audit("without lock", bank, bank.transfer_without_lock)
    bank = Bank(Lock())
    lock = audit("with Lock", bank, bank.transfer)
    bank = Bank(RLock())
    rlock = audit("with RLock", bank, bank.transfer)
    print(
        f"Ben got: Lock {lock.got}, RLock {rlock.got} of {AMOUNT * TRANSFERS}"
        f"; wrong totals: {rlock.wrong_totals} with RLock, "
        f"{without.wrong_totals} without lock"
    )


if __name__ == "__main__":
    run(main)
