"""Layouts of the size that a terminal or an SVG has room for."""

from collections.abc import Mapping

from backstage.course.catalogue import Lesson
from backstage.drawing.text import COLUMNS
from backstage.watch.layout import Layout, lay_out
from backstage.watch.recording import Recording
from backstage.watch.terminal import draw_text, margin

MAX_LINES = 24  # of a terminal
MAX_TEXT_ROWS, MIN_TEXT_ROWS = 10, 3  # of requests, as lines of text
MAX_SVG_ROWS = 20  # of requests
MAX_SVG_SLICES, MIN_SVG_SLICES = 160, 20  # of a lane
MIN_SLICE = 0.05  # seconds: two looks of the watcher


def lay_out_for_terminal(recording: Recording, lesson: Lesson) -> Layout:
    """Return a layout whose text has at most MAX_LINES of COLUMNS.

    It has fewer rows of requests than MAX_TEXT_ROWS if its text would have
    more lines.
    """
    layout = _fill_columns(recording, lesson, MAX_TEXT_ROWS)
    excess = len(draw_text(layout).splitlines()) - MAX_LINES
    if excess <= 0:
        return layout
    max_rows = max(MAX_TEXT_ROWS - excess, MIN_TEXT_ROWS)
    return _fill_columns(recording, lesson, max_rows)


def lay_out_for_svg(
    recording: Recording,
    lesson: Lesson,
    *,
    last_lines: Mapping[str, str] | None = None,
) -> Layout:
    """Return a layout whose slices are wide enough to be seen.

    Args:
        recording: The run.
        lesson: The lesson that was run.
        last_lines: As for `layout.lay_out`.
    """
    return lay_out(
        recording,
        lesson,
        slices=count_svg_slices(recording.seconds),
        max_rows=MAX_SVG_ROWS,
        last_lines=last_lines,
    )


def count_svg_slices(seconds: float) -> int:
    """Return how many slices of so many seconds are wide enough to be seen."""
    slices = int(seconds / MIN_SLICE)
    return min(MAX_SVG_SLICES, max(MIN_SVG_SLICES, slices))


def _fill_columns(
    recording: Recording, lesson: Lesson, max_rows: int
) -> Layout:
    """Return a layout with a slice for each column beside the names."""
    # The names are the same whatever the number of slices.
    outline = lay_out(recording, lesson, slices=1, max_rows=max_rows)
    columns = COLUMNS - margin(outline)
    return lay_out(recording, lesson, slices=columns, max_rows=max_rows)
