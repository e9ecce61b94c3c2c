"""Formal numbers: runs of the benchmarks, and their results as tables."""

import argparse
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from backstage.course.catalogue import ROOT
from backstage.files import write_atomically
from backstage.processes import kill_tree
from backstage.system import environment_summary

log = logging.getLogger(__name__)

FOLDER = ROOT / "tests" / "benchmarks"
USAGE = 4  # pytest's exit status where its options make no sense
WARNING = "pytest_benchmark.logger.PytestBenchmarkWarning"  # nothing to save
ROW = re.compile(r"row (\d+) of (\d+): (.+)")  # as bench_plugin prints it
BAR = "{n_fmt}/{total_fmt} |{bar:20}| {desc}"
MISSING = "-"


@dataclass(frozen=True)
class Row:
    """One row of a table: seconds, and what else was measured with it.

    `ideal` is the seconds that it cannot be faster than, as far as the rows
    beside it tell, and `about` says what that is. `factor` makes the table's
    `unit` of seconds. `more` holds, where it was measured, `cpu` (seconds),
    `memory` (most bytes), `site` (share of a core) and `count` (pages).
    An ideal of several terms is the longest of several parts of the work;
    `parts` are the names of the rows that measure only such a part. `rounds`
    is how often it was measured.
    """

    group: str
    name: str
    median: float
    least: float
    most: float
    ideal: float | None
    about: str
    unit: str
    factor: float
    more: dict[str, Any]
    parts: frozenset[str] = frozenset()
    rounds: int = 1

    @property
    def times(self) -> float | None:
        """How many times the ideal the median is."""
        return self.median / self.ideal if self.ideal else None


def groups() -> list[str]:
    """Return the names of the groups, each a file of benchmarks."""
    names = [path.stem for path in sorted(FOLDER.glob("test_*.py"))]
    return [name.removeprefix("test_") for name in names]


def bench(chosen: Sequence[str], options: Sequence[str]) -> int:
    """Run groups of benchmarks in full, and print a table of each.

    A terminal shows meanwhile which row is measured.

    Arguments: `options`, pytest's and pytest-benchmark's own.

    Returns 0, or 1 where a benchmark fails: pytest's report is shown then.

    Raises ValueError, in one line, where an option makes no sense.
    """
    json_file, others = _json_file(options)
    command = [sys.executable, "-m", "pytest", "-p", "backstage.bench.plugin"]
    command += ["-n0", "-q", "--no-header", "--tb=short", "-rfE"]
    command += ["--capture=sys", "--slow", "--timeout=0"]
    command += ["-m", "benchmark", "--benchmark-enable", "--benchmark-quiet"]
    command += [f"-Wignore::{WARNING}"]
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        file = Path(folder, "results.json")
        command += [f"--benchmark-json={file}", *others]
        command += [str(FOLDER / f"test_{name}.py") for name in chosen]
        status, report = _run_pytest(command, folder)
        if json_file and file.exists():
            write_atomically(json_file, file.read_text("utf-8"))
        if status == 0 and file.exists():
            log.info(environment_summary())
            print(tables(load(file).rows))
            return 0
    if status == USAGE:
        raise ValueError(_usage_error(report))
    print(report.strip(), file=sys.stderr)
    return 1 if status else 0


def _json_file(options: Sequence[str]) -> tuple[Path | None, list[str]]:
    """Return where the results are to be kept, and the other options."""
    parser = argparse.ArgumentParser(
        add_help=False, allow_abbrev=False, exit_on_error=False
    )
    parser.add_argument("--benchmark-json", type=Path)
    try:
        known, others = parser.parse_known_args(options)
    except argparse.ArgumentError as error:
        raise ValueError(str(error)) from None
    file: Path | None = known.benchmark_json
    if file and (file.is_dir() or not file.parent.is_dir()):
        raise ValueError(f"no file can be at {file}")
    return file, others


def _run_pytest(command: list[str], folder: str) -> tuple[int, str]:
    """Run pytest with a progress bar; return its status and all it printed.

    Its temporary files go to `folder`.
    """
    output = Path(folder, "output.txt")
    temporary = dict.fromkeys(["TMPDIR", "TEMP", "TMP"], folder)
    errors = []
    with (
        output.open("w") as stdout,
        # Ctrl-C is for the director: it ends all of them at once.
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | temporary,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as child,
        tqdm(
            desc="starting", bar_format=BAR, disable=None, leave=False
        ) as bar,
    ):
        try:
            for line in child.stderr or ():
                row = ROW.fullmatch(line.rstrip())
                if row:
                    bar.n = int(row[1]) - 1
                    bar.total = int(row[2])
                    bar.set_description_str(row[3])
                else:
                    errors.append(line)
            status = child.wait()
        except BaseException:
            kill_tree(child)
            raise
    return status, output.read_text(errors="replace") + "".join(errors)


