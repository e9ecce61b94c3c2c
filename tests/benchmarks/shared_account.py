"""An account that several processes pay into, shared in five ways.

Each way is a context manager that yields three things:

- what every worker process receives when it starts
- the function with which a worker pays
- the function with which the parent process collects the money
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import Array, Lock, Manager, Pipe, Queue, Value
from typing import Any

Pay = Callable[[int], None]  # with the number of updates
Collect = Callable[[int, Iterable[None]], float]
Way = Iterator[tuple[Any, Pay, Collect]]

shared: Any  # what this worker process received when it started


def receive(account: Any) -> None:
    """Keep what a worker process shares with the others (an initializer)."""
    global shared
    shared = account


def pay_value(updates: int) -> None:
    for _ in range(updates):
        with shared.get_lock():
            shared.value = round(shared.value + 0.01, 2)


@contextmanager
def value() -> Way:
    """Share a `Value`, with its lock."""
    account = Value("d")

    def collect(_: int, payments: Iterable[None]) -> float:
        list(payments)  # waits for all workers
        balance = float(account.value)
        account.value = 0
        return balance

    yield account, pay_value, collect


def pay_item(updates: int) -> None:
    for _ in range(updates):
        with shared.get_lock():
            shared[0] = round(shared[0] + 0.01, 2)


@contextmanager
def array() -> Way:
    """Share an `Array`, with its lock."""
    accounts = Array("d", 1)

    def collect(_: int, payments: Iterable[None]) -> float:
        list(payments)
        balance = float(accounts[0])
        accounts[0] = 0
        return balance

    yield accounts, pay_item, collect


def pay_manager(updates: int) -> None:
    account, lock = shared
    for _ in range(updates):
        with lock:
            account["balance"] = round(account["balance"] + 0.01, 2)


@contextmanager
def manager() -> Way:
    """Share a dictionary and a lock of a `Manager`."""
    with Manager() as server:
        account = server.dict(balance=0.0)

        def collect(_: int, payments: Iterable[None]) -> float:
            list(payments)
            balance = account["balance"]
            account["balance"] = 0.0
            return balance

        yield (account, server.Lock()), pay_manager, collect


def pay_by_queue(updates: int) -> None:
    for _ in range(updates):
        shared.put(0.01)


@contextmanager
def queue() -> Way:
    """Send each payment through a `Queue` to the parent process."""
    messages: Queue[float] = Queue()
    yield messages, pay_by_queue, collect_from(messages.get)


def pay_by_pipe(updates: int) -> None:
    sender, lock = shared
    for _ in range(updates):
        with lock:
            sender.send(0.01)


@contextmanager
def pipe() -> Way:
    """Send each payment through a `Pipe` to the parent process."""
    receiver, sender = Pipe(duplex=False)
    with receiver, sender:
        yield (sender, Lock()), pay_by_pipe, collect_from(receiver.recv)


def collect_from(next_payment: Callable[[], float]) -> Collect:
    """Return a function that collects payments which arrive as messages."""

    def collect(cents: int, payments: Iterable[None]) -> float:
        balance = 0.0
        for _ in range(cents):
            balance = round(balance + next_payment(), 2)
        list(payments)
        return balance

    return collect
