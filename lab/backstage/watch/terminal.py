"""The picture of a run as text, for a terminal."""

import textwrap
from collections.abc import Iterable, Sequence

from backstage.course.catalogue import Lesson
from backstage.drawing.axes import ticks
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
    Slice,
    most_other,
)
from backstage.watch.layout import Bar, Layout, Phase, Row, delays, lay_out
from backstage.watch.recording import Recording, Request

COLUMNS = 79
LINES = 24  # at most
MAX_ROWS, MIN_ROWS = 10, 3  # of requests
FULL, HALF = 0.75, 0.25  # shares of computing with signs of their own
COMPUTING_SIGN, HALF_SIGN = "█", "▄"
SIGNS = {
    READY: "░",
    TURN: "/",
    NETWORK: "~",
    TIMER: "-",
    WORK: ",",
    OTHERS: ".",
    CHILD: ":",
    WAITING: "?",
}
NOTHING, SOME, MOST, FAILED = " ─━x"  # of a row's pages are under way
DELAY = "·"  # before another attempt


def draw_text(recording: Recording, lesson: Lesson) -> str:
    """Return the picture of a run as at most LINES lines of COLUMNS.

    It has fewer rows of requests, if it would be longer.
    """
    lines = _draw_lines(recording, lesson, MAX_ROWS)
    too_many = len(lines) - LINES
    if too_many > 0:
        rows = max(MAX_ROWS - too_many, MIN_ROWS)
        lines = _draw_lines(recording, lesson, rows)
    return "\n".join(printable(line).rstrip() for line in lines)


def _draw_lines(
    recording: Recording, lesson: Lesson, max_rows: int
) -> list[str]:
    """Return the lines with at most so many rows of requests."""
    # What is to the left of the time axis does not depend on its slices.
    outline = lay_out(recording, lesson, slices=1, rows=max_rows)
    names = [lane.name for lane in outline.lanes]
    margin = max(map(len, [*names, *outline.labels])) + 1
    columns = COLUMNS - margin
    plan = lay_out(recording, lesson, slices=columns, rows=max_rows)
    scale = columns / plan.span

    lines = textwrap.wrap(plan.headline, COLUMNS)
    lines += textwrap.wrap(plan.reason, COLUMNS)
    for line in _text_phases(plan.phases, scale, columns):
        lines.append(" " * margin + line)
    if plan.rows:
        lines.append(plan.requests)
    marks = [_text_row(row, columns, plan.seconds) for row in plan.rows]
    for label, row_marks in zip(plan.labels, marks, strict=True):
        lines.append(f"{label:<{margin}}{row_marks}")
    for lane in plan.lanes:
        signs = "".join(map(_sign, lane.slices))
        lines.append(f"{lane.name:<{margin}}{signs}")
    if plan.memory:
        blocks = _text_curve(plan.memory, columns, plan.seconds)
        lines.append(f"{'memory':<{margin}}{blocks}")
    lines.append(_text_axis(plan.span, margin, scale))
    lines += _text_bars(plan.bars)
    lines += _wrap_entries(_text_legend(plan, marks))
    lines += textwrap.wrap(plan.summary, COLUMNS)
    return lines


def _text_phases(
    phases: Sequence[Phase], scale: float, columns: int
) -> list[str]:
    """Return lines with the names of the phases where these begin."""
    lines: list[str] = []
    for phase in phases:
        label = f"|{phase.label}"[:columns]
        start = min(int(phase.start * scale), columns - len(label))
        for n, line in enumerate(lines):
            if len(line) < start:
                lines[n] = f"{line:<{start}}{label}"
                break
        else:
            lines.append(" " * start + label)
    return lines


