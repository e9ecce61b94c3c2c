"""Sell the last seats of a concert, without a lock and with a lock.

A sale has three steps: check that a seat is free, take the payment, give the
ticket. While one customer pays, other customers check too, and all of them see
a free seat. With a lock, only one customer at a time can make these steps. A
short lock is enough, around the check and the ticket, if we pay after that.
(In lesson 07, a lock protects an update of a number in the same way.)

Prediction: tickets: 14 without lock, 10 with lock, 10 with short lock, for 10
seats. The lock makes the customers wait for one another.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from time import perf_counter, sleep

from backstage import run

SEATS = 10  # free seats
CUSTOMERS = 14  # people who want one seat each, with a thread for each
PAYMENT = 0.2  # seconds that the card terminal needs for a payment


class Concert:
    def __init__(self) -> None:
        self.tickets: list[int] = []  # the numbers of the customers
        self.lock = Lock()

    def has_free_seat(self) -> bool:
        return len(self.tickets) < SEATS


def sell(concert: Concert, customer: int) -> None:
    if concert.has_free_seat():  # 1. check
        sleep(PAYMENT)  # 2. take the payment
        concert.tickets.append(customer)  # 3. give the ticket


def sell_with_lock(concert: Concert, customer: int) -> None:
    with concert.lock:  # One thread at a time enters. The others wait.
        sell(concert, customer)


def sell_with_short_lock(concert: Concert, customer: int) -> None:
    # Only the check and the ticket need the lock. We pay after its release,
    # so all customers pay at the same time. (In a real program a payment can
    # fail. Then the customer has to give the ticket back.)
    with concert.lock:
        if not concert.has_free_seat():
            return  # The "with" block releases the lock here, too.
        concert.tickets.append(customer)
    sleep(PAYMENT)


def count_tickets(name: str, sale: Callable[[Concert, int], None]) -> int:
    # `sale` is one of the three functions above.
    concert = Concert()
    customers = range(1, CUSTOMERS + 1)
    start = perf_counter()
    with ThreadPoolExecutor(CUSTOMERS) as pool:
        # All customers come at the same time, to the same concert. list()
        # waits until all of them have finished.
        list(pool.map(sale, [concert] * CUSTOMERS, customers))
    elapsed = perf_counter() - start
    tickets = len(concert.tickets)
    print(f"{name}: {tickets} tickets for {SEATS} seats in {elapsed:.2f} s")
    return tickets


def main() -> None:
    without_lock = count_tickets("no lock", sell)
    with_lock = count_tickets("lock", sell_with_lock)
    with_short_lock = count_tickets("short lock", sell_with_short_lock)
    print(
        f"tickets: {without_lock} without lock, {with_lock} with lock, "
        f"{with_short_lock} with short lock, for {SEATS} seats"
    )


if __name__ == "__main__":
    run(main)
