"""The probe, in this process: one function, and calls of it."""

import os
import sys
from contextlib import nullcontext
from typing import Any

import pytest

from backstage.choose.probe import Probe


def make_probe(name: str, *expressions: str) -> Probe:
    """Return a probe that has called the function with each input."""
    probe = Probe(f"support.functions:{name}", expressions)
    for number in range(len(probe.calls)):
        probe.call(number)
    return probe


def test_the_cpu_time_of_child_processes_counts() -> None:
    if os.name == "nt":
        pytest.skip("Windows does not count it")
    probe = Probe("support.functions:compute_in_process", ["1"])
    assert probe.call(0)["cpu"] > 0.01  # a start alone takes about 2 ms


def test_pickling_is_measured() -> None:
    answer = make_probe("tiny", "5").measure_pickling(0)
    assert answer["size"] > 0
    assert answer["seconds"] > 0


@pytest.mark.parametrize(
    ("name", "part"),
    [("a_lambda", "function or input"), ("make_lambda", "result")],
)
def test_calls_that_cannot_be_pickled(name: str, part: str) -> None:
    reason = make_probe(name, "5").measure_pickling(0)["reason"]
    assert reason.startswith(f"its {part} cannot be pickled: ")


def test_results_that_are_wrong_in_threads() -> None:
    probe = make_probe("fail_beside_another", "1")
    probe.open("threads", 2)
    assert probe.run("sequential", 1, tasks=4)["wrong"] == 0
    assert probe.run("threads", 2, tasks=4)["wrong"] > 0
    probe.workers.close_all()


def test_arrays_are_compared_in_full() -> None:
    probe = make_probe("make_array", "2", "4")
    assert probe.is_comparable
    assert probe.run("sequential", 1, tasks=4)["wrong"] == 0
    probe.results[1] = probe.results[0]
    assert probe.run("sequential", 1, tasks=4)["wrong"] == 2


@pytest.mark.parametrize("fails", [False, True])
def test_frequent_switches_of_threads_end_with_the_sample(
    fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    interval = sys.getswitchinterval()

    def run(*_: Any) -> list[int]:
        assert sys.getswitchinterval() < interval
        return [1 // (not fails)]

    probe = Probe("operator:neg", ["-1"])
    probe.call(0)
    monkeypatch.setattr(probe.workers, "run", run)
    with pytest.raises(ZeroDivisionError) if fails else nullcontext():
        probe.run("threads", 2, tasks=1, provoke_races=True)
    assert sys.getswitchinterval() == interval
