"""Compare the memory of asyncio tasks, threads and processes that wait.

Reserved memory is all the memory that a program has asked for. Resident memory
is the part that it really uses. A thread reserves megabytes for its stack (the
variables of its functions), and uses a few kilobytes of them.

Prediction: resident KB for one: task about 1, thread more than 5, process and
interpreter more than 500.
"""

import asyncio
import multiprocessing
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from time import perf_counter
from typing import Any, NamedTuple

import psutil

from backstage import run

COUNTS = [1, 100, 1_000]  # how many tasks, and how many threads
FEW = [1, 10, 50]  # how many processes, and how many interpreters


class Memory(NamedTuple):
    resident: int  # bytes
    reserved: int  # bytes


def measure_memory() -> Memory:
    """Return the memory of this process and of its child processes."""
    process = psutil.Process()
    infos = [
        member.memory_info()
        for member in [process, *process.children(recursive=True)]
    ]
    return Memory(
        resident=sum(info.rss for info in infos),  # resident set size
        reserved=sum(info.vms for info in infos),  # virtual memory size
    )


def measure(
    kind: str, start_one: Callable[[], Any], counts: list[int]
) -> float:
    """Start more and more workers. Return the resident KB of one of them."""
    # The first one is not measured: it loads code that the others use too.
    started = [start_one()]
    before = measure_memory()
    for count in counts:
        missing = count - (len(started) - 1)  # the first one does not count
        start = perf_counter()
        started += [start_one() for _ in range(missing)]
        seconds = (perf_counter() - start) / missing
        now = measure_memory()
        resident = (now.resident - before.resident) / count / 1024
        reserved = (now.reserved - before.reserved) / count / 1024
        print(
            f"{kind:<12}{count:>8,}{seconds * 1000:>12.3f} ms"
            f"{resident:>12,.1f} KB{reserved:>12,.1f} KB"
        )
    return resident


def idle(ready: Any, end: Any) -> None:
    # Both are events. An event is like a switch: wait() waits for set().
    ready.set()
    end.wait()


def measure_workers(
    kind: str, create: Callable[..., Any], event_class: Any, counts: list[int]
) -> float:
    """Measure threads or processes, which wait until we set an event."""
    end = event_class()
    workers = []

    def start_one() -> None:
        ready = event_class()
        worker = create(target=idle, args=(ready, end))
        workers.append(worker)
        worker.start()
        ready.wait()

    try:
        return measure(kind, start_one, counts)
    finally:
        end.set()
        for worker in workers:
            worker.join()


async def measure_tasks() -> float:
    queue = asyncio.Queue[None]()
    # An eager task starts immediately, and runs until it has to wait. So all
    # tasks wait when we measure.
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)

    def start_one() -> Any:
        return loop.create_task(queue.get())  # waits: the queue stays empty

    # The tasks still wait when this function ends: asyncio.run cancels them.
    return measure("task", start_one, COUNTS)


def main() -> None:
    print(
        f"{'kind':<12}{'count':>8}{'start one':>15}"
        f"{'resident':>15}{'reserved':>15}"
    )
    process = measure_workers(
        "process", multiprocessing.Process, multiprocessing.Event, FEW
    )
    task = asyncio.run(measure_tasks())
    thread = measure_workers(
        "thread", threading.Thread, threading.Event, COUNTS
    )
    summary = f"task {task:.1f}, thread {thread:.1f}, process {process:,.0f}"
    if sys.version_info >= (3, 14):
        interpreters = import_module("concurrent.interpreters")
        interpreter = measure("interpreter", interpreters.create, FEW)
        summary += f", interpreter {interpreter:,.0f}"
    print(f"resident KB for one: {summary}")


if __name__ == "__main__":
    run(main)
