"""How much longer rows take than the one they are compared with, in words."""

from backstage.bench.descriptions import describe_group
from backstage.bench.groups import Group, compare_times, section_of
from backstage.bench.results import Row
from backstage.bench.wording import first_that_fits, format_number


def compare_costs(group: Group, reference: Row, limit: int) -> str:
    """Return how many times as long as the reference other rows take.

    For example "lock: 1.5 times as long per update as unsafe; queue: 20
    times": the fastest row, and the slowest one if there is room.

    Args:
        group: The group of the reference.
        reference: The row that all rows are compared with.
        limit: The most characters of the sentence.
    """
    rows = [row for row in group.competitors(group.rows) if row != reference]
    section = describe_group(group.name).title_section
    if section:
        rows = [row for row in rows if section_of(row) == section]
    if not rows:
        return f"{reference.name}: {group.format_time(reference.median)}"
    fastest = min(rows, key=lambda row: row.median)
    slowest = max(rows, key=lambda row: row.median)
    names = [group.short_name(row) for row in group.rows]

    def name(row: Row) -> str:
        """Return a short name, with its section where it is not clear."""
        short = group.short_name(row)
        same_section = section_of(row) == section_of(reference)
        is_clear = same_section or not group.has_sections
        if is_clear and names.count(short) == 1:
            return short
        return f"{short} ({section_of(row)})"

    def ratio(row: Row) -> str:
        return f"{format_number(compare_times(row, reference))} times"

    start = f"{name(fastest)}: {ratio(fastest)} as long"
    _, _, per_what = group.unit.partition(" ")  # of "µs per update"
    unit = f" {per_what}" if per_what else ""
    short = f"{start} as {name(reference)}"
    long = f"{start}{unit} as {name(reference)}"
    end = ""
    if slowest is not fastest:
        end = f"; {name(slowest)}: {ratio(slowest)}"
    return first_that_fits(limit, long + end, short + end, short)


def compare_section_costs(group: Group, section: str, limit: int) -> str:
    """Return the fastest row of a section, and how much longer others take.

    They are compared with the reference if it is in this section, and with
    the fastest row if not.

    Args:
        group: A group with a reference.
        section: The name of one of its sections.
        limit: The most characters of the sentence.
    """
    section_rows = group.sections[section]
    rows = [
        row
        for row in group.competitors(section_rows)
        if row is not group.reference
    ]
    if not rows:
        return section
    fastest = min(rows, key=lambda row: row.median)
    slowest = max(rows, key=lambda row: row.median)
    reference = group.reference if group.reference in section_rows else None
    name = group.short_name(fastest)
    if reference:
        ratio = format_number(compare_times(fastest, reference))
        base_name = group.short_name(reference)
        sentence = (
            f"{section}: {name} takes {ratio} times as long as {base_name}"
        )
    else:
        sentence = f"{section}: {name} {group.format_time(fastest.median)}"
    if slowest is fastest:
        return first_that_fits(limit, sentence)
    verb = "" if reference else " takes"
    ratio = format_number(compare_times(slowest, reference or fastest))
    end = f"; {group.short_name(slowest)}{verb} {ratio} times as long"
    return first_that_fits(limit, sentence + end, sentence)
