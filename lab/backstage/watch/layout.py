"""What a picture of a run shows, computed from its recording.

A layout has times in seconds, shares and words. Renderers turn it into text
(`terminal`) or into pixels (`svg`); they know nothing of recordings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backstage.course.catalogue import Lesson
from backstage.watch.figures import Bar, find_bars, find_table
from backstage.watch.findings import (
    find_baseline,
    find_headline,
    find_reason,
    summarize,
)
from backstage.watch.lane_builder import build_lanes
from backstage.watch.lanes import STATES, Lane
from backstage.watch.phases import Phase, find_phases
from backstage.watch.recording import Recording
from backstage.watch.request_rows import Row, describe_requests, make_rows
from backstage.watch.slices import Settled
from backstage.watch.workers import Workers, count_hidden, find_workers

# Shares of computing that are drawn as about half of the time.
MIN_HALF, MAX_HALF = 0.25, 0.75


@dataclass(frozen=True)
class Layout:
    """All that a picture shows.

    Attributes:
        headline: The finding, in one sentence.
        command: The script and the constants that were changed in it.
        environment: The machine and the Python of the run.
        summary: The elapsed time, CPU time and peaks of the run.
        seconds: How long the run took.
        span: The length of the time axis in seconds.
        slices: How many slices of equal length the lanes have.
        lanes: What each thread and process did.
        hidden: How many threads and processes have no lane.
        reason: Why the finding is as it is; may be empty.
        phases: The ways that the lesson tries, in the order of time.
        requests: The heading of the rows.
        rows: The requests that the practice site saw.
        baseline: Another lesson that this one is compared with.
        memory: Pairs of a time and the bytes that all processes held then,
            where memory is the subject.
        bars: Figures that the lesson printed, where they are compared.
        table: The lines of a table that the lesson printed, where it is
            shown.
    """

    headline: str
    command: str
    environment: str
    summary: str
    seconds: float
    span: float
    slices: int
    lanes: list[Lane]
    hidden: int = 0
    reason: str = ""
    phases: list[Phase] = field(default_factory=list)
    requests: str = ""
    rows: list[Row] = field(default_factory=list)
    baseline: Phase | None = None
    memory: list[tuple[float, int]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    table: list[str] = field(default_factory=list)

    @property
    def hidden_note(self) -> str:
        """A note on threads and processes without a lane, or ""."""
        if not self.hidden:
            return ""
        if self.hidden == 1:
            return "; not shown: 1 other thread or process"
        return f"; not shown: {self.hidden:,} other threads or processes"

    @property
    def end(self) -> float:
        """The last second that the picture shows."""
        if self.baseline is None:
            return self.seconds
        return max(self.seconds, self.baseline.end)

    @property
    def states(self) -> list[str]:
        """The states that occur in the lanes, in the order of the legend."""
        occurring = set[str]()
        for lane in self.lanes:
            for shares in lane.slices:
                occurring.update(shares)
        return [state for state in STATES if state in occurring]


def lay_out(
    recording: Recording,
    lesson: Lesson,
    *,
    slices: int,
    max_rows: int,
    last_lines: Mapping[str, str] | None = None,
    edges: Sequence[float] = (),
    settled: Settled | None = None,
) -> Layout:
    """Return what a picture of a run shows.

    Its time axis is as long as the run.

    Args:
        recording: The run.
        lesson: The lesson that was run; the catalogue says what is drawn.
        slices: Into how many slices of equal length the lanes are cut.
        max_rows: How many rows of requests there may be.
        last_lines: The last lines of other lessons that were run too, by
            their numbers; the headline may name only these.
        edges: When the slices begin, and when the last one ends; by default
            they all have the same length.
        settled: As for `slices.Slicer`.
    """
    notes = lesson.notes
    last_lines = last_lines or {}
    phases = find_phases(recording, notes.phases)
    rows = make_rows(recording, phases, max_rows)
    if not edges:
        edges = [recording.seconds * n / slices for n in range(slices + 1)]
    shown = find_workers(recording) if notes.lanes else Workers([], [])
    return Layout(
        headline=find_headline(recording, lesson, phases, last_lines),
        command=recording.log.title,
        environment=recording.log.environment,
        summary=summarize(recording),
        seconds=recording.seconds,
        span=recording.seconds,
        slices=slices,
        lanes=build_lanes(recording, shown, notes.worker, edges, settled),
        hidden=count_hidden(recording, shown),
        reason=find_reason(recording, lesson),
        phases=phases,
        requests=describe_requests(recording, rows),
        rows=rows,
        baseline=find_baseline(phases, lesson, last_lines),
        memory=recording.memory if notes.memory else [],
        bars=find_bars(recording, notes.bars, notes.unit),
        table=find_table(recording) if notes.table else [],
    )
