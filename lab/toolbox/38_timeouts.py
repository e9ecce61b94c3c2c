"""Wait a short time for a cook, and see if the cook stops after that.

A cook turns the oven on, bakes ten pizzas one by one, and turns the oven off.
We wait only a short time. A timeout cancels a coroutine: the coroutine stops
at its await. If it ignores the cancellation, it goes on, and we have to wait.
For a thread, a timeout only ends our waiting: the thread goes on. But we can
ask it to stop after a pizza. A process can be stopped at any point, but then
its `finally` does not run, and the oven stays on.

Prediction: pizzas: coroutine about 3, cancel ignored 10, thread 10, with stop
about 4, process about 3 of 10.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing import Manager
from multiprocessing.managers import Namespace
from time import perf_counter, sleep
from typing import Any

from backstage import run

PIZZAS = 10  # pizzas that the cook wants to bake
BAKING_TIME = 0.1  # seconds for one pizza
TIMEOUT = 0.35  # seconds, then we want to stop waiting


# The kitchen is an object of a manager, which other processes can use, too. It
# is made in main. Its variables: pizzas, start, last_pizza, stop and oven.
def bake(kitchen: Namespace) -> None:
    start_oven(kitchen)
    try:
        for _ in range(PIZZAS):
            if kitchen.stop:  # somebody asks the cook to stop
                break
            sleep(BAKING_TIME)
            count_pizza(kitchen)
    finally:  # also runs after an error
        kitchen.oven = "off"


async def bake_in_coroutine(kitchen: Namespace) -> None:
    start_oven(kitchen)
    try:
        for _ in range(PIZZAS):
            await asyncio.sleep(BAKING_TIME)
            count_pizza(kitchen)
    finally:
        kitchen.oven = "off"


async def bake_and_ignore_cancel(kitchen: Namespace) -> None:
    start_oven(kitchen)
    try:
        for _ in range(PIZZAS):
            # A mistake: suppress() catches the CancelledError and ignores it.
            # So the coroutine goes on, and the timeout raises no TimeoutError.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(BAKING_TIME)
            count_pizza(kitchen)
    finally:
        kitchen.oven = "off"


def start_oven(kitchen: Namespace) -> None:
    kitchen.oven = "on"
    kitchen.start = perf_counter()


def count_pizza(kitchen: Namespace) -> None:
    kitchen.pizzas += 1
    kitchen.last_pizza = perf_counter() - kitchen.start


Baking = Coroutine[Any, Any, None]  # a coroutine that returns nothing
Cook = Callable[[Namespace], Baking]  # bake_...: one of the two above


async def wait_with_timeout(baking: Baking) -> None:
    async with asyncio.timeout(TIMEOUT):
        await baking


# Each function "use_..." returns how many seconds we waited: until the cook
# ended, or until the TimeoutError.


def use_timeout(kitchen: Namespace, cook: Cook) -> float:
    start = perf_counter()
    with suppress(TimeoutError):  # the block ends at this error, and we go on
        asyncio.run(wait_with_timeout(cook(kitchen)))
    return perf_counter() - start


def use_wait_for(kitchen: Namespace) -> float:
    start = perf_counter()
    with suppress(TimeoutError):
        # the same as asyncio.timeout, for one call
        asyncio.run(asyncio.wait_for(bake_in_coroutine(kitchen), TIMEOUT))
    return perf_counter() - start


def use_thread(kitchen: Namespace, stop: bool) -> float:
    with ThreadPoolExecutor(max_workers=1) as pool:
        start = perf_counter()
        future = pool.submit(bake, kitchen)
        with suppress(TimeoutError):
            future.result(timeout=TIMEOUT)
        waited = perf_counter() - start
        kitchen.stop = stop
    # The end of the block has waited for the thread, so that the next cook has
    # an empty kitchen. This time is not counted.
    return waited


def use_process(kitchen: Namespace, kill: bool) -> float:
    with ProcessPoolExecutor(max_workers=1) as pool:
        # The worker process starts with its first task. We wait for that, so
        # that the timeout counts only the baking.
        pid = pool.submit(os.getpid).result()  # the number of the process
        start = perf_counter()
        future = pool.submit(bake, kitchen)
        with suppress(TimeoutError):
            future.result(timeout=TIMEOUT)
        waited = perf_counter() - start
        # Signals are messages to a process. (Windows has none: there, each of
        # these lines ends the process at once.)
        if sys.version_info < (3, 14):
            # os.kill sends any signal: here SIGTERM, as terminate_workers.
            os.kill(pid, signal.SIGTERM)
        elif kill:
            pool.kill_workers()  # sends SIGKILL, which ends any process
        else:
            pool.terminate_workers()  # sends SIGTERM, which can be ignored
    return waited


Way = Callable[[Namespace], float]  # use_...


def measure(name: str, way: Way, kitchen: Namespace) -> int:
    kitchen.pizzas = 0
    kitchen.last_pizza = 0.0  # seconds from the start until the last pizza
    kitchen.stop = False
    kitchen.oven = "off"
    waited = way(kitchen)
    pizzas: int = kitchen.pizzas
    print(
        f"{name:<20}{waited:>8.2f} s{kitchen.last_pizza:>11.2f} s{pizzas:>8}"
        f"   {kitchen.oven}"
    )
    return pizzas


def compare(kitchen: Namespace) -> None:
    # partial(f, stop=True) is f with this argument filled in. So each of these
    # functions needs only the kitchen.
    ways: dict[str, Way] = {
        "asyncio.timeout": partial(use_timeout, cook=bake_in_coroutine),
        "asyncio.wait_for": use_wait_for,
        "cancel ignored": partial(use_timeout, cook=bake_and_ignore_cancel),
        "thread": partial(use_thread, stop=False),
        "thread, then stop": partial(use_thread, stop=True),
        "terminate_workers": partial(use_process, kill=False),
    }
    if sys.version_info >= (3, 14):
        ways["kill_workers"] = partial(use_process, kill=True)
    else:
        minor = sys.version_info.minor
        print(f"kill_workers needs Python 3.14, this is 3.{minor}")
    pizzas = {name: measure(name, way, kitchen) for name, way in ways.items()}
    print(
        f"pizzas: coroutine {pizzas['asyncio.timeout']}, "
        f"cancel ignored {pizzas['cancel ignored']}, "
        f"thread {pizzas['thread']}, "
        f"with stop {pizzas['thread, then stop']}, "
        f"process {pizzas['terminate_workers']} of {PIZZAS}"
    )


def main() -> None:
    print(
        f"{'way':<20}{'we waited':>10}{'last pizza':>13}{'pizzas':>8}   oven"
    )
    # Processes do not share variables. A manager is a process that keeps
    # variables for others: all of them can use the same kitchen.
    with Manager() as manager:
        compare(manager.Namespace())


if __name__ == "__main__":
    run(main)
