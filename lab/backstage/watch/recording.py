"""What happened during a run, put together from its events."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from backstage.watch import events
from backstage.watch.events import EventLog

CANCELLED = 499  # the status that the practice site's log has for this


class Sample(NamedTuple):
    """A reading of a thread or a process.

    Attributes:
        time: Seconds since the run began.
        cpu: CPU seconds since the thread or process started.
        ready: Seconds since then in which it was ready to run but had no CPU.
        waits_for: A reason from `backstage.watch.wait_reasons`, or "".
    """

    time: float
    cpu: float
    ready: float
    waits_for: str


@dataclass
class Activity:
    """What a thread or a process did during a run.

    Attributes:
        samples: Its samples, sorted by time. The first one is of its start.
    """

    samples: list[Sample]

    @property
    def start(self) -> float:
        """Return when it started, in seconds since the run began."""
        return self.samples[0].time

    @property
    def end(self) -> float:
        """Return when it was seen last, in seconds since the run began."""
        return self.samples[-1].time

    @property
    def cpu(self) -> float:
        """Return the CPU seconds that it used during the run."""
        return self.cpu_at(self.end)

    def cpu_at(self, time: float) -> float:
        """Return its CPU time up to a time, both in seconds."""
        # What the system says at first can be a little too low.
        before = self.samples[0].cpu
        return _interpolate(
            self.samples, time, lambda sample: max(sample.cpu - before, 0.0)
        )

    def ready_at(self, time: float) -> float:
        """Return how long it was ready without a CPU, up to a time."""
        return _interpolate(self.samples, time, lambda sample: sample.ready)

    def wait_reason_at(self, time: float) -> str:
        """Return what it waited for, by the sample nearest to a time.

        The sample of its start has no reason and is used only if there is no
        other.
        """
        samples = self.samples[1:] or self.samples
        after = _first_index_from(samples, time)
        neighbours = samples[max(after - 1, 0) : after + 1]
        nearest = min(neighbours, key=lambda sample: abs(sample.time - time))
        return nearest.waits_for


@dataclass
class Thread(Activity):
    """A thread of a lesson.

    Attributes:
        name: The name that the system has for it, or "".
    """

    name: str


@dataclass
class Process(Activity):
    """A process of a lesson; its CPU time includes that of ended threads.

    Its own samples have no `ready` and no `waits_for`.

    Attributes:
        parent: The process id of its parent.
        command: Its command line.
        threads: Its threads by their ids, the main thread first. Empty where
            the system gives no times of threads (macOS).
    """

    parent: int
    command: list[str]
    threads: dict[int, Thread] = field(default_factory=dict)


@dataclass
class Request:
    """A request that the practice site received.

    Attributes:
        path: Its path with the query.
        started: When it arrived, in seconds since the run began.
        ended: When it ended, or None if the run ended before.
        status: The HTTP status; None if the request did not end, or if the
            site dropped the connection.
    """

    path: str
    started: float
    ended: float | None = None
    status: int | None = None

    @property
    def cancelled(self) -> bool:
        """Return whether the client closed the connection before the end."""
        return self.status == CANCELLED

    @property
    def failed(self) -> bool:
        """Return whether it was dropped or got an error status."""
        if self.ended is None:
            return False
        return self.status is None or self.status >= 400


class Line(NamedTuple):
    """A line on standard output, without the line break.

    Attributes:
        time: Seconds since the run began.
    """

    time: float
    text: str


@dataclass
class Recording:
    """All that is known about a run of a lesson.

    Attributes:
        log: The events of the run.
        status: The exit status of the lesson.
        seconds: The elapsed time of the run.
        processes: The processes by their ids, the lesson's own first.
        requests: The requests to the practice site by their numbers.
        lines: The lines that the lesson printed.
        memory: Pairs of a time in seconds and the bytes held at that time.
        stopped: The exception that Ctrl-C raised, if it ended the run.
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
        """Return the CPU time of all processes in seconds."""
        return sum(process.cpu for process in self.processes.values())

    @property
    def peak_memory(self) -> int:
        """Return the largest number of bytes held at one time."""
        return max((size for _, size in self.memory), default=0)

    @property
    def peak_requests(self) -> int:
        """Return how many requests were in flight at most."""
        changes = []
        for request in self.requests.values():
            changes.append((request.started, 1))
            if request.ended is not None:
                changes.append((request.ended, -1))
        in_flight = peak = 0
        for _, change in sorted(changes):
            in_flight += change
            peak = max(peak, in_flight)
        return peak

    def has_request_near(self, time: float, tolerance: float) -> bool:
        """Return whether a request was in flight near a time.

        Args:
            time: Seconds since the run began.
            tolerance: Seconds by which the request may have ended before that
                time, or started after it.
        """
        return any(
            request.started <= time + tolerance
            and (request.ended is None or time < request.ended + tolerance)
            for request in self.requests.values()
        )


def rebuild(log: EventLog) -> Recording:
    """Return the recording that the events of a run describe."""
    recording = Recording(log)
    for event in log.events:
        apply(event, recording)
    return recording


def apply(event: events.Event, recording: Recording) -> None:
    """Add an event to a recording."""
    processes = recording.processes
    match event:
        case events.ProcessStarted(time, process, parent, command, cpu):
            first = Sample(time, cpu, 0, "")
            processes[process] = Process([first], parent, command)
        case events.CommandChanged(_, process, command):
            processes[process].command = command
        case events.ProcessSampled(time, process, cpu):
            processes[process].samples.append(Sample(time, cpu, 0, ""))
        case events.ThreadStarted(time, process, thread, name):
            threads = processes[process].threads
            # What the process had used before, its main thread had used.
            cpu = 0 if threads else processes[process].samples[0].cpu
            threads[thread] = Thread([Sample(time, cpu, 0, "")], name)
        case events.ThreadRenamed(_, process, thread, name):
            processes[process].threads[thread].name = name
        case events.ThreadSampled(time, process, thread, cpu, ready, reason):
            sample = Sample(time, cpu, ready, reason)
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


def _first_index_from(samples: Sequence[Sample], time: float) -> int:
    """Return the index of the first sample that is not before a time."""
    return bisect_left(samples, time, key=lambda sample: sample.time)


def _interpolate(
    samples: Sequence[Sample], time: float, total: Callable[[Sample], float]
) -> float:
    """Return a total at a time, as if it grew evenly between two samples.

    Args:
        samples: The samples, sorted by time.
        time: Seconds since the run began.
        total: Returns the total of a sample, such as its CPU time.
    """
    after = _first_index_from(samples, time)
    if after == 0:
        return 0.0
    if after == len(samples):
        return total(samples[-1])
    earlier, later = samples[after - 1], samples[after]
    share = (time - earlier.time) / (later.time - earlier.time)
    return total(earlier) + share * (total(later) - total(earlier))
