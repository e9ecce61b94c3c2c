"""Test a shop in four ways, and count how often each test finds the error.

One cake is left. Two customers check that there is a cake, talk for a moment,
and take it. If both check before one of them takes it, the shop sells one cake
twice. This is a race: the result depends on who is faster. The bad order is
rare, so a usual test does not find the error. A good test does not need luck:
it decides in which order the customers make their steps.

The test "interval" also needs luck, but less: Python switches threads more
often.

Prediction: the barrier and hypothesis find the error in all 100 runs. With the
GIL, luck finds it in fewer runs. In the safe code, no test finds an error.
"""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from threading import Barrier, Lock
from time import perf_counter

from backstage import run

RUNS = 100  # runs of each test
CAKES = 1  # cakes in the shop
CUSTOMERS = ["Ann", "Ben"]  # names, with a thread for each
WORK = 5_000  # steps of the loop in talk()
SWITCH_INTERVAL = 0.000_001  # seconds until Python switches; usually 0.005
TIMEOUT = 10  # seconds that a customer waits for the other one, at most
TRIES = 20  # random sequences that hypothesis tries in a run, at most


class Shop:
    def __init__(self) -> None:
        self.buyers: list[str] = []  # customers who have got a cake
        self.lock = Lock()

    def has_cake(self) -> bool:
        return len(self.buyers) < CAKES


# The next two functions are generators. A call runs none of their lines. The
# first next() runs the lines before the `yield`, the second one the rest. A
# for loop calls next(), too. So the test decides what happens in between.


def buy(shop: Shop, customer: str) -> Iterator[None]:
    sees_cake = shop.has_cake()  # 1. check
    yield  # 2. talk
    if sees_cake:
        shop.buyers.append(customer)  # 3. take


def buy_safely(shop: Shop, customer: str) -> Iterator[None]:
    # Two changes. We talk first, so there is no pause between check and take.
    # And with the lock, no other thread can check or take at the same time.
    yield  # 1. talk
    with shop.lock:  # One thread at a time enters. The others wait.
        if shop.has_cake():  # 2. check and take
            shop.buyers.append(customer)


Purchase = Callable[[Shop, str], Iterator[None]]  # one of these two functions


def talk() -> None:
    for _ in range(WORK):
        pass


def visit(steps: Iterator[None], pause: Callable[[], object]) -> None:
    for _ in steps:
        pause()  # We are at the `yield`.


def sells_too_many(buy_cake: Purchase, pause: Callable[[], object]) -> bool:
    shop = Shop()
    purchases = [buy_cake(shop, customer) for customer in CUSTOMERS]
    with ThreadPoolExecutor(len(purchases)) as pool:
        # list() waits until all customers have finished.
        list(pool.map(visit, purchases, [pause] * len(purchases)))
    return len(shop.buyers) > CAKES


def find_by_luck(buy_cake: Purchase) -> bool:
    return sells_too_many(buy_cake, talk)


def find_with_interval(buy_cake: Purchase) -> bool:
    # With the GIL, a thread runs for 0.005 s if others wait, and then Python
    # switches. With a shorter time it switches more often, perhaps at a bad
    # moment.
    usual_interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        return sells_too_many(buy_cake, talk)
    finally:
        sys.setswitchinterval(usual_interval)


def find_with_barrier(buy_cake: Purchase) -> bool:
    # At a barrier, threads wait until all of them have come. So all customers
    # have made their first step before one of them makes the next.
    barrier = Barrier(len(CUSTOMERS), timeout=TIMEOUT)
    return sells_too_many(buy_cake, barrier.wait)


def find_with_hypothesis(buy_cake: Purchase) -> bool:
    # hypothesis calls a test with many inputs, to find one that makes it fail.
    # Our input is a sequence of names: whose turn is it? Each customer has two
    # turns: before and after the `yield`. We need no threads, so the same
    # sequence has the same result each time. There are six sequences. In four
    # of them, both check before one of them takes.
    from hypothesis import HealthCheck, Phase, Verbosity, given, settings
    from hypothesis.strategies import permutations

    turns = sorted(CUSTOMERS * 2)  # Ann, Ann, Ben, Ben

    @settings(
        max_examples=TRIES,
        phases=[Phase.generate],  # stops at the first one that fails
        database=None,  # does not keep the sequences that fail
        deadline=None,  # a slow computer is not an error
        suppress_health_check=[HealthCheck.too_slow],
        verbosity=Verbosity.quiet,  # prints nothing
    )
    @given(sequence=permutations(turns))
    def check_sequence(sequence: list[str]) -> None:
        shop = Shop()
        purchases = {
            customer: buy_cake(shop, customer) for customer in CUSTOMERS
        }
        for customer in sequence:
            # Run this customer to the `yield`, or to the end. At the end,
            # next() raises an error, but with None it returns None.
            next(purchases[customer], None)
        if len(shop.buyers) > CAKES:
            raise AssertionError

    try:
        # hypothesis calls our function up to TRIES times, each time with a
        # random sequence. Four of six fail, so nearly always one is found.
        check_sequence()
    except AssertionError:
        return True
    return False


def measure_tests() -> None:
    found = []
    found_in_safe = 0
    for name, find in [
        ("luck", find_by_luck),
        ("interval", find_with_interval),
        ("barrier", find_with_barrier),
        ("hypothesis", find_with_hypothesis),
    ]:
        start = perf_counter()
        # True counts as 1.
        count = sum(find(buy) for _ in range(RUNS))
        count_in_safe = sum(find(buy_safely) for _ in range(RUNS))
        elapsed = perf_counter() - start
        print(
            f"{name}: found in {count} of {RUNS} runs, "
            f"safe code {count_in_safe}, time {elapsed:.2f} s"
        )
        found.append(f"{name} {count}")
        found_in_safe += count_in_safe

    print(f"found (of {RUNS}): {', '.join(found)}; safe code {found_in_safe}")


def main() -> None:
    if find_spec("hypothesis") is None:
        print(f"0 of {RUNS} runs: hypothesis is not installed: uv sync")
        return
    # hypothesis also writes some files of its own. This folder for them is
    # deleted at the end.
    with TemporaryDirectory() as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        import_module("hypothesis")  # now, so that we do not measure it
        measure_tests()


if __name__ == "__main__":
    run(main)
