"""Groups of rows: their sections, and what their rows are compared with."""

from collections.abc import Iterable, Sequence

from backstage.bench.descriptions import describe_group
from backstage.bench.results import Row
from backstage.bench.wording import TIME_DIGITS, format_number, round_time

SIMILAR = 1.1  # times the shortest time: rows up to here are equally fast
BASELINE = "sequential"  # the row that others are compared with, if there
VARIANT = " + "  # "processes + start" is a variant of "processes"
SEPARATOR = ", "  # between a section and a row's name in it


class Group:
    """The rows of a group of benchmarks.

    Attributes:
        rows: All rows, in the order in which they were measured.
        name: The group's name.
        unit: The unit of all times.
        description: What can be said about it without its results.
        reference: The row that all rows are compared with, if there is one.
            It is another way of doing the work, and not an ideal.
        counts_pages: Whether its rows are the times of some clients for
            more and more pages.
        parts: Names of the rows that do only a part of the work.
        sections: The rows by the first part of their names, if all names
            have two parts. If not, it is a single section without a name. In
            a group with a reference, a section begins with its fastest row.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.name = rows[0].group
        self.unit = rows[0].unit
        self.description = describe_group(self.name)
        self.reference = _find_reference(rows)
        self.counts_pages = any(row.pages for row in rows)
        self.parts = frozenset[str]().union(*(row.parts for row in rows))
        self.sections = _divide(rows)
        if self.reference:
            for section in self.sections.values():
                section.sort(key=lambda row: row.median)

    @property
    def has_sections(self) -> bool:
        """Whether the sections have names."""
        return "" not in self.sections

    @property
    def symbol(self) -> str:
        """The unit of a single time, such as "s" or "µs"."""
        unit = self.unit.partition(" ")[0]
        return "s" if unit == "seconds" else unit

    @property
    def reference_name(self) -> str:
        """What the reference is called in a sentence; empty without one."""
        if not self.reference:
            return ""
        if not self.has_sections:
            return self.reference.name
        name = self.short_name(self.reference)
        return f"{name} {section_of(self.reference)}"

    def short_name(self, row: Row) -> str:
        """Return a row's name without that of its section."""
        if self.has_sections:
            return row.name.partition(SEPARATOR)[2]
        return row.name

    def format_time(self, time: float) -> str:
        """Return a time with its unit, as it is shown beside a row."""
        return f"{format_number(time, TIME_DIGITS)} {self.symbol}"

    def is_part(self, row: Row) -> bool:
        """Return whether a row does only a part of the work."""
        return row.name in self.parts

    def is_fastest(self, row: Row) -> bool:
        """Return whether a row is among the fastest ones of its section.

        Rows that take at most 10 % longer count as equally fast. The
        reference and rows that do only a part of the work do not count.
        """
        section = next(rows for rows in self.sections.values() if row in rows)
        rivals = [
            rival
            for rival in section
            if rival is not self.reference and not self.is_part(rival)
        ]
        return row in find_fastest(rivals)

    def competitors(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows that do the whole work, without their variants.

        Args:
            rows: Those of a section, or of the group.

        Returns:
            All of the rows if none would be left.
        """
        names = {row.name for row in rows}
        competitors = [
            row
            for row in rows
            if not self.is_part(row)
            and row.name.rpartition(VARIANT)[0] not in names
        ]
        return competitors or list(rows)

    def baseline(self, rows: Sequence[Row]) -> Row:
        """Return the sequential row, or the first one if there is none."""
        for row in rows:
            if self.short_name(row) == BASELINE:
                return row
        return rows[0]


def group_rows(rows: Iterable[Row]) -> list[Group]:
    """Return the groups of all rows, in the order of their first rows."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    return [Group(rows) for rows in groups.values()]


def find_fastest(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that take at most 10 % longer than the fastest one."""
    limit = min((row.median for row in rows), default=0) * SIMILAR
    return [row for row in rows if row.median <= limit]


def compare_times(row: Row, base: Row) -> float:
    """Return how many times as long a row takes as another one."""
    return round_time(row.median) / round_time(base.median)


def section_of(row: Row) -> str:
    """Return the first part of a row's name."""
    return row.name.partition(SEPARATOR)[0]


def client_of(row: Row) -> str:
    """Return a row's name without its number of pages at the end."""
    return row.name.rpartition(SEPARATOR)[0] or row.name


def _find_reference(rows: Sequence[Row]) -> Row | None:
    names = {row.ideal_name for row in rows}
    return next((row for row in rows if names == {row.name}), None)


def _divide(rows: Sequence[Row]) -> dict[str, list[Row]]:
    has_sections = all(SEPARATOR in row.name for row in rows)
    sections: dict[str, list[Row]] = {}
    for row in rows:
        name = section_of(row) if has_sections else ""
        sections.setdefault(name, []).append(row)
    return sections
