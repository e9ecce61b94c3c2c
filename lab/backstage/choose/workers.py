"""Pools of workers in the probe process, and calls that run in them."""

import asyncio
import inspect
import sys
from collections.abc import Sequence
from concurrent import futures
from contextlib import suppress
from functools import partial
from time import perf_counter, sleep
from typing import Any

from backstage.choose.inputs import Arguments, Function
from backstage.choose.models import POOL_CLASSES

# Seconds of each worker's first job. It is long enough that no worker gets
# two of them, so that all of them have started afterwards.
FIRST_JOB = 0.02


class Workers:
    """The pools for a function, one for each model that has been opened."""

    def __init__(
        self, function: Function, module: str, scheduler: str = ""
    ) -> None:
        """Prepare to call a function.

        Args:
            function: The function.
            module: The module that the user named.
            scheduler: Address of the scheduler of a cluster.
        """
        self.job = partial(call_function, function)
        self.function = function
        self.module = module
        self.scheduler = scheduler
        self.pools = dict[str, Any]()

    def open(self, model: str, workers: int) -> dict[str, float]:
        """Start workers, in place of those that the model has.

        Returns:
            The elapsed `seconds`, and the `bytes` of memory of each worker.
        """
        self.close(model)
        if model == "cluster":
            return self._open_cluster()
        options: dict[str, Any] = {}
        if model == "interpreters":  # each has an import path of its own
            path = f"import sys; sys.path[:] = {sys.path!r}"
            options = {"initializer": exec, "initargs": (path,)}
        before = measure_memory()
        start = perf_counter()
        pool = getattr(futures, POOL_CLASSES[model])(workers, **options)
        self.pools[model] = pool
        list(pool.map(partial(_run_first_job, self.function), range(workers)))
        seconds = perf_counter() - start - FIRST_JOB
        size = (measure_memory() - before) / workers
        return {"seconds": max(seconds, 0), "bytes": max(size, 0)}

    def _open_cluster(self) -> dict[str, float]:
        # Its libraries may be missing, and interpreters cannot import them.
        from backstage.choose.cluster import Cluster

        start = perf_counter()
        cluster = Cluster(self.scheduler, self.module, self.job)
        self.pools["cluster"] = cluster
        return {"seconds": perf_counter() - start, "bytes": 0}

    def run(
        self, model: str, workers: int, calls: Sequence[Arguments], chunk: int
    ) -> list[Any]:
        """Return the results of these calls.

        Args:
            model: Its pool must be open, if it has one.
            workers: For asyncio, how many calls may run at the same time.
            calls: The arguments of each call.
            chunk: How many calls a process gets at a time.
        """
        if model == "cluster":
            return list(self.pools[model].run(calls, chunk))
        if model in self.pools:
            pool = self.pools[model]
            return list(pool.map(self.job, calls, chunksize=chunk))
        if inspect.iscoroutinefunction(self.function):
            return asyncio.run(self._gather(calls, workers))
        return [self.function(*arguments) for arguments in calls]

    async def _gather(
        self, calls: Sequence[Arguments], workers: int
    ) -> list[Any]:
        semaphore = asyncio.Semaphore(workers)

        async def call(arguments: Arguments) -> Any:
            async with semaphore:
                return await self.function(*arguments)

        return await asyncio.gather(*map(call, calls))

    def close(self, model: str) -> None:
        """Shut down a model's workers, if there are any."""
        if model in self.pools:
            self.pools.pop(model).shutdown()

    def close_all(self) -> None:
        """Shut down all workers."""
        for pool in self.pools.values():
            pool.shutdown()


def call_function(function: Function, arguments: Arguments) -> Any:
    """Return the function's result, or that of its coroutine."""
    result = function(*arguments)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def _run_first_job(function: Function, _: int) -> None:
    """Keep a worker busy that has just imported the function's module."""
    sleep(FIRST_JOB)


def measure_memory() -> int:
    """Return the bytes of memory of this process and its children.

    Memory that they share counts for each of them in part where the system
    knows how much that is (PSS, on Linux), elsewhere not at all (USS).
    """
    import psutil  # interpreters, which import this module, cannot import it

    own = psutil.Process()
    total = 0
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # the function's, just ended
            info = process.memory_full_info()
            total += getattr(info, "pss", 0) or info.uss
    return total
