"""The whole measurement: on made-up machines, and of real functions."""

import json
from concurrent import futures
from typing import Any, ClassVar

import pytest

from backstage.choose import report, worker_search
from backstage.choose.measurement import measure
from backstage.choose.models import Advice
from backstage.choose.questions import DEFAULT_SECONDS
from backstage.choose.ranking import compare
from backstage.choose.rules import Work, by_rule
from backstage.errors import LabError
from backstage.system import gil_is_on
from support.machines import FakeMachine, MeasureOn


def make_computing_machine(call_seconds: float) -> FakeMachine:
    """Return a machine on which calls compute and keep the GIL."""
    machine = FakeMachine([call_seconds], processes=2, interpreters=2)
    machine.cpu_share = 1.0
    return machine


# On made-up machines.


@pytest.mark.parametrize("seconds", [4, DEFAULT_SECONDS, 60])
@pytest.mark.parametrize("duration", [1e-6, 0.01, 0.1, 0.4])
def test_the_time_limit_is_kept(
    seconds: float, duration: float, measure_on: MeasureOn
) -> None:
    machine = FakeMachine([duration], threads=4, processes=2)
    assert measure_on(machine, seconds).best
    assert machine.now < seconds


@pytest.mark.parametrize(
    ("duration", "seconds", "message"),
    [
        (3, 10, r"input 1: it did not end within 2\.5 s"),
        (1e-6, 0.6, r"made:up: 0\.6 s are not enough for it"),
    ],
)
def test_functions_that_are_too_slow(
    duration: float, seconds: float, message: str, measure_on: MeasureOn
) -> None:
    with pytest.raises(LabError, match=f"^{message}$"):
        measure_on(FakeMachine([duration]), seconds)


def test_processes_for_a_function_that_keeps_the_gil(
    measure_on: MeasureOn,
) -> None:
    advice = measure_on(make_computing_machine(0.02), DEFAULT_SECONDS)
    assert advice.best == "processes"
    sequential, processes = map(advice.find, ["sequential", "processes"])
    assert compare(sequential, processes, advice.tasks).is_clear
    if hasattr(futures, "InterpreterPoolExecutor"):  # here they are as fast
        assert advice.second == "interpreters"
    else:
        assert advice.is_clear
    threads = advice.find("threads")
    assert "not clearly faster than one" in threads.skipped
    assert "threads" not in [name for _, name in advice.ranges]


def test_threads_within_the_noise_are_not_advised(
    measure_on: MeasureOn,
) -> None:
    """Two threads are sometimes faster than one, and sometimes slower."""

    class NoisyMachine(FakeMachine):
        def disturb(self, model: str, seconds: float) -> float:
            factors = [1.3, 0.8, 1.2, 1.0, 0.9]
            return seconds * factors[len(self.samples) % len(factors)]

    machine = NoisyMachine([0.02])
    machine.cpu_share = 1.0
    advice = measure_on(machine, DEFAULT_SECONDS)
    assert advice.best == "sequential"
    assert {name for _, name in advice.ranges} == {"sequential"}
    assert advice.break_even is None


def test_processes_that_cannot_be_faster_are_not_started(
    measure_on: MeasureOn,
) -> None:
    machine = FakeMachine([0.1], threads=100, processes=100, interpreters=100)
    advice = measure_on(machine, DEFAULT_SECONDS)
    assert advice.best == "threads"
    assert advice.find("processes").skipped == (
        "it cannot be faster than threads"
    )
    assert {name for name, _ in machine.samples} == {"sequential", "threads"}


def test_more_processes_than_cores_where_they_pay(
    measure_on: MeasureOn,
) -> None:
    """Calls wait, but keep the GIL."""
    machine = FakeMachine([0.1], processes=99)
    advice = measure_on(machine, 60, tasks=1_000)
    assert advice.best == "processes"
    assert advice.find("processes").workers == 8


def test_a_model_that_is_far_behind_leaves_early(
    measure_on: MeasureOn,
) -> None:
    machine = FakeMachine([0.01], threads=1.5, processes=0.1)
    machine.cpu_share = 1.0
    advice = measure_on(machine, DEFAULT_SECONDS)
    assert len(advice.find("processes").rounds) == 1
    assert len(advice.find("threads").rounds) >= 3


def test_models_that_are_close_get_more_rounds(measure_on: MeasureOn) -> None:
    machine = FakeMachine([0.01], threads=1.2)
    machine.cpu_share = 1.0
    machine.not_picklable = "its result cannot be pickled"
    close = measure_on(machine, DEFAULT_SECONDS)
    machine.parallel["threads"] = 2
    clear = measure_on(machine, DEFAULT_SECONDS)
    assert len(close.ratios) > len(clear.ratios)


