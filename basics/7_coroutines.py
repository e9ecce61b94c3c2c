"""Ask ten shops for a price, one after the other, with coroutines.

Calling a coroutine function runs none of its lines. It only makes an object,
a coroutine. The lines run when we await this object.

Prediction: 10 shops in about 5.0 s, 2.0 shops per second. The calls started 0
coroutines, await started all 10.
"""

import asyncio
from collections.abc import Coroutine
from inspect import CORO_CREATED, getcoroutinestate
from time import perf_counter
from typing import Any, NamedTuple

from backstage import run

SHOPS = 10  # shops that we ask for a price
SECONDS = 0.5  # seconds until a shop answers


class Result(NamedTuple):
    prices: list[int]
    started_by_calls: int
    started_by_await: int
    elapsed: float


# "async def" makes a coroutine function. It returns an object, a coroutine:
# work that can pause in the middle and go on later.
async def ask_shop(number: int) -> int:
    print(f"shop {number}: asked")
    start = perf_counter()
    # We only pretend to wait for the network: a pause without any work.
    await asyncio.sleep(SECONDS)
    elapsed = perf_counter() - start
    price = 20 + number
    print(f"shop {number}: {price} euros, after {elapsed:.2f} s")
    return price


def count_started(coroutines: list[Coroutine[Any, Any, int]]) -> int:
    # CORO_CREATED is the state of a coroutine that has not run any line yet.
    started = [
        coroutine
        for coroutine in coroutines
        if getcoroutinestate(coroutine) != CORO_CREATED
    ]
    return len(started)


async def ask_all() -> Result:
    # Each call makes a coroutine. No line of ask_shop runs.
    coroutines = [ask_shop(number) for number in range(1, SHOPS + 1)]
    started_by_calls = count_started(coroutines)
    kind = type(coroutines[0]).__name__
    print(
        f"{len(coroutines)} calls: the first made an object of type {kind}, "
        f"started: {started_by_calls}"
    )

    start = perf_counter()
    prices = []
    for coroutine in coroutines:
        # "await" means: run this coroutine, pause here until it has ended,
        # and take the value that it returns.
        price = await coroutine
        prices.append(price)
    elapsed = perf_counter() - start
    started_by_await = count_started(coroutines) - started_by_calls
    return Result(prices, started_by_calls, started_by_await, elapsed)


def main() -> None:
    # asyncio.run starts an event loop. The event loop runs coroutines: when
    # one has to wait, another one can run. Here there is no other: we start
    # each shop only after the answer of the shop before it.
    result = asyncio.run(ask_all())
    rate = len(result.prices) / result.elapsed
    print(
        f"{len(result.prices)} shops in {result.elapsed:.2f} s: "
        f"{rate:.1f} shops per second; calls started "
        f"{result.started_by_calls}, await started {result.started_by_await}"
    )


if __name__ == "__main__":
    run(main)
