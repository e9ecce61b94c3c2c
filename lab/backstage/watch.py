"""What a run of a lesson did to the machine, recorded from outside.

The lesson runs untouched, as a child process. Every few hundredths of a
second the watcher reads how much CPU time each thread and each process of its
tree has had so far, and how much memory the tree holds; the practice site
tells afterwards which requests it saw.
"""

import json
import logging
import os
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from .catalogue import Lesson, command_line, exit_status, started
from .practice_site import END_TIMEOUT, KILLED, SERVER

log = logging.getLogger(__name__)

INTERVAL = 0.025  # seconds from one look to the next, at least
SHARE = 0.02  # of one core, that looking may take: more work, fewer looks
LAST = 9  # looks that tell how much work one is
NAMING = 0.25  # seconds in which a thread or a process gets its name

Points = list[tuple[float, float]]  # (seconds since the start, CPU seconds)


@dataclass
class Thread:
    """A thread of a lesson: `points` begin at its birth, with no CPU time.

    `name` is what the system calls it, or empty where it is the process's.
    """

    points: Points
    name: str = ""


@dataclass
class Process:
    """A process of a lesson's tree; its first thread is its main thread.

    `points` count the threads that are gone as well. `command` is its command
    line. `threads` is empty where the system gives no times of threads.
    """

    parent: int
    points: Points
    command: list[str] = field(default_factory=list)
    threads: dict[int, Thread] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A request as the site saw it, times in seconds since the start.

    `ended` is None where the run ended first; `status` is None then, and
    where the site dropped the connection.
    """

    path: str
    arrived: float
    ended: float | None
    status: int | None


@dataclass(frozen=True)
class Recording:
    """What was seen of a run, `title` being how it is asked for.

    `seconds` is how long it took, `processes` those of its tree by their
    ids but for the practice site, `peak_memory` the most bytes that they held
    at a time, `requests` those that the site saw and `peak_requests` the most
    of them at a time. `stopped` is what Ctrl-C raised, if it ended the run.
    """

    title: str
    status: int
    seconds: float
    processes: dict[int, Process]
    requests: list[Request]
    peak_requests: int
    peak_memory: int
    stopped: BaseException | None = None


def watch(
    lesson: Lesson, changes: Mapping[str, str], **options: Any
) -> Recording:
    """Run a lesson and record what it does; Ctrl-C ends it early.

    Arguments: as for `catalogue.started`. Where the environment names a site
    run by hand or a log of the site, this run has its own instead.
    """
    stopped: BaseException | None = None
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        visits_file = Path(folder, "site.jsonl")
        environment = os.environ | {"PRACTICE_SITE_LOG": str(visits_file)}
        environment.pop("PRACTICE_SITE", None)
        watcher = Watcher()
        try:
            with started(lesson, changes, env=environment, **options) as child:
                while child.poll() is None:
                    pause = watcher.look(child.pid)
                    with suppress(subprocess.TimeoutExpired):
                        child.wait(pause)
        except (KeyboardInterrupt, SystemExit) as end:
            if isinstance(end, SystemExit) and end.code != 130:
                raise
            stopped = end
        seconds = watcher.clock()
        watcher.clear_up(bool(stopped))
        lines = ""
        if visits_file.exists():
            lines = visits_file.read_text("utf-8")
    # The last line ends early where the site was killed while it wrote it.
    whole, _, _ = lines.rpartition("\n")
    visits = [json.loads(line) for line in whole.splitlines()]
    return Recording(
        title=command_line(lesson, changes),
        status=130 if stopped else exit_status(child),
        seconds=seconds,
        processes=watcher.tree(),
        requests=[watcher.request(visit) for visit in visits],
        peak_requests=max((v["in_flight"] for v in visits), default=0),
        peak_memory=watcher.peak_memory,
        stopped=stopped,
    )


class Watcher:
    """Looks at a tree of processes, and keeps what it saw."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.epoch = time.time() - self.start
        self.processes: dict[int, Process] = {}
        self.alive: dict[int, psutil.Process] = {}
        self.known = self.latest = set(psutil.pids())
        self.looked = 0.0
        self.peak_memory = 0
        self.costs = deque[float](maxlen=LAST)

    def clock(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self.start

    def look(self, root: int) -> float:
        """Look at the tree under the process `root`.

        Returns the seconds to wait before the next look.
        """
        begin, spent = self.clock(), time.thread_time()
        self._find_new(root)
        memory = 0
        for pid, handle in list(self.alive.items()):
            try:
                self._read(pid, handle)
                process = self.processes[pid]
                parent = self.processes.get(process.parent)
                if not (is_site(process) or is_copy(process, parent)):
                    memory += handle.memory_info().rss
            except (psutil.Error, OSError):  # it has ended
                del self.alive[pid]
        self.peak_memory = max(self.peak_memory, memory)
        self.looked = begin
        self.costs.append(time.thread_time() - spent)
        spare = INTERVAL - (self.clock() - begin)
        return max(spare, median(self.costs) / SHARE)

    def clear_up(self, stopped: bool) -> None:
        """Wait for the site to be gone, with its log; after Ctrl-C for all.

        Whatever is left of them after END_TIMEOUT is killed.
        """
        waiting = [
            handle
            for pid, handle in self.alive.items()
            if stopped or is_site(self.processes[pid])
        ]
        _, left = psutil.wait_procs(waiting, END_TIMEOUT)
        for handle in left:
            if is_site(self.processes[handle.pid]):
                log.warning(KILLED)
            with suppress(psutil.NoSuchProcess):
                handle.kill()
        psutil.wait_procs(left, END_TIMEOUT)

    def tree(self) -> dict[int, Process]:
        """Return the processes that were seen, but for the practice site."""
        return {
            pid: process
            for pid, process in self.processes.items()
            if not is_site(process)
        }

    def request(self, visit: Mapping[str, Any]) -> Request:
        """Return a line of the site's log with times since the start."""
        start = self.start + self.epoch
        ended = visit["ended"]
        return Request(
            visit["path"],
            visit["arrived"] - start,
            ended - start if ended else None,
            visit["status"],
        )

    def _find_new(self, root: int) -> None:
        """Add the processes that have come into the tree.

        Each that is new on the machine is looked at twice: the first time its
        parent may not be known yet.
        """
        now = set(psutil.pids())
        for pid in sorted(now - self.known - self.processes.keys()):
            with suppress(psutil.Error):
                handle = psutil.Process(pid)
                parent = handle.ppid()
                if pid == root or parent in self.processes:
                    self.alive[pid] = handle
                    self.processes[pid] = Process(parent, [(self.looked, 0)])
        self.known, self.latest = self.latest, now

    def _read(self, pid: int, handle: psutil.Process) -> None:
        """Read the times of a process, and of its threads.

        Raises psutil.Error or OSError where it has ended.
        """
        process = self.processes[pid]
        process.points.append((self.clock(), process_time(handle)))
        if young(process):
            process.command = handle.cmdline()
        for number, seconds in thread_times(handle).items():
            new = Thread([(self.looked, 0)])
            thread = process.threads.setdefault(number, new)
            thread.points.append((self.clock(), seconds))
            if young(thread):
                thread.name = thread_name(pid, number)


def young(one: Process | Thread) -> bool:
    """Tell whether it may not have its own name yet."""
    return one.points[-1][0] - one.points[0][0] < NAMING


def is_site(process: Process) -> bool:
    """Tell whether it is the practice site's, which no lesson is about."""
    return process.command[-1:] == [str(SERVER)]


def is_copy(process: Process, parent: Process | None) -> bool:
    """Tell whether it may still hold its parent's memory, and nothing else.

    A child does so for a moment before it runs a program of its own.
    """
    command = parent.command if parent else None
    return young(process) and process.command == command


def _has_schedstat() -> bool:
    try:
        return Path("/proc/thread-self/schedstat").read_text() != "0 0 0\n"
    except OSError:
        return False


# Linux counts in nanoseconds what it tells psutil in hundredths of a second.
SCHEDSTAT = _has_schedstat()


def process_time(handle: psutil.Process) -> float:
    """Return the CPU seconds of a process so far, ended threads included.

    On Linux its clock is that of clock_getcpuclockid(3), whose number glibc
    makes of the process's as here (sysdeps/unix/sysv/linux).

    Raises psutil.Error or OSError where the process has ended.
    """
    if SCHEDSTAT:
        return time.clock_gettime((~handle.pid << 3) | 2)
    times = handle.cpu_times()
    return float(times.user + times.system)


def thread_times(handle: psutil.Process) -> dict[int, float]:
    """Return the CPU seconds so far of each thread of a process, by its id.

    On Linux they are the first figures of the threads' schedstat files
    (docs.kernel.org/scheduler/sched-stats.html). Empty where the system
    tells nobody (macOS).

    Raises psutil.Error or OSError where the process has ended.
    """
    if not SCHEDSTAT:
        try:
            threads = handle.threads()
        except psutil.AccessDenied:
            return {}
        return {t.id: t.user_time + t.system_time for t in threads}
    times = {}
    folder = f"/proc/{handle.pid}/task"
    for name in os.listdir(folder):  # noqa: PTH208  at every look
        with suppress(OSError), open(f"{folder}/{name}/schedstat") as file:  # noqa: PTH123
            times[int(name)] = int(file.read().split()[0]) / 1e9
    return dict(sorted(times.items()))


def thread_name(pid: int, number: int) -> str:
    """Return what the system calls a thread, if that is not its process."""
    folder = Path(f"/proc/{pid}/task")
    try:
        own, name = (
            Path(folder, f"{n}", "comm").read_text("utf-8", "replace").strip()
            for n in (pid, number)
        )
    except OSError:  # no Linux, or it has ended
        return ""
    return "" if name == own else name