@pytest.mark.parametrize(("parallel", "workers"), [(2, 2), (4, 8), (99, 100)])
def test_no_more_threads_than_are_useful(
    parallel: int, workers: int, measure_on: MeasureOn
) -> None:
    machine = FakeMachine([0.1], threads=parallel)
    threads = measure_on(machine).find("threads")
    assert threads.workers == workers
    expected = 0.1 / min(parallel, workers)
    assert threads.rounds == pytest.approx([expected] * len(threads.rounds))


def test_inputs_of_different_length(measure_on: MeasureOn) -> None:
    machine = FakeMachine([0.01, 0.19, 0.01, 0.02, 0.02], processes=2)
    machine.cpu_share = 1.0
    advice = measure_on(machine)
    assert advice.call_seconds == pytest.approx(0.05)
    assert advice.best == "processes"
    rounds = advice.find("processes").rounds
    assert rounds == pytest.approx([0.025] * len(rounds))


def test_a_model_with_wrong_results_is_excluded(measure_on: MeasureOn) -> None:
    machine = FakeMachine([0.1], threads=10, processes=4)
    machine.wrong = "threads"
    advice = measure_on(machine)
    assert "2 of 2 results were wrong" in advice.find("threads").excluded
    assert advice.best == "processes"


def test_a_model_that_does_not_end_is_excluded(measure_on: MeasureOn) -> None:
    machine = make_computing_machine(0.1)
    machine.parallel["threads"] = 1.5
    machine.endless = "processes"
    advice = measure_on(machine)
    reason = advice.find("processes").excluded
    assert reason == "it did not end within 15.0 s"
    has_interpreters = advice.models[-1].name == "interpreters"
    assert advice.best == ("interpreters" if has_interpreters else "threads")


def test_calls_that_cannot_be_pickled(measure_on: MeasureOn) -> None:
    machine = FakeMachine([0.1], threads=4)
    machine.not_picklable = "its result cannot be pickled"
    advice = measure_on(machine)
    assert advice.find("processes").excluded == machine.not_picklable
    assert advice.best == "threads"


def test_two_threads_and_one_take_turns_in_being_first(
    measure_on: MeasureOn,
) -> None:
    machine = FakeMachine([0.02], threads=2)
    measure_on(machine)
    names = [name for name, _ in machine.samples]
    first, *pairs, races = names[:8]
    assert first == races == "threads"
    assert pairs[0::2] == ["sequential", "threads", "sequential"]
    assert pairs[1::2] == ["threads", "sequential", "threads"]


def test_threads_in_which_a_race_can_be_provoked_are_excluded(
    measure_on: MeasureOn,
) -> None:
    class RacingMachine(FakeMachine):
        def _run(
            self,
            model: str,
            workers: int,
            tasks: int,
            first: int,
            **flags: Any,
        ) -> tuple[dict[str, Any], float]:
            answer, seconds = super()._run(model, workers, tasks, first)
            if flags["provoke_races"]:
                answer["wrong"] = tasks
            return answer, seconds

    advice = measure_on(RacingMachine([0.1], threads=10, processes=4))
    assert "results were wrong" in advice.find("threads").excluded
    assert advice.best == "processes"


def test_threads_are_not_faster_than_the_cores_that_they_used(
    measure_on: MeasureOn,
) -> None:
    """Two of them get more of a core that other programs use, too."""

    class BusyMachine(FakeMachine):
        def _run(self, *arguments: Any, **request: Any) -> Any:
            answer, seconds = super()._run(*arguments, **request)
            answer["cpu"] = seconds  # of a single core
            return answer, seconds

    machine = BusyMachine([0.02], threads=2, processes=2)
    machine.cpu_share = 1.0
    advice = measure_on(machine)
    assert advice.speedup == pytest.approx(1)
    assert "not clearly faster than one" in advice.find("threads").skipped
    # A single pair shows it.
    names = [name for name, _ in machine.samples]
    before = names[: names.index("processes")]
    assert before == ["threads", "sequential", "threads", "threads"]


def test_no_thread_runs_while_processes_start(measure_on: MeasureOn) -> None:
    class WatchedMachine(FakeMachine):
        has_threads = False
        starts: ClassVar[list[tuple[str, bool]]] = []

        def _open(self, model: str, workers: int) -> Any:
            self.starts.append((model, self.has_threads))
            self.has_threads |= model == "threads"
            return super()._open(model, workers)

        def _close(self, model: str) -> Any:
            self.has_threads &= model != "threads"
            return super()._close(model)

    machine = WatchedMachine([0.02], threads=2, processes=2)
    advice = measure_on(machine)
    assert ("processes", False) in machine.starts
    assert ("processes", True) not in machine.starts
    assert machine.has_threads
    assert advice.find("threads").rounds


