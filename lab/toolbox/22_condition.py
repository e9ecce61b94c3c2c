"""Bakers and customers share a shelf for bread, with a Condition.

A loaf is one whole bread (plural: loaves). A baker waits until the shelf has
room for one more, and a customer until there is one to take.
Each of them checks the shelf and then changes it. No other thread may change
the shelf between these two steps. A lock alone is not enough: while a thread
waits, it must release the lock, so that others can change the shelf.

Prediction: changes to a wrong number of loaves: without condition more than
0, with condition 0 of 12.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from time import perf_counter, sleep

from backstage import run

SHELF_SIZE = 1  # loaves: there is no room for more
LOAVES = 6  # loaves: the bakers bring them, the customers take them
BAKERS = 2  # threads
CUSTOMERS = 3  # threads
STEP_TIME = 0.1  # seconds between the check and the change
POLL_INTERVAL = 0.01  # seconds between two checks


class Shelf:
    def __init__(self) -> None:
        self.loaves = 0
        self.history: list[int] = []  # the number of loaves after each change
        # A condition is a lock and more. In wait_for() a thread releases it
        # and waits. notify_all() wakes all threads that wait.
        self.condition = Condition()

    def has_room(self) -> bool:
        return self.loaves < SHELF_SIZE

    def has_bread(self) -> bool:
        return self.loaves > 0

    def change(self, number: int) -> None:
        # One thread at a time enters, as with a lock. put_loaf and take_loaf
        # use the lock only here, not for their check. The safe functions have
        # it already: the same thread may enter a second time.
        with self.condition:
            self.loaves += number
            self.history.append(self.loaves)
            self.condition.notify_all()  # wakes all threads that wait


Job = Callable[[Shelf], None]  # what a baker or a customer does


def put_loaf(shelf: Shelf) -> None:
    while not shelf.has_room():  # 1. check
        sleep(POLL_INTERVAL)
    sleep(STEP_TIME)  # Another baker can see the same room now.
    shelf.change(1)  # 2. change


def take_loaf(shelf: Shelf) -> None:
    while not shelf.has_bread():  # 1. check
        sleep(POLL_INTERVAL)
    sleep(STEP_TIME)  # Another customer can see the same loaf now.
    shelf.change(-1)  # 2. change


def put_loaf_safely(shelf: Shelf) -> None:
    with shelf.condition:
        shelf.condition.wait_for(shelf.has_room)
        sleep(STEP_TIME)  # Nobody else can change the shelf now.
        shelf.change(1)


def take_loaf_safely(shelf: Shelf) -> None:
    with shelf.condition:
        # wait_for() checks. If there is no bread, it releases the lock, so
        # that others can enter, and waits. When it is woken, it takes the lock
        # and checks again, like a `while`. An `if` would be wrong: a new loaf
        # wakes all customers, but only one of them can take it.
        shelf.condition.wait_for(shelf.has_bread)
        sleep(STEP_TIME)  # Nobody else can change the shelf now.
        shelf.change(-1)


def sell(name: str, baker: Job, customer: Job) -> int:
    # `baker` and `customer` are two of the four functions above.
    shelf = Shelf()
    start = perf_counter()
    with (
        ThreadPoolExecutor(BAKERS) as bakers,
        ThreadPoolExecutor(CUSTOMERS) as customers,
    ):
        put = [bakers.submit(baker, shelf) for _ in range(LOAVES)]
        taken = [customers.submit(customer, shelf) for _ in range(LOAVES)]
        for future in put + taken:
            future.result()  # waits, and raises the error if there was one
    elapsed = perf_counter() - start
    print(
        f"{name}: from {min(shelf.history)} to {max(shelf.history)} loaves "
        f"on a shelf for {SHELF_SIZE}, in {elapsed:.2f} s"
    )
    # True counts as 1.
    return sum(loaves < 0 or loaves > SHELF_SIZE for loaves in shelf.history)


def main() -> None:
    without = sell("without condition", put_loaf, take_loaf)
    protected = sell("with condition", put_loaf_safely, take_loaf_safely)
    print(
        f"changes to a wrong number of loaves: without condition {without}, "
        f"with condition {protected} of {2 * LOAVES}"
    )


if __name__ == "__main__":
    run(main)
