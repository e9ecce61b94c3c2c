"""Runs of the benchmarks, by pytest in a process of its own."""

import argparse
import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from backstage.bench.results import BENCHMARKS, load
from backstage.bench.tables import print_tables
from backstage.course.catalogue import ROOT
from backstage.errors import UsageError
from backstage.files import check_writable, write_atomically
from backstage.processes import kill_tree
from backstage.system import environment_summary

log = logging.getLogger(__name__)

USAGE_STATUS = 4  # pytest's exit status where its options make no sense
WARNING = "pytest_benchmark.logger.PytestBenchmarkWarning"  # nothing to save
OPTIONS = [
    *("-p", "backstage.bench.plugin"),
    *("-n0", "-q", "--no-header", "--tb=short", "-rfE", "--capture=sys"),
    *("--slow", "--timeout=0", "-m", "benchmark"),
    *("--benchmark-enable", "--benchmark-quiet", f"-Wignore::{WARNING}"),
]
PROGRESS = re.compile(r"row (\d+) of (\d+): (.+)")  # as the plugin prints it
BAR = "{n_fmt}/{total_fmt} |{bar:20}| {desc}"


def list_groups() -> list[str]:
    """Return the names of the groups: each is a file of benchmarks."""
    names = [path.stem for path in sorted(BENCHMARKS.glob("test_*.py"))]
    return [name.removeprefix("test_") for name in names]


def run_benchmarks(groups: Sequence[str], options: Sequence[str]) -> int:
    """Run groups of benchmarks in full, and print a table of each.

    A terminal shows a bar with the row that is being measured. If a benchmark
    fails, pytest's report is printed instead of the tables.

    Args:
        groups: Names of groups.
        options: More options for pytest and pytest-benchmark.

    Returns:
        The exit status: 0, or 1 if a benchmark failed.

    Raises:
        UsageError: If an option makes no sense.
    """
    json_file, options = _split_options(options)
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        file = Path(folder, "results.json")
        status, report = _run_pytest(
            [
                *OPTIONS,
                f"--benchmark-json={file}",
                *options,
                *(str(BENCHMARKS / f"test_{group}.py") for group in groups),
            ],
            folder,
        )
        if json_file and file.exists():
            write_atomically(json_file, file.read_text("utf-8"))
        if status == 0 and file.exists():
            log.info(environment_summary())
            print_tables(load(file))
            return 0
    if status == USAGE_STATUS:
        raise UsageError(_find_reason(report))
    print(report.strip(), file=sys.stderr)
    return 1 if status else 0


def _split_options(options: Sequence[str]) -> tuple[Path | None, list[str]]:
    """Return the file that the results are kept in, and the other options."""
    parser = argparse.ArgumentParser(
        add_help=False, allow_abbrev=False, exit_on_error=False
    )
    parser.add_argument("--benchmark-json", type=Path)
    try:
        arguments, rest = parser.parse_known_args(options)
    except argparse.ArgumentError as error:
        raise UsageError(str(error)) from None
    file: Path | None = arguments.benchmark_json
    if file:
        check_writable(file)
    return file, rest


def _run_pytest(arguments: Sequence[str], folder: str) -> tuple[int, str]:
    """Run pytest, with a progress bar in a terminal.

    Args:
        arguments: The words of pytest's command line.
        folder: Where its temporary files go.

    Returns:
        Its exit status, and all that it printed.
    """
    output = Path(folder, "output.txt")
    errors = []
    with (
        output.open("w") as stdout,
        subprocess.Popen(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=ROOT,
            env=os.environ | dict.fromkeys(["TMPDIR", "TEMP", "TMP"], folder),
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            # Ctrl-C must reach this process alone, which ends all others.
            start_new_session=True,
        ) as child,
        tqdm(
            desc="starting", bar_format=BAR, disable=None, leave=False
        ) as bar,
    ):
        try:
            for line in child.stderr or ():
                row = PROGRESS.fullmatch(line.rstrip())
                if row:
                    bar.n = int(row[1]) - 1
                    bar.total = int(row[2])
                    bar.set_description_str(row[3])
                else:
                    errors.append(line)
            status = child.wait()
        except BaseException:  # Ctrl-C, too, must leave no process behind
            kill_tree(child)
            raise
    return status, output.read_text(errors="replace") + "".join(errors)


def _find_reason(report: str) -> str:
    """Return what pytest says about an option, without its usage."""
    reason = re.search(r"(?:error|ERROR): (?!usage: )(.+)", report)
    return reason[1] if reason else report.strip()
