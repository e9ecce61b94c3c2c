"""Watches a lesson from outside while it runs, and reports events.

The lesson runs untouched, as a child process. Every few hundredths of a
second the watcher reads how much CPU time each thread and each process of its
tree has had so far, what it waits for, and how much memory the tree holds. A
pipe gives each line that the lesson prints, and the practice site's log the
requests.
"""

import json
import logging
import os
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, TextIO

import psutil

from backstage.course.catalogue import Lesson
from backstage.course.running import exit_status, start_lesson
from backstage.course.selection import format_command
from backstage.site.client import END_TIMEOUT, KILLED, SERVER
from backstage.system import cpus, environment_summary, gil_is_on
from backstage.watch.events import (
    CommandChanged,
    Event,
    EventLog,
    LinePrinted,
    MemorySampled,
    ProcessEnded,
    ProcessSampled,
    ProcessStarted,
    RequestEnded,
    RequestStarted,
    RunEnded,
    ThreadEnded,
    ThreadRenamed,
    ThreadSampled,
    ThreadStarted,
)
from backstage.watch.recording import Recording, rebuild
from backstage.watch.states import waits_for

log = logging.getLogger(__name__)

INTERVAL = 0.025  # seconds from one look to the next, at least
SHARE = 0.01  # of one core, that each kind of look may take, or it gets rarer
LAST = 9  # looks, whose costs decide how rare the next ones are
NAMING = 0.25  # seconds in which a thread or a process gets its name
NEW_LOOKS = 3  # in which it may not have it yet, however long they take
COMPUTES = 0.9  # share of a core, from which on a thread does not wait


@dataclass
class WatchedThread:
    """A thread while it is watched; its times are those of the last look."""

    start: float
    name: str
    time: float
    cpu: float = 0.0


@dataclass
class WatchedProcess:
    """A process while it is watched."""

    start: float
    parent: int
    command: list[str]
    threads: dict[int, WatchedThread] = field(default_factory=dict)
    looks: int = 0


class Usage(NamedTuple):
    """Seconds of a thread so far: computing, and ready but without a CPU."""

    cpu: float
    ready: float


def watch(
    lesson: Lesson,
    changes: Mapping[str, str],
    output: TextIO | None = None,
    **options: Any,
) -> Recording:
    """Run a lesson and record what it does; Ctrl-C ends it early.

    Arguments: `lesson`, `changes` and `options` as for `start_lesson`;
    `output`, where the lines go that it prints (nowhere, if None). Where the
    environment names a site run by hand or a log of the site, this run has
    its own instead.
    """
    stopped: BaseException | None = None
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        visits_file = Path(folder, "site.jsonl")
        environment = os.environ | {
            "PRACTICE_SITE_LOG": str(visits_file),
            "PYTHONUNBUFFERED": "1",  # or lines would be late in the pipe
        }
        environment.pop("PRACTICE_SITE", None)
        watcher = Watcher()
        with watcher.reading(output) as pipe:
            try:
                with start_lesson(
                    lesson, changes, env=environment, stdout=pipe, **options
                ) as child:
                    pipe.close()
                    while child.poll() is None:
                        pause = watcher.look(child.pid)
                        with suppress(subprocess.TimeoutExpired):
                            child.wait(pause)
            except (KeyboardInterrupt, SystemExit) as end:
                if isinstance(end, SystemExit) and end.code != 130:
                    raise
                stopped = end
            status = 130 if stopped else exit_status(child)
            watcher.report(RunEnded(watcher.clock(), status))
            watcher.clear_up(bool(stopped))
        if visits_file.exists():
            watcher.report_requests(visits_file.read_text("utf-8"))
    recording = rebuild(
        EventLog(
            lesson=lesson.number,
            title=format_command(lesson, changes),
            environment=f"{environment_summary()}, {datetime.now(UTC).date()}",
            gil=gil_is_on(),
            cpus=cpus(),
            events=watcher.all_events(),
        )
    )
    recording.stopped = stopped
    return recording


