"""Builds the lanes of a picture from a recording."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import fmean
from typing import NamedTuple

from backstage.watch.lanes import STATES, Lane, Slice, normalize
from backstage.watch.recording import Recording
from backstage.watch.slices import (
    Settled,
    Slicer,
    Subject,
    main_subject,
    process_subject,
    thread_subject,
)
from backstage.watch.workers import INTERPRETER_POOL, Workers, main_process

# How many lanes a kind of workers may have, by how many kinds there are.
MAX_LANES = {1: 4, 2: 3, 3: 2}
MAX_OVERLAP = 0.1  # seconds by which a thread's end may be seen too late
RARE = 0.03  # of a lane: a state with less is left out
MIN_KEPT = 0.5  # of a slice, that must be left without the rare states


def build_lanes(
    recording: Recording,
    shown: Workers,
    name: str,
    edges: Sequence[float],
    settled: Settled | None = None,
) -> list[Lane]:
    """Return the lanes of a run: the main thread, then the workers.

    Args:
        recording: The recording of the run.
        shown: The workers that get lanes.
        name: The name of a worker; "" stands for "thread" or "process".
        edges: The times in seconds at which slices begin, and at last the
            time at which the last one ends.
        settled: As for `Slicer`.
    """
    slicer = Slicer(recording, edges, settled)
    has_threads = bool(main_process(recording).threads)
    main_name = "main thread" if has_threads else "main process"
    lanes = [Lane(main_name, slicer.cut(main_subject(recording)))]
    groups = _group_workers(shown, name)
    for group in groups:
        lanes += _lanes_of_group(group, slicer, MAX_LANES[len(groups)])
    return [_without_rare_states(lane) for lane in lanes]


def assign_lanes(spans: Iterable[tuple[float, float]]) -> list[int]:
    """Return the number of a lane for each span of time.

    The spans in a lane follow each other.

    Args:
        spans: Pairs of a start and an end in seconds, sorted by the start.
    """
    numbers = []
    last_ends: list[float] = []  # of the spans in each lane
    for start, end in spans:
        free = [
            n
            for n, last in enumerate(last_ends)
            if last <= start + MAX_OVERLAP
        ]
        if free:
            number = free[0]
            last_ends[number] = end
        else:
            number = len(last_ends)
            last_ends.append(end)
        numbers.append(number)
    return numbers


class _Group(NamedTuple):
    """Workers of one kind, whose lanes have one name and a number each."""

    name: str
    subjects: list[Subject]

    @property
    def spans(self) -> list[tuple[float, float]]:
        """Return when each of them started and was seen last."""
        activities = [subject.activity for subject in self.subjects]
        return [(activity.start, activity.end) for activity in activities]


def _group_workers(shown: Workers, name: str) -> list[_Group]:
    """Return the kinds of workers that there are, the first to start first."""
    threads, interpreters = [], []
    for thread in shown.threads:
        subject = thread_subject(thread)
        if thread.name.startswith(INTERPRETER_POOL):
            interpreters.append(subject)
        else:
            threads.append(subject)
    processes = [process_subject(process) for process in shown.processes]
    thread_name = "thread" if processes else name or "thread"
    groups = [
        _Group(thread_name, threads),
        _Group("interpreter", interpreters),
        _Group(name or "process", processes),
    ]
    present = [group for group in groups if group.subjects]
    return sorted(present, key=lambda group: group.spans[0])


def _lanes_of_group(
    group: _Group, slicer: Slicer, max_lanes: int
) -> list[Lane]:
    """Return the lanes of a group, or one for all if there are too many.

    Workers that follow each other share a lane.
    """
    cuts = [slicer.cut(subject) for subject in group.subjects]
    numbers = assign_lanes(group.spans)
    count = max(numbers) + 1
    if count > max_lanes:
        suffix = "es" if group.name.endswith("s") else "s"
        means = [_mean(column) for column in zip(*cuts, strict=True)]
        return [Lane(f"{count:,} {group.name}{suffix}", means)]
    lanes = []
    for number in range(count):
        members = [
            cut
            for cut, lane_number in zip(cuts, numbers, strict=True)
            if lane_number == number
        ]
        name = f"{group.name} {number + 1}" if count > 1 else group.name
        columns = zip(*members, strict=True)
        slices = [_last_present(column) for column in columns]
        starts = [_find_start(cut) for cut in members if any(cut)]
        lanes.append(Lane(name, slices, tuple(starts[1:])))
    return lanes


def _find_start(cut: Sequence[Slice]) -> int:
    """Return the number of the first slice that is not empty."""
    return next(number for number, shares in enumerate(cut) if shares)


def _last_present(column: Sequence[Slice]) -> Slice:
    """Return the last slice of those that are not empty."""
    return next((shares for shares in reversed(column) if shares), {})


def _mean(column: Iterable[Slice]) -> Slice:
    """Return the mean shares of the slices that are not empty."""
    present = [shares for shares in column if shares]
    occurring = set[str]().union(*present)
    return {
        state: fmean(shares.get(state, 0.0) for shares in present)
        for state in STATES
        if state in occurring
    }


def _without_rare_states(lane: Lane) -> Lane:
    """Return a lane without states that hardly occur: they would distract.

    A slice that consists mostly of them is replaced by the slice before.
    """
    totals = Counter[str]()
    for shares in lane.slices:
        totals.update(shares)
    minimum = RARE * sum(totals.values())
    rare = {state for state, total in totals.items() if total < minimum}
    slices: list[Slice] = []
    for shares in lane.slices:
        kept = {
            state: share
            for state, share in shares.items()
            if state not in rare
        }
        if sum(kept.values()) >= MIN_KEPT:
            slices.append(normalize(kept))
        elif shares and slices and slices[-1]:
            slices.append(slices[-1])
        else:
            slices.append(shares)
    return replace(lane, slices=slices)
