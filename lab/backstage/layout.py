"""What a picture of a run shows, computed from its recording.

A layout says what stands where, in seconds and shares; `picture` draws it, as
text or as an SVG. Nothing in it is known before the run.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import mean
from typing import NamedTuple

from . import check, states
from .catalogue import Lesson, Notes
from .recording import Process, Recording, Request, Sample, Thread

COMPUTING = "computing"
READY = "ready"
TURN = "turn"
NETWORK = "network"
TIMER = states.TIMER
WORK = "work"
OTHERS = "others"
CHILD = states.CHILD
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
MAX_LABEL = 16  # characters of a path
MIN_COMPUTING = 1 / 60  # of the run: a helper thread computes less
TURN_WINDOW = 0.05  # seconds: who takes turns computes before and after
TURN_SHARE = 0.02  # of a core in each window, at least
BETWEEN = 0.03  # seconds from one request to the next, where it is sent soon
SMALL = 0.05  # of a slice, that is not worth drawing
RARE = 0.03  # of a lane: a state with less is left out
HALF = 0.5
OVERLAP = 0.1  # seconds by which a thread's end may be seen too late
# The beginnings of names that the system gives pool threads, from 3.14 on.
INTERPRETER = "InterpreterPool"
POOL_THREADS = ("ThreadPoolExec", INTERPRETER)
# Processes that only help others, by what their command lines contain.
HELPERS = re.compile(r"multiprocessing\.(?:forkserver|resource_tracker)")

MAIN, THREAD, PROCESS = "main", "thread", "process"  # roles of lanes

LESSON = re.compile(r"lesson_(\d+)")  # another lesson, in a template

Slice = Mapping[str, float]  # shares of the states; empty: not there
Page = list[Request]  # the attempts of one page, one after the other


@dataclass(frozen=True)
class Phase:
    """One of the ways that a lesson tries, between two times in seconds.

    `seconds` is how long the lesson says that it took.
    """

    name: str
    start: float
    end: float
    seconds: float | None = None

    @property
    def label(self) -> str:
        """Return the name with the seconds."""
        if self.seconds is None:
            return self.name
        return f"{self.name} {self.seconds:.1f} s"


@dataclass(frozen=True)
class Lane:
    """A thread, a process, or several alike: what went on in each slice."""

    name: str
    slices: list[Slice]


@dataclass(frozen=True)
class Row:
    """Some pages that share a thin row of requests, in a group per phase."""

    label: str
    groups: list[list[Page]]

    @property
    def pages(self) -> list[Page]:
        """Return the pages of all phases."""
        return [page for group in self.groups for page in group]

    @property
    def size(self) -> int:
        """Return how many pages there are at most in a phase."""
        return max(map(len, self.groups))


@dataclass(frozen=True)
class Bar:
    """A figure that the lesson printed, to be compared with the others."""

    name: str
    value: float
    unit: str = ""


@dataclass(frozen=True)
class Layout:
    """All that a picture shows.

    `reason` says why the finding is as it is. `span` is how many seconds the
    time axis is long. `hidden` is how many threads and processes have no lane.
    `baseline` is another lesson that this one is compared with. `memory` has
    pairs of a time and the bytes held, and is empty where memory is not the
    subject; `table` has the lines of a table that the lesson printed.
    """

    headline: str
    reason: str
    title: str
    about: str
    summary: str
    seconds: float
    span: float
    phases: list[Phase]
    rows: list[Row]
    requests: str
    lanes: list[Lane]
    hidden: int
    baseline: Phase | None = None
    memory: list[tuple[float, int]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    table: list[str] = field(default_factory=list)

    @property
    def states(self) -> list[str]:
        """Return the states that occur, in the order of the legend."""
        seen = set[str]()
        for lane in self.lanes:
            for shares in lane.slices:
                seen.update(shares)
        return [state for state in STATES if state in seen]


def lay_out(
    recording: Recording,
    lesson: Lesson,
    *,
    slices: int,
    rows: int,
    span: float | None = None,
    last_lines: Mapping[str, str] | None = None,
) -> Layout:
    """Return what a picture of a run shows.

    Arguments: `slices`, into how many the run is cut; `rows`, the most rows
    of requests; `span`, the seconds of the time axis (those of the run, if
    None); `last_lines`, the last lines of other lessons that were run too, by
    their numbers: only then the headline may name them.
    """
    notes = lesson.notes
    last_lines = last_lines or {}
    edges = [recording.seconds * n / slices for n in range(slices + 1)]
    threads = _shown_threads(recording) if notes.lanes else []
    processes = _worker_processes(recording) if notes.lanes else []
    phases = find_phases(recording, notes)
    rows_of_requests = request_rows(recording, phases, rows)
    lanes = _lanes(recording, threads, processes, notes.worker, edges)
    return Layout(
        headline=headline(recording, lesson, last_lines),
        reason=explain(recording, lesson),
        title=recording.log.title,
        about=recording.log.about,
        summary=summarize(recording),
        seconds=recording.seconds,
        span=span or recording.seconds,
        phases=phases,
        rows=rows_of_requests,
        requests=describe_requests(recording, rows_of_requests),
        lanes=lanes,
        hidden=_count_hidden(recording, threads, processes),
        memory=recording.memory if notes.memory else [],
        baseline=find_baseline(phases, notes, last_lines),
        bars=find_bars(recording, notes),
        table=find_table(recording, notes),
    )


class Figures(dict[str, object]):
    """The figures of a last line, for a template: "{pages:.0f} pages".

    A name that is not there is the label of a number in the line (see
    `check.value_of`), and can be had as an attribute as well.
    """

    def __init__(self, line: str, **more: object) -> None:
        super().__init__(more)
        self.line = line

    def __missing__(self, label: str) -> float:
        return check.value_of(label, self.line)

    def __getattr__(self, label: str) -> object:
        return self[label]


def headline(
    recording: Recording, lesson: Lesson, last_lines: Mapping[str, str]
) -> str:
    """Return the finding of a run in one sentence.

    It is a template of the catalogue, filled with this run's figures, where
    the lesson's prediction held; else it is the last line of the run.
    """
    if not recording.lines:
        return recording.log.title
    line = recording.lines[-1].text
    notes = lesson.notes
    figures = Figures(line, cpu=recording.cpu)
    for phase in find_phases(recording, notes):
        seconds = phase.end - phase.start
        if phase.seconds is not None:
            seconds = phase.seconds
        figures[f"phase_{phase.name.replace(' ', '_')}"] = seconds
    for number, last_line in last_lines.items():
        figures[f"lesson_{number}"] = Figures(last_line)
    try:
        for template in notes.compared, notes.headline:
            others = set(LESSON.findall(template))
            if template and others <= last_lines.keys():
                sentence = template.format_map(figures)
                return sentence if prediction_held(recording, lesson) else line
    except LookupError:
        return line
    return line


def prediction_held(recording: Recording, lesson: Lesson) -> bool:
    """Tell whether a run's last line agrees with the lesson's prediction."""
    condition = lesson.notes.holds
    names = {"gil": recording.log.gil, "cores": recording.log.cpus}
    if not (condition and recording.lines):
        return True
    try:
        return check.holds(condition, recording.lines[-1].text, names)
    except LookupError:
        return False


def explain(recording: Recording, lesson: Lesson) -> str:
    """Return why the finding is as it is, or "" where there is none.

    What the catalogue says of the GIL is for a run with a GIL.
    """
    reason = lesson.notes.reason
    if "GIL" in reason and not recording.log.gil:
        return ""
    if not recording.lines or not prediction_held(recording, lesson):
        return ""
    return reason.format_map({"cpus": recording.log.cpus})


def find_baseline(
    phases: Sequence[Phase], notes: Notes, last_lines: Mapping[str, str]
) -> Phase | None:
    """Return the lesson that `compared` names, as if it began with this."""
    for number in LESSON.findall(notes.compared):
        if phases and number in last_lines:
            seconds = Figures(last_lines[number])["in"]
            assert isinstance(seconds, float)
            start = phases[-1].start
            name = f"lesson {number}"
            return Phase(name, start, start + seconds, seconds)
    return None


def find_table(recording: Recording, notes: Notes) -> list[str]:
    """Return the lines of the table that a lesson printed, if it is shown."""
    if not notes.table:
        return []
    return [line.text for line in recording.lines[:-1]]


def summarize(recording: Recording) -> str:
    """Return the seconds, CPU seconds and peaks of a run as one line."""
    peaks = f"peak {recording.peak_memory / 1e6:,.0f} MB"
    if recording.requests:
        peaks += f", at most {recording.peak_requests:,} in flight"
    return (
        f"took {recording.seconds:.2f} s, CPU time {recording.cpu:.2f} s "
        f"({recording.cpu / recording.seconds:.2f} cores); {peaks}"
    )


def find_phases(recording: Recording, notes: Notes) -> list[Phase]:
    """Return the phases of a run, by the lines that end them.

    The catalogue's `phases` is a regular expression. A line that matches ends
    a phase, which its group `name` names; the group `seconds` says how long
    it was. A phase without it began when the one before ended. Lines that
    come together, as a table, are of phases that followed each other.
    Neighbours of one name are one phase.
    """
    if not notes.phases:
        return []
    pattern = re.compile(notes.phases)
    phases: list[Phase] = []
    limit = recording.seconds
    matches = [
        (line.time, match)
        for line in recording.lines
        if (match := pattern.search(line.text))
    ]
    before = [0.0, *[time for time, _ in matches]]
    for n in reversed(range(len(matches))):
        time, match = matches[n]
        groups = match.groupdict()
        name = " ".join(groups["name"].split())
        text = groups.get("seconds")
        seconds = float(text) if text else None
        end = min(time, limit)
        start = before[n] if seconds is None else max(end - seconds, 0.0)
        if phases and phases[0].name == name:
            end = phases.pop(0).end
        phases.insert(0, Phase(name, start, end, seconds))
        limit = start
    return phases


def find_bars(recording: Recording, notes: Notes) -> list[Bar]:
    """Return the figures that the catalogue's `bars` finds in the output.

    It is a regular expression with the groups `name` and `value`.
    """
    if not notes.bars:
        return []
    return [
        Bar(
            match["name"],
            float(match["value"].replace(",", "")),
            notes.unit,
        )
        for line in recording.lines
        for match in re.finditer(notes.bars, line.text)
    ]


def request_pages(
    recording: Recording, phases: Sequence[Phase]
) -> list[list[Page]]:
    """Return the pages of each phase, in the order of their first requests.

    A request for the address of one that had failed before, in the same
    phase, is another attempt of that page.
    """
    pages: list[list[Page]] = [[] for _ in range(max(len(phases), 1))]
    failed = defaultdict[tuple[int, str], list[Page]](list)
    for request in sorted(
        recording.requests.values(), key=lambda request: request.started
    ):
        started = [
            phase.start - OVERLAP <= request.started for phase in phases
        ]
        number = max(sum(started) - 1, 0)
        candidates = [
            page
            for page in failed[number, request.path]
            if (page[-1].ended or 0.0) <= request.started
        ]
        page = candidates[0] if candidates else []
        if candidates:
            failed[number, request.path].remove(page)
        else:
            pages[number].append(page)
        page.append(request)
        if request.failed:
            failed[number, request.path].append(page)
    return pages


def _in_order_of(first: Sequence[Page], pages: Sequence[Page]) -> list[Page]:
    """Return pages in the order in which the first phase has their paths."""
    paths = list(dict.fromkeys(page[0].path for page in first))
    order = {path: number for number, path in enumerate(paths)}
    return sorted(pages, key=lambda page: order.get(page[0].path, len(order)))


def request_rows(
    recording: Recording, phases: Sequence[Phase], most: int
) -> list[Row]:
    """Return the rows of requests, at most so many.

    Each phase begins in the first row again. Where a phase has more pages,
    neighbours share a row, each row the same number of them. Otherwise an
    address has the same row in each phase.
    """
    by_phase = request_pages(recording, phases)
    longest = max(map(len, by_phase))
    size = -(-longest // most) or 1
    if size == 1:
        by_phase = [_in_order_of(by_phase[0], pages) for pages in by_phase]
    rows = []
    for start in range(0, longest, size):
        groups = [pages[start : start + size] for pages in by_phase]
        together = [page for group in groups for page in group]
        rows.append(Row(_label(together), groups))
    return _with_common_label(rows)


def _with_common_label(rows: list[Row]) -> list[Row]:
    """Return rows with one label if theirs differ only in numbers."""
    labels = {_general(row.label) for row in rows}
    if len(labels) != 1 or len({row.label for row in rows}) == 1:
        return rows
    label = labels.pop()
    return [Row(label, row.groups) for row in rows]


def _general(path: str) -> str:
    """Return a path with N for each number in it."""
    return re.sub(r"\d+", "N", path)


def describe_requests(recording: Recording, rows: Sequence[Row]) -> str:
    """Return the heading of the rows of requests."""
    if not rows:
        return ""
    count = len(recording.requests)
    pages = sum(len(group) for row in rows for group in row.groups)
    size = max(len(group) for group in rows[0].groups)
    text = f"{count:,} request{'s' if count > 1 else ''}"
    if count > pages:
        text += f" for {pages:,} pages"
    if size > 1:
        text += f", {size} pages in a row"
    failures = sum(request.failed for request in recording.requests.values())
    if failures:
        text += f", {failures:,} failed"
    return text


def _label(pages: Sequence[Page]) -> str:
    """Return the path of some pages; N stands for numbers that differ."""
    paths = {page[0].path.partition("?")[0] for page in pages}
    if len(paths) > 1:
        paths = {_general(path) for path in paths}
    if len(paths) > 1:
        return "several paths"
    path = paths.pop()
    is_long = len(path) > MAX_LABEL
    return f"...{path[3 - MAX_LABEL :]}" if is_long else path


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


def _shown_threads(recording: Recording) -> list[Thread]:
    """Return the threads of the first process that do a lesson's work.

    Helper threads hardly compute. They wait for locks, or where there are
    worker processes for those: pools have such threads.
    """
    main = _first_process(recording)
    has_workers = bool(_worker_processes(recording))
    least = recording.seconds * MIN_COMPUTING
    shown = []
    for thread in list(main.threads.values())[1:]:
        waits = Counter(sample.waits_for for sample in thread.samples[1:])
        reason, _ = waits.most_common(1)[0] if waits else ("", 0)
        waits_outside = reason in (states.NETWORK, states.TIMER) or (
            reason == states.EVENTS and not has_workers
        )
        in_pool = thread.name.startswith(POOL_THREADS)
        if thread.cpu >= least or waits_outside or in_pool:
            shown.append(thread)
    return shown


def _count_hidden(
    recording: Recording, threads: list[Thread], processes: list[Process]
) -> int:
    """Return how many threads and processes have no lane."""
    first = _first_process(recording)
    hidden_threads = max(len(first.threads) - 1, 0) - len(threads)
    hidden_processes = len(recording.processes) - 1 - len(processes)
    return hidden_threads + max(hidden_processes, 0)


def _first_process(recording: Recording) -> Process:
    """Return a lesson's own process; it may be gone before the first look."""
    nothing = Process(0, [], [Sample(0, 0, 0, "")])
    return next(iter(recording.processes.values()), nothing)


