"""Recordings that are known to the last figure, for the tests of pictures."""

from pathlib import Path
from typing import Any

from backstage.course.catalogue import Lesson, Notes
from backstage.watch import events
from backstage.watch.events import EventLog
from backstage.watch.recording import (
    Line,
    Process,
    Recording,
    Request,
    Sample,
    Thread,
)

FORK_SERVER = ["python", "-c", "from multiprocessing.forkserver import main"]
TRACKER = ["python", "-c", "from multiprocessing.resource_tracker import main"]

EVENT_LOG = EventLog(
    lesson="02",
    title="lab/02_x.py",
    environment="a machine",
    gil=False,
    cpus=2.0,
    events=[
        events.ProcessStarted(0.0, 7, 1, []),
        events.CommandChanged(0.1, 7, ["python", "x.py"]),
        events.ThreadStarted(0.1, 7, 8, ""),
        events.ThreadRenamed(0.2, 7, 8, "fetch-1"),
        events.ProcessSampled(0.2, 7, 0.05),
        events.ThreadSampled(0.2, 7, 8, 0.04, 0.01, "lock"),
        events.MemorySampled(0.2, 5_000),
        events.RequestStarted(0.3, 1, "/delay/1"),
        events.RequestStarted(0.4, 2, "/drop"),
        events.LinePrinted(0.5, 'a "line" with ü and \ud800'),
        events.RequestEnded(0.6, 2, None),
        events.RequestEnded(1.3, 1, 200),
        events.MemorySampled(1.4, 9_000),
        events.MemorySampled(1.5, 7_000),
        events.ThreadEnded(1.5, 7, 8),
        events.ProcessEnded(1.6, 7),
        events.RunEnded(2.0, 3),
    ],
)


def make_thread(
    begin: float,
    end: float,
    share: float,
    waits_for: str = "",
    *,
    name: str = "",
    ready: float = 0.0,
) -> Thread:
    """Return a thread that computes for that share of its life.

    The rest it waits for that, but for the share in which it is ready.
    """
    steps = 40
    samples = [Sample(begin, 0, 0, "")]
    for n in range(1, steps + 1):
        life = (end - begin) * n / steps
        sample = Sample(begin + life, life * share, life * ready, waits_for)
        samples.append(sample)
    return Thread(samples, name)


def make_process(
    *threads: Thread, parent: int = 0, command: list[str] | None = None
) -> Process:
    """Return a process with these threads; the first is its main thread."""
    samples = [
        Sample(sample.time, sum(t.cpu_at(sample.time) for t in threads), 0, "")
        for sample in threads[0].samples
    ]
    return Process(
        samples,
        parent,
        command or ["python", "x.py"],
        dict(enumerate(threads, 1)),
    )


def make_recording(
    seconds: float,
    processes: list[Process] | None = None,
    requests: list[Request] | None = None,
    lines: list[tuple[float, str]] | None = None,
    *,
    gil: bool = True,
) -> Recording:
    """Return a recording; without processes its main thread sleeps."""
    log = EventLog("00", "lab/00_made_up.py", "a machine", gil, 2.0, [])
    if processes is None:
        processes = [make_process(make_thread(0, seconds, 0, "timer"))]
    return Recording(
        log,
        seconds=seconds,
        processes=dict(enumerate(processes, 1)),
        requests=dict(enumerate(requests or [], 1)),
        lines=[Line(time, text) for time, text in lines or []],
        memory=[(0.0, 10_000_000), (seconds, 21_400_000)],
    )


def make_lesson(**notes: Any) -> Lesson:
    """Return a lesson of which the catalogue has these notes."""
    return Lesson(Path("lab/00_made_up.py"), "00", notes=Notes(**notes))


def make_run_of_threads_and_processes() -> Recording:
    """Return a run as of lesson 04: two threads, and then two processes."""
    main = make_thread(0, 8, 0, "lock")
    threads = [make_thread(0, 4, 0.5, "lock") for _ in range(2)]
    processes = [
        make_process(make_thread(5, 7, 1), parent=1) for _ in range(2)
    ]
    return make_recording(
        8,
        [make_process(main, *threads), *processes],
        lines=[(4, "threads: 4.00 s"), (7, "processes: 2.00 s"), (8, "end")],
    )
