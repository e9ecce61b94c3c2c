"""Collects the events of a run: each of them with its time."""

import json
import os
import threading
import time
from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import TextIO

from backstage.site.client import END_TIMEOUT
from backstage.watch.events import (
    Event,
    LinePrinted,
    RequestEnded,
    RequestStarted,
)


class EventRecorder:
    """Collects the events of a run.

    Attributes:
        events: The events, in the order in which they were added.
    """

    def __init__(self, began: float | None = None) -> None:
        """Make a recorder for a run.

        Args:
            began: When the run began, in seconds since the epoch; None for a
                run that begins now.
        """
        self.events: list[Event] = []
        self._start = time.perf_counter()
        self._start_timestamp = time.time()
        if began is not None:
            self._start -= self._start_timestamp - began
            self._start_timestamp = began

    def now(self) -> float:
        """Return the seconds since the run began."""
        return time.perf_counter() - self._start

    def add(self, event: Event) -> None:
        """Add an event; other threads may do so at the same time."""
        self.events.append(event)

    def sorted_events(self, hidden: Container[int]) -> list[Event]:
        """Return the events, sorted by time.

        Args:
            hidden: The ids of processes whose events are left out.
        """
        shown = [
            event
            for event in self.events
            if getattr(event, "process", None) not in hidden
        ]
        return sorted(shown, key=lambda event: event.time)

    @contextmanager
    def record_lines(self, output: TextIO | None) -> Iterator[TextIO]:
        """Add an event for each line that is written to a pipe.

        Args:
            output: Where to write these lines too.

        Yields:
            The end of the pipe for the lesson. Close it as soon as the lesson
            has inherited it: the block ends when nobody can write any more.
        """
        read_end, write_end = os.pipe()

        def read() -> None:
            with open(read_end, errors="replace") as lines:  # noqa: PTH123
                for line in lines:
                    text = line.removesuffix("\n")
                    self.add(LinePrinted(self.now(), text))
                    if output:
                        output.write(line)
                        output.flush()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            with open(write_end, "w") as pipe:  # noqa: PTH123
                yield pipe
        finally:
            # A process that outlives the lesson may still hold the pipe.
            reader.join(END_TIMEOUT)

    def record_requests(self, site_log: str) -> None:
        """Add the events of all requests in the practice site's log.

        Args:
            site_log: JSON objects, one in each line. An incomplete last line
                is left out: the site was killed while it wrote it.
        """
        complete, _, _ = site_log.rpartition("\n")
        for number, line in enumerate(complete.splitlines(), 1):
            request = json.loads(line)
            arrived = request["arrived"] - self._start_timestamp
            self.add(RequestStarted(arrived, number, request["path"]))
            if request["ended"]:
                ended = request["ended"] - self._start_timestamp
                self.add(RequestEnded(ended, number, request["status"]))
