"""What the rows of a group of benchmarks show, in words.

Nothing here is a verdict: each sentence is made from the medians, so it stays
true for other results.
"""

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .bench import Row, figure, reference
from .drawing import TITLE_CHARACTERS

HEADING_CHARACTERS = 92  # of the heading of a section
NEARLY = 1.1  # times the fastest: as fast as the fastest, to a reader
BASELINE = "sequential"  # the row that others are compared with, if there
VARIANT = " + "  # "processes + start" is a variant of "processes"
SEPARATOR = ", "  # between a section and a row's name in it


class Subject(NamedTuple):
    """What a group measures, and what the names of its rows mean."""

    measured: str
    notes: tuple[str, ...] = ()


SUBJECTS = {
    "computing": Subject(
        "Time for equal computing jobs, as many as there are cores.",
        (
            "C: code that releases the GIL, so threads run at the same time.",
            "+ start: the time to start the processes is included.",
        ),
    ),
    "coordinating": Subject(
        "Time for one update of an account that four threads or processes"
        " share.",
        ("unsafe: without a lock, so updates may be lost.",),
    ),
    "pipeline": Subject(
        "Time to fetch 60 slow web pages and to parse them.",
        ("Coroutines fetch and processes parse, if nothing else is said.",),
    ),
    "scale": Subject(
        "Time to fetch many web pages at once. The server answers each after"
        " one second.",
    ),
    "waiting": Subject(
        "Time to fetch ten web pages. The server answers each after one"
        " second.",
    ),
}
# What the short names of the ideals in the tables mean.
IDEALS = {
    r"work / (\S+) cores": r"sequential time divided by \1 cores",
    r"one delay": r"the delay of one page",
    r"max\(fetching, CPU/(\S+)\)": (
        r"fetching alone or the CPU time on \1 cores, whichever takes longer"
    ),
}


