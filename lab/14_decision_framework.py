"""Choose a model with a rule, then measure all models.

A model is a way to do many tasks: sequential, threads, processes or asyncio.
A task is here one call of a function.
The rule:

1. If all the work together is short: sequential.
2. If the work mostly waits and has an async form: asyncio.
3. If two threads are clearly faster than one thread: threads.
4. Otherwise: processes.

Prediction: the chosen models take at most 25% longer than the fastest ones.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from hashlib import pbkdf2_hmac
from time import perf_counter, process_time, sleep
from typing import Any, NamedTuple

from backstage import run

TASKS = 50  # tasks of each kind of work
WORKERS = 4  # threads, or processes
TRIAL = 6  # tasks in one trial
TURNS = 3  # trials, and measurements of each model: the speed varies
SHORT = 0.1  # seconds: if all the work takes less, workers do not help
GAIN = 1.3  # choose threads if two are this many times as fast as one

Work = Callable[[int], Any]  # a function that gets the number of its task


class Trial(NamedTuple):
    one_thread: float  # seconds that one thread needs for all its tasks
    cpu: float  # seconds of CPU time of that one thread; the rest was waiting
    two_threads: float  # seconds that two threads need for the same tasks


def tiny(number: int) -> int:
    return number + 1


def wait(number: int) -> int:
    sleep(0.02)
    return number


async def wait_async(number: int) -> int:
    await asyncio.sleep(0.02)
    return number


def compute(number: int) -> int:
    return number + sum(step * step for step in range(300_000))


def hash_password(number: int) -> bytes:
    # This is C code that releases the GIL while it computes.
    return pbkdf2_hmac("sha256", b"password", number.to_bytes(4), 30_000)


async_forms = {wait: wait_async}


def run_sequential(work: Work, tasks: int) -> list[Any]:
    return [work(number) for number in range(tasks)]


def run_threads(work: Work, tasks: int, workers: int = WORKERS) -> list[Any]:
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, range(tasks)))


def run_processes(work: Work, tasks: int) -> list[Any]:
    with ProcessPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, range(tasks)))


def run_asyncio(work: Work, tasks: int) -> list[Any]:
    return asyncio.run(run_coroutines(work, tasks))


async def run_coroutines(work: Work, tasks: int) -> list[Any]:
    async def do_task(number: int) -> Any:
        if work in async_forms:
            return await async_forms[work](number)
        return work(number)  # this blocks the event loop

    return await asyncio.gather(*map(do_task, range(tasks)))


models = {
    "sequential": run_sequential,
    "threads": run_threads,
    "processes": run_processes,
    "asyncio": run_asyncio,
}


def try_out(work: Work) -> Trial:
    cpu_start = process_time()
    start = perf_counter()
    run_sequential(work, TRIAL)
    one_thread = perf_counter() - start
    cpu = process_time() - cpu_start

    start = perf_counter()
    run_threads(work, TRIAL, workers=2)
    two_threads = perf_counter() - start
    return Trial(one_thread, cpu, two_threads)


def choose(work: Work) -> str:
    """Return the name of a model: this is the rule."""
    trials = [try_out(work) for _ in range(TURNS)]
    one_thread = sum(trial.one_thread for trial in trials)
    two_threads = sum(trial.two_threads for trial in trials)
    cpu = sum(trial.cpu for trial in trials)

    one_task = one_thread / (TRIAL * TURNS)
    if one_task * TASKS < SHORT:
        return "sequential"
    mostly_waits = cpu < one_thread / 2
    if mostly_waits and work in async_forms:
        return "asyncio"
    return "threads" if one_thread / two_threads >= GAIN else "processes"


def measure(name: str, work: Work) -> float:
    """Print a row. Return how much longer the chosen model took (0.1: 10%)."""
    choice = choose(work)
    seconds = dict.fromkeys(models, 0.0)
    results = {}
    for _ in range(TURNS):
        for model, run_model in models.items():
            start = perf_counter()
            results[model] = run_model(work, TASKS)
            seconds[model] += perf_counter() - start
            if results[model] != results["sequential"]:
                raise RuntimeError(f"{model} got different results")
    fastest = min(seconds, key=lambda model: seconds[model])
    cells = "".join(f"{time:8.2f} s" for time in seconds.values())
    print(f"{name:<14}{choice:<11}{fastest:<11}{cells}")
    return seconds[choice] / seconds[fastest] - 1


def main() -> None:
    title = f"{TURNS} x {TASKS} tasks"
    columns = "".join(f"{model:>10}" for model in models)
    print(f"{title:<14}{'choice':<11}{'fastest':<11}{columns}")
    extra_times = [
        measure("tiny", tiny),
        measure("waits", wait),
        measure("computes", compute),
        measure("hashes (C)", hash_password),
    ]
    longer = f"{max(extra_times):.0%} longer"
    print(f"the chosen models took at most {longer} than the fastest ones")


if __name__ == "__main__":
    run(main)
