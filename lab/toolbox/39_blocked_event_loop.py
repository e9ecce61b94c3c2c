"""Block an event loop, measure for how long, and find the task that did it.

An event loop runs all its tasks in one thread. A task lets the others run only
while it waits at an "await". Here one task, the heartbeat, wants to run every
10 ms, while another task waits or computes. If the heartbeat is late, all
other tasks are late, too. Without the GIL, computing in a thread delays the
heartbeat less. To see that: uv run lab on 3.14t 39

Prediction: the longest time between beats, in ms: time.sleep at least 500, in
a thread much less. Computing in the event loop: more than in a process.
"""

import asyncio
import logging
import re
import sys
import time
from collections.abc import Coroutine
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from backstage import run

BEAT = 0.01  # seconds that the heartbeat sleeps before each beat
SLEEP = 0.5  # seconds that the other task waits
WORK = 3_000_000  # the other task counts the digits of this many numbers


def ask_server() -> None:
    time.sleep(SLEEP)  # stands for waiting for a slow server


def count_digits(limit: int) -> int:
    digits = 0
    for number in range(limit):
        digits += len(str(number))
    return digits


# Two mistakes: no "await" inside, so no other task can run meanwhile.
async def wait_in_coroutine() -> None:
    ask_server()


async def compute_in_coroutine() -> None:
    count_digits(WORK)


# The solutions: a thread calls the function that waits, or a process calls the
# function that computes. (A thread that computes helps less, with a GIL.)
async def wait_in_thread() -> None:
    await asyncio.to_thread(ask_server)


async def compute_in_thread() -> None:
    # With the GIL, the two threads take turns. The heartbeat has to wait 5 ms
    # for a turn, or much longer. Without the GIL, both can run at the same
    # time.
    await asyncio.to_thread(count_digits, WORK)


async def compute_in_process(pool: ProcessPoolExecutor) -> None:
    # A process has its own GIL, so the heartbeat does not wait for a turn.
    # This is like to_thread, but with our pool of processes.
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(pool, count_digits, WORK)


async def measure(name: str, other: Coroutine[Any, Any, None]) -> float:
    """Run a task and the heartbeat. Return the longest time in ms."""
    task = asyncio.create_task(other)  # starts at our first "await"
    longest = 0.0  # ms from one beat to the next
    start = time.perf_counter()
    last_beat = start
    # This loop is the heartbeat: each round is one beat.
    while not task.done():
        await asyncio.sleep(BEAT)
        beat = time.perf_counter()
        longest = max(longest, (beat - last_beat) * 1000)
        last_beat = beat
    await task  # raises the error if the task failed
    elapsed = last_beat - start
    print(f"{name}: {elapsed:.2f} s, at most {longest:.0f} ms between beats")
    return longest


async def measure_all(pool: ProcessPoolExecutor) -> None:
    await measure("asyncio sleep", asyncio.sleep(SLEEP))
    wait_ms = await measure("time.sleep", wait_in_coroutine())
    wait_thread_ms = await measure("time.sleep in thread", wait_in_thread())
    compute_ms = await measure("computing", compute_in_coroutine())
    await measure("computing in thread", compute_in_thread())
    compute_process_ms = await measure(
        "computing in process", compute_in_process(pool)
    )
    print(
        f"longest pause in ms: time.sleep {wait_ms:.0f}, "
        f"in thread {wait_thread_ms:.0f}; "
        f"computing {compute_ms:.0f}, in process {compute_process_ms:.0f}"
    )


def report_slow_task(record: logging.LogRecord) -> bool:
    # The text is: Executing <Task ... coro=<NAME() ...> took 0.501 seconds
    # (\w+) finds the name: found[1]. ([\d.]+) finds the seconds: found[2].
    found = re.search(r"coro=<(\w+).* took ([\d.]+) s", record.getMessage())
    if not found:
        return True  # another message: asyncio prints it as usual
    print(f"debug mode: {found[1]} blocked the loop for {found[2]} s")
    return False  # asyncio does not print the long text, too


def is_gil_enabled() -> bool:
    if sys.version_info < (3, 13):
        return True
    return sys._is_gil_enabled()


def main() -> None:
    gil = "on" if is_gil_enabled() else "off"
    print(f"Python 3.{sys.version_info.minor}, GIL {gil}")
    # In debug mode, asyncio logs each task that runs for more than 0.1 s
    # without an "await". A filter of the log is called with each message.
    logging.getLogger("asyncio").addFilter(report_slow_task)
    with ProcessPoolExecutor(max_workers=1) as pool:
        # This starts the process now, so that we do not measure its start.
        pool.submit(count_digits, 1).result()
        asyncio.run(measure_all(pool), debug=True)


if __name__ == "__main__":
    run(main)
