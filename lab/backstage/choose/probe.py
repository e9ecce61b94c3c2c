"""The child of `choose`, which calls the user's function as it is told to.

It reads one JSON object a line from standard input and answers each on
standard output. It is a process of its own since the function may never end,
or end its process.
"""

import asyncio
import copy
import importlib
import inspect
import json
import os
import pickle
import re
import sys
from collections.abc import Callable
from concurrent import futures
from contextlib import suppress
from functools import partial
from itertools import cycle, islice
from statistics import median
from time import perf_counter, process_time, sleep
from typing import Any

WAKING = 0.02  # seconds in which no worker takes two of the first jobs
MEASURABLE = 0.05  # seconds: many times what looking at the clock takes
PICKLES = 9  # of which the median is taken
HASTE = 1e-6  # seconds: threads that switch so often show more races
POOLS = {
    "threads": "ThreadPoolExecutor",
    "processes": "ProcessPoolExecutor",
    "interpreters": "InterpreterPoolExecutor",  # from Python 3.14 on
}

Function = Callable[..., Any]
Call = tuple[Any, ...]  # the arguments of one call


class InputError(Exception):
    """No such function, or no such input; the text says why in one line."""


def load(target: str, words: list[str]) -> tuple[Function, list[Call]]:
    """Return a function, and the arguments of its calls.

    Arguments: `target`, "module:function"; `words`, sources of its inputs, in
    which the module's names are known; "*range(8)" is eight inputs.

    Raises InputError where there is no such function, or where an input cannot
    be made or does not fit.
    """
    name, _, path = target.partition(":")
    try:
        module = importlib.import_module(name)
        function: Any = module
        for part in path.split("."):
            function = getattr(function, part)
        if not callable(function):
            raise TypeError(f"a {type(function).__name__} is no function")
    except Exception as error:  # noqa: BLE001  whatever is in the module
        raise InputError(f"{target}: {tell(error)}") from None
    inputs = list[Any]()
    for word in words:
        try:
            inputs += eval(f"[{word}\n]", dict(vars(module)))
        except Exception as error:  # noqa: BLE001  whatever the user wrote
            line = f"no input in {word[:60]!r}: {tell(error)}"
            raise InputError(line) from None
    if words and not inputs:
        raise InputError(f"no input in {words[0]!r}")
    if words:
        return function, [fit(function, one) for one in inputs]
    try:
        inspect.signature(function).bind()
    except TypeError as error:
        raise InputError(f"it needs an --input: {error}") from None
    return function, [()]


def fit(function: Function, one: Any) -> Call:
    """Return the arguments of a call with this input.

    A tuple is several arguments where the function does not take just one.

    Raises InputError where the function does not take it.
    """
    calls = [(one,), one] if isinstance(one, tuple) else [(one,)]
    for call in calls:
        try:
            inspect.signature(function).bind(*call)
        except TypeError as error:
            wrong = error
        except ValueError:  # in C, and it does not tell what it takes
            return (one,)
        else:
            return call
    raise InputError(f"the input {one!r:.60} does not fit: {wrong}")