def _text_row(row: Row, columns: int, seconds: float) -> str:
    """Return what goes on in a row of requests, a sign for each slice."""
    scale = columns / seconds
    under_way = [0] * columns
    failing = [0] * columns
    is_delay = [False] * columns
    for page in row.pages:
        for request in page:
            first, last = _columns_of(request, scale, columns)
            for column in range(first, last + 1):
                under_way[column] += 1
                failing[column] += request.failed
        for start, end in delays(page):
            for column in range(
                int(start * scale), min(int(end * scale) + 1, columns)
            ):
                is_delay[column] = True
    signs = ""
    for count, bad, delay in zip(under_way, failing, is_delay, strict=True):
        if not count:
            signs += DELAY if delay else NOTHING
        elif 2 * bad >= count:
            signs += FAILED
        else:
            signs += MOST if 2 * count > row.size else SOME
    return signs


def _columns_of(
    request: Request, scale: float, columns: int
) -> tuple[int, int]:
    """Return the first and the last slice of a request."""
    end = columns / scale if request.ended is None else request.ended
    first = min(max(int(request.started * scale), 0), columns - 1)
    return first, min(max(int(end * scale), first), columns - 1)


def _sign(shares: Slice) -> str:
    """Return the sign of a slice of a lane."""
    if not shares:
        return NOTHING
    computing = shares.get(COMPUTING, 0.0)
    if computing >= FULL:
        return COMPUTING_SIGN
    if computing >= HALF:
        return HALF_SIGN
    return SIGNS[most_other(shares)]


def _text_curve(
    memory: Sequence[tuple[float, int]], columns: int, seconds: float
) -> str:
    """Return the memory in each slice as a block of its height."""
    most = max(size for _, size in memory)
    heights = [0.0] * columns
    for time, size in memory:
        column = min(int(time / seconds * columns), columns - 1)
        heights[column] = max(heights[column], size / most)
    blocks = " ▁▂▃▄▅▆▇█"
    last = 0.0
    signs = ""
    for height in heights:
        last = height or last
        signs += blocks[round(last * 8)]
    return signs


def _text_axis(seconds: float, margin: int, scale: float) -> str:
    """Return the line with the figures of the time axis."""
    line = ""
    for tick in ticks(seconds):
        column = margin + int(tick * scale)
        figure = f"{tick:g}" if tick else "0 s"
        if column + len(figure) <= COLUMNS:
            line = f"{line:<{column}}{figure}"
    return line


def _text_bars(bars: Sequence[Bar]) -> list[str]:
    """Return a line for each bar, all from zero on."""
    if not bars:
        return []
    margin = max(len(bar.name) for bar in bars)
    most = max(bar.value for bar in bars) or 1
    columns = COLUMNS - margin - 20
    return [
        f"{bar.name:<{margin}} {bar.figure:>17} "
        f"{'█' * round(bar.value / most * columns)}"
        for bar in bars
    ]


def _text_legend(plan: Layout, marks: Sequence[str]) -> list[str]:
    """Return the signs in the picture with what they mean.

    Arguments: `marks`, the signs of each row of requests.
    """
    signs = {_sign(x) for lane in plan.lanes for x in lane.slices}
    entries = []
    if COMPUTING_SIGN in signs:
        entries.append(f"{COMPUTING_SIGN} computing")
    if HALF_SIGN in signs:
        entries.append(f"{HALF_SIGN} computing about half of the time")
    for state in plan.states:
        if state in SIGNS and SIGNS[state] in signs:
            entries.append(f"{SIGNS[state]} {STATES[state]}")
    drawn = "".join(marks)
    meanings = {
        MOST: "request",
        SOME: "requests for at most half of the row's pages",
        FAILED: "request that fails",
        DELAY: "delay before another attempt",
    }
    for sign, meaning in meanings.items():
        if sign in drawn:
            entries.append(f"{sign} {meaning}")
    return entries


def _wrap_entries(entries: Iterable[str]) -> list[str]:
    """Return lines with as many whole entries as they can hold."""
    lines: list[str] = []
    for entry in entries:
        longer = f"{lines[-1]}   {entry}" if lines else ""
        if longer and len(longer) <= COLUMNS:
            lines[-1] = longer
        else:
            lines.append(entry)
    return lines