class Watcher:
    """Looks at a tree of processes, and reports what it sees as events."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.epoch = time.time() - self.start
        self.events: list[Event] = []
        self.processes: dict[int, WatchedProcess] = {}
        self.alive: dict[int, psutil.Process] = {}
        self.known = self.latest = set(psutil.pids())
        self.looked = self.looked_at_threads = self.threads_due = 0.0
        self.costs = deque[float](maxlen=LAST)
        self.thread_costs = deque[float](maxlen=LAST)

    def clock(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self.start

    def report(self, event: Event) -> None:
        """Add an event to the recording."""
        self.events.append(event)

    def all_events(self) -> list[Event]:
        """Return the events in order of time, without those of the site."""
        site = {
            pid for pid, process in self.processes.items() if is_site(process)
        }
        own = [
            event
            for event in self.events
            if getattr(event, "process", None) not in site
        ]
        return sorted(own, key=lambda event: event.time)

    @contextmanager
    def reading(self, output: TextIO | None) -> Iterator[TextIO]:
        """Report each line that is written to a pipe, and write it to output.

        Yields the pipe's end for the lesson. The block closes it as soon as
        the lesson has it too, or the pipe would never end.
        """
        from_lesson, for_lesson = os.pipe()

        def read() -> None:
            with open(from_lesson, errors="replace") as lines:  # noqa: PTH123
                for line in lines:
                    text = line.removesuffix("\n")
                    self.report(LinePrinted(self.clock(), text))
                    if output:
                        output.write(line)
                        output.flush()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            with open(for_lesson, "w") as pipe:  # noqa: PTH123
                yield pipe
        finally:
            # Somebody who is left of the lesson may still hold the pipe.
            reader.join(END_TIMEOUT)

    def look(self, root: int) -> float:
        """Look at the tree under the process `root`.

        Returns the seconds to wait before the next look.
        """
        begin, spent = self.clock(), time.thread_time()
        self._find_new(root)
        memory = 0
        for pid, handle in list(self.alive.items()):
            process = self.processes[pid]
            try:
                self._read_process(pid, handle)
                parent = self.processes.get(process.parent)
                copy = is_copy(process, parent, self.clock() - process.start)
                if not (is_site(process) or copy):
                    memory += handle.memory_info().rss
            except (psutil.Error, OSError):
                self._report_end(pid)
        self.report(MemorySampled(self.clock(), memory))
        self.looked = begin
        self.costs.append(time.thread_time() - spent)
        if begin >= self.threads_due:
            self._look_at_threads(begin)
        spare = INTERVAL - (self.clock() - begin)
        if len(self.costs) < NEW_LOOKS:  # the first look costs much more
            return max(spare, 0)
        return max(spare, median(self.costs) / SHARE)

    def _look_at_threads(self, begin: float) -> None:
        """Look at all threads: seldom, where there are thousands of them."""
        spent = time.thread_time()
        for pid, handle in list(self.alive.items()):
            try:
                self._read_threads(pid, handle)
            except (psutil.Error, OSError):
                self._report_end(pid)
        self.looked_at_threads = begin
        self.thread_costs.append(time.thread_time() - spent)
        self.threads_due = begin + median(self.thread_costs) / SHARE

    def _report_end(self, pid: int) -> None:
        del self.alive[pid]
        self.report(ProcessEnded(self.clock(), pid))

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

    def report_requests(self, site_log: str) -> None:
        """Report the requests in the practice site's log."""
        start = self.start + self.epoch
        # The last line ends early where the site was killed as it wrote it.
        whole, _, _ = site_log.rpartition("\n")
        for number, line in enumerate(whole.splitlines(), 1):
            visit = json.loads(line)
            arrived, ended = visit["arrived"] - start, visit["ended"]
            self.report(RequestStarted(arrived, number, visit["path"]))
            if ended:
                status = visit["status"]
                self.report(RequestEnded(ended - start, number, status))

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
                    start = self.looked
                    self.processes[pid] = WatchedProcess(start, parent, [])
                    self.report(ProcessStarted(start, pid, parent, []))
        self.known, self.latest = self.latest, now

    def _read_process(self, pid: int, handle: psutil.Process) -> None:
        """Report the CPU time of a process, and its command while it is new.

        Raises psutil.Error or OSError where it has ended.
        """
        process = self.processes[pid]
        now = self.clock()
        self.report(ProcessSampled(now, pid, process_time(handle)))
        process.looks += 1
        if now - process.start < NAMING or process.looks <= NEW_LOOKS:
            command = handle.cmdline()
            if command != process.command:
                process.command = command
                self.report(CommandChanged(now, pid, command))

    def _read_threads(self, pid: int, handle: psutil.Process) -> None:
        """Report the times of a process's threads.

        Raises psutil.Error or OSError where it has ended.
        """
        threads = self.processes[pid].threads
        usages = thread_usages(handle)
        for number, usage in usages.items():
            self._read_thread(pid, number, usage)
        for number in threads.keys() - usages.keys():
            del threads[number]
            self.report(ThreadEnded(self.clock(), pid, number))

    def _read_thread(self, pid: int, number: int, usage: Usage) -> None:
        """Report the times of a thread, and what it waits for."""
        process = self.processes[pid]
        threads = process.threads
        now = self.clock()
        if number not in threads:
            # It began after the last look, and not before its process.
            start = max(self.looked_at_threads, process.start)
            name = thread_name(pid, number)
            threads[number] = WatchedThread(start, name, time=start)
            self.report(ThreadStarted(start, pid, number, name))
        thread = threads[number]
        if now - thread.start < NAMING:
            name = thread_name(pid, number)
            if name != thread.name:
                thread.name = name
                self.report(ThreadRenamed(now, pid, number, name))
        share = (usage.cpu - thread.cpu) / (now - thread.time)
        waits = "" if share > COMPUTES else waits_for(pid, number)
        self.report(
            ThreadSampled(now, pid, number, usage.cpu, usage.ready, waits)
        )
        thread.time, thread.cpu = now, usage.cpu


