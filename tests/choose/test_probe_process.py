"""The probe as a process: how it answers, and how it ends."""

from collections.abc import Callable, Iterator

import pytest

from backstage.choose import probe_process
from backstage.choose.probe_process import (
    FunctionError,
    ProbeLostError,
    ProbeProcess,
)

StartProbe = Callable[[str], ProbeProcess]


@pytest.fixture
def start_probe(functions: None) -> Iterator[StartProbe]:
    """Start probes that have loaded a function, and end them afterwards."""
    probes = []

    def start(name: str) -> ProbeProcess:
        target = f"support.functions:{name}"
        probe = ProbeProcess(target, ["1"], lambda: None)
        probes.append(probe)
        probe.load(20)
        return probe

    yield start
    for probe in probes:
        probe.end()  # a second time does not matter


def test_an_idle_probe_ends_by_itself(
    start_probe: StartProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_process, "END_TIMEOUT", 20)
    probe = start_probe("tiny")
    probe.ask(20, action="call", number=0)
    probe.ask(20, action="open", model="processes", workers=2)
    probe.end()
    assert probe.process.returncode == 0


def test_a_busy_probe_is_killed(start_probe: StartProbe) -> None:
    probe = start_probe("hang_in_child_process")
    probe.ask(20, action="call", number=0)
    probe.ask(20, action="open", model="processes", workers=2)
    with pytest.raises(ProbeLostError, match=r"^did not end within 0\.2 s$"):
        probe.ask(0.2, action="run", model="processes", workers=2, tasks=2)
    probe.end()
    assert probe.process.returncode not in (None, 0)


def test_a_probe_that_died_between_two_requests(
    start_probe: StartProbe,
) -> None:
    probe = start_probe("tiny")
    probe.process.kill()
    probe.process.wait(20)
    with pytest.raises(ProbeLostError, match=r"^ended its process"):
        probe.ask(20, action="call", number=0)


def test_processes_that_the_function_leaves_are_killed(
    start_probe: StartProbe,
) -> None:
    probe = start_probe("leave_process")
    probe.ask(20, action="call", number=0)
    probe.end()  # the fixture `traced` looks for them


def test_the_function_may_print_and_read(start_probe: StartProbe) -> None:
    probe = start_probe("print_and_read")
    assert probe.ask(20, action="call", number=0)["is_comparable"]


def test_an_error_of_the_function_is_one_line(start_probe: StartProbe) -> None:
    probe = start_probe("fail")
    with pytest.raises(FunctionError, match=r"^ValueError: never 1$"):
        probe.ask(20, action="call", number=0)
    assert probe.is_idle