def _usage_error(report: str) -> str:
    """Return what pytest says about an option, without its usage."""
    reason = re.search(r"(?:error|ERROR): (?!usage: )(.+)", report)
    return reason[1] if reason else report.strip()


@dataclass(frozen=True)
class Results:
    """A run of the benchmarks: its rows, and a line on where and when."""

    rows: list[Row]
    about: str


def load(file: Path) -> Results:
    """Return what is in a JSON file that pytest-benchmark wrote.

    Raises ValueError, in one line, where it is none of these benchmarks', and
    OSError where it cannot be read.
    """
    try:
        whole = json.loads(file.read_text("utf-8"))
        entries = whole["benchmarks"]
        medians = {
            (entry["group"], entry["extra_info"]["row"]): entry["stats"]
            for entry in entries
        }
        rows = [_row(entry, medians) for entry in entries]
        about = f"{whole['machine_info']['truth']}, {whole['datetime'][:10]}"
    except (ValueError, LookupError, TypeError, AttributeError):
        rows = []
    if not rows:
        raise ValueError(f"no results of the benchmarks in {file}")
    return Results(rows, about)


def _row(
    entry: dict[str, Any], known: dict[tuple[str, str], dict[str, float]]
) -> Row:
    more, stats = dict(entry["extra_info"]), entry["stats"]
    group = entry["group"]
    terms = []
    parts = set()
    ideal = more.pop("ideal")
    for term in ideal:
        if isinstance(term, list):  # another row, and by what to divide it
            name, divisor = term
            if divisor == 1 and len(ideal) > 1:
                parts.add(name)
            term = known.get((group, name), {"median": 0})["median"] / divisor
        terms.append(term)
    return Row(
        group,
        more.pop("row"),
        stats["median"],
        stats["min"],
        stats["max"],
        max(terms) if all(terms) else None,
        more.pop("ideal is"),
        more.pop("unit", "seconds"),
        more.pop("factor", 1.0),
        more,
        frozenset(parts),
        stats["rounds"],
    )


def by_group(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each group, by its name."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    return groups


def reference(rows: Sequence[Row]) -> Row | None:
    """Return the row that all rows of a group are compared with, if any.

    Such a row is another way of doing the work, and no ideal.
    """
    names = {row.about for row in rows}
    return next((row for row in rows if names == {row.name}), None)


def tables(rows: Sequence[Row]) -> str:
    """Return a table of each group, at most 80 columns wide."""
    blocks = []
    for group in by_group(rows).values():
        lines = cells(group)
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        *numbers, last = range(1, len(widths))
        text = []
        for line in lines:
            padded = [f"{line[0]:<{widths[0]}}"]
            padded += [f"{line[n]:>{widths[n]}}" for n in numbers]
            text.append(f"{' '.join(padded)}  {line[last]}".rstrip())
        blocks.append("\n".join(text))
    return "\n\n".join(blocks)


def cells(rows: Sequence[Row]) -> list[list[str]]:
    """Return the cells of one group's table, its heading first.

    A column that no row has a figure for is left out.
    """
    first = rows[0]
    lines = [
        [
            f"{first.group}, {first.unit}",
            "median",
            "min",
            "max",
            "CPU",
            "MB",
            "site",
            "times",
            "compared with" if reference(rows) else "the ideal",
        ]
    ]
    for row in rows:
        factor = row.factor
        cpu, memory, site = map(row.more.get, ("cpu", "memory", "site"))
        ideal = "" if row.ideal is None else f"{figure(row.ideal * factor)} "
        lines.append(
            [
                row.name,
                figure(row.median * factor),
                figure(row.least * factor),
                figure(row.most * factor),
                figure(cpu),
                MISSING if memory is None else f"{memory / 1e6:,.0f}",
                MISSING if site is None else f"{site:.0%}",
                figure(row.times),
                ideal + row.about,
            ]
        )
    kept = [
        n
        for n, column in enumerate(zip(*lines, strict=True))
        if set(column[1:]) != {MISSING}
    ]
    return [[line[n] for n in kept] for line in lines]


def figure(number: float | None) -> str:
    """Return a number as it stands in a table."""
    if number is None:
        return MISSING
    return f"{number:,.0f}" if number >= 100 else f"{number:.2f}"