def tell(error: BaseException) -> str:
    """Return an error as one line.

    Of what an interpreter cannot import that is its own error, which stands
    in the text of the last cause.
    """
    while type(error).__name__ == "NotShareableError" and error.__cause__:
        error = error.__cause__
    own = re.search(r"(?m)^\w+Error: .+", str(error))
    said = " ".join(str(error).split())
    if own:
        return own[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def call(function: Function, arguments: Call) -> Any:
    """Return the function's result, or that of its coroutine."""
    result = function(*arguments)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def wake(function: Function, _: int) -> None:
    """Keep a worker busy, which has just imported the function's module."""
    sleep(WAKING)


def same(one: Any, other: Any) -> bool:
    """Tell whether two results are known to be equal.

    Those that cannot be compared are not. Pickles compare what `==` does not:
    arrays, for which it has no single answer, and NaN, which equals nothing.
    """
    with suppress(Exception):
        if one == other:
            return True
    with suppress(Exception):
        return stable_pickle(one) == stable_pickle(other)
    return False


def stable_pickle(value: Any) -> bytes:
    """Return a pickle that does not depend on where the value comes from.

    A view of a NumPy array, for one, comes back from a process as an array of
    its own, whose pickle differs from that of the view.
    """
    return pickle.dumps(from_process(value))


def from_process(value: Any) -> Any:
    """Return a value as it comes back from another process."""
    return pickle.loads(pickle.dumps(value))


def survives_process(value: Any) -> bool:
    """Tell whether a value from another process is known to be the same.

    What cannot be pickled never comes from there.
    """
    try:
        returned = from_process(value)
    except Exception:  # noqa: BLE001  the class's own
        return True
    return same(returned, value)


def fresh(value: Any) -> Any:
    """Return a copy of a value, or the value where it cannot be copied."""
    try:
        return copy.deepcopy(value)
    except Exception:  # noqa: BLE001  whatever the class does
        return value


def cpu_time() -> float:
    """Return the CPU seconds of this process, and of its ended children.

    Windows does not tell the latter.
    """
    return process_time() + sum(os.times()[2:4])


def memory() -> int:
    """Return the bytes that this process and its children hold.

    What they share counts for each of them in part where the system tells
    how much that is (PSS, on Linux), and not at all elsewhere (USS).
    """
    import psutil  # which interpreters cannot import

    own = psutil.Process()
    total = 0
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # the function's own, ended
            info = process.memory_full_info()
            total += getattr(info, "pss", 0) or info.uss
    return total


class Probe:
    """A function, its inputs, what it should return, and pools for it."""

    def __init__(self, target: str, words: list[str]) -> None:
        self.function, self.calls = load(target, words)
        self.is_async = inspect.iscoroutinefunction(self.function)
        self.expected = dict[int, Any]()
        self.comparable = True  # repeated calls have results known as equal
        self.pools = dict[str, futures.Executor]()
        self.workers = dict[str, int]()

    def about(self) -> dict[str, Any]:
        """Return how many inputs there are, and of which kind it is."""
        return {"inputs": len(self.calls), "async": self.is_async}

    def once(self, number: int) -> dict[str, Any]:
        """Call with one input; return seconds and CPU seconds of a call.

        A call that is soon over is repeated until it can be measured; the
        first one, whose seconds are `first`, counts only if it takes long.
        `lazy` tells whether the result is a generator, and `comparable`
        whether wrong results would be noticed.
        """
        arguments = self.calls[number]
        before = fresh(arguments)
        start, used = perf_counter(), cpu_time()
        expected = call(self.function, arguments)
        first = seconds = perf_counter() - start
        cpu = cpu_time() - used
        count, start, used = 0, perf_counter(), cpu_time()
        while seconds < 1 and perf_counter() - start < MEASURABLE:
            result = call(self.function, arguments)
            count += 1
        if count:
            seconds = (perf_counter() - start) / count
            cpu = (cpu_time() - used) / count
        else:
            result = fresh(expected)
        comparable = (
            same(before, arguments)  # it leaves its input alone
            and same(result, expected)
            and survives_process(expected)
        )
        self.comparable &= comparable
        self.expected[number] = expected
        lazy = inspect.isgenerator(expected) or inspect.isasyncgen(expected)
        return {
            "first": first,
            "seconds": seconds,
            "cpu": cpu,
            "lazy": lazy,
            "comparable": comparable,
        }

    def weigh(self, number: int) -> dict[str, Any]:
        """Return bytes and median seconds of pickling a call, both ways.

        Where it is impossible, `why` tells.
        """
        found = dict[str, Any]()
        parts = {
            "there": (self.function, self.calls[number]),
            "back": self.expected[number],
        }
        for name, part in parts.items():
            seconds = list[float]()
            while len(seconds) < PICKLES and sum(seconds) < MEASURABLE:
                start = perf_counter()
                try:
                    data = pickle.dumps(part)
                    pickle.loads(data)
                except Exception as error:  # noqa: BLE001  the class's own
                    what = "function or input" if name == "there" else "result"
                    return {"why": f"no pickle of its {what}: {tell(error)}"}
                seconds.append(perf_counter() - start)
            found[name] = [len(data), median(seconds)]
        return found

    def open(self, model: str, workers: int) -> dict[str, Any]:
        """Start workers, in place of those that the model has.

        Returns the seconds that it took, and the bytes of each.
        """
        if model in self.pools:
            self.pools.pop(model).shutdown()
        self.workers[model] = workers
        before, start, waking = memory(), perf_counter(), 0.0
        if model in POOLS:
            options: dict[str, Any] = {}
            if model == "interpreters":  # which have a path of their own
                path = f"import sys; sys.path[:] = {sys.path!r}"
                options = {"initializer": exec, "initargs": (path,)}
            pool = getattr(futures, POOLS[model])(workers, **options)
            list(pool.map(partial(wake, self.function), range(workers)))
            self.pools[model], waking = pool, WAKING
        seconds = perf_counter() - start - waking
        each = (memory() - before) / workers
        return {"seconds": max(seconds, 0), "memory": max(each, 0)}

    def run(
        self,
        model: str,
        tasks: int,
        chunk: int,
        first: int = 0,
        race: bool = False,
    ) -> dict[str, Any]:
        """Run so many tasks; return seconds, and how many went wrong.

        Arguments: `chunk`, how many of them a process is handed at a time;
        `first`, the place of the first one's input among those that work;
        `race`, whether threads are to switch as often as they can.
        """
        numbers = list(islice(cycle(self.expected), first, first + tasks))
        calls = [self.calls[number] for number in numbers]
        before = sys.getswitchinterval()
        if race:
            sys.setswitchinterval(HASTE)
        start = perf_counter()
        try:
            results = self.results(model, calls, chunk)
        finally:
            sys.setswitchinterval(before)
        seconds = perf_counter() - start
        pairs = zip(numbers, results, strict=True)
        wrong = [n for n, found in pairs if not same(found, self.expected[n])]
        return {"seconds": seconds, "wrong": len(wrong) * self.comparable}

    def results(self, model: str, calls: list[Call], chunk: int) -> list[Any]:
        """Return the results of the calls, made by that model."""
        if model in self.pools:
            job = partial(call, self.function)
            return list(self.pools[model].map(job, calls, chunksize=chunk))
        if self.is_async:
            return asyncio.run(self.gather(calls, self.workers[model]))
        return [self.function(*arguments) for arguments in calls]

    async def gather(self, calls: list[Call], workers: int) -> list[Any]:
        """Await the calls, so many at a time."""
        slots = asyncio.Semaphore(workers)

        async def one(arguments: Call) -> Any:
            async with slots:
                return await self.function(*arguments)

        return await asyncio.gather(*map(one, calls))

    def close(self) -> None:
        """Shut down all workers."""
        for pool in self.pools.values():
            pool.shutdown()


def main() -> None:
    """Answer one question a line, until there are no more.

    The first says which function; each next one names a method of Probe and
    its arguments. An answer is what the method returned, or has `error`.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    questions = os.fdopen(os.dup(0), encoding="utf-8")
    silence = os.open(os.devnull, os.O_RDWR)
    for number in range(3):  # whatever the function reads and prints
        os.dup2(silence, number)
    probe: Probe | None = None
    for line in questions:
        question = json.loads(line)
        try:
            if probe is None:
                probe = Probe(**question)
                answer = probe.about()
            else:
                answer = getattr(probe, question.pop("do"))(**question)
        except InputError as error:
            answer = {"usage": str(error)}
        except BaseException as error:  # noqa: BLE001  the function's own
            answer = {"error": tell(error)}
        print(json.dumps(answer), file=answers, flush=True)
    if probe:
        probe.close()
