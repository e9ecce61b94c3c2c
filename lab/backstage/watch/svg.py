"""The picture of a run as an SVG."""

import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, groupby
from xml.etree import ElementTree

from backstage.course.catalogue import Lesson
from backstage.drawing.axes import ticks
from backstage.drawing.canvas import (
    MARGIN,
    TITLE_CHARACTERS,
    canvas,
    draw,
    finish,
    write,
)
from backstage.drawing.text import printable
from backstage.watch.lanes import (
    CHILD,
    COMPUTING,
    NETWORK,
    OTHERS,
    READY,
    STATES,
    TIMER,
    TURN,
    WAITING,
    WORK,
    Lane,
    Slice,
    most_other,
)
from backstage.watch.layout import Layout, Phase, Row, delays, lay_out
from backstage.watch.recording import Recording

LEFT, RIGHT = 160, 784  # pixels; time is between them
MAX_ROWS = 20  # of requests, at most
ROW, WIDE_ROW, LANE, GAP = 9, 14, 28, 6  # pixels, downwards
FEW_ROWS = 12  # of requests: so many are wide
CURVE, BAR = 70, 20  # pixels, downwards
MAX_SLICES = 160  # of the time axis
MIN_SLICE = 0.05  # seconds: two looks of the watcher
PRINTED = "What the lesson printed:"
UNIT = re.compile(r"(?<=\d) (?=(?:s|KB|cents)\b)")  # the space before it
NO_BREAK = "\xa0"  # a space where no line ends, and that no SVG drops
START_UP = "start-up"
FULL, HALF = 0.75, 0.25  # shares of computing with labels of their own
HEIGHT = "A colour that fills half the height of a row: half of the time."
MIN_START_UP = 36  # pixels: a shorter start-up is not named
MIN_NAME = 10  # characters of a phase's name in a line, at least
CHARACTER, STRONG = 6.4, 7.4  # pixels of a letter and of a strong one, about
LINE = 15  # pixels from one line of small text to the next
REASON_CHARACTERS = 110  # of a line below the title
SMOOTHING = 2  # slices on each side that decide what a lane is labelled
SHORT_NAMES = {
    COMPUTING: "computing",
    READY: "shares the CPUs",
    TURN: "takes turns",
    NETWORK: "waits for the network",
    TIMER: "waits for a timer",
    WORK: "waits for work",
    OTHERS: "waits for others",
    CHILD: "waits for a child",
    WAITING: "waits",
}


def draw_svg(
    recording: Recording,
    lesson: Lesson,
    *,
    span: float | None = None,
    last_lines: Mapping[str, str] | None = None,
) -> str:
    """Return the picture of a run as an SVG of 800 pixels' width.

    Arguments: as for `layout.lay_out`.
    """
    count = min(MAX_SLICES, max(20, int(recording.seconds / MIN_SLICE)))
    plan = lay_out(
        recording,
        lesson,
        slices=count,
        rows=MAX_ROWS,
        span=span,
        last_lines=last_lines,
    )
    return _Drawing(plan).finish()


