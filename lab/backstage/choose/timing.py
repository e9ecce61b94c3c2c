"""How long a call takes, and how much of that is CPU time."""

import os
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from backstage.choose.inputs import Arguments, Function
from backstage.choose.workers import call_function

MIN_TIMING = 0.05  # seconds of repeated calls, to measure one
MAX_REPEATS = 3  # times that long, if the share of CPU time is not clear
CLEAR_SHARES = 0.1, 0.9  # CPU time below or above is clear


class Timing(NamedTuple):
    """What a call took, and what it returned."""

    seconds: float
    cpu_share: float
    result: Any


def time_repeatedly(function: Function, arguments: Arguments) -> Timing:
    """Return the fastest timing, with the largest share of CPU time.

    Other programs on the machine only make a call slower and its share of
    CPU time smaller.
    """
    timings = list[Timing]()
    deadline = perf_counter() + MAX_REPEATS * MIN_TIMING
    low, high = CLEAR_SHARES
    while True:
        timings.append(time_calls(function, arguments, MIN_TIMING))
        share = max(timing.cpu_share for timing in timings)
        if not low < share < high or perf_counter() > deadline:
            break
    seconds = min(timing.seconds for timing in timings)
    return Timing(seconds, share, timings[-1].result)


def time_calls(
    function: Function, arguments: Arguments, min_seconds: float = 0.0
) -> Timing:
    """Call once, then again until more than `min_seconds` seconds are over."""
    count = 0
    cpu_start, ready_start = cpu_time(), ready_time()
    start = perf_counter()
    while True:
        result = call_function(function, arguments)
        count += 1
        elapsed = perf_counter() - start
        if elapsed > min_seconds:
            break
    cpu_seconds = cpu_time() - cpu_start
    # Without the time when other programs had the cores.
    own_seconds = elapsed - (ready_time() - ready_start)
    share = cpu_seconds / max(own_seconds, cpu_seconds, 1e-9)
    return Timing(elapsed / count, share, result)


def cpu_time() -> float:
    """Return the CPU seconds of this process and of its ended children.

    Windows does not count the children.
    """
    return process_time() + sum(os.times()[2:4])


def ready_time() -> float:
    """Return the seconds that this thread was ready but had no core.

    It is known on Linux alone (see "schedstat" in the kernel's
    documentation), elsewhere it is 0.
    """
    try:
        fields = Path("/proc/thread-self/schedstat").read_text().split()
    except OSError:
        return 0.0
    return int(fields[1]) / 1e9
