"""The requests of a run, as rows of a picture."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from backstage.watch.phases import Phase
from backstage.watch.recording import Recording, Request

MAX_LABEL = 16  # characters of a row's label
TOLERANCE = 0.1  # seconds by which a request may be seen before its phase

Page = list[Request]  # the attempts to fetch one page, one after the other


@dataclass(frozen=True)
class Row:
    """Pages that share a row.

    Attributes:
        label: Their path.
        groups: The pages of each phase; without phases there is one group.
    """

    label: str
    groups: list[list[Page]]

    @property
    def pages(self) -> list[Page]:
        """The pages of all phases."""
        return [page for group in self.groups for page in group]

    @property
    def size(self) -> int:
        """How many pages there are at most in a phase."""
        return max(map(len, self.groups))


def retry_delays(page: Page) -> list[tuple[float, float]]:
    """Return the starts and ends of the times between a page's attempts."""
    return [
        (attempt.ended or 0.0, next_attempt.started)
        for attempt, next_attempt in pairwise(page)
    ]


def make_rows(
    recording: Recording, phases: Sequence[Phase], max_rows: int
) -> list[Row]:
    """Return the rows of requests.

    Each phase begins in the first row again. Where a phase has more pages
    than there are rows, neighbours share a row, each row the same number of
    them. Otherwise an address has the same row in each phase.

    Args:
        recording: The run.
        phases: Its phases, in the order of time; may be empty.
        max_rows: How many rows there may be.
    """
    groups = _group_by_phase(recording, phases)
    longest = max(map(len, groups))
    size = -(-longest // max_rows) or 1
    if size == 1:
        groups = [_sort_like(groups[0], group) for group in groups]
    rows = []
    for start in range(0, longest, size):
        in_row = [group[start : start + size] for group in groups]
        pages = [page for group in in_row for page in group]
        rows.append(Row(_label(pages), in_row))
    return _with_common_label(rows)


def label_rows(rows: Sequence[Row]) -> list[str]:
    """Return a label for each row, which is "" below one with the same.

    The first of several equal labels has the number of their pages.
    """
    labels: list[str] = []
    for label, neighbours in groupby(rows, key=lambda row: row.label):
        group = list(neighbours)
        count = sum(len(row.pages) for row in group)
        labels.append(f"{count} x {label}" if count > 1 else label)
        labels += [""] * (len(group) - 1)
    return labels


def describe_requests(recording: Recording, rows: Sequence[Row]) -> str:
    """Return the heading of the rows, which is "" without rows."""
    if not rows:
        return ""
    count = len(recording.requests)
    pages = sum(len(row.pages) for row in rows)
    text = f"{count:,} request{'s' if count > 1 else ''}"
    if count > pages:
        text += f" for {pages:,} pages"
    if rows[0].size > 1:
        text += f", {rows[0].size} pages in each row"
    requests = recording.requests.values()
    cancelled = sum(request.cancelled for request in requests)
    failed = sum(request.failed for request in requests) - cancelled
    if failed:
        text += f", {failed:,} failed"
    if cancelled:
        text += f", {cancelled:,} cancelled"
    return text


def _group_by_phase(
    recording: Recording, phases: Sequence[Phase]
) -> list[list[Page]]:
    """Return the pages of each phase, in the order of their first requests.

    A request for the address of one that had failed before, in the same
    phase, is another attempt to fetch that page.
    """
    groups: list[list[Page]] = [[] for _ in range(max(len(phases), 1))]
    failed = defaultdict[tuple[int, str], list[Page]](list)
    for request in sorted(
        recording.requests.values(), key=lambda request: request.started
    ):
        has_started = [
            phase.start - TOLERANCE <= request.started for phase in phases
        ]
        number = max(sum(has_started) - 1, 0)
        failed_there = failed[number, request.path]
        for page in failed_there:
            if (page[-1].ended or 0.0) <= request.started:
                failed_there.remove(page)
                break
        else:
            page = []
            groups[number].append(page)
        page.append(request)
        if request.failed:
            failed_there.append(page)
    return groups


def _sort_like(first: Sequence[Page], pages: Sequence[Page]) -> list[Page]:
    """Return pages in the order in which the first phase has their paths."""
    paths = list(dict.fromkeys(page[0].path for page in first))
    order = {path: number for number, path in enumerate(paths)}
    return sorted(pages, key=lambda page: order.get(page[0].path, len(order)))


def _label(pages: Sequence[Page]) -> str:
    """Return the path of some pages; N stands for numbers that differ."""
    paths = {page[0].path.partition("?")[0] for page in pages}
    if len(paths) > 1:
        paths = {_generalize(path) for path in paths}
    if len(paths) > 1:
        return "several paths"
    path = paths.pop()
    is_long = len(path) > MAX_LABEL
    return f"...{path[3 - MAX_LABEL :]}" if is_long else path


def _with_common_label(rows: list[Row]) -> list[Row]:
    """Return rows with one label if theirs differ only in numbers."""
    labels = {_generalize(row.label) for row in rows}
    if len(labels) != 1 or len({row.label for row in rows}) == 1:
        return rows
    label = labels.pop()
    return [Row(label, row.groups) for row in rows]


def _generalize(path: str) -> str:
    """Return a path with N for each number in it."""
    return re.sub(r"\d+", "N", path)
