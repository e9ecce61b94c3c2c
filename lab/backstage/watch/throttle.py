"""How often the watcher may look without slowing down the lesson."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

SHARE = 0.01  # of one core, that each kind of look may take
RECENT_LOOKS = 9  # whose CPU times decide how rare the next looks are


class Throttle:
    """Makes one kind of look so rare that it takes a small share of a core.

    The CPU time of a look is taken as the median of the recent ones.
    """

    def __init__(self, min_looks: int = 1, share: float | None = None) -> None:
        """Begin without any look.

        Args:
            min_looks: How many looks it must have measured before it asks for
                a pause.
            share: How much of one core it may take; None stands for SHARE.
        """
        self._min_looks = min_looks
        self._share = SHARE if share is None else share
        self._costs = deque[float](maxlen=RECENT_LOOKS)

    @contextmanager
    def measure(self) -> Iterator[None]:
        """Measure the CPU time of the look that the block takes."""
        before = time.thread_time()
        yield
        self._costs.append(time.thread_time() - before)

    @property
    def interval(self) -> float:
        """Return the least number of seconds between two looks."""
        if len(self._costs) < self._min_looks:
            return 0.0
        return median(self._costs) / self._share
