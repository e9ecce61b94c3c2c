"""Compute four factorials: one by one, with Process, and with a pool.

The factorial of 4, written as 4!, is 1 * 2 * 3 * 4. Process starts one new
process for one job. A pool starts its processes once, and they share the jobs.

Prediction: correct: 12 of 12 results. Number of processes: 1 one by one, 4
with Process, 1 or 2 with Pool (a fast process can do all jobs).
"""

import math
import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.queues import Queue  # only for the type hints
from time import perf_counter
from typing import NamedTuple

from backstage import run

NUMBERS = [10_000, 11_000, 12_000, 13_000]  # we compute their factorials
WORKERS = 2  # processes in the pool
TIMEOUT = 60  # seconds without a result, then we give up


class Result(NamedTuple):
    number: int
    digits: int  # how many digits the factorial has
    process_id: int


def count_digits(number: int) -> Result:
    factorial = 1
    for factor in range(2, number + 1):
        factorial *= factor
    digits = 0
    while factorial > 0:
        factorial //= 10  # removes the last digit
        digits += 1
    return Result(number, digits, os.getpid())


def compute_one_by_one() -> list[Result]:
    return [count_digits(number) for number in NUMBERS]


def put_result(number: int, queue: Queue[Result]) -> None:
    # Process does not give back what its function returns. So we send the
    # result to the main process through a queue.
    queue.put(count_digits(number))


def compute_with_process() -> list[Result]:
    # This queue connects processes. (The queue.Queue of lesson 07 works only
    # inside one process.)
    queue: Queue[Result] = multiprocessing.Queue()
    processes = [
        multiprocessing.Process(target=put_result, args=(number, queue))
        for number in NUMBERS
    ]
    for process in processes:
        process.start()
    # First get all results, then join. A process does not end while its
    # result is still in the queue, so join() could wait for ever.
    results = [queue.get(timeout=TIMEOUT) for _ in processes]
    for process in processes:
        process.join()  # waits for the end of the process
    # The fastest result arrives first. sorted() puts them in the order of
    # their numbers.
    return sorted(results)


def compute_with_pool() -> list[Result]:
    # An older kind of pool than ProcessPoolExecutor. Its map returns a list.
    with multiprocessing.Pool(WORKERS) as pool:
        # The pool sends the results back, in the order of NUMBERS.
        return pool.map(count_digits, NUMBERS)


# The type of the three functions above that compute all factorials.
Compute = Callable[[], list[Result]]


def measure(name: str, compute: Compute) -> list[Result]:
    start = perf_counter()
    results = compute()
    elapsed = perf_counter() - start
    for result in results:
        print(
            f"{result.number:,}! has {result.digits:,} digits, "
            f"process {result.process_id}"
        )
    print(f"{name}: {len(results)} results in {elapsed:.2f} s")
    return results


def is_correct(result: Result) -> bool:
    # Without its last (digits - 1) digits, a number is only its first digit:
    # 1 to 9. Too many digits counted: 0 remains. Too few: more than 9.
    factorial = math.factorial(result.number)
    remaining: int = factorial // 10 ** (result.digits - 1)
    return 1 <= remaining <= 9


def count_processes(results: list[Result]) -> int:
    return len({result.process_id for result in results})


def main() -> None:
    one_by_one = measure("one by one", compute_one_by_one)
    with_process = measure("Process", compute_with_process)
    with_pool = measure("Pool.map", compute_with_pool)

    results = one_by_one + with_process + with_pool
    correct = sum(is_correct(result) for result in results)  # True is 1
    print(
        f"correct: {correct} of {len(results)} results, processes: "
        f"one by one {count_processes(one_by_one)}, "
        f"Process {count_processes(with_process)}, "
        f"Pool {count_processes(with_pool)}"
    )


if __name__ == "__main__":
    run(main)