def test_long_calls_are_compared_in_a_single_sample(
    measure_on: MeasureOn,
) -> None:
    machine = FakeMachine([4.0], threads=100)
    advice = measure_on(machine, 60)
    assert advice.best == "threads"
    assert "sequential" not in [name for name, _ in machine.samples[:2]]


def test_no_more_processes_than_tasks(measure_on: MeasureOn) -> None:
    advice = measure_on(make_computing_machine(0.02), tasks=1)
    processes = advice.find("processes")
    assert (processes.workers, processes.skipped) == (1, "")


def test_threads_that_use_all_cores_cannot_be_beaten(
    measure_on: MeasureOn,
) -> None:
    machine = make_computing_machine(0.1)
    machine.parallel["threads"] = 2
    skipped = measure_on(machine).find("processes").skipped
    assert skipped == "it cannot be faster than threads"


def test_calls_may_be_shorter_in_a_sample_than_alone(
    measure_on: MeasureOn,
) -> None:
    """This alone does not show that processes would be of no use."""

    class WarmMachine(FakeMachine):
        def disturb(self, model: str, seconds: float) -> float:
            return seconds / 2

    machine = WarmMachine([0.1], processes=2)
    machine.cpu_share = 1.0
    assert measure_on(machine).best == "processes"


def test_many_coroutines_wait_at_the_same_time(measure_on: MeasureOn) -> None:
    class AsyncMachine(FakeMachine):
        def load(self, timeout: float) -> dict[str, Any]:
            return super().load(timeout) | {"is_async": True}

    machine = AsyncMachine([0.1], asyncio=5_000)
    advice = measure_on(machine, tasks=9_999)
    assert advice.best == "asyncio"
    assert advice.find("asyncio").workers == 1_000


# Of real functions.


def measure_function(name: str, *inputs: str, tasks: int = 100) -> Advice:
    return measure(f"support.functions:{name}", inputs, tasks, 20)


@pytest.mark.slow
def test_a_function_that_waits(
    functions: None, capsys: pytest.CaptureFixture[str]
) -> None:
    advice = measure_function("wait", "1", "2")
    assert advice.best == "threads"
    assert advice.ranges[0] == (1, "sequential")
    assert json.loads(advice.json())["best"] == "threads"
    report.print_advice(advice)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) < 80
    assert "it mostly waits" in lines[0]


def test_a_coroutine_function(functions: None) -> None:
    advice = measure_function("wait_async", "*range(3)")
    assert advice.is_async
    assert advice.best == "asyncio"
    assert "threads" not in {model.name for model in advice.models}


@pytest.mark.slow
def test_a_model_that_dies_is_excluded(functions: None) -> None:
    advice = measure_function("exit_process_in_thread", "9")
    reason = advice.find("threads").excluded
    assert reason == "it ended its process (status 5)"
    assert advice.best != "threads"


@pytest.mark.slow
def test_processes_that_hang_are_excluded(
    functions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backstage.choose.sampling.STEP_SHARE", 0.05)
    advice = measure_function("hang_in_child_process", "1")
    reason = advice.find("processes").excluded
    assert reason.startswith("it did not end within")
    assert advice.best == "sequential"


@pytest.mark.slow
@pytest.mark.timing
@pytest.mark.parametrize(
    ("name", "work"),
    [
        ("wait", Work("waits", 100, 0.05)),
        ("wait_async", Work("waits", 100, 0.05, libraries="async")),
        ("tiny", Work("computes", 100, 1e-6)),
    ],
)
def test_rules_and_measurements_agree(
    name: str, work: Work, functions: None
) -> None:
    assert measure_function(name, "1").best == by_rule(work).best


@pytest.mark.slow
@pytest.mark.timing
@pytest.mark.parametrize(
    ("name", "workload"),
    [("wait_with_gil", "computes"), ("wait_half_with_gil", "mixed")],
)
def test_rules_and_measurements_agree_where_the_gil_is_kept(
    name: str,
    workload: str,
    functions: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The functions sleep, so that a busy machine does not matter."""
    monkeypatch.setattr(worker_search, "MAX_PROCESSES", 4)
    advice = measure_function(name, "0.02", tasks=1_000)
    rule = by_rule(Work(workload, 1_000, advice.call_seconds))
    parallel = {"processes", "interpreters"} if gil_is_on() else {"threads"}
    assert {advice.best, rule.best} <= parallel
    if name == "wait_with_gil":
        assert advice.speedup
        assert (advice.speedup < report.SPEEDUP) == gil_is_on()
