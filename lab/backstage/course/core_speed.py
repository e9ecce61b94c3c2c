"""Measures how fast the cores are, and whether that changes during a run.

The speed changes where two CPUs share a core, where the clock slows down, or
where this machine is a virtual one and others use the same hardware.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from hashlib import pbkdf2_hmac
from statistics import quantiles
from threading import Event, Thread
from time import perf_counter, thread_time

INTERVAL = 0.1  # seconds between two samples
SUMMANDS = 40_000  # of the sum that is a sample: about a millisecond
MIN_SAMPLES = 10  # fewer show nothing
HASHES = 1_000_000  # of a job in C code: some tenths of a second


@contextmanager
def sample_core_speed() -> Iterator[list[float]]:
    """Take samples of the speed of a core until the block is left.

    Yields:
        A list to which the samples are added: the CPU seconds of a fixed
        computation. Waiting for a core does not count.
    """
    samples = list[float]()
    ended = Event()

    def take_samples() -> None:
        while not ended.wait(INTERVAL):
            start = thread_time()
            sum(range(SUMMANDS))
            samples.append(thread_time() - start)

    thread = Thread(target=take_samples, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def find_slowdown(samples: Sequence[float]) -> float:
    """Return how many times as long a slow sample took as a fast one.

    The slowest tenth of the samples and the fastest do not count. With few
    samples it is 1: no change was seen.
    """
    if len(samples) < MIN_SAMPLES:
        return 1.0
    fast, *_, slow = quantiles(samples, n=10)
    return slow / max(fast, 1e-9)  # Windows may measure 0


def measure_parallel_gain() -> float:
    """Return how many times as fast two jobs are at the same time.

    The jobs are in C code that releases the GIL, so two free cores make it
    nearly 2. Two CPUs that share a core make it less.
    """
    job = partial(pbkdf2_hmac, "sha256", b"password", b"salt", HASHES)
    with ThreadPoolExecutor(2) as pool:
        start = perf_counter()
        for _ in range(2):
            pool.submit(job).result()
        between = perf_counter()
        for future in [pool.submit(job), pool.submit(job)]:
            future.result()
        end = perf_counter()
    return (between - start) / (end - between)
