"""What an idle worker weighs: a process, a task, a thread, an interpreter.

Claim: a task about 1 KB, a thread ten times as much (the rest of its stack is
reserved, not used), an interpreter or a process thousands of times as much.
"""

import asyncio
import multiprocessing
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from math import log2
from time import perf_counter
from typing import Any

import psutil

from backstage import run

COUNTS = [1, 100, 1_000]  # tasks, or threads
FEW = [1, 10, 50]  # processes, or interpreters


def memory() -> list[int]:
    own = psutil.Process()
    family = [x.memory_full_info() for x in (own, *own.children(True))]
    kinds = "rss", "pss" if psutil.LINUX else "uss", "vms"
    return [sum(getattr(one, kind) for one in family) for kind in kinds]


def weigh(name: str, start: Callable[[], Any], counts: list[int]) -> str:
    units, before = [start()], memory()  # one brings what all of them share
    for count in counts:
        new, begin = count + 1 - len(units), perf_counter()
        units += [start() for _ in range(new)]
        elapsed = perf_counter() - begin
        grown = (b - a for a, b in zip(before, memory(), strict=True))
        each = [size / count / 1024 for size in grown]
        bar = "#" * round(log2(max(each[0], 1)) + 1)  # one for each doubling
        cells = (f"{size:10,.1f}" for size in each)
        print(f"{count:5,} {name:<12}{elapsed / new:.6f} s", *cells, bar)
    return f"{name} {each[0]:,.1f}"


def idle(ready: Any, end: Any) -> None:
    ready.release()
    end.wait()


def weigh_workers(name: str, kit: Any, counts: list[int]) -> str:
    ready, end, workers = kit.Semaphore(0), kit.Event(), []

    def start() -> None:
        kind = getattr(kit, name.title())
        workers.append(kind(target=idle, args=(ready, end), name="idle"))
        workers[-1].start()
        ready.acquire()

    try:
        return weigh(name, start, counts)
    finally:
        end.set()
        for worker in workers:
            worker.join()


async def weigh_tasks() -> str:
    queue = asyncio.Queue[None]()
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    return weigh("task", lambda: asyncio.create_task(queue.get()), COUNTS)


def main() -> None:
    shared = "PSS" if psutil.LINUX else "USS"
    columns = "resident", shared, "reserved", "KB, # doubles"
    print(f"{'each':<16} {'start':>10}", *(f"{x:>10}" for x in columns))
    told = [weigh_workers("process", multiprocessing, FEW)]
    told += [asyncio.run(weigh_tasks())]
    told += [weigh_workers("thread", threading, COUNTS)]
    if sys.version_info >= (3, 14):
        create = import_module("concurrent.interpreters").create
        told += [weigh("interpreter", create, FEW)]
    print(f"resident KB: {', '.join(told)}")


if __name__ == "__main__":
    run(main)
