"""Sell the last seats of a concert in coroutines, with an asyncio.Lock.

Lesson 18 sells them in threads. A coroutine lets others run only where it has
an "await". So it needs a lock only if there is an "await" between the check
and the ticket.
(asyncio also has Semaphore, Event, Condition and Barrier. We use them like the
ones in threading, but we write "await" before a call that can wait.)

Prediction: tickets for 10 seats: 14 without lock, 10 with lock, 10 with await
at the end. With lock they pay one by one: this takes 2.0 s, not 0.2 s.
"""

import asyncio
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any

from backstage import run

SEATS = 10  # free seats
CUSTOMERS = 14  # people who want one seat each, with a task for each
PAYMENT = 0.2  # seconds that the card terminal needs for a payment


class Concert:
    def __init__(self) -> None:
        self.tickets: list[int] = []  # the numbers of the customers
        self.lock = asyncio.Lock()

    def has_free_seat(self) -> bool:
        return len(self.tickets) < SEATS


async def sell(concert: Concert, customer: int) -> None:
    if concert.has_free_seat():  # 1. check
        # At this "await" the other coroutines run, and check too.
        await asyncio.sleep(PAYMENT)  # 2. take the payment
        concert.tickets.append(customer)  # 3. give the ticket


async def sell_with_lock(concert: Concert, customer: int) -> None:
    # One coroutine at a time enters. The others wait, and the event loop goes
    # on. (A threading.Lock would stop the only thread: the coroutine that has
    # the lock could not go on, and so it would never release it.)
    async with concert.lock:
        await sell(concert, customer)


async def sell_with_await_at_end(concert: Concert, customer: int) -> None:
    # No other coroutine can run between the check and the ticket, so this is
    # right without a lock. (Another thread could run between them. So in
    # lesson 18, even these two steps need a lock.)
    if concert.has_free_seat():
        concert.tickets.append(customer)
        await asyncio.sleep(PAYMENT)


# The type of the three functions above.
Sale = Callable[[Concert, int], Coroutine[Any, Any, None]]


async def sell_to_all(sale: Sale) -> Concert:
    concert = Concert()
    # All customers come at the same time, to the same concert. This block
    # ends when all tasks have ended.
    async with asyncio.TaskGroup() as group:
        for customer in range(1, CUSTOMERS + 1):
            group.create_task(sale(concert, customer))
    return concert


def count_tickets(name: str, sale: Sale) -> int:
    # `sale` is one of the three functions above.
    start = perf_counter()
    concert = asyncio.run(sell_to_all(sale))
    elapsed = perf_counter() - start
    tickets = len(concert.tickets)
    print(f"{name}: {tickets} tickets for {SEATS} seats in {elapsed:.2f} s")
    return tickets


def main() -> None:
    without_lock = count_tickets("no lock", sell)
    with_lock = count_tickets("lock", sell_with_lock)
    at_end = count_tickets("await at the end", sell_with_await_at_end)
    print(
        f"tickets: {without_lock} without lock, {with_lock} with lock, "
        f"{at_end} with await at the end, for {SEATS} seats"
    )


if __name__ == "__main__":
    run(main)
