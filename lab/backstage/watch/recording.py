"""A run of a lesson as a whole, put together from its events."""

from bisect import bisect
from dataclasses import dataclass, field
from typing import NamedTuple

from backstage.watch import events
from backstage.watch.events import EventLog


class Sample(NamedTuple):
    """What a thread had used by a time, all in seconds; see ThreadSampled."""

    time: float
    cpu: float
    ready: float
    waits_for: str


@dataclass
class Thread:
    """A thread of a lesson. Its first sample is of its birth."""

    name: str
    samples: list[Sample]

    @property
    def start(self) -> float:
        """Return the time of its birth."""
        return self.samples[0].time

    @property
    def end(self) -> float:
        """Return the time when it was seen last."""
        return self.samples[-1].time

    @property
    def cpu(self) -> float:
        """Return its CPU seconds."""
        return self.samples[-1].cpu

    def cpu_at(self, time: float) -> float:
        """Return its CPU seconds by that time."""
        return _interpolate(self.samples, time, column=1)

    def ready_at(self, time: float) -> float:
        """Return the seconds by then in which it was ready but had no CPU."""
        return _interpolate(self.samples, time, column=2)

    def waits_for(self, time: float) -> str:
        """Return what the sample nearest to that time says.

        The one of its birth says nothing.
        """
        samples = self.samples[1:] or self.samples
        after = bisect(samples, (time,))
        nearest = samples[max(after - 1, 0) : after + 1]
        return min(nearest, key=lambda s: abs(s.time - time)).waits_for


@dataclass
class Process:
    """A process of a lesson; its first thread is its main thread.

    `samples` count its ended threads too, and have no `ready` or `waits_for`.
    `threads` is empty where the system gives no times of threads.
    """

    parent: int
    command: list[str]
    samples: list[Sample]
    threads: dict[int, Thread] = field(default_factory=dict)

    @property
    def start(self) -> float:
        """Return the time of its birth."""
        return self.samples[0].time

    @property
    def end(self) -> float:
        """Return the time when it was seen last."""
        return self.samples[-1].time

    @property
    def cpu(self) -> float:
        """Return the CPU seconds of all its threads."""
        return self.samples[-1].cpu

    def cpu_at(self, time: float) -> float:
        """Return its CPU seconds by that time."""
        return _interpolate(self.samples, time, column=1)


@dataclass
class Request:
    """A request that the practice site saw.

    `ended` is None where the run ended first; `status` is None then, and
    where the site dropped the connection.
    """

    path: str
    started: float
    ended: float | None = None
    status: int | None = None

    @property
    def failed(self) -> bool:
        """Return whether it ended in failure."""
        return self.ended is not None and (self.status or 599) >= 400


class Line(NamedTuple):
    """A line on standard output, without its end."""

    time: float
    text: str


@dataclass
class Recording:
    """What a run of a lesson did to the machine.

    `memory` has pairs of a time and the bytes held then. `stopped` is what
    Ctrl-C raised, if it ended the run.
    """

    log: EventLog
    status: int = 0
    seconds: float = 0.0
    processes: dict[int, Process] = field(default_factory=dict)
    requests: dict[int, Request] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)
    stopped: BaseException | None = None

    @property
    def cpu(self) -> float:
        """Return the CPU seconds of all processes."""
        return sum(process.cpu for process in self.processes.values())

    @property
    def peak_memory(self) -> int:
        """Return the most bytes that all processes held at a time."""
        return max((size for _, size in self.memory), default=0)

    @property
    def peak_requests(self) -> int:
        """Return the most requests that were under way at a time."""
        changes = []
        for request in self.requests.values():
            changes.append((request.started, 1))
            if request.ended is not None:
                changes.append((request.ended, -1))
        under_way = most = 0
        for _, change in sorted(changes):
            under_way += change
            most = max(most, under_way)
        return most

    def requests_near(self, time: float, tolerance: float) -> int:
        """Return how many requests were under way near that time.

        Arguments: `tolerance`, the seconds by which one may have ended
        before, or begin afterwards.
        """
        return sum(
            request.started <= time + tolerance
            and (request.ended is None or time < request.ended + tolerance)
            for request in self.requests.values()
        )


def rebuild(log: EventLog) -> Recording:
    """Return the recording that these events add up to."""
    recording = Recording(log)
    for event in log.events:
        _apply(event, recording)
    return recording


def _apply(event: events.Event, recording: Recording) -> None:
    """Add an event to a recording."""
    processes = recording.processes
    match event:
        case events.ProcessStarted(time, process, parent, command):
            first = Sample(time, 0, 0, "")
            processes[process] = Process(parent, command, [first])
        case events.CommandChanged(_, process, command):
            processes[process].command = command
        case events.ProcessSampled(time, process, cpu):
            processes[process].samples.append(Sample(time, cpu, 0, ""))
        case events.ThreadStarted(time, process, thread, name):
            first = Sample(time, 0, 0, "")
            processes[process].threads[thread] = Thread(name, [first])
        case events.ThreadRenamed(_, process, thread, name):
            processes[process].threads[thread].name = name
        case events.ThreadSampled(time, process, thread, cpu, ready, waits):
            sample = Sample(time, cpu, ready, waits)
            processes[process].threads[thread].samples.append(sample)
        case events.MemorySampled(time, size):
            recording.memory.append((time, size))
        case events.RequestStarted(time, request, path):
            recording.requests[request] = Request(path, time)
        case events.RequestEnded(time, request, status):
            recording.requests[request].ended = time
            recording.requests[request].status = status
        case events.LinePrinted(time, text):
            recording.lines.append(Line(time, text))
        case events.RunEnded(time, status):
            recording.seconds = time
            recording.status = status


def _interpolate(samples: list[Sample], time: float, column: int) -> float:
    """Return a sum by that time: it grows evenly between two samples."""
    after = bisect(samples, (time,))
    if after == 0:
        return 0.0
    if after == len(samples):
        return float(samples[-1][column])
    before, next_one = samples[after - 1 : after + 1]
    share = (time - before.time) / (next_one.time - before.time)
    growth = float(next_one[column]) - float(before[column])
    return float(before[column]) + share * growth
