"""Cuts what a thread or a process did into slices of time."""

from collections.abc import Sequence
from enum import Enum, auto
from itertools import pairwise
from typing import NamedTuple

from backstage.watch import wait_reasons
from backstage.watch.lanes import (
    COMPUTING,
    NETWORK,
    OTHERS,
    READY,
    TIMER,
    TURN,
    WAITING,
    WORK,
    Slice,
    normalize,
)
from backstage.watch.recording import Activity, Process, Recording, Thread
from backstage.watch.workers import (
    find_workers,
    is_pool_thread,
    main_process,
)

# A thread that takes turns gets some CPU time just before and after a wait.
TURN_WINDOW = 0.05  # seconds on each side
TURN_SHARE = 0.02  # of a core: the least CPU time in such a window
SETTLE = 0.3  # seconds after which nothing new is known of a slice
REQUEST_GAP = 0.03  # seconds from one request to the next one of a loop


class Role(Enum):
    """What a thread or process is in a lesson: it decides what it waits for.

    A pool's threads and worker processes wait for work where other threads
    wait for each other.
    """

    MAIN = auto()
    THREAD = auto()
    POOL_THREAD = auto()
    PROCESS = auto()


class Subject(NamedTuple):
    """A thread or a process that is cut into slices.

    Attributes:
        activity: Its CPU time counts.
        waiter: Its reasons to wait count; of a process, its main thread.
        role: Its role in the lesson.
    """

    activity: Activity
    waiter: Activity
    role: Role


def main_subject(recording: Recording) -> Subject:
    """Return the main thread of a lesson, or else its own process."""
    process = main_process(recording)
    main = next(iter(process.threads.values()), process)
    return Subject(main, main, Role.MAIN)


def thread_subject(thread: Thread) -> Subject:
    """Return a thread as a subject."""
    is_in_pool = is_pool_thread(thread)
    role = Role.POOL_THREAD if is_in_pool else Role.THREAD
    return Subject(thread, thread, role)


def process_subject(process: Process) -> Subject:
    """Return a worker process as a subject."""
    main_thread = next(iter(process.threads.values()), process)
    return Subject(process, main_thread, Role.PROCESS)


Settled = dict[tuple[object, ...], Slice]  # slices that do not change again


class Slicer:
    """Cuts the threads and processes of a run into slices of time."""

    def __init__(
        self,
        recording: Recording,
        edges: Sequence[float],
        settled: Settled | None = None,
    ) -> None:
        """Prepare for a recording.

        Args:
            recording: The recording of the run.
            edges: The times in seconds at which slices begin, and at last the
                time at which the last one ends.
            settled: Slices of a run that goes on and is cut again and again;
                this adds more of them.
        """
        workers = find_workers(recording)
        self._recording = recording
        self._own_threads = list(main_process(recording).threads.values())
        self._has_processes = bool(workers.processes)
        self._has_workers = bool(workers.threads or workers.processes)
        self._edges = edges
        self._settled = settled

    def cut(self, subject: Subject) -> list[Slice]:
        """Return the slices of a thread or a process."""
        pairs = pairwise(self._edges)
        if self._settled is None:
            return [self._measure(subject, *pair) for pair in pairs]
        activity, waiter, role = subject
        key = id(activity), role, self._has_processes, self._has_workers
        last = min(activity.end, waiter.end, self._recording.seconds - SETTLE)
        slices = []
        for start, end in pairs:
            shares = self._settled.get((key, start, end))
            if shares is None:
                shares = self._measure(subject, start, end)
                if end < last:
                    self._settled[key, start, end] = shares
            slices.append(shares)
        return slices

    def _measure(self, subject: Subject, start: float, end: float) -> Slice:
        """Return the shares of a subject's states between two times."""
        activity, waiter, _ = subject
        start = max(start, activity.start)
        end = min(end, activity.end)
        if end <= start:
            return {}
        length = end - start
        cpu = (activity.cpu_at(end) - activity.cpu_at(start)) / length
        cpu = min(cpu, 1.0)
        ready = (waiter.ready_at(end) - waiter.ready_at(start)) / length
        ready = min(ready, 1.0 - cpu)
        state = self._waiting_state(subject, (start + end) / 2)
        return normalize(
            {COMPUTING: cpu, READY: ready, state: 1.0 - cpu - ready}
        )

    def _waiting_state(self, subject: Subject, time: float) -> str:
        """Return the state of a subject whenever it does not compute."""
        reason = subject.waiter.wait_reason_at(time)
        match reason:
            case wait_reasons.TIMER | wait_reasons.CHILD:
                return reason
            case wait_reasons.NETWORK:
                # The processes of a pool use sockets among themselves.
                is_local = self._has_processes and not self._is_fetching(time)
                return OTHERS if is_local else NETWORK
            case wait_reasons.EVENTS:
                if self._is_fetching(time):
                    return NETWORK
                return OTHERS if self._has_workers else TIMER
            case wait_reasons.PIPE:
                return OTHERS if subject.role == Role.MAIN else WORK
            case wait_reasons.LOCK:
                return self._lock_state(subject, time)
        has_rival = self._has_rival(subject, time)
        if has_rival and _takes_turns(subject.waiter, time):
            return TURN
        return WAITING

    def _lock_state(self, subject: Subject, time: float) -> str:
        """Return the state of a subject that waits for a lock."""
        if _takes_turns(subject.waiter, time):
            return TURN
        if subject.role in (Role.POOL_THREAD, Role.PROCESS):
            return WORK
        return OTHERS

    def _is_fetching(self, time: float) -> bool:
        """Return whether a request is in flight, or will be at once."""
        return self._recording.has_request_near(time, REQUEST_GAP)

    def _has_rival(self, subject: Subject, time: float) -> bool:
        """Return whether another thread of the lesson's process computes."""
        if subject.role == Role.PROCESS:
            return False
        start, end = time - TURN_WINDOW, time + TURN_WINDOW
        for thread in self._own_threads:
            is_present = thread.start < end and thread.end > start
            if thread is not subject.waiter and is_present:
                cpu = thread.cpu_at(end) - thread.cpu_at(start)
                if cpu >= TURN_SHARE * (end - start):
                    return True
        return False


def _takes_turns(activity: Activity, time: float) -> bool:
    """Return whether a thread computed shortly before a time and after it.

    A thread that waits for a lock or the GIL does so again and again. A
    thread that waits for the end of another one does not.
    """
    start = max(time - TURN_WINDOW, activity.start)
    end = min(time + TURN_WINDOW, activity.end)
    return _computes(activity, start, time) and _computes(activity, time, end)


def _computes(activity: Activity, start: float, end: float) -> bool:
    """Return whether it had TURN_SHARE of a core between two times."""
    if end <= start:
        return False
    cpu = activity.cpu_at(end) - activity.cpu_at(start)
    return cpu / (end - start) >= TURN_SHARE
