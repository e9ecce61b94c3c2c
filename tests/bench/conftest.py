"""Results that several tests read."""

import json
from pathlib import Path
from typing import Any

import pytest

from backstage.bench import page
from backstage.bench.groups import Group, group_rows
from backstage.bench.results import Results, load
from support.results import make_entry

PER_UPDATE: dict[str, Any] = {"unit": "µs per update", "factor": 1e6 / 1_000}
UNSAFE = "threads, unsafe"
ENTRIES = [
    make_entry("waiting", "sequential", 10.0, 1.0, site=0.004),
    make_entry("waiting", "together", 1.01, 1.0, site=0.02),
    make_entry("computing", "one by one", 4.0, ["one by one", 2]),
    make_entry("computing", "at once", 2.2, ["one by one", 2], 2.1),
    make_entry("computing", "alone", 2.2, ["not measured", 2]),
    *(
        make_entry(
            "paying", row, seconds, [UNSAFE, 1], ideal=UNSAFE, **PER_UPDATE
        )
        for row, seconds in [
            (UNSAFE, 0.0005),
            ("threads, safe", 0.002),
            ("processes, safe", 0.05),
        ]
    ),
    make_entry(
        "scale", "threads, 10", 1.0, 1.0, count=10, cpu=0.2, memory=35e6
    ),
    make_entry(
        "scale", "threads, 1,000", 2.0, 1.0, count=1_000, cpu=1, memory=9e7
    ),
    make_entry("scale", "other, 1,000", 1.5, 1.0, count=1_000),
]


@pytest.fixture
def results_file(tmp_path: Path) -> Path:
    """Write made-up results of four groups to a file."""
    file = tmp_path / "made_up.json"
    report = {
        "machine_info": {"environment": "a machine"},
        "datetime": "2026-11-21T12:00:00",
        "benchmarks": ENTRIES,
    }
    file.write_text(json.dumps(report), "utf-8")
    return file


@pytest.fixture
def results(results_file: Path) -> Results:
    """Return the made-up results."""
    return load(results_file)


@pytest.fixture(scope="session")
def measured() -> dict[str, Group]:
    """Return the groups of the repository's own results, by their names."""
    groups = group_rows(load(page.RESULTS).rows)
    return {group.name: group for group in groups}
