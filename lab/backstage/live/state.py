"""What a live view shows of a run, computed from what has happened so far."""

import math
from dataclasses import dataclass, replace

from backstage.live.run import LiveRun
from backstage.watch.layout import Layout, lay_out
from backstage.watch.recording import Process, Recording

RECENT = 0.5  # seconds over which the busy cores are a mean


@dataclass(frozen=True)
class Gauges:
    """The figures of this moment.

    Attributes:
        seconds: Since the run began.
        cores: How many cores the run keeps busy.
        cpus: How many CPUs it may use.
        in_flight: Requests in flight.
        peak: Requests in flight, at most.
        memory: Bytes of all its processes.
        threads: How many threads exist.
        processes: How many processes exist.
    """

    seconds: float
    cores: float
    cpus: float
    in_flight: int
    peak: int
    memory: int
    threads: int
    processes: int

    def describe(self) -> str:
        """Return the figures as one line."""
        parts = [f"cores busy {self.cores:.1f} of {self.cpus:g}"]
        if self.peak:
            parts.append(f"in flight {self.in_flight:,} (most {self.peak:,})")
        parts.append(f"{self.memory / 1e6:,.0f} MB")
        parts.append(_count(self.processes, "process", "es"))
        if self.threads:  # not where the system gives no times of threads
            parts.append(_count(self.threads, "thread", "s"))
        return ", ".join(parts)


def _count(number: int, noun: str, ending: str) -> str:
    """Return a number with its noun, which has the ending of the plural."""
    return f"{number:,} {noun}{'' if number == 1 else ending}"


def _busy_cores(process: Process) -> float:
    """Return how many cores a process used shortly before its last sample."""
    start = max(process.end - RECENT, process.start)
    seconds = process.end - start
    if not seconds:
        return 0.0
    return (process.cpu - process.cpu_at(start)) / seconds


def read_gauges(run: LiveRun) -> Gauges:
    """Return the figures of a run at this moment."""
    recording = run.recording
    running = [recording.processes[pid] for pid in run.list_processes()]
    in_flight = sum(x.ended is None for x in recording.requests.values())
    return Gauges(
        seconds=recording.seconds,
        cores=sum(map(_busy_cores, running)),
        cpus=recording.log.cpus,
        in_flight=in_flight,
        peak=recording.peak_requests,
        memory=recording.memory[-1][1] if recording.memory else 0,
        threads=run.count_threads(),
        processes=len(running),
    )


def lay_out_so_far(run: LiveRun, *, slices: int, max_rows: int) -> Layout:
    """Return the layout of a run that may still go on.

    The lanes grow to the right while it runs. Its title is the line that the
    lesson printed last, and at the end the finding.

    Args:
        run: The run.
        slices: How many slices the whole time axis has.
        max_rows: As for `layout.lay_out`.
    """
    recording = run.recording
    if run.has_ended:
        return lay_out(recording, run.lesson, slices=slices, max_rows=max_rows)
    span = axis_seconds(run)
    so_far = max(math.ceil(slices * recording.seconds / span), 1)
    layout = lay_out(
        recording,
        run.lesson,
        slices=so_far,
        max_rows=max_rows,
        # The last slice is not complete yet; the others stay as they are.
        edges=[
            *(span * n / slices for n in range(so_far)),
            recording.seconds,
        ],
        settled=run.settled,
    )
    title = last_line(recording) or recording.log.title
    return replace(
        layout,
        headline=title,
        reason="",
        span=span,
        seconds=span * so_far / slices,
    )


def axis_seconds(run: LiveRun) -> float:
    """Return how many seconds the time axis of a run has."""
    if run.has_ended:
        return run.recording.seconds
    return find_span(run.recording.seconds, run.lesson.notes.seconds or 1)


def find_span(seconds: float, expected: float) -> float:
    """Return how long the time axis is: it doubles when it is full."""
    while seconds > expected:
        expected *= 2
    return expected


def last_line(recording: Recording) -> str:
    """Return the last line that the lesson has printed, or ""."""
    return recording.lines[-1].text if recording.lines else ""
