"""`uv run lab bench` and `plot` as commands."""

from pathlib import Path

import pytest

from backstage.bench import run
from backstage.bench.results import load
from backstage.bench.terminal import draw_text
from backstage.course.catalogue import README
from support.commands import Invoke
from support.results import read_texts


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bench", "nonsense"], "no group 'nonsense'; there are computing, "),
        (["bench", "--", "--benchmark-json"], "expected one argument"),
        (["bench", "--", "--benchmark-json", "no/x.json"], "no/x.json"),
        (["plot", "no/such/file"], "'no/such/file'"),
        (["plot", str(README)], "no results of the benchmarks in"),
        (["plot"], "FILE"),
    ],
)
def test_bad_usage_is_reported_in_a_line(
    arguments: list[str], message: str, invoke: Invoke
) -> None:
    answer = invoke(*arguments)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.count("\n") == 1
    assert message in answer.err


def test_plot_draws_a_file_of_results(
    results_file: Path, invoke: Invoke
) -> None:
    svg = results_file.with_name("mine.svg")
    answer = invoke("plot", str(results_file), "--svg", str(svg))
    assert answer.status == 0
    assert answer.out == f"{draw_text(load(results_file))}\n"
    names = {path.name for path in results_file.parent.glob("*.svg")}
    groups = ["waiting", "computing", "paying", "scale"]
    assert names == {f"mine-{group}.svg" for group in groups}
    svg = results_file.with_name("mine-computing.svg")
    texts = read_texts(svg.read_text("utf-8"))
    assert "2.20 s (1.0 times the ideal)" in texts


def test_options_for_pytest_follow_two_dashes(
    monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    calls = []

    def run_benchmarks(groups: list[str], options: list[str]) -> int:
        calls.append((list(groups), list(options)))
        return 7

    monkeypatch.setattr(run, "run_benchmarks", run_benchmarks)
    assert invoke("bench", "scale", "--", "--quiet", "-x").status == 7
    assert invoke("bench").status == 7
    assert calls == [(["scale"], ["--quiet", "-x"]), (run.list_groups(), [])]
