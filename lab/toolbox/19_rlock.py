"""Move money between two accounts of a bank, with a Lock and with an RLock.

A transfer takes the lock of the bank and calls add(), which takes the same
lock again. A Lock makes the thread wait for itself, for ever (here only until
a timeout). An RLock lets its own thread take it again. It counts: taken twice,
it must be released twice before another thread can take it.

Prediction: Ben got 0 cents with Lock, and 300 of 300 with RLock. Wrong totals:
0 with RLock, more than 0 with two steps (the lock is free between them).
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

type AnyLock = Lock | RLock  # one of these two types


class Result(NamedTuple):
    got: int  # cents that Ben has at the end
    wrong_totals: int


class Bank:
    def __init__(self, lock: AnyLock) -> None:
        self.cents = {"Ann": 1_000, "Ben": 0}
        self.lock = lock

    def add(self, owner: str, amount: int) -> None:
        # acquire() takes the lock. It returns False if the time is over. (We
        # do not write "with self.lock" here: it has no timeout.)
        start = perf_counter()
        if not self.lock.acquire(timeout=TIMEOUT):
            waited = perf_counter() - start
            raise TimeoutError(f"add() waited {waited:.2f} s, then gave up")
        try:
            self.cents[owner] += amount
        finally:
            self.lock.release()

    def transfer_in_two_steps(self) -> None:
        # Each add() takes the lock and releases it.
        self.add("Ann", -AMOUNT)
        sleep(PAUSE)  # At this moment the money is in no account.
        self.add("Ben", AMOUNT)

    def transfer(self) -> None:
        # The lock is taken for both steps: no other thread can come between.
        # (Another way, with a Lock: write a method like add() that takes no
        # lock, and call it here for both steps.)
        with self.lock:
            self.transfer_in_two_steps()

    def total(self) -> int:
        with self.lock:
            return sum(self.cents.values())


def make_transfers(transfer: Callable[[], None]) -> None:
    for _ in range(TRANSFERS):
        transfer()
        sleep(PAUSE)


def check_bank(name: str, bank: Bank, transfer: Callable[[], None]) -> Result:
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
    two_steps = check_bank("two steps", bank, bank.transfer_in_two_steps)
    bank = Bank(Lock())
    with_lock = check_bank("with Lock", bank, bank.transfer)
    bank = Bank(RLock())
    with_rlock = check_bank("with RLock", bank, bank.transfer)
    print(
        f"Ben got: Lock {with_lock.got}, RLock {with_rlock.got} "
        f"of {AMOUNT * TRANSFERS}; "
        f"wrong totals: {with_rlock.wrong_totals} with RLock, "
        f"{two_steps.wrong_totals} with two steps"
    )


if __name__ == "__main__":
    run(main)
