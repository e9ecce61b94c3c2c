"""Ask for prices that are in a cache, with standard and with eager tasks.

A cache keeps answers that we already have. A task that finds its answer there
does not have to wait. A standard task starts only after create_task, when the
event loop runs it, even if its answer is in the cache. An eager task ("eager":
it wants to start at once) starts inside create_task, and runs there until it
has to wait, or ends. If it ends there, the event loop does not have to start
it later. That saves time.

Prediction: done when create_task returns: standard 0, eager all tasks. Eager
is faster here, because all tasks of a round find their price in the cache.
"""

import asyncio
from time import perf_counter
from typing import NamedTuple

from backstage import run

SHOP = {"tea": 3, "coffee": 4}  # euros: the prices of the shop
CACHE = {"tea": 3}  # euros: the prices that we already know
ITEM = "tea"  # the item that all tasks of a round ask for
SECONDS = 0.1  # seconds until the shop answers
TASKS = 5_000  # tasks in a round
ROUNDS = 10  # measurements of each way: the speed of a computer varies


class Round(NamedTuple):
    done: int  # tasks that were done before the first "await" of the round
    elapsed: float  # seconds


async def get_price(item: str) -> int:
    if item in CACHE:
        return CACHE[item]
    await asyncio.sleep(SECONDS)  # stands for asking the shop over a network
    return SHOP[item]


async def report_price(kind: str, item: str) -> None:
    print(f"{kind}: the task for {item} starts")
    price = await get_price(item)
    print(f"{kind}: the task for {item} ends, price {price} euros")


def choose_tasks(kind: str) -> None:
    # create_task uses a function of the event loop, the task factory, to make
    # a task. We can replace it: then all tasks of this loop are eager.
    if kind == "eager":
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)


async def show_order(kind: str) -> None:
    # Tea is in the cache, coffee is not. The eager task for tea ends before
    # create_task returns, the eager task for coffee only starts.
    choose_tasks(kind)
    tasks = []
    for item in SHOP:
        task = asyncio.create_task(report_price(kind, item))
        print(f"{kind}: create_task returns for {item}, done: {task.done()}")
        tasks.append(task)
    for task in tasks:
        await task


async def run_round(kind: str) -> Round:
    choose_tasks(kind)
    start = perf_counter()
    tasks = [asyncio.create_task(get_price(ITEM)) for _ in range(TASKS)]
    done = [task for task in tasks if task.done()]
    prices = [await task for task in tasks]
    elapsed = perf_counter() - start

    if prices != [SHOP[ITEM]] * TASKS:
        raise RuntimeError("a task returned a wrong price")
    return Round(len(done), elapsed)


def main() -> None:
    rounds: dict[str, list[Round]] = {"standard": [], "eager": []}
    for kind in rounds:
        asyncio.run(show_order(kind))

    for _ in range(ROUNDS):
        for kind, results in rounds.items():
            # asyncio.run makes a new event loop each time.
            results.append(asyncio.run(run_round(kind)))

    done = {}
    elapsed = {}
    for kind, results in rounds.items():
        done[kind] = sum(result.done for result in results)
        elapsed[kind] = sum(result.elapsed for result in results)
        print(f"{kind}: {TASKS * ROUNDS:,} tasks in {elapsed[kind]:.2f} s")
    ratio = elapsed["standard"] / elapsed["eager"]
    print(
        f"done in create_task: standard {done['standard']:,}, "
        f"eager {done['eager']:,} of {TASKS * ROUNDS:,}; "
        f"eager {ratio:.1f} times faster"
    )


if __name__ == "__main__":
    run(main)
