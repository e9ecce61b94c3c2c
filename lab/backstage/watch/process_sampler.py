"""Samples the processes of a run: their CPU times and their memory."""

import logging
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from backstage.site.client import END_TIMEOUT, KILLED, SERVER
from backstage.watch.events import (
    CommandChanged,
    MemorySampled,
    ProcessEnded,
    ProcessSampled,
    ProcessStarted,
)
from backstage.watch.recorder import EventRecorder
from backstage.watch.throttle import Throttle
from backstage.watch.usage import read_process_time

log = logging.getLogger(__name__)

FORK_SERVER = "multiprocessing.forkserver"  # in its command line
COMMAND_TIME = 0.25  # seconds in which a process gets its command line
MIN_LOOKS = 3  # before looks are throttled: the first one costs much more
COMMAND_LOOKS = 3  # looks at a new process, even if they are rare


@dataclass
class WatchedProcess:
    """A process of the run, as it was at the last look.

    Attributes:
        handle: Gives access to it.
        parent: The process id of its parent.
        start: When it started, in seconds since the run began.
        command: Its command line, empty until it was read.
        looks: How often it was sampled.
    """

    handle: psutil.Process
    parent: int
    start: float
    command: list[str] = field(default_factory=list)
    looks: int = 0

    @property
    def is_site(self) -> bool:
        """Return whether it is the practice site, which is never shown."""
        return self.command[-1:] == [str(SERVER)]

    def is_copy_of(self, parent: "WatchedProcess", time: float) -> bool:
        """Return whether it may still be a mere copy of its parent.

        A new child shares its parent's memory until it runs a program of its
        own. That memory must not be counted twice. The children of a fork
        server are workers from the start: they never run another program.

        Args:
            parent: Its parent.
            time: Seconds since the run began.
        """
        if any(FORK_SERVER in word for word in parent.command):
            return False
        is_new = time - self.start < COMMAND_TIME
        return is_new and self.command == parent.command


class ProcessSampler:
    """Samples the processes of a run, and reports what it sees as events.

    Attributes:
        processes: All processes of the run so far, by their ids.
        running: Those of them that had not ended at the last look.
        throttle: Decides how rare the looks are.
    """

    def __init__(
        self,
        recorder: EventRecorder,
        known: set[int] | None = None,
        root_cpu: float = 0.0,
    ) -> None:
        """Make a sampler of a run.

        Args:
            recorder: Collects the events.
            known: The ids of processes that are not the run's; None stands
                for all that exist now, before the run begins.
            root_cpu: CPU seconds that the first process of the run had used
                before the run began.
        """
        self.processes: dict[int, WatchedProcess] = {}
        self.running: dict[int, WatchedProcess] = {}
        self.throttle = Throttle(MIN_LOOKS)
        self._recorder = recorder
        self._root_cpu = root_cpu
        self._last_look = 0.0
        # The processes of the machine at the last look, and at the one before.
        if known is None:
            known = set(psutil.pids())
        self._last_pids = self._earlier_pids = known

    def sample(self, root: int) -> None:
        """Report the state of a process and of all processes below it.

        Args:
            root: The id of the process.
        """
        with self.throttle.measure():
            begin = self._recorder.now()
            self._find_new_processes(root)
            memory = 0
            for pid, process in list(self.running.items()):
                try:
                    self._sample_process(process)
                    memory += self._read_memory(process)
                except (psutil.Error, OSError):  # it has ended
                    del self.running[pid]
                    self._recorder.add(ProcessEnded(self._recorder.now(), pid))
            self._recorder.add(MemorySampled(self._recorder.now(), memory))
            self._last_look = begin

    def site_pids(self) -> set[int]:
        """Return the ids of the processes that are the practice site's."""
        return {pid for pid, item in self.processes.items() if item.is_site}

    def wait_for_end(self, whole_run: bool) -> None:
        """Wait for the practice site to end, which then writes its log.

        What still runs after END_TIMEOUT is killed.

        Args:
            whole_run: Wait for all other processes of the run too.
        """
        handles = [
            process.handle
            for process in self.running.values()
            if whole_run or process.is_site
        ]
        _, alive = psutil.wait_procs(handles, END_TIMEOUT)
        for handle in alive:
            if self.processes[handle.pid].is_site:
                log.warning(KILLED)
            with suppress(psutil.NoSuchProcess):
                handle.kill()
        psutil.wait_procs(alive, END_TIMEOUT)

    def _find_new_processes(self, root: int) -> None:
        """Add the processes that have started below the root.

        A process that is new on the machine is examined at two looks: at the
        first one its parent may not have been added yet.
        """
        pids = set(psutil.pids())
        for pid in sorted(pids - self._earlier_pids - self.processes.keys()):
            with suppress(psutil.Error):  # it has ended already
                handle = psutil.Process(pid)
                parent = handle.ppid()
                if pid == root or parent in self.processes:
                    process = WatchedProcess(handle, parent, self._last_look)
                    self.processes[pid] = self.running[pid] = process
                    cpu = self._root_cpu if pid == root else 0.0
                    self._recorder.add(
                        ProcessStarted(self._last_look, pid, parent, [], cpu)
                    )
        self._earlier_pids, self._last_pids = self._last_pids, pids

    def _sample_process(self, process: WatchedProcess) -> None:
        """Report the CPU time of a process, and its command while it is new.

        Raises:
            psutil.Error: The process has ended.
            OSError: The process has ended.
        """
        pid = process.handle.pid
        now = self._recorder.now()
        cpu = read_process_time(process.handle)
        self._recorder.add(ProcessSampled(now, pid, cpu))
        process.looks += 1
        is_new = now - process.start < COMMAND_TIME
        if is_new or process.looks <= COMMAND_LOOKS:
            command = process.handle.cmdline()
            if command != process.command:
                process.command = command
                self._recorder.add(CommandChanged(now, pid, command))

    def _read_memory(self, process: WatchedProcess) -> int:
        """Return the bytes of memory that count for a process.

        Raises:
            psutil.Error: The process has ended.
            OSError: The process has ended.
        """
        parent = self.processes.get(process.parent)
        if process.is_site:
            return 0
        if parent and process.is_copy_of(parent, self._recorder.now()):
            return 0
        return int(process.handle.memory_info().rss)