def _lanes(
    recording: Recording,
    threads: list[Thread],
    processes: list[Process],
    worker: str,
    edges: Sequence[float],
) -> list[Lane]:
    """Return the lanes: main thread, other threads, worker processes."""
    first = _first_process(recording)
    workers = _worker_processes(recording)
    cutter = _Cutter(recording, threads, workers, edges)
    if first.threads:
        main = next(iter(first.threads.values()))
        lanes = [Lane("main thread", cutter.cut(main, MAIN))]
    else:
        lanes = [Lane("main process", cutter.cut_process(first, MAIN))]
    interpreters = [t for t in threads if t.name.startswith(INTERPRETER)]
    plain_threads = [t for t in threads if not t.name.startswith(INTERPRETER)]
    thread_name = "thread" if processes else worker or "thread"
    roles = [
        _thread_role(thread_name, plain_threads, cutter),
        _thread_role("interpreter", interpreters, cutter),
        _process_role(worker or "process", processes, cutter),
    ]
    used = [role for role in roles if role.lives]
    used.sort(key=lambda role: role.lives[0])  # in order of time
    for role in used:
        lanes += _lanes_of_role(role, MAX_OF_ROLE[len(used)])
    return _without_rare(lanes)


class _Role(NamedTuple):
    """Threads or processes of a kind: their slices, starts and ends."""

    name: str
    cuts: list[list[Slice]]
    lives: list[tuple[float, float]]


