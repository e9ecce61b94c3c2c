"""What the threads and processes of a run did, as lanes of a picture."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean
from typing import NamedTuple

from backstage.watch import wait_reasons
from backstage.watch.recording import Process, Recording, Sample, Thread

COMPUTING = "computing"
READY = "ready"
TURN = "turn"
NETWORK = "network"
TIMER = wait_reasons.TIMER
WORK = "work"
OTHERS = "others"
CHILD = wait_reasons.CHILD
WAITING = "waiting"
# The names of the states in a legend, in its order.
STATES = {
    COMPUTING: "computing",
    READY: "ready, but no CPU is free",
    TURN: "waits for its turn (a lock or the GIL)",
    NETWORK: "waits for the network",
    TIMER: "waits for a timer",
    WORK: "waits for work",
    OTHERS: "waits for other threads or processes",
    CHILD: "waits for a child process",
    WAITING: "waits (not known for what)",
}

# Lanes of a role, by how many roles there are besides the main thread.
MAX_OF_ROLE = {1: 4, 2: 3, 3: 2}
MIN_COMPUTING = 1 / 60  # of the run: a helper thread computes less
TURN_WINDOW = 0.05  # seconds: who takes turns computes before and after
TURN_SHARE = 0.02  # of a core in each window, at least
BETWEEN = 0.03  # seconds from one request to the next, where it is sent soon
SMALL = 0.05  # of a slice, that is not worth drawing
RARE = 0.03  # of a lane: a state with less is left out
MIN_KEPT = 0.5  # of a slice, that is left of it without those states
OVERLAP = 0.1  # seconds by which a thread's end may be seen too late
# The beginnings of names that the system gives pool threads, from 3.14 on.
INTERPRETER = "InterpreterPool"
POOL_THREADS = ("ThreadPoolExec", INTERPRETER)
# Processes that only help others, by what their command lines contain.
HELPERS = re.compile(r"multiprocessing\.(?:forkserver|resource_tracker)")

MAIN, THREAD, PROCESS = "main", "thread", "process"  # roles of lanes

Slice = Mapping[str, float]  # shares of the states; empty: not there


@dataclass(frozen=True)
class Lane:
    """A thread, a process, or several alike: what went on in each slice."""

    name: str
    slices: list[Slice]


def most_other(shares: Slice) -> str:
    """Return the state that most of a slice is in, but for computing."""
    waiting = {name: x for name, x in shares.items() if name != COMPUTING}
    return max(waiting, key=lambda name: waiting[name])


class Workers(NamedTuple):
    """The threads and processes that do a lesson's work, but for the main."""

    threads: list[Thread]
    processes: list[Process]


def find_workers(recording: Recording) -> Workers:
    """Return the threads and processes that do a lesson's work.

    They are the other threads of its first process and all other processes.
    Helpers are left out: threads that hardly compute and wait for locks, or
    for worker processes, where there are some (pools have such threads), and
    the processes by which `multiprocessing` starts and cleans up.
    """
    processes = _worker_processes(recording)
    first = first_process(recording)
    least = recording.seconds * MIN_COMPUTING
    threads = []
    for thread in list(first.threads.values())[1:]:
        waits = Counter(sample.waits_for for sample in thread.samples[1:])
        reason = max(waits, key=lambda name: waits[name], default="")
        waits_outside = reason in (
            wait_reasons.NETWORK,
            wait_reasons.TIMER,
        ) or (reason == wait_reasons.EVENTS and not processes)
        in_pool = thread.name.startswith(POOL_THREADS)
        if thread.cpu >= least or waits_outside or in_pool:
            threads.append(thread)
    return Workers(threads, processes)


def count_hidden(recording: Recording, shown: Workers) -> int:
    """Return how many threads and processes have no lane.

    Arguments: `shown`, those that have one besides the main thread.
    """
    threads = len(first_process(recording).threads) - 1
    processes = len(recording.processes) - 1
    hidden_threads = max(threads, 0) - len(shown.threads)
    return hidden_threads + max(processes, 0) - len(shown.processes)


