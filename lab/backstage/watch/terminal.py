"""The picture of a run as text, for a terminal."""

from collections.abc import Iterable, Mapping, Sequence

from backstage.drawing.axes import ticks
from backstage.drawing.text import COLUMNS, printable, wrap
from backstage.watch.figures import Bar
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
from backstage.watch.layout import MAX_HALF, MIN_HALF, Layout
from backstage.watch.request_rows import Row, label_rows, retry_delays

COMPUTING_SIGN, HALF_SIGN = "█", "▄"
STATE_SIGNS = {
    READY: "░",
    TURN: "/",
    NETWORK: "~",
    TIMER: "-",
    WORK: ",",
    OTHERS: ".",
    CHILD: ":",
    WAITING: "?",
}
LANE_MEANINGS = {
    COMPUTING_SIGN: "computing",
    HALF_SIGN: "computing about half of the time",
    **{STATE_SIGNS[state]: STATES[state] for state in STATE_SIGNS},
}
NOTHING_SIGN = " "
# What a row's pages are doing: most of them, or fewer.
MAJORITY_SIGN, MINORITY_SIGN, FAILED_SIGN, DELAY_SIGN = "━─x·"
ROW_MEANINGS = {
    MAJORITY_SIGN: "request",
    MINORITY_SIGN: "requests for at most half of the row's pages",
    FAILED_SIGN: "request that fails or is cancelled",
    DELAY_SIGN: "delay before another attempt",
}
HEIGHTS = " ▁▂▃▄▅▆▇█"
BAR_SIGN, FIGURE_COLUMNS = "█", 17


def draw_text(layout: Layout) -> str:
    """Return the picture of a run as lines of text.

    They have at most COLUMNS if the layout has as many slices as there are
    columns beside its `margin`; `fitting.lay_out_for_terminal` makes such.
    """
    scale = layout.slices / layout.seconds
    left = margin(layout)
    all_row_signs = [
        row_signs(row, layout.slices, scale) for row in layout.rows
    ]
    all_lane_signs = [
        "".join(map(lane_sign, lane.slices)) for lane in layout.lanes
    ]

    lines = wrap([layout.headline, layout.reason])
    lines += [" " * left + line for line in phase_lines(layout, scale)]
    if layout.rows:
        lines.append(layout.requests)
    for label, signs in zip(
        label_rows(layout.rows), all_row_signs, strict=True
    ):
        lines.append(f"{label:<{left}}{signs}")
    for lane, signs in zip(layout.lanes, all_lane_signs, strict=True):
        lines.append(f"{lane.name:<{left}}{signs}")
    if layout.memory:
        lines.append(f"{'memory':<{left}}{memory_signs(layout, scale)}")
    lines.append(axis_line(layout, left, scale))
    lines += _bar_lines(layout.bars)
    entries = legend(LANE_MEANINGS, "".join(all_lane_signs))
    entries += legend(ROW_MEANINGS, "".join(all_row_signs))
    lines += join_entries(entries)
    lines += wrap([layout.summary + layout.hidden_note])
    return "\n".join(printable(line).rstrip() for line in lines)


def margin(layout: Layout) -> int:
    """Return how many columns are to the left of the time axis."""
    names = [lane.name for lane in layout.lanes]
    return max(map(len, [*names, *label_rows(layout.rows)])) + 1


def phase_lines(layout: Layout, scale: float) -> list[str]:
    """Return lines with the names of the phases where these begin."""
    columns = layout.slices
    lines: list[str] = []
    for phase in layout.phases:
        label = f"|{phase.label}"[:columns]
        start = min(int(phase.start * scale), columns - len(label))
        for n, line in enumerate(lines):
            if len(line) < start:
                lines[n] = f"{line:<{start}}{label}"
                break
        else:
            lines.append(" " * start + label)
    return lines


def row_signs(row: Row, columns: int, scale: float) -> str:
    """Return what goes on in a row of requests, a sign for each column."""
    under_way = [0] * columns
    failing = [0] * columns
    is_delay = [False] * columns
    last_column = columns - 1
    for page in row.pages:
        for request in page:
            start = min(max(int(request.started * scale), 0), last_column)
            end = last_column
            if request.ended is not None:
                end = min(max(int(request.ended * scale), start), last_column)
            for column in range(start, end + 1):
                under_way[column] += 1
                failing[column] += request.failed
        for started, ended in retry_delays(page):
            end = min(int(ended * scale), last_column)
            for column in range(int(started * scale), end + 1):
                is_delay[column] = True
    signs = ""
    for count, failed, delay in zip(under_way, failing, is_delay, strict=True):
        if not count:
            signs += DELAY_SIGN if delay else NOTHING_SIGN
        elif 2 * failed >= count:
            signs += FAILED_SIGN
        else:
            is_majority = 2 * count > row.size
            signs += MAJORITY_SIGN if is_majority else MINORITY_SIGN
    return signs


def lane_sign(shares: Slice) -> str:
    """Return the sign of a slice of a lane."""
    if not shares:
        return NOTHING_SIGN
    computing = shares.get(COMPUTING, 0.0)
    if computing >= MAX_HALF:
        return COMPUTING_SIGN
    if computing >= MIN_HALF:
        return HALF_SIGN
    return STATE_SIGNS[most_other(shares)]


def memory_signs(layout: Layout, scale: float) -> str:
    """Return the memory in each column as a block of its height."""
    peak = max(size for _, size in layout.memory)
    shares = [0.0] * layout.slices
    for time, size in layout.memory:
        column = min(int(time * scale), layout.slices - 1)
        shares[column] = max(shares[column], size / peak)
    last_share = 0.0
    signs = ""
    for share in shares:
        last_share = share or last_share
        signs += HEIGHTS[round(last_share * (len(HEIGHTS) - 1))]
    return signs


def axis_line(layout: Layout, left: int, scale: float) -> str:
    """Return the line with the figures of the time axis."""
    line = ""
    for tick in ticks(layout.span):
        column = left + int(tick * scale)
        figure = f"{tick:g}" if tick else "0 s"
        if column + len(figure) <= left + int(layout.span * scale + 0.5):
            line = f"{line:<{column}}{figure}"
    return line


def _bar_lines(bars: Sequence[Bar]) -> list[str]:
    """Return a line for each bar, all from zero on."""
    if not bars:
        return []
    names = max(len(bar.name) for bar in bars)
    largest = max(bar.value for bar in bars) or 1
    columns = COLUMNS - names - FIGURE_COLUMNS - 3
    return [
        f"{bar.name:<{names}} {bar.figure:>{FIGURE_COLUMNS}} "
        f"{BAR_SIGN * round(bar.value / largest * columns)}"
        for bar in bars
    ]


def legend(meanings: Mapping[str, str], signs: str) -> list[str]:
    """Return the signs that occur, each with its meaning."""
    return [
        f"{sign} {meaning}"
        for sign, meaning in meanings.items()
        if sign in signs
    ]


def join_entries(entries: Iterable[str]) -> list[str]:
    """Return lines with as many whole entries as they can hold."""
    lines: list[str] = []
    for entry in entries:
        longer = f"{lines[-1]}   {entry}" if lines else ""
        if longer and len(longer) <= COLUMNS:
            lines[-1] = longer
        else:
            lines.append(entry)
    return lines
