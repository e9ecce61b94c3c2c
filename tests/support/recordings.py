"""Recordings that are known to the last figure, for the tests of pictures."""

from pathlib import Path
from typing import Any

from backstage.course.catalogue import Lesson, Notes
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
    return Thread(name, samples)


def make_process(
    *threads: Thread, parent: int = 0, command: list[str] | None = None
) -> Process:
    """Return a process with these threads; the first is its main thread."""
    samples = [
        Sample(sample.time, sum(t.cpu_at(sample.time) for t in threads), 0, "")
        for sample in threads[0].samples
    ]
    return Process(
        parent,
        command or ["python", "x.py"],
        samples,
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