def cut_lanes(
    recording: Recording, shown: Workers, name: str, edges: Sequence[float]
) -> list[Lane]:
    """Return the lanes of a run: the main thread, and then its workers.

    Arguments: `shown`, the workers that get lanes; `name`, what they are
    called ("" for "thread" or "process"); `edges`, the times in seconds
    between which the slices are.
    """
    first = first_process(recording)
    cutter = _Cutter(recording, edges)
    if first.threads:
        main = next(iter(first.threads.values()))
        lanes = [Lane("main thread", cutter.cut(main, MAIN))]
    else:
        lanes = [Lane("main process", cutter.cut_process(first, MAIN))]
    interpreters = []
    threads = []
    for thread in shown.threads:
        if thread.name.startswith(INTERPRETER):
            interpreters.append(thread)
        else:
            threads.append(thread)
    thread_name = "thread" if shown.processes else name or "thread"
    roles = [
        _thread_role(thread_name, threads, cutter),
        _thread_role("interpreter", interpreters, cutter),
        _process_role(name or "process", shown.processes, cutter),
    ]
    used = [role for role in roles if role.lives]
    used.sort(key=lambda role: role.lives[0])  # in order of time
    for role in used:
        lanes += _lanes_of_role(role, MAX_OF_ROLE[len(used)])
    return _without_rare(lanes)


def first_process(recording: Recording) -> Process:
    """Return a lesson's own process; it may be gone before the first look."""
    nothing = Process([Sample(0, 0, 0, "")], 0, [])
    return next(iter(recording.processes.values()), nothing)


def _worker_processes(recording: Recording) -> list[Process]:
    """Return the processes that do a lesson's work, but for the first."""
    workers = []
    for process in list(recording.processes.values())[1:]:
        helps = HELPERS.search(" ".join(process.command))
        parent = recording.processes.get(process.parent)
        # The workers of a fork server have its command line.
        forked = parent is not None and parent.command == process.command
        if forked or not helps:
            workers.append(process)
    return workers


class _Role(NamedTuple):
    """Threads or processes of a kind: their slices, starts and ends."""

    name: str
    cuts: list[list[Slice]]
    lives: list[tuple[float, float]]


def _thread_role(
    name: str, threads: Sequence[Thread], cutter: "_Cutter"
) -> _Role:
    cuts = [cutter.cut(thread, THREAD) for thread in threads]
    lives = [(thread.start, thread.end) for thread in threads]
    return _Role(name, cuts, lives)


def _process_role(
    name: str, processes: Sequence[Process], cutter: "_Cutter"
) -> _Role:
    cuts = [cutter.cut_process(process, PROCESS) for process in processes]
    lives = [(process.start, process.end) for process in processes]
    return _Role(name, cuts, lives)


def _assign_slots(lives: Sequence[tuple[float, float]]) -> list[int]:
    """Return a slot for each life, so that none overlap in a slot.

    Arguments: `lives`, pairs of a start and an end in seconds.
    """
    slots = []
    ends: list[float] = []
    for start, end in lives:
        free = [n for n, last in enumerate(ends) if last <= start + OVERLAP]
        if free:
            slot = free[0]
            ends[slot] = end
        else:
            slot = len(ends)
            ends.append(end)
        slots.append(slot)
    return slots


def _lanes_of_role(role: _Role, most: int) -> list[Lane]:
    """Return a lane for each slot, or one lane if they are more than most."""
    slots = _assign_slots(role.lives)
    count = max(slots, default=-1) + 1
    if count > most:
        plural = f"{role.name}es" if role.name[-1] == "s" else f"{role.name}s"
        merged = [_mean(column) for column in zip(*role.cuts, strict=True)]
        return [Lane(f"{count:,} {plural}", merged)]
    lanes = []
    for slot in range(count):
        own = [
            cut
            for cut, number in zip(role.cuts, slots, strict=True)
            if number == slot
        ]
        slices: list[Slice] = [
            next((shares for shares in reversed(column) if shares), {})
            for column in zip(*own, strict=True)
        ]
        name = f"{role.name} {slot + 1}" if count > 1 else role.name
        lanes.append(Lane(name, slices))
    return lanes


def _mean(column: Sequence[Slice]) -> Slice:
    """Return the mean shares of those who are there."""
    present = [shares for shares in column if shares]
    occurring = set[str]().union(*present)
    return {
        state: mean(shares.get(state, 0.0) for shares in present)
        for state in occurring
    }