class _Drawing:
    """An SVG while it is drawn, from the top to the bottom."""

    def __init__(self, plan: Layout) -> None:
        self.plan = plan
        self.scale = (RIGHT - LEFT) / plan.span
        title, *more = _wrap_evenly(plan.headline)
        self.picture = canvas(title, "")
        self.picture[0].text = printable(plan.headline)  # the whole title
        self.y = 54.0
        for line in more:
            write(self.picture, line, MARGIN, self.y, "title")
            self.y += 24
        for line in textwrap.wrap(plan.reason, REASON_CHARACTERS):
            write(self.picture, line, MARGIN, self.y)
            self.y += LINE + 3
        self.y += 2
        self.back = ElementTree.SubElement(self.picture, "g")

    def finish(self) -> str:
        """Draw everything and return the source."""
        top = self.y
        self._draw_phase_names()
        self._draw_rows()
        self._draw_lanes()
        if self.plan.memory:
            self._draw_memory()
        if self.plan.baseline:
            self._draw_baseline(self.plan.baseline)
        self._draw_phase_bands(top)
        self._draw_axis(top)
        self._draw_legend()
        if self.plan.bars:
            self._draw_bars()
        if self.plan.table:
            self._draw_table()
        footnotes = (self.plan.title, self.plan.summary, self._footnote())
        for line in footnotes:
            write(self.picture, line, MARGIN, self.y, "dim")
            self.y += LINE + 2
        return finish(self.picture, self.y)

    def _x(self, time: float) -> float:
        return LEFT + time * self.scale

    def _draw_phase_names(self) -> None:
        """Write the names of the phases, lower where they would overlap."""
        depths: list[tuple[float, int]] = []  # (x, lines) that are written on
        lowest = 0
        for phase in self._phases_with_start_up():
            x = self._x(phase.start) + 4
            space = (phase.end - phase.start) * self.scale - 8
            columns = max(int(space / STRONG), MIN_NAME)
            lines = _wrap_label(phase.label, columns)
            width = max(map(len, lines)) * STRONG
            x = min(x, RIGHT - width)
            first = max([n for end, n in depths if end > x], default=0)
            kind = "dim" if phase.name == START_UP else "dim strong"
            for n, line in enumerate(lines, first + 1):
                write(self.picture, line, x, self.y + n * LINE - 3, kind)
            depths.append((x + width + 4, first + len(lines)))
            lowest = max(lowest, first + len(lines))
        self.y += lowest * LINE + (8 if lowest else 0)

    def _phases_with_start_up(self) -> list[Phase]:
        phases = list(self.plan.phases)
        if phases and phases[0].start * self.scale > MIN_START_UP:
            phases.insert(0, Phase(START_UP, 0.0, phases[0].start))
        return phases

    def _draw_phase_bands(self, top: float) -> None:
        """Draw a band behind every phase, with a line at its top and edges."""
        for phase in self.plan.phases:
            x, end = self._x(phase.start), self._x(phase.end)
            size = {"width": end - x, "height": self.y - top}
            draw(self.back, "rect", "band", x=x, y=top, **size)
            draw(self.back, "line", "bracket", x1=x, x2=end, y1=top, y2=top)
            for edge in (x, end):
                at = {"x1": edge, "x2": edge, "y1": top, "y2": self.y}
                draw(self.back, "line", "edge", **at)

    def _draw_rows(self) -> None:
        """Draw the rows of requests, with a label for equal ones."""
        if not self.plan.rows:
            return
        write(self.picture, self.plan.requests, MARGIN, self.y + 12, "dim")
        self.y += 20
        start = 0
        labels = self.plan.labels
        # Labels need more space than rows.
        space = WIDE_ROW if len(self.plan.rows) <= FEW_ROWS else ROW
        for n, row in enumerate(self.plan.rows):
            if labels[n]:
                start = n
            self._draw_row(row, space)
            self.y += space
            is_last = n + 1 == len(labels) or labels[n + 1]
            if is_last:
                middle = self.y - (n + 1 - start) * space / 2
                label = labels[start]
                write(self.picture, label, LEFT - 8, middle + 4, "dim", "end")
        self.y += 12

    def _draw_row(self, row: Row, space: float) -> None:
        height = (space - 3) / row.size
        numbered_pages = chain.from_iterable(map(enumerate, row.groups))
        for n, page in numbered_pages:
            y = self.y + 1 + n * height
            for request in page:
                end = self.plan.seconds
                if request.ended is not None:
                    end = request.ended
                x = self._x(request.started)
                draw(
                    self.picture,
                    "rect",
                    "bad" if request.failed else "request",
                    x=x,
                    y=y,
                    width=max(self._x(end) - x, 2),
                    height=max(height - 0.4, 1),
                )
            for start, end in delays(page):
                draw(
                    self.picture,
                    "line",
                    "dotted",
                    x1=self._x(start) + 3,
                    x2=self._x(end),
                    y1=y + height / 2,
                    y2=y + height / 2,
                )

    def _draw_lanes(self) -> None:
        for lane in self.plan.lanes:
            write(
                self.picture,
                lane.name,
                LEFT - 8,
                self.y + LANE / 2 + 5,
                anchor="end",
            )
            self._draw_lane(lane)
            self._label_lane(lane)
            self.y += LANE + GAP

    def _draw_lane(self, lane: Lane) -> None:
        """Draw a lane's states as stacks, computing at the bottom."""
        width = self.plan.seconds * self.scale / len(lane.slices)
        x = float(LEFT)
        for shares, run in groupby(lane.slices, key=_rounded):
            length = len(list(run)) * width
            y = self.y + LANE
            total = sum(shares.values())
            for state in STATES:
                if share := shares.get(state, 0.0):
                    height = share / total * LANE
                    y -= height
                    size = {"width": length + 0.2, "height": height}
                    draw(self.picture, "rect", state, x=x, y=y, **size)
            x += length

    def _label_lane(self, lane: Lane) -> None:
        """Write into a lane what it does, where there is room for it."""
        width = self.plan.seconds * self.scale / len(lane.slices)
        x = float(LEFT)
        for state, run in groupby(_smooth(lane.slices)):
            length = len(list(run)) * width
            if state:
                name = SHORT_NAMES[state]
                if length > len(name) * CHARACTER + 12:
                    middle = x + length / 2
                    y = self.y + LANE / 2 + 4
                    write(self.picture, name, middle, y, "inside", "middle")
            x += length

    def _draw_memory(self) -> None:
        """Draw the memory of all processes as a curve from zero on."""
        most = max(size for _, size in self.plan.memory)
        bottom = self.y + CURVE
        points = " ".join(
            f"{self._x(time):.1f},{bottom - size / most * (CURVE - 8):.1f}"
            for time, size in self.plan.memory
        )
        write(self.picture, "memory", LEFT - 8, self.y + 18, anchor="end")
        peak = f"peak {most / 1e6:,.0f} MB"
        write(self.picture, peak, LEFT - 8, self.y + 34, "dim", "end")
        write(self.picture, "0", LEFT - 8, bottom, "dim", "end")
        draw(
            self.picture,
            "line",
            "grid",
            x1=LEFT,
            x2=RIGHT,
            y1=bottom,
            y2=bottom,
        )
        draw(self.picture, "polyline", "curve").set("points", points)
        self.y = bottom + GAP

    def _draw_axis(self, top: float) -> None:
        for tick in ticks(self.plan.span):
            x = self._x(tick)
            draw(self.back, "line", "grid", x1=x, x2=x, y1=top, y2=self.y + 4)
            write(self.picture, f"{tick:g} s", x, self.y + 16, "dim", "middle")
        self.y += 34

    def _draw_baseline(self, baseline: Phase) -> None:
        """Draw how long another lesson took for the same work."""
        x, end = self._x(baseline.start), self._x(baseline.end)
        y = self.y
        size = {"width": min(end, RIGHT) - x, "height": LANE - 8}
        write(self.picture, "to compare", LEFT - 8, y + 15, anchor="end")
        draw(self.picture, "rect", "baseline", x=x, y=y, **size)
        label = (
            f"{baseline.name}, one after the other: {baseline.seconds:.1f} s"
        )
        write(self.picture, label, x + 8, y + 14, "inside")
        self.y += LANE

    def _draw_bars(self) -> None:
        """Draw the figures that the lesson printed as bars from zero on."""
        write(self.picture, PRINTED, MARGIN, self.y, "dim")
        self.y += 8
        most = max(bar.value for bar in self.plan.bars) or 1
        for bar in self.plan.bars:
            width = bar.value / most * (RIGHT - LEFT - 120)
            kind = "bad" if bar.name == "lost" else "bar"
            size = {"width": max(width, 1), "height": BAR - 5}
            y = self.y + 13
            write(self.picture, bar.name, LEFT - 8, y, anchor="end")
            draw(self.picture, "rect", kind, x=LEFT, y=self.y + 1, **size)
            write(self.picture, bar.figure, LEFT + width + 8, y)
            self.y += BAR
        self.y += 18

    def _draw_table(self) -> None:
        """Write the table that the lesson printed."""
        write(self.picture, PRINTED, MARGIN, self.y, "dim")
        for line in self.plan.table:
            self.y += LINE + 1
            text = draw(self.picture, "text", "table", x=MARGIN + 24, y=self.y)
            text.text = printable(line).replace(" ", NO_BREAK)
        self.y += 26

    def _draw_legend(self) -> None:
        """Write what the colours and patterns mean, in lines."""
        entries = [(state, STATES[state]) for state in self.plan.states]
        pages = [page for row in self.plan.rows for page in row.pages]
        if pages:
            entries.append(("request", "request"))
        if any(request.failed for page in pages for request in page):
            entries.append(("bad", "request that fails"))
        if any(len(page) > 1 for page in pages):
            entries.append(("dotted", "delay before another attempt"))
        x = float(MARGIN)
        for kind, name in entries:
            width = 24 + len(name) * CHARACTER + 14
            if x + width > RIGHT:
                x = MARGIN
                self.y += LINE + 4
            if kind == "dotted":
                y = self.y - 4
                draw(self.picture, "line", kind, x1=x, x2=x + 18, y1=y, y2=y)
            else:
                draw(
                    self.picture,
                    "rect",
                    kind,
                    x=x,
                    y=self.y - 10,
                    width=18,
                    height=12,
                )
            write(self.picture, name, x + 24, self.y, "dim")
            x += width
        self.y += LINE + 4
        write(self.picture, HEIGHT, MARGIN, self.y, "dim")
        self.y += 26

    def _footnote(self) -> str:
        note = self.plan.environment
        if self.plan.hidden:
            count = self.plan.hidden
            note += f"; not shown: {count:,} other threads or processes"
        return note


