"""`uv run lab bench`, `plot` and `results`: from JSON to tables and plots."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psutil
import pytest
from conftest import is_site, terminal
from hypothesis import given
from hypothesis import strategies as st
from test_director import interrupted

from backstage import bench, director, plot, results
from backstage.catalogue import README
from backstage.files import replace_block


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


def test_a_plot_of_many_clients() -> None:
    names = [f"client number {n}" for n in range(60)]
    rows = [
        bench.Row(
            group="scale",
            name=f"{name}, {count}",
            median=n + 1.0,
            least=n + 1.0,
            most=n + 1.0,
            ideal=None,
            about="its ideal",
            unit="seconds",
            factor=1.0,
            more={"count": count},
        )
        for n, name in enumerate(names)
        for count in (10, 1_000)
    ]
    lines = plot.text(rows).splitlines()
    assert max(map(len, lines)) < 80
    legend = " ".join(lines[1 + plot.LINES + 1 :])
    assert legend.startswith("a: client number 0, b: client number 1, ")
    assert "h: client number 7, i: client number 8, " in legend
    assert legend.count("client number") == len(names)


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
        (["bench", "--", "--benchmark-json"], "expected one argument"),
        (["bench", "--", "--benchmark-json", "no/x.json"], "no/x.json"),
        (["plot", "no/such/file"], "'no/such/file'"),
        (["plot", str(README)], "no results of the benchmarks in"),
        (["plot"], "FILE"),
    ],
)
def test_bad_usage(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert director.main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert told in shown.err


def test_plot_draws_a_file_of_results(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    svg = file.with_suffix(".svg")
    assert director.main(["plot", str(file), "--svg", str(svg)]) == 0
    text = capsys.readouterr().out.splitlines()
    assert text[0] == "waiting, seconds; |: the ideal, its ideal"
    assert text[-1] == "a: threads, b: other"
    texts = [element.text for element in ElementTree.parse(svg).iter()]
    assert "a machine, 2026-11-21" in texts
    assert "2.20 (1.05 times)" in texts


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a pytest of its own not take itself for one of xdist's workers."""
    for name in [name for name in os.environ if "XDIST" in name]:
        monkeypatch.delenv(name)


INI = """
[pytest]
filterwarnings = error
"""
HOOKS = """
def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true")

def pytest_benchmark_generate_machine_info():
    return {"truth": "a machine"}
"""
TINY = """
import pytest

@pytest.mark.benchmark(group="GROUP")
@pytest.mark.parametrize("row", ["one, 10", "two"])
def test_row(row, benchmark):
    benchmark.extra_info |= {"row": row, "ideal": [1.0], "ideal is": "it"}
    assert benchmark.pedantic(lambda: row != "wrong", rounds=3)
"""


