"""Ask shops for a price: one by one, then at the same time in three ways.

A task is a coroutine that the event loop runs beside other tasks. While one
task waits, the others can run.

Prediction: shops per second: one by one about 2.0; gather, create_task and
TaskGroup about 20.0, because all ten wait at the same time.
"""

import asyncio
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any

from backstage import run

SHOPS = 10  # shops that we ask at the same time
FEW = 3  # shops that we ask one by one, to compare
SECONDS = 0.5  # seconds until a shop answers

# A function that asks the shops with these numbers, and returns their prices.
Ask = Callable[[list[int]], Coroutine[Any, Any, list[int]]]


async def ask_shop(number: int) -> int:
    # The signs + and - of all shops are in one line. flush=True shows each
    # sign immediately, before the line is complete.
    print(f" +{number}", end="", flush=True)
    # We only pretend to wait for the network: a pause without any work.
    await asyncio.sleep(SECONDS)
    print(f" -{number}", end="", flush=True)
    return 20 + number  # the price in euros


async def ask_one_by_one(numbers: list[int]) -> list[int]:
    # No task for each shop: each await ends before the next one begins.
    return [await ask_shop(number) for number in numbers]


async def ask_with_gather(numbers: list[int]) -> list[int]:
    # gather makes a task of each coroutine, and waits for all tasks. The
    # results come in the order of the coroutines. (The star passes each
    # coroutine as an argument of its own.)
    coroutines = [ask_shop(number) for number in numbers]
    return await asyncio.gather(*coroutines)


async def ask_with_create_task(numbers: list[int]) -> list[int]:
    # create_task makes one task and does not wait. At our first await, all
    # tasks start. So they wait together, although we await them one by one.
    tasks = [asyncio.create_task(ask_shop(number)) for number in numbers]
    return [await task for task in tasks]


async def ask_with_task_group(numbers: list[int]) -> list[int]:
    # "async with" ends when all tasks of the group have ended. If one of them
    # fails, the group cancels the others: they stop.
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask_shop(number)) for number in numbers]
    return [task.result() for task in tasks]


def measure(name: str, ask: Ask, count: int) -> float:
    """Ask this many shops in one way. Return the shops per second."""
    numbers = list(range(1, count + 1))
    print(f"{name}:", end="", flush=True)
    start = perf_counter()
    coroutine = ask(numbers)  # no line of it runs yet
    prices = asyncio.run(coroutine)
    elapsed = perf_counter() - start

    if prices != [20 + number for number in numbers]:
        raise RuntimeError("the prices are not in the order of the shops")
    all_prices = " ".join(str(price) for price in prices)
    print(f"\n{name}: {count} shops in {elapsed:.2f} s, prices {all_prices}")
    return count / elapsed


def main() -> None:
    print(f"{SHOPS} shops ({FEW} one by one): + is asked, - has answered")
    one_by_one = measure("one by one", ask_one_by_one, FEW)
    gather = measure("gather", ask_with_gather, SHOPS)
    create_task = measure("create_task", ask_with_create_task, SHOPS)
    task_group = measure("TaskGroup", ask_with_task_group, SHOPS)
    print(
        f"shops per second: one by one {one_by_one:.1f}, gather {gather:.1f}, "
        f"create_task {create_task:.1f}, TaskGroup {task_group:.1f}"
    )


if __name__ == "__main__":
    run(main)
