"""Which threads and processes of a run do the work of the lesson."""

import re
from collections import Counter
from typing import NamedTuple

from backstage.watch import wait_reasons
from backstage.watch.recording import Process, Recording, Sample, Thread

MIN_WORKER_SHARE = 1 / 60  # of the run: a helper thread computes less
# How the names of pool threads begin where the system has them (from Python
# 3.14 on).
INTERPRETER_POOL = "InterpreterPool"
POOLS = ("ThreadPoolExec", INTERPRETER_POOL)
# The command lines of processes with which `multiprocessing` starts others
# and cleans up.
HELPERS = re.compile(r"multiprocessing\.(?:forkserver|resource_tracker)")


class Workers(NamedTuple):
    """The threads and processes that do the work of a lesson.

    The main thread of the lesson's own process is never one of them.
    """

    threads: list[Thread]
    processes: list[Process]


def find_workers(recording: Recording) -> Workers:
    """Return the threads and processes that do the work of a lesson.

    These are the threads of the lesson's own process, except its main thread,
    and all other processes. Helpers are left out: the processes of HELPERS,
    and threads that hardly compute and wait for locks or for worker
    processes. Process pools have such threads.
    """
    processes = _find_worker_processes(recording)
    own_threads = list(main_process(recording).threads.values())
    threads = []
    for thread in own_threads[1:]:
        computes = thread.cpu >= recording.seconds * MIN_WORKER_SHARE
        waits_outside = _waits_outside(thread, bool(processes))
        if computes or waits_outside or is_pool_thread(thread):
            threads.append(thread)
    return Workers(threads, processes)


def count_hidden(recording: Recording, shown: Workers) -> int:
    """Return how many threads and processes of a run are not shown.

    Args:
        recording: The recording of the run.
        shown: The workers that are shown, besides the main thread.
    """
    threads = len(main_process(recording).threads) - 1
    processes = len(recording.processes) - 1
    hidden_threads = max(threads, 0) - len(shown.threads)
    return hidden_threads + max(processes, 0) - len(shown.processes)


def main_process(recording: Recording) -> Process:
    """Return a lesson's own process.

    If it ended before the first look, the process has no threads and a single
    sample at time 0.
    """
    unseen = Process([Sample(0, 0, 0, "")], parent=0, command=[])
    return next(iter(recording.processes.values()), unseen)


def is_pool_thread(thread: Thread) -> bool:
    """Return whether a thread has the name of a pool's worker thread."""
    return thread.name.startswith(POOLS)


def _waits_outside(thread: Thread, has_processes: bool) -> bool:
    """Return whether a thread mostly waits for something outside the lesson.

    Args:
        thread: The thread.
        has_processes: Whether the lesson has worker processes: a thread that
            waits for events then waits for them.
    """
    reasons = Counter(sample.waits_for for sample in thread.samples[1:])
    reason = max(reasons, key=lambda name: reasons[name], default="")
    if reason == wait_reasons.EVENTS:
        return not has_processes
    return reason in (wait_reasons.NETWORK, wait_reasons.TIMER)


def _find_worker_processes(recording: Recording) -> list[Process]:
    """Return the processes that do work, except the lesson's own."""
    workers = []
    for process in list(recording.processes.values())[1:]:
        is_helper = HELPERS.search(" ".join(process.command))
        parent = recording.processes.get(process.parent)
        # The workers of a fork server have its command line.
        is_forked = parent is not None and parent.command == process.command
        if is_forked or not is_helper:
            workers.append(process)
    return workers