class _Cutter:
    """Cuts the lives of threads into slices, with the shares of states."""

    def __init__(self, recording: Recording, edges: Sequence[float]) -> None:
        workers = find_workers(recording)
        self.recording = recording
        self.has_processes = bool(workers.processes)
        self.has_workers = bool(workers.threads or workers.processes)
        self.edges = edges

    def cut(self, thread: Thread, role: str) -> list[Slice]:
        """Return the shares of a thread's states in each slice."""
        return [
            self._shares(thread, thread, start, end, role)
            for start, end in pairwise(self.edges)
        ]

    def cut_process(self, process: Process, role: str) -> list[Slice]:
        """Return the shares of a process: its CPU time counts all threads.

        What it waits for is what its main thread waits for.
        """
        life = Thread(process.samples, "")
        first = next(iter(process.threads.values()), life)
        return [
            self._shares(life, first, start, end, role)
            for start, end in pairwise(self.edges)
        ]

    def _shares(
        self,
        life: Thread,
        waiting: Thread,
        start: float,
        end: float,
        role: str,
    ) -> Slice:
        """Return the shares of the states between two times."""
        begin, finish = max(start, life.start), min(end, life.end)
        if finish <= begin:
            return {}
        length = finish - begin
        cpu = (life.cpu_at(finish) - life.cpu_at(begin)) / length
        ready = (waiting.ready_at(finish) - waiting.ready_at(begin)) / length
        cpu = min(cpu, 1.0)
        ready = min(ready, 1.0 - cpu)
        middle = (begin + finish) / 2
        state = self._waiting_state(waiting, middle, role)
        return _normalize(
            {
                COMPUTING: cpu,
                READY: ready,
                state: 1.0 - cpu - ready,
            }
        )

    def _waiting_state(self, thread: Thread, time: float, role: str) -> str:
        """Return the state of a thread in the time when it has no CPU."""
        reason = thread.wait_reason_at(time)
        requests = self.recording.has_request_near(time, BETWEEN)
        if reason == wait_reasons.NETWORK:
            # Processes of a pool talk to each other by sockets as well.
            local = self.has_processes and not requests
            return OTHERS if local else NETWORK
        if reason == wait_reasons.EVENTS:
            if requests:
                return NETWORK
            return OTHERS if self.has_workers else TIMER
        if reason == wait_reasons.PIPE:
            return OTHERS if role == MAIN else WORK
        if reason == wait_reasons.LOCK:
            if _takes_turns(thread, time):
                return TURN
            in_pool = thread.name.startswith(POOL_THREADS)
            return WORK if in_pool or role == PROCESS else OTHERS
        if reason in (wait_reasons.TIMER, wait_reasons.CHILD):
            return reason
        is_turn = self._has_rival(thread, time, role)
        return TURN if is_turn and _takes_turns(thread, time) else WAITING

    def _has_rival(self, thread: Thread, time: float, role: str) -> bool:
        """Return whether another thread of the process computes then."""
        if role == PROCESS:
            return False
        first = first_process(self.recording)
        before, after = time - TURN_WINDOW, time + TURN_WINDOW
        return any(
            other is not thread
            and other.start < after
            and other.end > before
            and other.cpu_at(after) - other.cpu_at(before)
            >= TURN_SHARE * (after - before)
            for other in first.threads.values()
        )


def _normalize(shares: Slice) -> Slice:
    """Return shares without the small ones, that add up to 1."""
    kept = {state: share for state, share in shares.items() if share >= SMALL}
    total = sum(kept.values())
    return {state: share / total for state, share in kept.items()}


def _takes_turns(thread: Thread, time: float) -> bool:
    """Return whether a thread got CPU time shortly before a time and after it.

    So does one that waits for a lock or the GIL again and again. Who waits
    for the end of somebody else gets none for a while.
    """
    before = max(time - TURN_WINDOW, thread.start)
    after = min(time + TURN_WINDOW, thread.end)
    return all(
        end > start
        and (thread.cpu_at(end) - thread.cpu_at(start)) / (end - start)
        >= TURN_SHARE
        for start, end in ((before, time), (time, after))
    )


def _without_rare(lanes: list[Lane]) -> list[Lane]:
    """Return lanes without states that hardly occur: they would distract.

    Such slices have the states of the slice before.
    """
    cleaned = []
    for lane in lanes:
        totals = Counter[str]()
        for shares in lane.slices:
            totals.update(shares)
        least = RARE * sum(totals.values())
        rare = {state for state, total in totals.items() if total < least}
        slices: list[Slice] = []
        for shares in lane.slices:
            kept = {k: v for k, v in shares.items() if k not in rare}
            if sum(kept.values()) >= MIN_KEPT:
                slices.append(_normalize(kept))
            elif shares and slices and slices[-1]:
                slices.append(slices[-1])
            else:
                slices.append(shares)
        cleaned.append(Lane(lane.name, slices))
    return cleaned
