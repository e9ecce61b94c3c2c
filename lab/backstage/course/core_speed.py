"""Measures how much the speed of a core changes while a lesson runs.

The speed changes where two CPUs share a core, where the clock slows down, or
where this machine is a virtual one and others use the same hardware.
"""

from statistics import quantiles
from threading import Event, Thread
from time import thread_time
from types import TracebackType
from typing import Self

INTERVAL = 0.1  # seconds between two samples
SUMMANDS = 40_000  # of the sum that is a sample: about a millisecond
MIN_SAMPLES = 10  # fewer show nothing


class CoreSpeed:
    """Takes samples of the speed of a core, until its block is left.

    A sample is the CPU time of a fixed computation. Waiting for a core does
    not count.
    """

    def __init__(self) -> None:
        """Prepare the thread that takes the samples."""
        self.samples = list[float]()  # seconds of CPU time
        self._ended = Event()
        self._thread = Thread(target=self._take_samples, daemon=True)

    def __enter__(self) -> Self:
        """Start the samples."""
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take no more samples."""
        self._ended.set()
        self._thread.join()

    def _take_samples(self) -> None:
        while not self._ended.wait(INTERVAL):
            start = thread_time()
            sum(range(SUMMANDS))
            self.samples.append(thread_time() - start)

    @property
    def change(self) -> float:
        """How many times as long a slow sample took as a fast one.

        The slowest tenth of the samples and the fastest do not count. With
        few samples it is 1: no change was seen.
        """
        if len(self.samples) < MIN_SAMPLES:
            return 1.0
        fast, *_, slow = quantiles(self.samples, n=10)
        return slow / max(fast, 1e-9)  # Windows may measure 0
