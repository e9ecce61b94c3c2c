"""What a picture of a run shows, computed from its recording.

A layout says what stands where, in seconds and shares. `picture_text` and
`picture_svg` draw it.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from backstage.course.catalogue import Lesson, Notes
from backstage.course.predictions import holds, value_of
from backstage.watch.lane_builder import build_lanes
from backstage.watch.lanes import STATES, Lane
from backstage.watch.recording import Recording, Request
from backstage.watch.workers import Workers, count_hidden, find_workers

LESSON = re.compile(r"lesson_(\d+)")  # another lesson, in a template
MAX_LABEL = 16  # characters of a path
EARLY = 0.1  # seconds by which a request may come before its phase

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


def delays(page: Page) -> list[tuple[float, float]]:
    """Return the times between the attempts of a page: starts and ends."""
    return [
        (before.ended or 0.0, after.started)
        for before, after in pairwise(page)
    ]


@dataclass(frozen=True)
class Bar:
    """A figure that the lesson printed, to be compared with the others."""

    name: str
    value: float
    unit: str = ""

    @property
    def figure(self) -> str:
        """Return the value with its unit."""
        digits = 0 if self.value >= 10 or self.value == 0 else 1
        return f"{self.value:,.{digits}f} {self.unit}".rstrip()


@dataclass(frozen=True)
class Layout:
    """All that a picture shows.

    `reason` says why the finding is as it is. `span` is the length of the time
    axis in seconds. `hidden` is how many threads and processes have no lane.
    `baseline` is another lesson that this one is compared with. `memory` has
    pairs of a time and the bytes held; `table` has the lines of a table that
    the lesson printed. Both are empty where they are not the subject.
    """

    headline: str
    reason: str
    title: str
    environment: str
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
    def labels(self) -> list[str]:
        """Return a label for each row: equal ones stand once, with a count."""
        labels: list[str] = []
        for label, run in groupby(self.rows, key=lambda row: row.label):
            group = list(run)
            count = sum(len(row.pages) for row in group)
            labels.append(f"{count} x {label}" if count > 1 else label)
            labels += [""] * (len(group) - 1)
        return labels

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
    None). `last_lines` are the last lines of other lessons that were run too,
    by their numbers: the headline may name only these.
    """
    notes = lesson.notes
    last_lines = last_lines or {}
    edges = [recording.seconds * n / slices for n in range(slices + 1)]
    shown = find_workers(recording) if notes.lanes else Workers([], [])
    phases = find_phases(recording, notes)
    rows_of_requests = request_rows(recording, phases, rows)
    return Layout(
        headline=headline(recording, lesson, last_lines),
        reason=explain(recording, lesson),
        title=recording.log.title,
        environment=recording.log.environment,
        summary=summarize(recording),
        seconds=recording.seconds,
        span=span or recording.seconds,
        phases=phases,
        rows=rows_of_requests,
        requests=describe_requests(recording, rows_of_requests),
        lanes=build_lanes(recording, shown, notes.worker, edges),
        hidden=count_hidden(recording, shown),
        memory=recording.memory if notes.memory else [],
        baseline=find_baseline(phases, notes, last_lines),
        bars=find_bars(recording, notes),
        table=find_table(recording, notes),
    )


class Figures(dict[str, object]):
    """The figures of a last line, for a template: "{pages:.0f} pages".

    A name that is not there is the label of a number in the line (see
    `predictions.value_of`), and can be had as an attribute as well.
    """

    def __init__(self, line: str, **more: object) -> None:
        super().__init__(more)
        self.line = line

    def __missing__(self, label: str) -> float:
        return value_of(label, self.line)

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
            named = set(LESSON.findall(template))
            if template and named <= last_lines.keys():
                sentence = template.format_map(figures)
                return sentence if prediction_held(recording, lesson) else line
    except LookupError:
        return line
    return line


def prediction_held(recording: Recording, lesson: Lesson) -> bool:
    """Return whether a run's last line agrees with the lesson's prediction."""
    condition = lesson.notes.holds
    names = {"gil": recording.log.gil, "cores": recording.log.cpus}
    if not (condition and recording.lines):
        return True
    try:
        return holds(condition, recording.lines[-1].text, names)
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
            seconds = value_of("in", last_lines[number])
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
        started = [phase.start - EARLY <= request.started for phase in phases]
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
        text += f", {size} pages in each row"
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
