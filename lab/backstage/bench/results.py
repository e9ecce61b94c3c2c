"""Results of the benchmarks: rows of figures, read from a JSON file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backstage.course.catalogue import ROOT
from backstage.errors import UsageError

BENCHMARKS = ROOT / "tests" / "benchmarks"


@dataclass(frozen=True)
class Row:
    """One row of a group: how long one way of doing the work took.

    Attributes:
        group: Name of the group.
        name: Name of the row in its group.
        unit: Unit of `median`, `shortest`, `longest` and `ideal`, such as
            "seconds" or "µs per update". All rows of a group have the same.
        median: Median time of all rounds.
        shortest: Time of the fastest round.
        longest: Time of the slowest round.
        ideal: The shortest time that is possible, or the time of the row
            that this one is compared with. None if it was not measured.
        ideal_name: What `ideal` is, in a few words.
        rounds: How often the row was measured.
        cpu_time: CPU seconds of a whole script, where they were measured.
        memory: The most bytes that it held, where they were measured.
        site_share: How much of a core the practice site used: 1.0 is a whole
            core. None where there was no practice site.
        pages: How many pages were fetched at the same time. 0 in a group
            whose rows do not differ in that.
        parts: Names of the rows that do only a part of this row's work.
    """

    group: str
    name: str
    unit: str
    median: float
    shortest: float
    longest: float
    ideal: float | None
    ideal_name: str
    rounds: int = 1
    cpu_time: float | None = None
    memory: int | None = None
    site_share: float | None = None
    pages: int = 0
    parts: frozenset[str] = frozenset()

    @property
    def ideal_ratio(self) -> float | None:
        """How many times as long as the ideal the median is."""
        return self.median / self.ideal if self.ideal else None


@dataclass(frozen=True)
class Results:
    """A run of the benchmarks.

    Attributes:
        rows: The rows of all groups, in the order in which they were measured.
        environment: One line on the machine, the Python and the date.
    """

    rows: list[Row]
    environment: str


def load(file: Path) -> Results:
    """Read a JSON file that pytest-benchmark wrote.

    What the benchmarks add to each row is documented at `measure`, in
    tests/benchmarks/measuring.py.

    Raises:
        UsageError: If the file cannot be read, or has no results of these
            benchmarks.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(str(error)) from None
    try:
        report = json.loads(content)
        entries = report["benchmarks"]
        medians = {
            (entry["group"], entry["extra_info"]["row"]): entry["stats"][
                "median"
            ]
            for entry in entries
        }
        rows = [_make_row(entry, medians) for entry in entries]
        machine = report["machine_info"]["environment"]
        environment = f"{machine}, {report['datetime'][:10]}"
    except (ValueError, LookupError, TypeError, AttributeError):
        rows = []  # some other JSON, or none
    if not rows:
        raise UsageError(f"no results of the benchmarks in {file}")
    return Results(rows, environment)


def _make_row(
    entry: Mapping[str, Any], medians: Mapping[tuple[str, str], float]
) -> Row:
    """Return the row that an entry of the file describes.

    Args:
        entry: One of the file's benchmarks.
        medians: Seconds of each row, by its group and its name.
    """
    group, info, stats = entry["group"], entry["extra_info"], entry["stats"]
    factor = info.get("factor", 1.0)
    ideal = _compute_ideal(group, info["ideal"], medians)
    return Row(
        group=group,
        name=info["row"],
        unit=info.get("unit", "seconds"),
        median=stats["median"] * factor,
        shortest=stats["min"] * factor,
        longest=stats["max"] * factor,
        ideal=None if ideal is None else ideal * factor,
        ideal_name=info["ideal is"],
        rounds=stats["rounds"],
        cpu_time=info.get("cpu"),
        memory=info.get("memory"),
        site_share=info.get("site"),
        pages=info.get("count", 0),
        parts=_find_parts(info["ideal"]),
    )


def _compute_ideal(
    group: str,
    terms: Sequence[Any],
    medians: Mapping[tuple[str, str], float],
) -> float | None:
    """Return the longest of several times in seconds, if all are known.

    Args:
        group: Name of the group that rows are looked up in.
        terms: Each is a number of seconds, or the name of a row and the
            divisor of its median.
        medians: Seconds of each row, by its group and its name.
    """
    times = []
    for term in terms:
        if isinstance(term, list):
            name, divisor = term
            times.append(medians.get((group, name), 0) / divisor)
        else:
            times.append(term)
    return max(times) if all(times) else None


def _find_parts(terms: Sequence[Any]) -> frozenset[str]:
    """Return the names of the rows that do only a part of the work.

    If an ideal has several terms, each is the time of a part of the work. A
    term that is the undivided time of a row makes that row such a part.

    Args:
        terms: The terms of the ideal, as for `_compute_ideal`.
    """
    if len(terms) == 1:
        return frozenset()
    rows = [term for term in terms if isinstance(term, list)]
    return frozenset(name for name, divisor in rows if divisor == 1)
