"""What the rows of a group of benchmarks show, in words.

Nothing here is a verdict: each sentence is made from the medians, so it stays
true for other results.
"""

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from backstage.bench.run import Row, reference
from backstage.drawing.canvas import TITLE_CHARACTERS

HEADING_CHARACTERS = 92  # of the heading of a section
DIGITS = 3  # of a time in a label
NEARLY = 1.1  # times the fastest: as fast as the fastest, to a reader
BASELINE = "sequential"  # the row that others are compared with, if there
MAX_NAMED = 3  # rows or numbers of pages that are named in brackets
VARIANT = " + "  # "processes + start" is a variant of "processes"
SEPARATOR = ", "  # between a section and a row's name in it


class Subject(NamedTuple):
    """What a group measures, and what the names of its rows mean."""

    measured: str
    notes: tuple[str, ...] = ()


SUBJECTS = {
    "computing": Subject(
        "Time for equal computing jobs, as many as there are cores.",
        ("+ start: the time to start the processes is included.",),
    ),
    "coordinating": Subject(
        "Time for one update of an account that four threads or processes"
        " share. Unsafe: without a lock.",
    ),
    "pipeline": Subject(
        "Time to fetch 60 slow web pages, ten at a time, and to parse them.",
        ("Coroutines fetch and two processes parse, if not said otherwise.",),
    ),
    "scale": Subject(
        "Time to fetch many web pages at the same time. The server answers"
        " each after one second.",
    ),
    "waiting": Subject(
        "Time to fetch ten web pages. The server answers each after one"
        " second.",
    ),
}
# Why the times of a row, a section or a client are as they are: facts of how
# it works, which hold for any results.
REASONS = {
    "computing": {
        "pure Python": (
            "With the GIL, only one thread computes at a time. Each process"
            " and each interpreter has its own GIL."
        ),
        "C": (
            "The C code releases the GIL while it computes, so threads run at"
            " the same time, too."
        ),
    },
    "coordinating": {
        "threads, unsafe": "no lock, so updates may be lost",
        "threads, lock": "taken and released for each update",
        "threads, RLock": "a lock that remembers which thread holds it",
        "threads, semaphore": "Python code around a lock and a counter",
        "threads, queue": (
            "Python code hands each update to the one thread that pays in"
        ),
        "processes, value": (
            "shared memory, and a lock of the operating system"
        ),
        "processes, array": (
            "shared memory for a list of numbers, and such a lock"
        ),
        "processes, manager": (
            "lock, read, write and unlock are each a message to another"
            " process and back"
        ),
        "processes, queue": (
            "each update is a message; a thread in the background sends it"
        ),
        "processes, pipe": (
            "each update is a message; its process sends it, with a lock"
        ),
    },
    "pipeline": {
        "fetching alone": "nothing is parsed",
        "sequential": (
            "one process fetches a page, parses it, then fetches the next"
        ),
        "threads for both": ("with the GIL, only one thread parses at a time"),
        "fetch all, then parse": (
            "nothing is parsed until the last page is there"
        ),
        "parse while fetching": (
            "a process parses each page as soon as it arrives"
        ),
    },
    "scale": {
        "threads": (
            "requests, with a new thread and a new session for each page"
        ),
        "httpx on aiohttp": "asyncio; httpx with aiohttp's connection pool",
        "httpx alone": (
            "asyncio; each request looks through all connections of httpx's"
            " own pool"
        ),
        "aiohttp alone": "asyncio; aiohttp without httpx",
    },
    "waiting": {
        "sequential": "one wait after the other",
        "raw threads": "a thread for each page, and all wait at the same time",
        "thread pool": (
            "a thread of the pool for each page, and all wait at the same time"
        ),
        "asyncio one by one": (
            "one thread; each page is awaited before the next is requested"
        ),
        "asyncio tasks": (
            "one thread, a task for each page, and all wait at the same time"
        ),
    },
}
# What the short names of the ideals in the tables mean.
IDEALS = {
    r"work / (\S+) cores": r"sequential time divided by \1 cores",
    r"one delay": r"the delay of one page",
    r"max\(fetching, CPU/(\S+)\)": (
        r"fetching alone or the row's CPU time on \1 cores, whichever takes"
        r" longer"
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
    def names(self) -> list[str]:
        """The names of the rows."""
        return [row.name for row in self.rows]

    @property
    def sections(self) -> dict[str, list[Row]]:
        """The rows by the first part of their names, if all have two parts.

        Otherwise it is one section without a name. Rows that are compared
        with another row are sorted by their times.
        """
        has_sections = all(SEPARATOR in row.name for row in self.rows)
        sections: dict[str, list[Row]] = {}
        for row in self.rows:
            name = section_of(row) if has_sections else ""
            sections.setdefault(name, []).append(row)
        if self.reference:
            for rows in sections.values():
                rows.sort(key=value)
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
        """The names of the sections, with their own conclusions.

        A single section without a name has an empty one.
        """
        if "" in self.sections:
            return [""]
        return [
            capitalize(
                self._conclude_section_costs(name, rows, self.reference)
                if self.reference
                else self._conclude_times(name, rows, HEADING_CHARACTERS)
            )
            for name, rows in self.sections.items()
        ]

    @property
    def description(self) -> str:
        """All that it shows, for those who cannot see a picture of it."""
        if self.has_counts or "" in self.sections:
            return self.title
        return ". ".join([self.title, *self.headings])

    @property
    def mark(self) -> str:
        """What the mark of the ideal means; empty if no row has an ideal."""
        if self.reference:
            return (
                f"the time of {self.reference_name}, with which the others are"
                f" compared: {self.time(value(self.reference))}"
            )
        abouts = dict.fromkeys(row.about for row in self.rows if row.ideal)
        if not abouts:
            return ""
        mark = f"ideal: {'; or '.join(map(explain_ideal, abouts))}"
        ideals = self.ideals
        return f"{mark}, {ideals[0]}" if len(ideals) == 1 else mark

    @property
    def ideals(self) -> list[str]:
        """The ideals of the rows, as they read."""
        ideals = (row.ideal * row.factor for row in self.rows if row.ideal)
        return list(dict.fromkeys(map(self.time, sorted(ideals))))

    @property
    def reference_name(self) -> str:
        """What the row is called that the others are compared with."""
        if self.reference is None or "" in self.sections:
            return self.reference.name if self.reference else ""
        return (
            f"{self.short_name(self.reference)} {section_of(self.reference)}"
        )

    @property
    def rounds(self) -> str:
        """How many rounds the times are from."""
        (usual, _), *_ = Counter(row.rounds for row in self.rows).most_common()
        noun = "round" if usual == 1 else "rounds"
        rest = [row for row in self.rows if row.rounds != usual]
        if not rest:
            return f"{usual} {noun}"
        numbers = {row.rounds for row in rest}
        if self.has_counts:
            counts = sorted({row.more["count"] for row in rest})
            names = [f"{count:,}" for count in counts]
            names[-1] += " pages"
        else:
            names = [row.name for row in rest]
        if len(numbers) > 1 or len(names) > MAX_NAMED:
            numbers.add(usual)
            return f"{min(numbers)} to {max(numbers)} rounds"
        return f"{usual} {noun} ({join(names)}: {numbers.pop()})"

    @property
    def source(self) -> str:
        """What each time is computed from."""
        has_medians = any(row.rounds > 1 for row in self.rows)
        kind = "the median of" if has_medians else "from"
        return f"Each time is {kind} {self.rounds}"

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

    @property
    def explanations(self) -> list[str]:
        """The reasons of all sections and rows, or of all clients."""
        if self.has_counts:
            last = {kind_of(row): row for row in self.rows}
            return [
                f"{kind}: {'; '.join(notes)}."
                for kind, row in last.items()
                if (notes := self.end_notes(row))
            ]
        return [
            f"{name}: {reason.removesuffix('.')}."
            for name in [*self.sections, *self.names]
            if (reason := self.reason(name))
        ]

    def reason(self, name: str) -> str:
        """Return why a row, section or client of this name is as it is."""
        return REASONS.get(self.name, {}).get(name, "")

    def label(self, row: Row) -> str:
        """Return a row's time, and how many times the ideal it is."""
        label = self.time(value(row))
        if row is self.reference or not row.ideal:
            return label
        times = number(shown(value(row)) / shown(row.ideal * row.factor))
        return f"{label} ({times} times {self.reference_name or 'the ideal'})"

    def end_label(self, row: Row) -> str:
        """Return the label of a line that ends with this row."""
        time = self.time(value(row))
        return f"{kind_of(row)}: {time} for {row.more['count']:,} pages"

    def end_notes(self, row: Row) -> list[str]:
        """Return what to know of a line that ends with this row."""
        notes = [self.reason(kind_of(row))]
        most = max(other.more["count"] for other in self.rows)
        if row.more["count"] < most:
            notes.append(f"not measured at {most:,} pages")
        return list(filter(None, notes))

    def time(self, duration: float) -> str:
        """Return a time in the group's unit, as a label shows it."""
        return f"{number(duration, DIGITS)} {self.symbol}"

    def short_name(self, row: Row) -> str:
        """Return a row's name without that of its section."""
        if "" in self.sections:
            return row.name
        return row.name.partition(SEPARATOR)[2]

    def is_fastest(self, row: Row) -> bool:
        """Say whether no row of its section is more than 10 % faster.

        Rows that do only a part of the work, or that the others are compared
        with, do not count.
        """
        if row is self.reference or row.name in self.parts:
            return False
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
            (ratio_of(baselines[name], min(rows, key=value)), name)
            for name, rows in sections.items()
        ]
        (ratio, section), *rest = ratios
        start = f"at best {number(ratio)} times as fast as {base_name}"
        sentence = ", ".join(
            [
                f"{start} in {section}",
                *(f"{number(ratio)} times in {name}" for ratio, name in rest),
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
        rest = [row for row in rows if row is not baseline]
        if not rest:
            return f"{start}{base_name}{colon} {base}"
        fast = as_fast_as_fastest(rest)
        slowest = max(rest, key=value)
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
        more = f" or {len(names) - 1} more" if len(names) > 1 else ""
        all_names, some_names = (
            f"{start}{some}{colon} {span} instead of {base}"
            for some in (join(names, "or"), f"{names[0]}{more}")
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
        rest = [
            row for row in self._competitors(self.rows) if row is not reference
        ]
        if not rest:
            return f"{reference.name}: {self.time(value(reference))}"
        cheapest, dearest = min(rest, key=value), max(rest, key=value)
        short_names = list(map(self.short_name, self.rows))

        def name(row: Row) -> str:
            short = self.short_name(row)
            is_clear = short_names.count(short) == 1 and (
                "" in self.sections or section_of(row) == section_of(reference)
            )
            return short if is_clear else f"{short} ({section_of(row)})"

        def times(row: Row) -> str:
            return f"{number(ratio_of(row, reference))} times"

        _, _, per = self.unit.partition(" ")
        start = f"{name(cheapest)}: {times(cheapest)} as long"
        end = f" as {name(reference)}"
        short, long = f"{start}{end}", f"{start}{per and f' {per}'}{end}"
        tail = ""
        if dearest is not cheapest:
            tail = f"; {name(dearest)}: {times(dearest)}"
        return first_that_fits(
            TITLE_CHARACTERS, long + tail, short + tail, short
        )

    def _conclude_section_costs(
        self, section: str, rows: Sequence[Row], reference: Row
    ) -> str:
        """Return what is fastest in a section, and how much longest takes.

        Rows are compared with the reference if it is in this section, else
        with the fastest.
        """
        rest = [row for row in self._competitors(rows) if row is not reference]
        if not rest:
            return section
        fastest, slowest = min(rest, key=value), max(rest, key=value)
        base = reference if reference in rows else fastest
        if base is fastest:
            start = f"{self.short_name(fastest)} {self.time(value(fastest))}"
        else:
            start = (
                f"{self.short_name(fastest)} takes"
                f" {number(ratio_of(fastest, base))} times as long as"
                f" {self.short_name(base)}"
            )
        sentence = f"{section}: {start}"
        if slowest is fastest:
            return first_that_fits(HEADING_CHARACTERS, sentence)
        verb = " takes" if base is fastest else ""
        tail = (
            f"; {self.short_name(slowest)}{verb}"
            f" {number(ratio_of(slowest, base))} times as long"
        )
        return first_that_fits(HEADING_CHARACTERS, sentence + tail, sentence)

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
        first = [start + named, start + unnamed]
        if largest == common:
            return first_that_fits(TITLE_CHARACTERS, *first)
        named, unnamed = describe(by_count[largest])
        last = [f"; {largest:,}: {text}" for text in (named, unnamed)]
        sentences = [
            first[0] + last[0],
            first[0],
            first[1] + last[0],
            first[1] + last[1],
        ]
        slowest = max(by_count[common] + by_count[largest], key=value)
        if slowest in by_count[largest]:  # it is named, if possible
            sentences[1:3] = reversed(sentences[1:3])
        return first_that_fits(TITLE_CHARACTERS, *sentences)


def value(row: Row) -> float:
    """Return the median in the unit of the row's group."""
    return row.median * row.factor


def shown(quantity: float) -> float:
    """Return a time as it reads in a label, so that figures agree."""
    return float(number(quantity, DIGITS).replace(",", ""))


def ratio_of(row: Row, other: Row) -> float:
    """Return how many times as long a row takes as another one."""
    return shown(value(row)) / shown(value(other))


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


def join(names: Sequence[str], word: str = "and") -> str:
    """Return names as one enumeration, with a word before the last."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def capitalize(sentence: str) -> str:
    """Return a sentence with a large first letter, unlike str.capitalize."""
    return sentence[:1].upper() + sentence[1:]


def first_that_fits(limit: int, *sentences: str) -> str:
    """Return the first sentence of so many characters, or the last, cut."""
    fitting = (text for text in sentences if len(text) <= limit)
    shortened = textwrap.shorten(sentences[-1], limit, placeholder=" …")
    return next(fitting, shortened)
