"""Rows of figures, read from a JSON file."""

import json
from pathlib import Path

import pytest

from backstage.bench.results import Results, load
from backstage.errors import UsageError
from support.results import make_entry


def test_a_file_has_rows_and_the_environment(results: Results) -> None:
    assert results.environment == "a machine, 2026-11-21"
    row = results.rows[0]
    assert (row.group, row.name, row.unit) == (
        "waiting",
        "sequential",
        "seconds",
    )
    assert (row.shortest, row.median, row.longest) == (9.0, 10.0, 11.0)
    assert (row.ideal, row.ideal_name, row.ideal_ratio) == (
        1.0,
        "its ideal",
        10.0,
    )
    assert row.rounds == 3


def test_times_are_in_the_unit_of_the_group(results: Results) -> None:
    row = next(row for row in results.rows if row.name == "threads, safe")
    assert row.unit == "µs per update"
    assert row.median == pytest.approx(2)  # 2 ms for 1,000 updates
    assert row.shortest == pytest.approx(1.8)
    assert row.longest == pytest.approx(2.2)
    assert row.ideal == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("terms", "ideal", "parts"),
    [
        ([3.0], 3.0, []),
        ([["whole", 4]], 2.0, []),
        ([["whole", 1]], 8.0, []),
        ([["part", 1], 2.0], 5.0, ["part"]),
        ([["part", 1], 6.0], 6.0, ["part"]),
        ([["whole", 4], 6.0], 6.0, []),
        ([["not measured", 2]], None, []),
    ],
)
def test_the_ideal_is_the_longest_of_its_terms(
    terms: list[object],
    ideal: float | None,
    parts: list[str],
    results_file: Path,
) -> None:
    report = json.loads(results_file.read_text("utf-8"))
    report["benchmarks"] = [
        make_entry("mine", "whole", 8.0, 1.0),
        make_entry("mine", "part", 5.0, 1.0),
        make_entry("mine", "row", 9.0, *terms),
    ]
    results_file.write_text(json.dumps(report), "utf-8")
    row = load(results_file).rows[-1]
    assert row.ideal == ideal
    assert row.parts == set(parts)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "nonsense",
        "\x80",
        '{"benchmarks": 1}',
        '{"benchmarks": []}',
        '{"benchmarks": [{"group": null, "stats": {}, "extra_info": {}}]}',
        json.dumps({"benchmarks": [make_entry("waiting", "row", 1.0, 1.0)]}),
    ],
)
def test_other_files_are_refused_in_a_line(
    content: str, tmp_path: Path
) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(UsageError, match=r"^no results of the benchmarks in "):
        load(file)


def test_a_missing_file_is_named_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^\[Errno 2\] .*x\.json'$"):
        load(tmp_path / "x.json")
