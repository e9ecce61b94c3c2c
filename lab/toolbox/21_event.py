"""Bakers must not start before the oven is hot, so they wait for an event.

An event is like a light that is off. One thread sets it: it turns the light
on. Other threads can wait until it is on. The bakers could also look at the
oven again and again. This is called polling.

Prediction: too early: no waiting 4, polling 0, event 0 of 4 bakers. Polling:
about 20 looks, because 4 bakers look about 5 times each.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import perf_counter, sleep
from typing import NamedTuple

from backstage import run

HEATING_TIME = 1.0  # seconds until the oven is hot
POLL_INTERVAL = 0.3  # seconds between two looks at the oven
BAKERS = 4  # bakers, with a thread for each


class Oven:
    def __init__(self) -> None:
        self.is_hot = Event()  # it is not set yet
        self.hot_time = 0.0  # when the oven became hot

    def heat(self) -> None:
        sleep(HEATING_TIME)
        self.hot_time = perf_counter()
        self.is_hot.set()  # All threads that wait for the event go on.


class Start(NamedTuple):
    time: float  # when the baker started to bake
    looks: int  # how often the baker looked at the oven


class Result(NamedTuple):
    too_early: int  # bakers
    looks: int  # of all bakers


def start_at_once(oven: Oven) -> Start:
    return Start(perf_counter(), looks=0)


def poll(oven: Oven) -> Start:
    looks = 1
    while not oven.is_hot.is_set():
        sleep(POLL_INTERVAL)
        looks += 1
    return Start(perf_counter(), looks)


def wait_for_event(oven: Oven) -> Start:
    # wait() ends when the event is set. (A baker who polls can still be asleep
    # at that moment.) If the event is set already, wait() ends at once.
    oven.is_hot.wait()
    return Start(perf_counter(), looks=0)


def bake(name: str, baker: Callable[[Oven], Start]) -> Result:
    # `baker` is a function that runs in each of the threads.
    oven = Oven()
    opening = perf_counter()  # when the bakers arrive
    with ThreadPoolExecutor(BAKERS) as pool:
        futures = [pool.submit(baker, oven) for _ in range(BAKERS)]
        oven.heat()  # The main thread heats. The bakers are there already.
        starts = [future.result() for future in futures]

    first = min(start.time for start in starts) - opening
    hot = oven.hot_time - opening
    # True counts as 1.
    too_early = sum(start.time < oven.hot_time for start in starts)
    print(
        f"{name}: the first baker started at {first:.2f} s, "
        f"the oven was hot at {hot:.2f} s"
    )
    return Result(too_early, sum(start.looks for start in starts))


def main() -> None:
    no_waiting = bake("no waiting", start_at_once)
    polling = bake("polling", poll)
    event = bake("event", wait_for_event)
    print(
        f"too early: no waiting {no_waiting.too_early}, "
        f"polling {polling.too_early}, event {event.too_early} "
        f"of {BAKERS} bakers. Polling: {polling.looks} looks"
    )


if __name__ == "__main__":
    run(main)
