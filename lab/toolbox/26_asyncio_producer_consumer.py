"""Two fast cooks and two slow drivers again, this time as coroutines.

(Lesson 25 explains the words.) All of them share one thread. A coroutine that
has to wait for the queue pauses, and lets the others run. The put() of a
queue.Queue would stop the whole thread. So asyncio has its own queue.

Prediction: longest queue: unbounded nearly all pizzas, bounded at most 5. No
pizza is lost or delivered twice. Both take equally long: the drivers are slow.
"""

import asyncio
import sys
from time import perf_counter
from typing import NamedTuple

from backstage import run

PIZZAS = 20  # pizzas that each cook makes
COOKS = 2  # producers, all at the same time
DRIVERS = 2  # consumers, all at the same time
COOKING_TIME = 0.005  # seconds for one pizza
DELIVERY_TIME = 0.08  # seconds for one pizza
MAX_SIZE = 5  # pizzas in the bounded queue, at most


class Cooked(NamedTuple):
    pizzas: list[str]
    longest_queue: int  # pizzas
    waited: float  # seconds


class Result(NamedTuple):
    longest_queue: int
    lost: int
    twice: int


# Up to Python 3.12, None in the queue means: no more pizzas will come. From
# Python 3.13 on, a queue has shutdown() for that.
PizzaQueue = asyncio.Queue[str | None]


async def cook(name: str, pizzas: PizzaQueue) -> Cooked:
    cooked = []
    longest_queue = 0
    waited = 0.0
    for number in range(1, PIZZAS + 1):
        pizza = f"{name}, pizza {number}"
        await asyncio.sleep(COOKING_TIME)
        cooked.append(pizza)
        start = perf_counter()
        await pizzas.put(pizza)  # pauses while the queue is full
        waited += perf_counter() - start
        longest_queue = max(longest_queue, pizzas.qsize())
    return Cooked(cooked, longest_queue, waited)


async def drive(pizzas: PizzaQueue) -> list[str]:
    delivered: list[str] = []
    while True:
        pizza = await take(pizzas)
        if pizza is None:
            return delivered
        await asyncio.sleep(DELIVERY_TIME)
        delivered.append(pizza)


async def take(pizzas: PizzaQueue) -> str | None:
    if sys.version_info < (3, 13):
        return await pizzas.get()  # pauses while the queue is empty
    try:
        return await pizzas.get()
    except asyncio.QueueShutDown:
        return None  # close() was called, and the queue is empty


async def close(pizzas: PizzaQueue) -> None:
    # Without this, the drivers would wait forever.
    if sys.version_info < (3, 13):
        for _ in range(DRIVERS):
            await pizzas.put(None)  # one for each driver
    else:
        # get() returns the last pizzas, and then raises an error.
        pizzas.shutdown()


async def deliver(name: str, max_size: int) -> Result:
    pizzas = PizzaQueue(maxsize=max_size)  # 0 means: no limit
    start = perf_counter()
    async with asyncio.TaskGroup() as group:
        cooks = [
            group.create_task(cook(f"cook {n}", pizzas)) for n in range(COOKS)
        ]
        drivers = [group.create_task(drive(pizzas)) for _ in range(DRIVERS)]
        await asyncio.wait(cooks)  # until they have cooked all pizzas
        await close(pizzas)
    elapsed = perf_counter() - start
    work = [task.result() for task in cooks]
    deliveries = [task.result() for task in drivers]
    return report(name, elapsed, work, deliveries)


def report(
    name: str, elapsed: float, work: list[Cooked], deliveries: list[list[str]]
) -> Result:
    produced = [pizza for cooked in work for pizza in cooked.pizzas]
    consumed = [pizza for delivered in deliveries for pizza in delivered]
    longest_queue = max(cooked.longest_queue for cooked in work)
    waited = sum(cooked.waited for cooked in work)
    print(
        f"{name}: {len(produced)} pizzas produced, {len(consumed)} consumed "
        f"in {elapsed:.2f} s\n"
        f"{name}: longest queue {longest_queue}, "
        f"all cooks waited {waited:.2f} s in total"
    )
    return Result(
        longest_queue=longest_queue,
        lost=len(set(produced) - set(consumed)),
        twice=len(consumed) - len(set(consumed)),
    )


def main() -> None:
    unbounded = asyncio.run(deliver("unbounded queue", max_size=0))
    bounded = asyncio.run(deliver("bounded queue", max_size=MAX_SIZE))
    print(
        f"longest queue: unbounded {unbounded.longest_queue}, "
        f"bounded {bounded.longest_queue} of {PIZZAS * COOKS} pizzas; "
        f"lost {unbounded.lost + bounded.lost}, "
        f"twice {unbounded.twice + bounded.twice}"
    )


if __name__ == "__main__":
    run(main)