def is_site(process: WatchedProcess) -> bool:
    """Return whether it is the practice site's, which no lesson is about."""
    return process.command[-1:] == [str(SERVER)]


def is_copy(
    process: WatchedProcess, parent: WatchedProcess | None, age: float
) -> bool:
    """Return whether it may still hold its parent's memory, and nothing else.

    A child does so for a moment before it runs a program of its own.

    Arguments: `age`, the seconds since its start.
    """
    command = parent.command if parent else None
    return age < NAMING and process.command == command


def _has_schedstat() -> bool:
    try:
        return Path("/proc/thread-self/schedstat").read_text() != "0 0 0\n"
    except OSError:
        return False


# Linux counts in nanoseconds what it gives psutil in hundredths of a second.
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


def thread_usages(handle: psutil.Process) -> dict[int, Usage]:
    """Return what each thread of a process has used so far, by its id.

    On Linux they are the first two figures of the threads' schedstat files
    (docs.kernel.org/scheduler/sched-stats.html). Elsewhere no time is known
    in which a thread was ready. Empty where the system gives no times of
    threads (macOS).

    Raises psutil.Error or OSError where the process has ended.
    """
    if not SCHEDSTAT:
        try:
            threads = handle.threads()
        except psutil.AccessDenied:
            return {}
        return {t.id: Usage(t.user_time + t.system_time, 0) for t in threads}
    usages = {}
    folder = f"/proc/{handle.pid}/task"
    for name in os.listdir(folder):  # noqa: PTH208  at every look
        with suppress(OSError), open(f"{folder}/{name}/schedstat") as file:  # noqa: PTH123
            cpu, ready, _ = map(int, file.read().split())
            usages[int(name)] = Usage(cpu / 1e9, ready / 1e9)
    return dict(sorted(usages.items()))


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
