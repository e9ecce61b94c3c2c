"""`uv run lab bench`: pytest in a process of its own."""

import os
import re
import sys
from pathlib import Path

import psutil
import pytest

from backstage.bench import run
from backstage.bench.results import load
from backstage.errors import UsageError
from support.commands import interrupt_lab
from support.processes import is_site
from support.terminals import terminal

INI = """
[pytest]
filterwarnings = error
addopts = -p no:hypothesispytest
"""
HOOKS = """
def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true")

def pytest_benchmark_generate_machine_info():
    return {"environment": "a machine"}
"""
BENCHMARKS = """
import pytest

@pytest.mark.benchmark(group="GROUP")
@pytest.mark.parametrize("row", ["one, 10", "two"])
def test_row(row, benchmark):
    benchmark.extra_info |= {"row": row, "ideal": [1.0], "ideal is": "it"}
    assert benchmark.pedantic(lambda: row != "wrong", rounds=3)
"""


@pytest.fixture
def outside_xdist(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a pytest of its own from being one of xdist's workers."""
    for name in [name for name in os.environ if "XDIST" in name]:
        monkeypatch.delenv(name)


@pytest.fixture
def folder(
    traced: None,
    outside_xdist: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Make a folder of two groups with two small benchmarks each."""
    (tmp_path / "pytest.ini").write_text(INI, "utf-8")
    (tmp_path / "conftest.py").write_text(HOOKS, "utf-8")
    for group in "first", "second":
        source = BENCHMARKS.replace("GROUP", group)
        (tmp_path / f"test_{group}.py").write_text(source, "utf-8")
    monkeypatch.setattr(run, "BENCHMARKS", tmp_path)
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_prints_tables_and_keeps_the_json(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run.list_groups() == ["first", "second"]
    options = ["--benchmark-json", "kept.json"]
    assert run.run_benchmarks(["first", "second"], options) == 0
    rows = load(folder / "kept.json").rows
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


def test_a_terminal_has_a_bar_and_sends_ctrl_c_to_the_parent_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "test_first.py"
    session = "import os, pathlib\n"
    session += "pathlib.Path('session').write_text(str(os.getsid(0)))\n"
    file.write_text(session + file.read_text("utf-8"), "utf-8")
    with terminal() as (outer, read, _):
        with open(outer, "w", encoding="utf-8", closefd=False) as stream:
            monkeypatch.setattr(sys, "stderr", stream)
            assert run.run_benchmarks(["first", "second"], []) == 0
        shown = read()
    assert re.findall(r"(\d/4) \|.{20}\| (\w+, .*?) *\r", shown) == [
        ("0/4", "first, one, 10"),
        ("1/4", "first, two"),
        ("2/4", "second, one, 10"),
        ("3/4", "second, two"),
    ]
    assert shown.rpartition("\r")[0].rpartition("\r")[2].isspace()  # cleared
    # A terminal sends Ctrl-C to one session.
    assert int((folder / "session").read_text()) != os.getsid(0)


def test_a_failed_benchmark_is_reported(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = folder / "test_second.py"
    source = file.read_text("utf-8").replace('"two"', '"wrong"')
    file.write_text(source, "utf-8")
    assert run.run_benchmarks(["first", "second"], []) == 1
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "E   assert False" in shown.err
    assert "\nFAILED test_second.py::test_row[wrong] - " in shown.err
    assert not re.search(r"^row \d", shown.err, re.MULTILINE)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--bad", r"^unrecognized arguments: --bad$"),
        pytest.param(
            "no_file.py",
            r"^file .* not found: no_file\.py$",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_in_a_line(
    option: str,
    message: str,
    folder: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(UsageError, match=message):
        run.run_benchmarks(["first"], [option])
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.timing
def test_ctrl_c_ends_the_benchmarks(traced: None, outside_xdist: None) -> None:
    def has_a_site(lab: psutil.Process) -> bool:
        return any(map(is_site, lab.children(recursive=True)))

    assert interrupt_lab(has_a_site, "bench", "waiting") == [
        "lab: stopped by Ctrl-C"
    ]
