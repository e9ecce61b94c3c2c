"""Find out how much work there must be until processes are faster.

Two theaters print numbered tickets: 0, 1, 2 and so on. We count the digits on
them. First we do it alone, one theater after the other. Then we call two
helpers, one for each theater. The helpers are processes, which have to start.

Prediction: with 1,000 tickets, processes are many times slower: their start
takes longer than the work. With the largest size they are faster, if two cores
are free: then the start is only a small part of the time.
"""

from concurrent.futures import ProcessPoolExecutor
from time import perf_counter
from typing import NamedTuple

from backstage import run

SIZES = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]  # tickets for each
THEATERS = 2  # equal jobs, with a process for each


class Measurement(NamedTuple):
    seconds: float
    digits: list[int]  # of each theater


def count_digits(tickets: int) -> int:
    digits = 0
    for number in range(tickets):
        digits += len(str(number))
    return digits


def measure_alone(tickets: int) -> Measurement:
    start = perf_counter()
    digits = [count_digits(tickets) for _ in range(THEATERS)]
    elapsed = perf_counter() - start
    return Measurement(elapsed, digits)


def measure_processes(tickets: int) -> Measurement:
    # We measure the start and the end of the processes too.
    start = perf_counter()
    with ProcessPoolExecutor(THEATERS) as pool:
        digits = list(pool.map(count_digits, [tickets] * THEATERS))
    elapsed = perf_counter() - start
    return Measurement(elapsed, digits)


def main() -> None:
    # On some systems Python first starts one extra process, which then starts
    # all the others. We make it start now, so that we do not measure it below.
    measure_processes(tickets=1)

    print(f"{'tickets':>10}{'alone':>15}{'processes':>15}{'faster':>12}")
    slowdowns = []  # for each size: how many times slower the processes were
    faster_sizes: list[int] = []
    for size in SIZES:
        alone = measure_alone(size)
        processes = measure_processes(size)
        if processes.digits != alone.digits:
            raise RuntimeError(f"different digits on {size:,} tickets")
        slowdowns.append(processes.seconds / alone.seconds)
        if processes.seconds < alone.seconds:
            winner = "processes"
            faster_sizes.append(size)
        else:
            winner = "alone"
            # We want the size from which on processes always win. Here they
            # lost, so the wins before this size do not count.
            faster_sizes.clear()
        print(
            f"{size:>10,}{alone.seconds * 1000:>12,.1f} ms"
            f"{processes.seconds * 1000:>12,.1f} ms{winner:>12}"
        )

    finding = f"faster at the last {len(faster_sizes)} of {len(SIZES)}"
    if faster_sizes:
        finding += f", from {faster_sizes[0]:,}"
    print(
        f"processes: {slowdowns[0]:.0f} times slower at {SIZES[0]:,}; "
        f"{finding}"
    )


if __name__ == "__main__":
    run(main)
