"""Samples the threads of a run: their CPU times and what they wait for."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from backstage.watch.events import (
    ThreadEnded,
    ThreadRenamed,
    ThreadSampled,
    ThreadStarted,
)
from backstage.watch.process_sampler import WatchedProcess
from backstage.watch.recorder import EventRecorder
from backstage.watch.throttle import Throttle
from backstage.watch.usage import Usage, read_thread_name, read_thread_usages
from backstage.watch.wait_reasons import read_wait_reason

NAME_TIME = 0.25  # seconds in which a thread gets its name
NO_WAIT_SHARE = 0.9  # of a core: a thread that computes more does not wait


@dataclass
class _WatchedThread:
    """A thread of the run, as it was at the last look.

    Attributes:
        process: The process id.
        number: The thread id that the system gave it.
        start: When it started, in seconds since the run began.
        name: The name that the system has for it, or "".
        time: When it was sampled last, or else its start.
        cpu: Its CPU time at that moment, in seconds.
    """

    process: int
    number: int
    start: float
    name: str
    time: float
    cpu: float = 0.0


class ThreadSampler:
    """Samples the threads of processes, and reports what it sees as events.

    Attributes:
        throttle: Decides how rare the looks are: there may be thousands of
            threads.
    """

    def __init__(self, recorder: EventRecorder) -> None:
        self.throttle = Throttle()
        self._recorder = recorder
        self._last_look = 0.0
        self._threads: dict[int, dict[int, _WatchedThread]] = {}

    def count(self, processes: Iterable[int]) -> int:
        """Return how many threads some processes had at the last look.

        Args:
            processes: Their ids.
        """
        return sum(len(self._threads.get(pid, ())) for pid in processes)

    def sample(self, processes: Iterable[WatchedProcess]) -> None:
        """Report the state of all threads of some processes."""
        with self.throttle.measure():
            begin = self._recorder.now()
            for process in processes:
                # The process may have ended, as the other sampler will report.
                with suppress(psutil.Error, OSError):
                    self._sample_process(process)
            self._last_look = begin

    def _sample_process(self, process: WatchedProcess) -> None:
        """Report the state of all threads of a process.

        Raises:
            psutil.Error: The process has ended.
            OSError: The process has ended.
        """
        pid = process.handle.pid
        threads = self._threads.setdefault(pid, {})
        usages = read_thread_usages(process.handle)
        for number, usage in usages.items():
            if number not in threads:
                threads[number] = self._start_thread(process, number)
            self._sample_thread(threads[number], usage)
        for number in threads.keys() - usages.keys():
            del threads[number]
            self._recorder.add(ThreadEnded(self._recorder.now(), pid, number))

    def _start_thread(
        self, process: WatchedProcess, number: int
    ) -> _WatchedThread:
        """Report a new thread, and return it."""
        pid = process.handle.pid
        # It started after the last look, and not before its process.
        start = max(self._last_look, process.start)
        name = read_thread_name(pid, number)
        self._recorder.add(ThreadStarted(start, pid, number, name))
        return _WatchedThread(pid, number, start, name, time=start)

    def _sample_thread(self, thread: _WatchedThread, usage: Usage) -> None:
        """Report the state of a thread, and its name while it is new."""
        pid, number = thread.process, thread.number
        now = self._recorder.now()
        if now - thread.start < NAME_TIME:
            name = read_thread_name(pid, number)
            if name != thread.name:
                thread.name = name
                self._recorder.add(ThreadRenamed(now, pid, number, name))
        share = (usage.cpu - thread.cpu) / (now - thread.time)
        reason = ""
        if share <= NO_WAIT_SHARE:
            reason = read_wait_reason(pid, number)
        self._recorder.add(
            ThreadSampled(now, pid, number, usage.cpu, usage.ready, reason)
        )
        thread.time, thread.cpu = now, usage.cpu
