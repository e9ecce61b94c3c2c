"""`uv run lab bench`, `plot` and `results`: from JSON to tables and plots."""

import json
import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psutil
import pytest
from conftest import is_site
from hypothesis import given
from hypothesis import strategies as st
from test_director import interrupted, lab

from backstage import bench, director, plot, results
from backstage.catalogue import README


def entry(
    group: str, row: str, median: float, *ideal: object, **more: object
) -> dict[str, Any]:
    known = {"row": row, "ideal": list(ideal), "ideal is": "its ideal"}
    times = {"median": median, "min": median * 0.9, "max": median * 1.1}
    return {"group": group, "stats": times, "extra_info": known | more}


MICRO = {"unit": "us an update", "factor": 1e6 / 1_000}
ENTRIES = [
    entry("waiting", "sequential", 10.0, 1.0, site=0.004),
    entry("waiting", "together", 1.01, 1.0, site=0.02),
    entry("computing", "one by one", 4.0, ["one by one", 2]),
    entry("computing", "at once", 2.2, ["one by one", 2], 2.1),
    entry("computing", "alone", 2.2, ["not measured", 2]),
    entry("paying", "unsafe", 0.0005, ["unsafe", 1], **MICRO),
    entry("paying", "safe", 0.002, ["unsafe", 1], **MICRO),
    entry("scale", "threads, 10", 1.0, 1.0, count=10, cpu=0.2, memory=35e6),
    entry("scale", "threads, 1,000", 2.0, 1.0, count=1_000, cpu=1, memory=9e7),
    entry("scale", "other, 1,000", 1.5, 1.0, count=1_000),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write made-up results."""
    path = tmp_path / "made_up.json"
    whole = {
        "machine_info": {"truth": "a machine"},
        "datetime": "2026-11-21T12:00:00",
        "benchmarks": ENTRIES,
    }
    path.write_text(json.dumps(whole), "utf-8")
    return path


def test_a_table_of_each_group(file: Path) -> None:
    found = bench.load(file)
    assert found.about == "a machine, 2026-11-21"
    expected = """
waiting, seconds median  min   max site times  the ideal
sequential        10.00 9.00 11.00   0% 10.00  1.00 its ideal
together           1.01 0.91  1.11   2%  1.01  1.00 its ideal

computing, seconds median  min  max times  the ideal
one by one           4.00 3.60 4.40  2.00  2.00 its ideal
at once              2.20 1.98 2.42  1.05  2.10 its ideal
alone                2.20 1.98 2.42     -  its ideal

paying, us an update median  min  max times  the ideal
unsafe                 0.50 0.45 0.55  1.00  0.50 its ideal
safe                   2.00 1.80 2.20  4.00  0.50 its ideal

scale, seconds median  min  max  CPU MB times  the ideal
threads, 10      1.00 0.90 1.10 0.20 35  1.00  1.00 its ideal
threads, 1,000   2.00 1.80 2.20 1.00 90  2.00  1.00 its ideal
other, 1,000     1.50 1.35 1.65    -  -  1.50  1.00 its ideal
"""
    assert bench.tables(found.rows) == expected.strip()


def test_a_plot_of_each_group(file: Path) -> None:
    shown = plot.text(bench.load(file).rows)
    assert max(map(len, shown.splitlines())) < 80
    waiting, computing, paying, scale = shown.split("\n\n")
    assert (
        waiting.splitlines()[0] == "waiting, seconds; |: the ideal, its ideal"
    )
    bars = {
        line[:10].strip(): line.count("█") for line in waiting.splitlines()[1:]
    }
    assert bars["sequential"] == pytest.approx(bars["together"] * 10, rel=0.2)
    marks = {line.index("|") for line in waiting.splitlines()[1:]}
    assert len(marks) == 1  # one ideal, in one column
    assert [line.count("|") for line in computing.splitlines()[1:]] == [
        1,
        1,
        0,
    ]
    assert "2.00 " in paying.splitlines()[2]
    *grid, letters = scale.splitlines()
    assert letters == "a: threads, b: other"
    points = [line.index("b") for line in grid[1:] if "b" in line]
    (ideal,) = (n for n, line in enumerate(grid) if "---" in line)
    assert len(points) == 1
    line = next(n for n, line in enumerate(grid[1:], 1) if "b" in line)
    assert line < ideal  # slower is higher


def test_an_svg_of_all_groups(file: Path) -> None:
    found = bench.load(file)
    svg = ElementTree.fromstring(plot.svg(found.rows, found.about))
    texts = [x.text for x in svg.iter()]
    for row in found.rows:
        told = (
            row.name.rpartition(", ")[0] if row.group == "scale" else row.name
        )
        assert any(text and text.startswith(told) for text in texts)
    assert found.about in texts
    kinds = [x.get("class") for x in svg.iter()]
    bars = [x for x in svg.iter() if x.get("class") == "busy"]
    assert len(bars) == 7
    assert {x.get("x") for x in bars} == {f"{plot.LEFT}"}  # from zero
    assert float(bars[0].get("width", 0)) == pytest.approx(
        float(bars[1].get("width", 0)) * 10 / 1.01, rel=0.01
    )
    assert kinds.count("bound") == 7  # six of bars, one line for scale
    assert kinds.count("curve") == 2
    assert kinds.count("ok") == 3


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=9))
def test_an_axis_holds_its_numbers(numbers: list[float]) -> None:
    axis = plot.Axis(numbers)
    powers = axis.powers()
    assert len(powers) >= 2
    assert [axis.place(power) for power in (powers[0], powers[-1])] == [0, 1]
    for number in numbers:
        assert -1e-9 <= axis.place(number) <= 1 + 1e-9


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "nonsense",
        '{"benchmarks": 1}',
        '{"benchmarks": []}',
        '{"benchmarks": [{"group": null, "stats": {}, "extra_info": {}}]}',
        json.dumps({"benchmarks": ENTRIES}),
    ],
)
def test_other_files_are_told_in_a_line(content: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(content, "utf-8")
    with pytest.raises(ValueError, match="no results of the benchmarks in"):
        bench.load(file)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["bench", "nonsense"], "no group 'nonsense'; there are computing, "),
        (["plot", "no/such/file"], "'no/such/file'"),
        (["plot", str(README)], "no results of the benchmarks in"),
        (["plot"], "FILE"),
    ],
)
def test_bad_usage(words: list[str], told: str) -> None:
    run = lab(*words)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.count("\n") == 1
    assert told in run.stderr


def test_plot_writes_an_svg(file: Path) -> None:
    svg = file.with_suffix(".svg")
    run = lab("plot", str(file), "--svg", str(svg))
    assert (run.returncode, run.stderr) == (0, "")
    found = bench.load(file)
    assert run.stdout == plot.text(found.rows) + "\n"
    assert svg.read_text("utf-8") == plot.svg(found.rows, found.about)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a pytest of its own not take itself for one of xdist's workers."""
    for name in [name for name in os.environ if "XDIST" in name]:
        monkeypatch.delenv(name)


TINY = """
import pytest

def pytest_benchmark_generate_machine_info():
    return {"truth": "a machine"}

@pytest.mark.benchmark(group="tiny")
def test_tiny(benchmark):
    benchmark.extra_info |= {"row": "x", "ideal": [1.0], "ideal is": "it"}
    assert benchmark.pedantic(lambda: RESULT, rounds=3)
"""


@pytest.fixture
def tiny(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of one small benchmark."""
    hook, test = TINY.split("@", 1)
    (tmp_path / "conftest.py").write_text(hook, "utf-8")
    (tmp_path / "test_tiny.py").write_text(
        f"import pytest\nRESULT = True\n@{test}", "utf-8"
    )
    monkeypatch.setattr(bench, "FOLDER", tmp_path)
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_bench_prints_tables_and_keeps_the_json(
    tiny: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert bench.groups() == ["tiny"]
    assert bench.bench(["tiny"], ["--benchmark-json", "kept.json"]) == 0
    shown = capfd.readouterr().out
    rows = bench.load(tiny / "kept.json").rows
    assert [(row.group, row.name, row.ideal) for row in rows] == [
        ("tiny", "x", 1.0)
    ]
    assert shown.endswith(f"\n\n{bench.tables(rows)}\n")


def test_bench_fails_where_a_result_is_wrong(
    tiny: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tiny / "test_tiny.py"
    file.write_text(file.read_text("utf-8").replace("= True", "= False"))
    assert bench.bench(["tiny"], []) == 1
    assert "tiny, seconds" not in capfd.readouterr().out


def test_bench_hands_on_bad_options(tiny: Path) -> None:
    assert bench.bench(["tiny"], ["--benchmark-nonsense"]) == 2


def test_options_for_pytest_benchmark_follow_two_dashes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[tuple[list[str], list[str]]]()

    def bench_in_name(groups: list[str], options: list[str]) -> int:
        asked.append((groups, options))
        return 7

    monkeypatch.setattr(bench, "bench", bench_in_name)
    assert director.main(["bench", "scale", "--", "--quiet", "-x"]) == 7
    assert director.main(["bench"]) == 7
    assert asked == [(["scale"], ["--quiet", "-x"]), (bench.groups(), [])]


def test_ctrl_c_ends_the_benchmarks(traced: None, alone: None) -> None:
    def has_a_site(director: psutil.Process) -> bool:
        return any(map(is_site, director.children(recursive=True)))

    _, *told = interrupted(has_a_site, "bench", "waiting")
    assert told == ["lab: stopped by Ctrl-C"]


def test_the_page_and_the_readme_tell_the_results() -> None:
    """If this fails: `uv run lab results`."""
    found = bench.load(results.RESULTS)
    assert results.PAGE.read_text("utf-8") == results.page(found)
    drawn = plot.svg(found.rows, found.about)
    assert results.PICTURE.read_text("utf-8") == drawn
    text = README.read_text("utf-8")
    assert results.headlines(text, found) == text
    assert text.count("times faster**") == len(results.HEADLINES)


def test_the_results_are_of_every_group() -> None:
    rows = bench.load(results.RESULTS).rows
    assert sorted({row.group for row in rows}) == bench.groups()
    assert max(map(len, bench.tables(rows).splitlines())) <= 80
    assert not re.search(r"/(home|root|Users)/", results.RESULTS.read_text())


def test_no_results_are_told_where_a_row_is_missing(file: Path) -> None:
    with pytest.raises(ValueError, match=r"no row \('waiting', 'async"):
        results.headlines(README.read_text("utf-8"), bench.load(file))
