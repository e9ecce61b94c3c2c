"""Hikers wait for each other at each stop, with a barrier.

A barrier is a point where threads wait until all of them have arrived. Then
all go on, and the barrier is ready for the next round. If somebody will never
arrive, we call abort(): then wait() raises an error in all the others.

Prediction: left too early, before the last hiker arrived: 6 of 8 times
without barrier (three fast hikers, at two stops), 0 of 8 times with barrier.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError
from time import perf_counter, sleep
from typing import NamedTuple

from backstage import run

PACES = [0.1, 0.1, 0.1, 0.4]  # seconds from stop to stop, for each hiker
ROUNDS = 3  # in each round, all hikers walk to the next stop


class Walk(NamedTuple):
    left: float  # when this walk began
    arrived: float  # when this walk ended


Hike = list[Walk]  # the walks of one hiker, one for each round


def walk_to_next_stop(pace: float) -> Walk:
    left = perf_counter()
    sleep(pace)
    arrived = perf_counter()
    return Walk(left, arrived)


def hike(pace: float, barrier: Barrier) -> Hike:
    # This hiker does not use the barrier.
    return [walk_to_next_stop(pace) for _ in range(ROUNDS)]


def hike_with_barrier(pace: float, barrier: Barrier) -> Hike:
    walks = []
    for _ in range(ROUNDS):
        walks.append(walk_to_next_stop(pace))
        # A hiker waits here until all of them have called wait().
        barrier.wait()
    return walks


def count_early(name: str, way: Callable[[float, Barrier], Hike]) -> int:
    # `way` is one of the two functions above.
    barrier = Barrier(len(PACES))
    start = perf_counter()
    with ThreadPoolExecutor(len(PACES)) as pool:
        # One thread for each hiker, and the same barrier for all of them.
        hikes = list(pool.map(way, PACES, [barrier] * len(PACES)))

    early = 0
    for stop in range(1, ROUNDS):  # nobody leaves the last stop
        # The first walk, walks[0], ends at stop 1. There walks[1] starts.
        last_arrival = max(walks[stop - 1].arrived for walks in hikes)
        departures = [walks[stop].left for walks in hikes]
        # True counts as 1.
        early += sum(time < last_arrival for time in departures)
        print(
            f"{name}, stop {stop}: "
            f"last arrival at {last_arrival - start:.2f} s, "
            f"first departure at {min(departures) - start:.2f} s"
        )
    return early


def count_errors() -> int:
    barrier = Barrier(len(PACES))
    with ThreadPoolExecutor(len(PACES)) as pool:
        # All hikers except one arrive and wait.
        futures = [pool.submit(barrier.wait) for _ in PACES[1:]]
        # The last hiker will never come. Without abort(), the others would
        # wait for ever. With it, wait() raises an error in each of them.
        barrier.abort()
    errors = [future.exception() for future in futures]
    return sum(isinstance(error, BrokenBarrierError) for error in errors)


def main() -> None:
    without = count_early("without barrier", hike)
    protected = count_early("with barrier", hike_with_barrier)
    errors = count_errors()
    print(f"one hiker gives up: {errors} others get a BrokenBarrierError")
    times = len(PACES) * (ROUNDS - 1)
    print(
        f"left too early: without barrier {without} of {times} times, "
        f"with barrier {protected} of {times} times"
    )


if __name__ == "__main__":
    run(main)
