"""Wait a short time for a cook, and see if the cook stops after that.

A cook turns the oven on, bakes ten pizzas one by one, and turns the oven off.
We wait only a short time. A timeout cancels a coroutine: it stops at its
await. If it ignores that, our waiting goes on, too. A thread goes on, and only
our waiting ends, but we can ask it to stop after a pizza. A process can be
stopped at any point, but then its `finally` does not run.

Prediction: pizzas: coroutine about 3, cancel ignored 10, thread 10, with stop
about 4, process about 3 of 10. Only the process leaves the oven on.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing import Manager
from multiprocessing.managers import Namespace
from time import perf_counter, sleep

from backstage import run

PIZZAS = 10  # pizzas that the cook wants to bake
BAKING_TIME = 0.1  # seconds for one pizza
TIMEOUT = 0.35  # seconds that we wait, at most


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


async def bake_in_task(kitchen: Namespace, ignore_cancel: bool) -> None:
    start_oven(kitchen)
    try:
        for _ in range(PIZZAS):
            try:
                await asyncio.sleep(BAKING_TIME)
            except asyncio.CancelledError:
                # The timeout has cancelled this task. We must raise the error
                # again. If we do not, the task goes on, no TimeoutError comes,
                # and this pizza leaves the oven too early.
                if not ignore_cancel:
                    raise
            count_pizza(kitchen)
    finally:
        kitchen.oven = "off"


def start_oven(kitchen: Namespace) -> None:
    kitchen.oven = "on"
    kitchen.start = perf_counter()


def count_pizza(kitchen: Namespace) -> None:
    kitchen.pizzas += 1
    kitchen.last_pizza = perf_counter() - kitchen.start


# Each of these functions returns how many seconds we waited: until the cook
# ended, or until the TimeoutError. It returns only when the cook has ended.


async def use_timeout(kitchen: Namespace, ignore_cancel: bool) -> float:
    start = perf_counter()
    with suppress(TimeoutError):  # the block ends at this error, and we go on
        async with asyncio.timeout(TIMEOUT):
            await bake_in_task(kitchen, ignore_cancel)
    return perf_counter() - start


async def use_wait_for(kitchen: Namespace) -> float:
    start = perf_counter()
    cook = bake_in_task(kitchen, ignore_cancel=False)
    with suppress(TimeoutError):
        # the same as asyncio.timeout, for one call
        await asyncio.wait_for(cook, timeout=TIMEOUT)
    return perf_counter() - start


def run_with_timeout(kitchen: Namespace, ignore_cancel: bool) -> float:
    return asyncio.run(use_timeout(kitchen, ignore_cancel))


def run_with_wait_for(kitchen: Namespace) -> float:
    return asyncio.run(use_wait_for(kitchen))


def use_thread(kitchen: Namespace, stop: bool) -> float:
    with ThreadPoolExecutor(max_workers=1) as pool:
        start = perf_counter()
        future = pool.submit(bake, kitchen)
        with suppress(TimeoutError):
            future.result(timeout=TIMEOUT)
        waited = perf_counter() - start
        kitchen.stop = stop
    # The end of the block has waited for the thread.
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
        if sys.version_info < (3, 14):
            os.kill(pid, signal.SIGTERM)  # what terminate_workers does
        # SIGTERM asks the process to end, and it could react. SIGKILL cannot
        # be refused. (On Windows both are the same.)
        elif kill:
            pool.kill_workers()
        else:
            pool.terminate_workers()
    return waited


Wait = Callable[[Namespace], float]  # it waits for a cook in this kitchen


def measure(way: str, wait: Wait, kitchen: Namespace) -> int:
    kitchen.pizzas = 0
    kitchen.last_pizza = 0.0  # seconds from the start until the last pizza
    kitchen.stop = False
    kitchen.oven = "off"
    waited = wait(kitchen)
    pizzas = int(kitchen.pizzas)
    print(
        f"{way:<20}{waited:>8.2f} s{kitchen.last_pizza:>11.2f} s{pizzas:>8}"
        f"   {kitchen.oven}"
    )
    return pizzas


def compare(kitchen: Namespace) -> None:
    # partial(f, stop=True) is f with this argument filled in. So each of these
    # functions needs only the kitchen.
    ways: dict[str, Wait] = {
        "asyncio.timeout": partial(run_with_timeout, ignore_cancel=False),
        "asyncio.wait_for": run_with_wait_for,
        "cancel ignored": partial(run_with_timeout, ignore_cancel=True),
        "thread": partial(use_thread, stop=False),
        "thread, then stop": partial(use_thread, stop=True),
        "terminate_workers": partial(use_process, kill=False),
    }
    if sys.version_info >= (3, 14):
        ways["kill_workers"] = partial(use_process, kill=True)
    else:
        minor = sys.version_info.minor
        print(f"kill_workers needs Python 3.14, this is 3.{minor}")
    pizzas = {way: measure(way, wait, kitchen) for way, wait in ways.items()}
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