class Group:
    """The rows of one group of benchmarks, and what they show."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.name = rows[0].group
        self.unit = rows[0].unit
        self.subject = SUBJECTS.get(self.name, Subject(self.name))
        self.reference = reference(rows)
        self.has_counts = any("count" in row.more for row in rows)
        self.parts = frozenset[str]().union(*(row.parts for row in rows))

    @property
    def symbol(self) -> str:
        """The unit of a single time, such as "s" or "µs"."""
        unit = self.unit.partition(" ")[0]
        return "s" if unit == "seconds" else unit

    @property
    def sections(self) -> dict[str, list[Row]]:
        """The rows by the first part of their names, if all have two parts.

        Otherwise it is one section without a name.
        """
        if not all(SEPARATOR in row.name for row in self.rows):
            return {"": list(self.rows)}
        sections: dict[str, list[Row]] = {}
        for row in self.rows:
            name = section_of(row)
            sections.setdefault(name, []).append(row)
        return sections

    @property
    def title(self) -> str:
        """The conclusion, short enough for a title."""
        if self.has_counts:
            sentence = self._conclude_counts()
        elif self.reference:
            sentence = self._conclude_costs(self.reference)
        elif "" in self.sections:
            sentence = self._conclude_times("", self.rows, TITLE_CHARACTERS)
        else:
            sentence = self._conclude_sections()
        return capitalize(sentence)

    @property
    def headings(self) -> list[str]:
        """The names of the sections, and their own conclusions, if any."""
        if self.reference or "" in self.sections:
            return list(map(capitalize, self.sections))
        return [
            capitalize(self._conclude_times(name, rows, HEADING_CHARACTERS))
            for name, rows in self.sections.items()
        ]

    @property
    def description(self) -> str:
        """All that it shows, for those who cannot see a picture of it."""
        if self.has_counts or self.reference or "" in self.sections:
            return self.title
        return ". ".join([self.title, *self.headings])

    @property
    def mark(self) -> str:
        """What the mark of the ideal means; empty if no row has an ideal."""
        if self.reference:
            time = self.time(value(self.reference))
            return f"compared with {self.reference.name}: {time}"
        abouts = dict.fromkeys(row.about for row in self.rows if row.ideal)
        if not abouts:
            return ""
        return f"ideal: {'; or '.join(map(explain_ideal, abouts))}"

    @property
    def notes(self) -> list[str]:
        """What a reader may ask who looks at the rows."""
        notes = list(self.subject.notes)
        faster = any(row.ideal and row.median < row.ideal for row in self.rows)
        if faster and not self.reference:
            notes.append(
                "The ideal is computed from measured medians, so a row can be"
                " faster."
            )
        return notes

    def label(self, row: Row) -> str:
        """Return a row's time, and how many times the ideal it is."""
        label = self.time(value(row))
        if row is self.reference or row.times is None:
            return label
        than = "as long" if self.reference else "the ideal"
        return f"{label} ({number(row.times)} times {than})"

    def end_label(self, row: Row) -> str:
        """Return the label of a line that ends with this row."""
        time = self.time(value(row))
        return f"{kind_of(row)}: {time} for {row.more['count']:,} pages"

    def time(self, duration: float) -> str:
        """Return a time in the group's unit, as it stands in the tables."""
        shown = figure(duration) if duration >= 0.1 else number(duration)
        return f"{shown} {self.symbol}"

    def short_name(self, row: Row) -> str:
        """Return a row's name without that of its section."""
        if "" in self.sections:
            return row.name
        return row.name.partition(SEPARATOR)[2]

    def is_fastest(self, row: Row) -> bool:
        """Say whether no row that does the same is more than 10 % faster."""
        if row is self.reference or row.name in self.parts:
            return False
        rows = self.rows
        if not self.reference:
            rows = next(rows for rows in self.sections.values() if row in rows)
        times = [
            value(other)
            for other in rows
            if other is not self.reference and other.name not in self.parts
        ]
        return value(row) <= min(times) * NEARLY

    def _competitors(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows that do the whole work, without the variants."""
        names = {row.name for row in rows}
        competitors = [
            row
            for row in rows
            if row.name not in self.parts
            and row.name.rpartition(VARIANT)[0] not in names
        ]
        return competitors or list(rows)

    def _baseline(self, rows: Sequence[Row]) -> Row:
        """Return the row that others are compared with: else the first."""
        names = map(self.short_name, rows)
        return dict(zip(names, rows, strict=True)).get(BASELINE, rows[0])

    def _conclude_sections(self) -> str:
        """Return how many times as fast as the baseline the fastest are."""
        sections = {
            name: self._competitors(rows)
            for name, rows in self.sections.items()
        }
        baselines = {
            name: self._baseline(rows) for name, rows in sections.items()
        }
        names = set(map(self.short_name, baselines.values()))
        base_name = names.pop() if len(names) == 1 else "the first row"
        ratios = [
            (value(baselines[name]) / min(map(value, rows)), name)
            for name, rows in sections.items()
        ]
        (ratio, section), *others = ratios
        start = f"at best {number(ratio)} times as fast as {base_name}"
        sentence = ", ".join(
            [
                f"{start} in {section}",
                *(
                    f"{number(ratio)} times in {name}"
                    for ratio, name in others
                ),
            ]
        )
        best, _ = max(ratios)
        return first_that_fits(
            TITLE_CHARACTERS,
            sentence,
            f"at best {number(best)} times as fast as {base_name}",
        )

    def _conclude_times(
        self, section: str, rows: Sequence[Row], limit: int
    ) -> str:
        """Return what is fastest, and what the baseline takes.

        Rows that are nearly as fast are named together. What is slower than
        the baseline is named too.

        Arguments: `limit`, the most characters.
        """
        rows = self._competitors(rows)
        baseline = self._baseline(rows)
        start = f"{section}: " if section else ""
        colon = "" if section else ":"
        base = f"{number(value(baseline))} {self.symbol}"
        base_name = self.short_name(baseline)
        others = [row for row in rows if row is not baseline]
        if not others:
            return f"{start}{base_name}{colon} {base}"
        fast = as_fast_as_fastest(others)
        slowest = max(others, key=value)
        tail = ""
        if value(slowest) > value(baseline) * NEARLY:
            time = f"{number(value(slowest))} {self.symbol}"
            tail = f"; {self.short_name(slowest)}{colon} {time}"
        if min(map(value, fast)) * NEARLY >= value(baseline):
            sentence = (
                f"{start}nothing is over 10 % faster than {base_name}, {base}"
            )
            return first_that_fits(limit, sentence + tail, sentence)
        span = f"{spread_of(map(value, fast))} {self.symbol}"
        names = list(map(self.short_name, fast))
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        all_names, some_names = (
            f"{start}{some}{colon} {span} instead of {base}"
            for some in (join(names), f"{names[0]}{more}")
        )
        name = f" ({base_name})"
        return first_that_fits(
            limit,
            all_names + name + tail,
            all_names + tail,
            all_names + name,
            all_names,
            some_names + name,
            some_names,
        )

    def _conclude_costs(self, reference: Row) -> str:
        """Return how many times the reference the others take."""
        others = [
            row for row in self._competitors(self.rows) if row is not reference
        ]
        if not others:
            return f"{reference.name}: {self.time(value(reference))}"
        cheapest, dearest = min(others, key=value), max(others, key=value)

        short_names = list(map(self.short_name, self.rows))

        def name(row: Row) -> str:
            short = self.short_name(row)
            is_unique = short_names.count(short) == 1
            return short if is_unique else f"{short} ({section_of(row)})"

        def times(row: Row) -> str:
            return f"{number(value(row) / value(reference))} times"

        _, _, per = self.unit.partition(" ")
        sentence = (
            f"{name(cheapest)}: {times(cheapest)} as long{per and f' {per}'}"
            f" as {name(reference)}"
        )
        if dearest is cheapest:
            return first_that_fits(TITLE_CHARACTERS, sentence)
        tail = f"; {name(dearest)}: {times(dearest)}"
        return first_that_fits(TITLE_CHARACTERS, sentence + tail, sentence)

    def _conclude_counts(self) -> str:
        """Return the times of the largest number of pages that most measured.

        What the largest number of all takes is added.
        """
        by_count: dict[int, list[Row]] = {}
        for row in self.rows:
            by_count.setdefault(row.more["count"], []).append(row)
        largest = max(by_count)
        common = max(by_count, key=lambda count: (len(by_count[count]), count))

        def describe(rows: Sequence[Row]) -> tuple[str, str]:
            """Return the times with the names of their rows, and without."""
            first, last = min(rows, key=value), max(rows, key=value)
            span = f"{spread_of(map(value, rows))} {self.symbol}"
            if len(rows) == 1:
                return f"{span} ({kind_of(first)})", span
            if value(last) <= value(first) * NEARLY:
                return span, span
            shortest, longest = (
                f"{number(value(row))} {self.symbol} ({kind_of(row)})"
                for row in (first, last)
            )
            return f"{shortest} to {longest}", span

        start = f"{common:,} pages: "
        named, unnamed = describe(by_count[common])
        if largest == common:
            return first_that_fits(
                TITLE_CHARACTERS, start + named, start + unnamed
            )
        tail = f"; {largest:,}: "
        last_named, last_unnamed = describe(by_count[largest])
        return first_that_fits(
            TITLE_CHARACTERS,
            start + named + tail + last_named,
            start + named + tail + last_unnamed,
            start + unnamed + tail + last_named,
            start + unnamed + tail + last_unnamed,
        )


def value(row: Row) -> float:
    """Return the median in the unit of the row's group."""
    return row.median * row.factor


def section_of(row: Row) -> str:
    """Return the first part of a row's name."""
    return row.name.partition(SEPARATOR)[0]


def kind_of(row: Row) -> str:
    """Return the name of a row without its number of pages."""
    return row.name.rpartition(SEPARATOR)[0] or row.name


def as_fast_as_fastest(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that take at most 10 % longer than the fastest."""
    least = min(map(value, rows))
    return [row for row in rows if value(row) <= least * NEARLY]


def explain_ideal(about: str) -> str:
    """Return what an ideal is, from its short name in the tables."""
    for pattern, meaning in IDEALS.items():
        match = re.fullmatch(pattern, about)
        if match:
            return match.expand(meaning)
    return about


def number(quantity: float, digits: int = 2) -> str:
    """Return a number with so many significant digits, or whole ones."""
    if quantity >= 10 ** (digits - 1):
        return f"{quantity:,.0f}"
    return f"{quantity:#.{digits}g}".rstrip(".")


def spread_of(quantities: Iterable[float]) -> str:
    """Return the smallest and the largest, or one if they read the same."""
    ordered = sorted(quantities)
    return " to ".join(dict.fromkeys(map(number, (ordered[0], ordered[-1]))))


def join(names: Sequence[str]) -> str:
    """Return names as one enumeration, with "and" before the last."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def capitalize(sentence: str) -> str:
    """Return a sentence with a large first letter, unlike str.capitalize."""
    return sentence[:1].upper() + sentence[1:]


def first_that_fits(limit: int, *sentences: str) -> str:
    """Return the first sentence of so many characters, or the last, cut."""
    fitting = (text for text in sentences if len(text) <= limit)
    shortened = textwrap.shorten(sentences[-1], limit, placeholder=" …")
    return next(fitting, shortened)