def _wrap_evenly(title: str) -> list[str]:
    """Return the lines of a title, none much shorter than the others."""
    lines = _wrap_label(title, TITLE_CHARACTERS)
    narrow = len(title) // len(lines)
    for width in range(narrow, TITLE_CHARACTERS):
        even = _wrap_label(title, width)
        if len(even) == len(lines):
            return even
    return lines


def _wrap_label(label: str, columns: int) -> list[str]:
    """Return the lines of a label; a number and its unit stay together."""
    kept = UNIT.sub(NO_BREAK, label)
    lines = textwrap.wrap(kept, columns)
    return [line.replace(NO_BREAK, " ") for line in lines]


def _rounded(shares: Slice) -> dict[str, float]:
    """Return shares in steps of a tenth, so that equal slices are one."""
    return {name: round(share, 1) for name, share in shares.items()}


def _smooth(slices: Sequence[Slice]) -> list[str]:
    """Return the state of each slice that its neighbours share."""
    names = [_name_of(shares) for shares in slices]
    smooth = []
    for n, name in enumerate(names):
        near = names[max(n - SMOOTHING, 0) : n + SMOOTHING + 1]
        most, _ = Counter(near).most_common(1)[0]
        smooth.append(most if name else "")
    return smooth


def _name_of(shares: Slice) -> str:
    """Return what a slice is labelled with."""
    if not shares:
        return ""
    computing = shares.get(COMPUTING, 0.0)
    if HALF <= computing < FULL:
        other = most_other(shares)
        if other in (TURN, READY):
            return other
    return COMPUTING if computing > 1 / 2 else most_other(shares)
