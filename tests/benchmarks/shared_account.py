"""An account that processes pay into, shared in five ways.

Each way yields what the workers are given, how they pay, and who collects: a
function of the cents to come, called while they pay, and of the work to wait
for, that returns the balance and leaves the account empty.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import Array, Lock, Manager, Pipe, Queue, Value
from typing import Any

Pay = Callable[[int], None]
Collect = Callable[[int, Iterable[None]], float]
Way = Iterator[tuple[Any, Pay, Collect]]

given: Any  # to this worker, when it started


def receive(what: Any) -> None:
    global given  # a worker keeps it from job to job
    given = what


def pay_value(updates: int) -> None:
    for _ in range(updates):
        with given.get_lock():
            given.value = round(given.value + 0.01, 2)


@contextmanager
def value() -> Way:
    account = Value("d")

    def collect(_: int, paying: Iterable[None]) -> float:
        list(paying)
        balance, account.value = float(account.value), 0
        return balance

    yield account, pay_value, collect


def pay_item(updates: int) -> None:
    for _ in range(updates):
        with given.get_lock():
            given[0] = round(given[0] + 0.01, 2)


@contextmanager
def array() -> Way:
    accounts = Array("d", 1)

    def collect(_: int, paying: Iterable[None]) -> float:
        list(paying)
        balance, accounts[0] = float(accounts[0]), 0
        return balance

    yield accounts, pay_item, collect


def pay_manager(updates: int) -> None:
    account, lock = given
    for _ in range(updates):
        with lock:
            account["balance"] = round(account["balance"] + 0.01, 2)


@contextmanager
def manager() -> Way:
    with Manager() as server:
        account = server.dict(balance=0.0)

        def collect(_: int, paying: Iterable[None]) -> float:
            list(paying)
            balance, account["balance"] = account["balance"], 0.0
            return balance

        yield (account, server.Lock()), pay_manager, collect


def owner(next_order: Callable[[], float]) -> Collect:
    def collect(cents: int, paying: Iterable[None]) -> float:
        balance = 0.0
        for _ in range(cents):
            balance = round(balance + next_order(), 2)
        list(paying)
        return balance

    return collect


def order_by_queue(updates: int) -> None:
    for _ in range(updates):
        given.put(0.01)


@contextmanager
def queue() -> Way:
    orders: Queue[float] = Queue()
    yield orders, order_by_queue, owner(orders.get)


def order_by_pipe(updates: int) -> None:
    orders, lock = given
    for _ in range(updates):
        with lock:
            orders.send(0.01)


@contextmanager
def pipe() -> Way:
    left, right = Pipe(duplex=False)
    with left, right:
        yield (right, Lock()), order_by_pipe, owner(left.recv)
