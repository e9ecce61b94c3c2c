"""The live view in a terminal: a screen of text with colours."""

from collections.abc import Sequence

from rich.text import Text

from backstage.drawing.text import printable, wrap
from backstage.live.run import LiveRun
from backstage.live.state import lay_out_so_far, read_gauges
from backstage.watch.lanes import (
    COMPUTING,
    NETWORK,
    READY,
    TIMER,
    TURN,
    Slice,
    most_other,
)
from backstage.watch.layout import Layout
from backstage.watch.request_rows import label_rows
from backstage.watch.terminal import (
    COMPUTING_SIGN,
    HALF_SIGN,
    LANE_MEANINGS,
    ROW_MEANINGS,
    axis_line,
    join_entries,
    lane_sign,
    legend,
    margin,
    memory_signs,
    phase_lines,
    row_signs,
)

MIN_COLUMNS = 80  # of what is drawn
MAX_ROWS, MIN_ROWS = 10, 2  # of requests
DIM, STRONG = "bright_black", "bold"
# The colours of the pictures (Okabe and Ito), for dark terminals and light.
STYLES = {
    COMPUTING: "#009e73",
    TURN: "#e69f00",
    READY: "#c8b900",
    NETWORK: "#56b4e9",
    TIMER: "#cc79a7",
}
REQUEST_STYLE = "#56b4e9"
IDLE = (
    "Waiting for a lesson to start.",
    "",
    "Start one in another terminal, for example:  uv run lab 04",
)


def draw_idle_screen() -> Text:
    """Return what is shown until the first lesson starts."""
    return Text("\n".join(IDLE), no_wrap=True, overflow="crop")


def draw_screen(run: LiveRun, columns: int, lines: int) -> Text:
    """Return the screen of a run.

    Args:
        run: The run.
        columns: The width of the terminal.
        lines: Its height; there are fewer rows of requests if it is small.
    """
    columns = max(columns, MIN_COLUMNS) - 1
    layout = _fill_columns(run, columns, MAX_ROWS)
    drawn = _draw(run, layout)
    excess = len(drawn) - lines
    if excess > 0 and len(layout.rows) > MIN_ROWS:
        max_rows = max(len(layout.rows) - excess, MIN_ROWS)
        drawn = _draw(run, _fill_columns(run, columns, max_rows))
    # In a smaller terminal the lines are cut off, and never wrapped.
    return Text("\n", no_wrap=True, overflow="crop").join(drawn)


def _fill_columns(run: LiveRun, columns: int, max_rows: int) -> Layout:
    """Return a layout with a slice for each column beside the names.

    How wide the names are is known only from a layout. It rarely changes, so
    the last screen's width is tried first.
    """
    slices = columns - run.margin
    layout = lay_out_so_far(run, slices=slices, max_rows=max_rows)
    if margin(layout) == run.margin:
        return layout
    run.margin = margin(layout)
    slices = columns - run.margin
    return lay_out_so_far(run, slices=slices, max_rows=max_rows)


def _draw(run: LiveRun, layout: Layout) -> list[Text]:
    """Return the lines of the screen."""
    scale = layout.slices / layout.seconds
    left = margin(layout)
    gauges = read_gauges(run)
    state = f"running, {gauges.seconds:.1f} s"
    if run.has_ended:
        state = run.describe_end()
    lines = [
        Text(line, STRONG) for line in wrap([f"{layout.command}: {state}"])
    ]
    if layout.headline != layout.command:  # there is a finding, or a line
        lines += [Text(line) for line in wrap([printable(layout.headline)])]
    lines += [Text(line, DIM) for line in wrap([layout.reason])]
    if run.has_ended:
        lines += [
            Text(line) for line in wrap([layout.summary + layout.hidden_note])
        ]
    else:
        lines += [Text(line) for line in wrap([gauges.describe()])]
    lines += [
        Text(" " * left + printable(line), DIM)
        for line in phase_lines(layout, scale)
    ]
    rows = [row_signs(row, layout.slices, scale) for row in layout.rows]
    for label, signs in zip(label_rows(layout.rows), rows, strict=True):
        line = Text(f"{printable(label):<{left}}")
        lines.append(line.append(signs, REQUEST_STYLE))
    lane_signs = ""
    for lane in layout.lanes:
        line = Text(f"{lane.name:<{left}}")
        for shares in lane.slices:
            sign = lane_sign(shares)
            lane_signs += sign
            line.append(sign, _style(sign, shares))
        lines.append(line)
    if layout.memory:
        lines.append(Text(f"{'memory':<{left}}{memory_signs(layout, scale)}"))
    lines.append(Text(axis_line(layout, left, scale), DIM))
    entries = legend(LANE_MEANINGS, lane_signs)
    entries += legend(ROW_MEANINGS, "".join(rows))
    lines += _dim(join_entries(entries))
    if run.note:
        lines += _dim(wrap([run.note]))
    return lines


def _dim(lines: Sequence[str]) -> list[Text]:
    return [Text(line, DIM) for line in lines]


def _style(sign: str, shares: Slice) -> str:
    """Return the colour of a sign of a lane."""
    if not shares:
        return ""
    if sign in (COMPUTING_SIGN, HALF_SIGN):
        return STYLES[COMPUTING]
    return STYLES.get(most_other(shares), DIM)
