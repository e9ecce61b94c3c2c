"""The probe: a process that calls the user's function.

It reads requests from standard input, one JSON object on each line, and
writes an answer to each on standard output. It is a process of its own since
the function may never end, or may end its process.
"""

import inspect
import json
import os
import pickle
import sys
from collections.abc import Sequence
from itertools import cycle, islice
from statistics import median
from time import perf_counter
from typing import Any

from backstage.choose.comparison import (
    are_equal,
    copy_if_possible,
    survives_pickling,
)
from backstage.choose.inputs import describe_error, load_calls
from backstage.choose.timing import cpu_time, time_calls, time_repeatedly
from backstage.choose.workers import Workers
from backstage.errors import LabError, UsageError

LONG_CALL = 1  # seconds of a call that is not repeated
PICKLINGS = 9  # how often a call is pickled, at most
PICKLING_TIME = 0.05  # to measure it
RACE_INTERVAL = 1e-6  # seconds: frequent switches of threads show races


class Probe:
    """A function, its inputs and their results, and workers to call it."""

    def __init__(
        self, target: str, expressions: Sequence[str], scheduler: str = ""
    ) -> None:
        """Load the function; the scheduler is that of a cluster.

        Raises:
            UsageError: See `load_calls`.
        """
        self.function, self.calls = load_calls(target, expressions)
        self.results = dict[int, Any]()  # by the numbers of inputs
        self.is_comparable = True  # wrong results would be noticed
        module = target.partition(":")[0]
        self.workers = Workers(self.function, module, scheduler)

    def describe(self) -> dict[str, Any]:
        """Return the number of inputs, and whether the function is async."""
        is_async = inspect.iscoroutinefunction(self.function)
        return {"inputs": len(self.calls), "is_async": is_async}

    def connect(self) -> dict[str, int]:
        """Return how many `threads` the workers of the cluster have."""
        from backstage.choose.cluster import count_threads

        return {"threads": count_threads(self.workers.scheduler)}

    def call(self, number: int) -> dict[str, Any]:
        """Call the function with one input, and repeat short calls.

        Returns:
            `first`: the elapsed seconds of the first call;
            `seconds` and `cpu`: elapsed and CPU seconds of a later call, or
            of the first if it is long;
            `is_lazy`: whether the result is a generator;
            `is_comparable`: whether a wrong result would be noticed.
        """
        arguments = self.calls[number]
        original = copy_if_possible(arguments)
        first = time_calls(self.function, arguments)
        expected = first.result
        timing = first._replace(result=copy_if_possible(expected))
        if first.seconds < LONG_CALL:
            timing = time_repeatedly(self.function, arguments)
        is_comparable = (
            are_equal(original, arguments)  # the function did not change it
            and are_equal(timing.result, expected)
            and survives_pickling(expected)
        )
        self.is_comparable &= is_comparable
        self.results[number] = expected
        return {
            "first": first.seconds,
            "seconds": timing.seconds,
            "cpu": timing.seconds * timing.cpu_share,
            "is_lazy": inspect.isgenerator(expected)
            or inspect.isasyncgen(expected),
            "is_comparable": is_comparable,
        }

    def measure_pickling(self, number: int) -> dict[str, Any]:
        """Pickle a call and its result, and load both again.

        Returns:
            The `size` of both in bytes, and the median `seconds`; or the
            `reason` why it is impossible.
        """
        size, total = 0, 0.0
        parts = {
            "function or input": (self.function, self.calls[number]),
            "result": self.results[number],
        }
        for name, part in parts.items():
            durations = list[float]()
            while (
                len(durations) < PICKLINGS and sum(durations) < PICKLING_TIME
            ):
                start = perf_counter()
                try:
                    data = pickle.dumps(part)
                    pickle.loads(data)
                except Exception as error:  # noqa: BLE001  the object's class
                    text = describe_error(error)
                    return {"reason": f"its {name} cannot be pickled: {text}"}
                durations.append(perf_counter() - start)
            size += len(data)
            total += median(durations)
        return {"size": size, "seconds": total}

    def open(self, model: str, workers: int) -> dict[str, float]:
        """Start workers; see `Workers.open`."""
        return self.workers.open(model, workers)

    def close(self, model: str) -> dict[str, float]:
        """Shut down a model's workers."""
        self.workers.close(model)
        return {}

    def run(
        self,
        model: str,
        workers: int,
        tasks: int,
        chunk: int = 1,
        first: int = 0,
        provoke_races: bool = False,
    ) -> dict[str, Any]:
        """Run tasks with the inputs that have a result, one after the other.

        Args:
            model: Its workers must have been started.
            workers: For asyncio, how many tasks may run at the same time.
            tasks: How many tasks to run.
            chunk: How many tasks a process gets at a time.
            first: Place of the first task's input among the inputs.
            provoke_races: Whether threads switch as often as possible.

        Returns:
            The elapsed `seconds`, the `cpu` seconds of this process, and how
            many results were `wrong`.
        """
        numbers = list(islice(cycle(self.results), first, first + tasks))
        calls = [self.calls[number] for number in numbers]
        interval = sys.getswitchinterval()
        if provoke_races:
            sys.setswitchinterval(RACE_INTERVAL)
        cpu_start, start = cpu_time(), perf_counter()
        try:
            results = self.workers.run(model, workers, calls, chunk)
        finally:
            sys.setswitchinterval(interval)
        seconds, cpu = perf_counter() - start, cpu_time() - cpu_start
        wrong = sum(
            not are_equal(result, self.results[number])
            for number, result in zip(numbers, results, strict=True)
        )
        wrong *= self.is_comparable
        return {"seconds": seconds, "cpu": cpu, "wrong": wrong}


def main() -> None:
    """Answer requests until there are no more.

    The first has the arguments of Probe. Each later one has the name of a
    method as its `action`, and the method's arguments. An answer is what the
    method returned, or has the `error` of the function, or the `usage_error`
    of the user.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):  # the function may read and print
        os.dup2(null, descriptor)
    probe: Probe | None = None
    for line in requests:
        request = json.loads(line)
        try:
            if probe is None:
                probe = Probe(**request)
                answer = probe.describe()
            else:
                answer = getattr(probe, request.pop("action"))(**request)
        except UsageError as error:
            answer = {"usage_error": str(error)}
        except LabError as error:
            answer = {"error": str(error)}
        except BaseException as error:  # noqa: BLE001  the function's own
            answer = {"error": describe_error(error)}
        print(json.dumps(answer), file=answers, flush=True)
    if probe:
        probe.workers.close_all()
