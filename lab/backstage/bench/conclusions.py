"""What a group of benchmarks shows, in a sentence made from its medians.

No sentence is a fixed verdict, so all stay true for other results.
"""

from collections.abc import Sequence

from backstage.bench.costs import compare_costs, compare_section_costs
from backstage.bench.groups import SIMILAR, Group, client_of
from backstage.bench.results import Row
from backstage.bench.speedups import compare_sections, compare_ways
from backstage.bench.wording import (
    capitalize,
    first_that_fits,
    format_number,
    format_span,
)
from backstage.drawing.canvas import TITLE_CHARACTERS

HEADING_CHARACTERS = 92  # of a section's heading, at most


def conclude(group: Group) -> str:
    """Return what a group shows, short enough for a title."""
    if group.counts_pages:
        sentence = _compare_clients(group)
    elif group.reference:
        sentence = compare_costs(group, group.reference, TITLE_CHARACTERS)
    elif group.has_sections:
        sentence = compare_sections(group, TITLE_CHARACTERS)
    else:
        sentence = compare_ways(group, "", TITLE_CHARACTERS)
    return capitalize(sentence)


def conclude_section(group: Group, section: str) -> str:
    """Return the heading of a section: its name, and what it shows.

    It is empty for a section without a name.
    """
    if not section:
        return ""
    compare = compare_section_costs if group.reference else compare_ways
    return capitalize(compare(group, section, HEADING_CHARACTERS))


def describe(group: Group) -> str:
    """Return all conclusions, for those who cannot see the picture."""
    sentences = [conclude(group)]
    if group.has_sections and not group.counts_pages:
        sentences += [conclude_section(group, name) for name in group.sections]
    return ". ".join(sentences)


def _compare_clients(group: Group) -> str:
    """Return what the clients take for many pages.

    These are as many pages as possible among those that most of the clients
    fetched. The time for the largest number of all is added if it fits.
    """
    by_count: dict[int, list[Row]] = {}
    for row in group.rows:
        by_count.setdefault(row.pages, []).append(row)
    largest = max(by_count)
    common = max(by_count, key=lambda count: (len(by_count[count]), count))
    named, unnamed = _describe_times(group, by_count[common])
    start = f"{common:,} pages: "
    if largest == common:
        return first_that_fits(
            TITLE_CHARACTERS, start + named, start + unnamed
        )
    last_named, last_unnamed = (
        f"; {largest:,}: {times}"
        for times in _describe_times(group, by_count[largest])
    )
    sentences = [
        start + named + last_named,
        start + named,
        start + unnamed + last_named,
        start + unnamed + last_unnamed,
    ]
    slowest = max(
        by_count[common] + by_count[largest], key=lambda row: row.median
    )
    if slowest in by_count[largest]:  # name it, rather than the others
        sentences[1], sentences[2] = sentences[2], sentences[1]
    return first_that_fits(TITLE_CHARACTERS, *sentences)


def _describe_times(group: Group, rows: Sequence[Row]) -> tuple[str, str]:
    """Return the span of some times, with the names of clients and without.

    No client is named where all take about as long.
    """
    times = [row.median for row in rows]
    span = f"{format_span(times)} {group.symbol}"
    fastest = min(rows, key=lambda row: row.median)
    slowest = max(rows, key=lambda row: row.median)
    if len(rows) == 1:
        return f"{span} ({client_of(fastest)})", span
    if slowest.median <= fastest.median * SIMILAR:
        return span, span
    shortest, longest = (
        f"{format_number(row.median)} {group.symbol} ({client_of(row)})"
        for row in (fastest, slowest)
    )
    return f"{shortest} to {longest}", span