@pytest.fixture
def tiny(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of two groups with two small benchmarks each."""
    (tmp_path / "pytest.ini").write_text(INI, "utf-8")
    (tmp_path / "conftest.py").write_text(HOOKS, "utf-8")
    for group in "first", "second":
        source = TINY.replace("GROUP", group)
        (tmp_path / f"test_{group}.py").write_text(source, "utf-8")
    monkeypatch.setattr(bench, "FOLDER", tmp_path)
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_bench_prints_tables_and_keeps_the_json(
    tiny: Path, traced: None, capfd: pytest.CaptureFixture[str]
) -> None:
    assert bench.groups() == ["first", "second"]
    options = ["--benchmark-json", "kept.json"]
    assert bench.bench(["first", "second"], options) == 0
    rows = bench.load(tiny / "kept.json").rows
    assert [(row.group, row.name, row.ideal) for row in rows] == [
        ("first", "one, 10", 1.0),
        ("first", "two", 1.0),
        ("second", "one, 10", 1.0),
        ("second", "two", 1.0),
    ]
    shown = capfd.readouterr()
    assert shown.err == ""  # no bar, as there is no terminal
    lines = shown.out.splitlines()
    assert re.sub(" +", " ", lines[0]) == (
        "first, seconds median min max times the ideal"
    )
    starts = ["first,", "one,", "two", "", "second,", "one,", "two"]
    assert [line.partition(" ")[0] for line in lines] == starts


def test_bench_shows_one_bar_for_all_rows(
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with terminal() as (outer, read, _):
        with open(outer, "w", encoding="utf-8", closefd=False) as stream:
            monkeypatch.setattr(sys, "stderr", stream)
            assert bench.bench(["first", "second"], []) == 0
        shown = read()
    assert re.findall(r"(\d/4) \|.{20}\| (\w+, .*?) *\r", shown) == [
        ("0/4", "first, one, 10"),
        ("1/4", "first, two"),
        ("2/4", "second, one, 10"),
        ("3/4", "second, two"),
    ]
    assert shown.rpartition("\r")[0].rpartition("\r")[2].isspace()  # cleared
    assert capsys.readouterr().out.startswith("first, seconds")


@pytest.mark.skipif(os.name == "nt", reason="no sessions there")
def test_a_terminal_sends_ctrl_c_to_bench_alone(tiny: Path) -> None:
    file = tiny / "test_first.py"
    session = "import os, pathlib\n"
    session += "pathlib.Path('session').write_text(str(os.getsid(0)))\n"
    file.write_text(session + file.read_text("utf-8"), "utf-8")
    assert bench.bench(["first"], []) == 0
    assert int((tiny / "session").read_text()) != os.getsid(0)


def test_bench_shows_what_failed(
    tiny: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tiny / "test_second.py"
    source = file.read_text("utf-8").replace('"two"', '"wrong"')
    file.write_text(source, "utf-8")
    assert bench.bench(["first", "second"], []) == 1
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "E   assert False" in shown.err
    assert "\nFAILED test_second.py::test_row[wrong] - " in shown.err
    assert not re.search(r"^row \d", shown.err, re.MULTILINE)


def test_bench_refuses_an_unknown_option_in_a_line(
    tiny: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match=r"^unrecognized arguments: --bad$"):
        bench.bench(["first"], ["--bad"])
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_bench_refuses_a_file_that_is_not_there_in_a_line(tiny: Path) -> None:
    with pytest.raises(ValueError, match=r"^file .* not found: no_file\.py$"):
        bench.bench(["first"], ["no_file.py"])


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


@pytest.mark.timing
def test_ctrl_c_ends_the_benchmarks(traced: None, alone: None) -> None:
    def has_a_site(director: psutil.Process) -> bool:
        return any(map(is_site, director.children(recursive=True)))

    assert interrupted(has_a_site, "bench", "waiting") == [
        "lab: stopped by Ctrl-C"
    ]


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Let the results be written into copies of the repository's files."""
    copies = {}
    for name in "README", "PAGE", "PICTURE":
        original: Path = getattr(results, name)
        copies[name] = tmp_path / original.name
        copies[name].write_text(original.read_text("utf-8"), "utf-8")
        monkeypatch.setattr(results, name, copies[name])
    return copies


def test_the_pages_have_the_results(pages: dict[str, Path]) -> None:
    """If this fails: `uv run lab results`."""
    before = {name: path.read_text("utf-8") for name, path in pages.items()}
    results.write()
    for name, path in pages.items():
        assert path.read_text("utf-8") == before[name]


def test_the_headlines_are_of_the_medians() -> None:
    entries = json.loads(results.RESULTS.read_text("utf-8"))["benchmarks"]
    medians = {
        (entry["group"], entry["extra_info"]["row"]): entry["stats"]["median"]
        for entry in entries
    }
    headline = re.compile(
        r"^- (\w+): (.+) (\S+) s, (.+) (\S+) s: \*\*(\S+) times faster",
        re.MULTILINE,
    )
    found = headline.findall(README.read_text("utf-8"))
    assert [group for group, *_ in found] == ["waiting", "computing"]
    for group, name, seconds, other, others_seconds, times in found:
        fast = medians[group, name]
        slow = medians[group, other]
        assert float(seconds) == pytest.approx(fast, abs=0.006)
        assert float(others_seconds) == pytest.approx(slow, abs=0.006)
        assert float(times) == pytest.approx(slow / fast, abs=0.06)


@pytest.mark.parametrize("marker", ["begin", "end"])
def test_without_a_marker_the_readme_stays_as_it_was(
    marker: str, pages: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    line = f"<!-- results: {marker} -->"
    text = pages["README"].read_text("utf-8").replace(f"{line}\n", "")
    pages["README"].write_text(text, "utf-8")
    others = {
        path: path.read_bytes() if path.exists() else None
        for name, path in pages.items()
        if name != "README"
    }
    assert director.main(["results"]) == 1
    assert capsys.readouterr() == (
        "",
        f"lab: README.md: {line} is there 0 times, not once\n",
    )
    assert pages["README"].read_text("utf-8") == text
    for path, content in others.items():
        assert (path.read_bytes() if path.exists() else None) == content


BEGIN = "<!-- x: begin -->\n"
END = "<!-- x: end -->\n"


def test_a_block_is_replaced_between_its_markers() -> None:
    text = f"before\n{BEGIN}old\nlines\n{END}after\n"
    replaced = replace_block(text, "x", "new")
    assert replaced == f"before\n{BEGIN}new\n{END}after\n"
    assert replace_block(replaced, "x", "new") == replaced


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (END, "<!-- x: begin --> is there 0 times, not once"),
        (BEGIN, "<!-- x: end --> is there 0 times, not once"),
        (BEGIN + END + END, "<!-- x: end --> is there 2 times, not once"),
        (END + BEGIN, "<!-- x: end --> stands before <!-- x: begin -->"),
    ],
)
def test_a_block_has_both_markers_once(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        replace_block(text, "x", "new")


def test_the_results_are_of_every_group() -> None:
    rows = bench.load(results.RESULTS).rows
    assert sorted({row.group for row in rows}) == bench.groups()
    assert max(map(len, bench.tables(rows).splitlines())) <= 80
    assert not re.search(r"/(home|root|Users)/", results.RESULTS.read_text())


def test_no_results_are_told_where_a_row_is_missing(file: Path) -> None:
    with pytest.raises(ValueError, match=r"no row \('waiting', 'async"):
        results.headlines(bench.load(file))