def _thread_role(
    name: str, threads: Sequence[Thread], cutter: "_Cutter"
) -> _Role:
    cuts = [cutter.cut(thread, THREAD) for thread in threads]
    return _Role(name, cuts, [(x.start, x.end) for x in threads])


def _process_role(
    name: str, processes: Sequence[Process], cutter: "_Cutter"
) -> _Role:
    cuts = [cutter.cut_process(process, PROCESS) for process in processes]
    lives = [(x.samples[0].time, x.samples[-1].time) for x in processes]
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
    there = [shares for shares in column if shares]
    names = [state for state in STATES if any(state in s for s in there)]
    return {
        state: mean(shares.get(state, 0.0) for shares in there)
        for state in names
    }


class _Cutter:
    """Cuts the lives of threads into slices, with the shares of states."""

    def __init__(
        self,
        recording: Recording,
        threads: list[Thread],
        processes: list[Process],
        edges: Sequence[float],
    ) -> None:
        self.recording = recording
        self.has_processes = bool(processes)
        self.has_workers = bool(threads or processes)
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
        life = Thread("", process.samples)
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
        shares = {COMPUTING: cpu, READY: ready}
        middle = (begin + finish) / 2
        state = self._waiting_state(waiting, middle, role)
        shares[state] = shares.get(state, 0.0) + 1.0 - cpu - ready
        kept = {name: x for name, x in shares.items() if x >= SMALL}
        total = sum(kept.values())
        return {name: x / total for name, x in kept.items()}

    def _waiting_state(self, thread: Thread, time: float, role: str) -> str:
        """Return the state of a thread in the time when it has no CPU."""
        reason = thread.waits_for(time)
        requests = self.recording.requests_near(time, BETWEEN)
        if reason == states.NETWORK:
            # Processes of a pool talk to each other by sockets as well.
            local = self.has_processes and not requests
            return OTHERS if local else NETWORK
        if reason == states.EVENTS:
            if requests:
                return NETWORK
            return OTHERS if self.has_workers else TIMER
        if reason == states.PIPE:
            return OTHERS if role == MAIN else WORK
        if reason == states.LOCK:
            if _takes_turns(thread, time):
                return TURN
            in_pool = thread.name.startswith(POOL_THREADS)
            return WORK if in_pool or role == PROCESS else OTHERS
        if reason in (states.TIMER, states.CHILD):
            return reason
        is_turn = self._has_rival(thread, time, role)
        return TURN if is_turn and _takes_turns(thread, time) else WAITING

    def _has_rival(self, thread: Thread, time: float, role: str) -> bool:
        """Tell whether another thread of the process computes at that time."""
        if role == PROCESS:
            return False
        first = _first_process(self.recording)
        before, after = time - TURN_WINDOW, time + TURN_WINDOW
        return any(
            other is not thread
            and other.start < after
            and other.end > before
            and other.cpu_at(after) - other.cpu_at(before)
            >= TURN_SHARE * (after - before)
            for other in first.threads.values()
        )


def _takes_turns(thread: Thread, time: float) -> bool:
    """Tell whether a thread got CPU time shortly before a time and after it.

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
            total = sum(kept.values())
            if total >= HALF:
                slices.append({k: v / total for k, v in kept.items()})
            elif shares and slices and slices[-1]:
                slices.append(slices[-1])
            else:
                slices.append(shares)
        cleaned.append(Lane(lane.name, slices))
    return cleaned
