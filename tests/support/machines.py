"""A made-up computer on which `lab choose` measures, with a clock."""

import math
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from typing import Any

import pytest

from backstage.choose import measurement, session
from backstage.choose.models import Advice
from backstage.choose.probe_process import ProbeLostError

LOAD_SECONDS = 0.2
START_SECONDS = 0.1  # of workers
CLUSTER_THREADS = 8


class FakeMachine:
    """Stands in for the probe process and for the clock.

    Attributes:
        cpu_share: The share of CPU time of each call.
        not_picklable: Why calls cannot be pickled, or "".
        wrong: The model whose results are wrong, or "".
        endless: The model that never ends, or "".
        now: The time, in seconds.
        samples: The model and the workers of each sample that was run.
    """

    is_idle = True

    def __init__(self, durations: Sequence[float], **parallel: float) -> None:
        """Make a machine.

        Args:
            durations: The seconds of a call, for each input.
            **parallel: By models, how many calls run at the same time with
                enough workers (without: 1).
        """
        self.durations = durations
        self.parallel = parallel
        self.cpu_share = 0.0
        self.not_picklable = ""
        self.wrong = ""
        self.endless = ""
        self.now = 0.0
        self.called = list[int]()
        self.samples = list[tuple[str, int]]()

    def load(self, timeout: float) -> dict[str, Any]:
        """Answer as `ProbeProcess.load` does."""
        self._pass(LOAD_SECONDS, timeout)
        return {"inputs": len(self.durations), "is_async": False}

    def ask(self, timeout: float, action: str, **request: Any) -> Any:
        """Answer as `ProbeProcess.ask` does, and let the time pass."""
        answer, seconds = getattr(self, f"_{action}")(**request)
        self._pass(seconds, timeout)
        return answer

    def end(self) -> None:
        """Do nothing, as no process runs."""

    def _pass(self, seconds: float, timeout: float) -> None:
        self.now += min(timeout, seconds)
        if seconds > timeout:
            raise ProbeLostError(f"did not end within {timeout:.1f} s")

    def _call(self, number: int) -> tuple[dict[str, Any], float]:
        seconds = self.durations[number]
        if number not in self.called:
            self.called.append(number)
        cpu_seconds = seconds * self.cpu_share
        answer = {"first": seconds, "seconds": seconds, "cpu": cpu_seconds}
        flags = {"is_lazy": False, "is_comparable": True}
        return {**answer, **flags}, 2 * seconds

    def _connect(self) -> tuple[dict[str, Any], float]:
        return {"threads": CLUSTER_THREADS}, LOAD_SECONDS

    def _measure_pickling(self, number: int) -> tuple[dict[str, Any], float]:
        if self.not_picklable:
            return {"reason": self.not_picklable}, 0.01
        return {"size": 99, "seconds": 1e-6}, 0.01

    def _open(self, model: str, workers: int) -> tuple[dict[str, Any], float]:
        answer = {"seconds": START_SECONDS, "bytes": 0}
        return answer, START_SECONDS

    def _close(self, model: str) -> tuple[dict[str, Any], float]:
        return {}, 0.001

    def _run(
        self, model: str, workers: int, tasks: int, first: int, **_: Any
    ) -> tuple[dict[str, Any], float]:
        self.samples.append((model, workers))
        parallel = min(self.parallel.get(model, 1), workers)
        numbers = islice(cycle(self.called), first, first + tasks)
        seconds = sum(self.durations[number] for number in numbers) / parallel
        seconds = self.disturb(model, seconds)
        if model == self.endless:
            seconds = math.inf
        wrong = tasks if model == self.wrong else 0
        cpu_seconds = seconds * self.cpu_share * parallel
        answer = {"seconds": seconds, "cpu": cpu_seconds, "wrong": wrong}
        return answer, seconds

    def disturb(self, model: str, seconds: float) -> float:
        """Return how long a sample takes beside other programs."""
        return seconds


MeasureOn = Callable[..., Advice]


@pytest.fixture
def measure_on(monkeypatch: pytest.MonkeyPatch) -> MeasureOn:
    """Measure on a made-up machine with two cores."""

    def run(
        machine: FakeMachine,
        seconds: float = 60,
        tasks: int = 100,
        scheduler: str = "",
    ) -> Advice:
        monkeypatch.setattr(session, "ProbeProcess", lambda *_: machine)
        for module in measurement, session:
            monkeypatch.setattr(module, "perf_counter", lambda: machine.now)
        monkeypatch.setattr(measurement, "cpus", lambda: 2)
        return measurement.measure("made:up", [], tasks, seconds, scheduler)

    return run
