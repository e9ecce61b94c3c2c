"""One function in a probe process, within a limit of time."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from random import Random
from statistics import mean
from time import perf_counter
from types import TracebackType
from typing import Any, NamedTuple, Self

from backstage.choose.models import Pickling
from backstage.choose.probe_process import (
    FunctionError,
    ProbeLostError,
    ProbeProcess,
)
from backstage.errors import LabError

RESERVE = 0.5  # seconds for the end of the probe
STEP_SHARE = 0.25  # of all seconds: what a single step may take
INPUTS_SHARE = 0.1  # of all seconds: time to try more than one input
SLOW_FIRST_CALL = 0.005  # seconds of a first call that is remarkable ...
CACHED_RATIO = 10  # ... if it took this many times as long as a later one


class Started(NamedTuple):
    """What it took to start workers."""

    seconds: float
    worker_bytes: float


class Session:
    """A function in a probe process, which is replaced when it is lost.

    Attributes:
        seconds: The limit for everything.
        is_async: Whether the function is a coroutine function.
        call_seconds: By the numbers of inputs that work, the elapsed time of
            a call.
        cpu_seconds: Mean CPU time of a call.
        load_seconds: How long it took to load the function.
    """

    def __init__(
        self,
        target: str,
        expressions: Sequence[str],
        seconds: float,
        on_wait: Callable[[], object] = lambda: None,
        scheduler: str = "",
    ) -> None:
        """Start a probe; see `ProbeProcess`."""
        self.target = target
        self.seconds = seconds
        self.scheduler = scheduler
        self.start = perf_counter()
        self.is_async = False
        self.call_seconds = dict[int, float]()
        self.cpu_seconds = 0.0
        self.load_seconds = 0.0
        self.opened = dict[str, int]()  # numbers of workers, by models
        self.start_probe = partial(
            ProbeProcess, target, expressions, on_wait, scheduler
        )
        self.probe = self.start_probe()

    def __enter__(self) -> Self:
        """Return the session."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the probe."""
        self.probe.end()

    def time_left(self) -> float:
        """Return the seconds that are left for steps."""
        return self.seconds - RESERVE - (perf_counter() - self.start)

    def load(self) -> int:
        """Load the function, and return the number of its inputs.

        Raises:
            UsageError: If the function or an input cannot be loaded.
            ProbeLostError: If the probe is lost.
        """
        start = perf_counter()
        answer = self.probe.load(self.time_left())
        self.load_seconds = perf_counter() - start
        self.is_async = answer["is_async"]
        return int(answer["inputs"])

    def ask(self, timeout: float, **request: Any) -> dict[str, Any]:
        """Ask the probe, or a new one if it is lost; see `ProbeProcess.ask`.

        The timeout is in seconds; the time left is a limit, too.
        """
        if not self.probe.is_idle:
            self._replace_probe()
        return self.probe.ask(min(timeout, self.time_left()), **request)

    def _replace_probe(self) -> None:
        self.probe.end()
        self.probe = self.start_probe()
        self.load()
        for number in self.call_seconds:
            self.probe.ask(self.time_left(), action="call", number=number)
        for model, workers in self.opened.items():
            self.probe.ask(
                self.time_left(), action="open", model=model, workers=workers
            )

    def try_inputs(self, count: int) -> list[str]:
        """Call the function with each input, while there is time.

        The order is random, so that the first inputs are like the others.

        Returns:
            Remarks on inputs that failed or are unusual.

        Raises:
            LabError: If the function works with none of them.
            ProbeLostError: If there was no time to call it.
        """
        remarks = dict[int, str]()
        cpu_seconds = list[float]()
        step = self.seconds * STEP_SHARE
        deadline = self.time_left() - self.seconds * INPUTS_SHARE
        for number in Random(0).sample(range(count), count):
            reserved = deadline if self.call_seconds else 0
            if self.time_left() <= reserved:
                break
            try:
                answer = self.ask(step, action="call", number=number)
                self.call_seconds[number] = answer["seconds"]
                cpu_seconds.append(answer["cpu"])
                remarks[number] = find_remark(**answer)
            except FunctionError as error:
                remarks[number] = str(error)
            except ProbeLostError as lost:
                remarks[number] = f"it {lost}"
        if not remarks:
            raise ProbeLostError("was not called at all")
        lines = [
            f"input {number + 1}: {remarks[number]}"
            for number in sorted(remarks)
            if remarks[number]
        ]
        if not self.call_seconds:
            first, *rest = lines
            more = f"; and {len(rest):,} more" if rest else ""
            raise LabError(first + more)
        self.cpu_seconds = mean(cpu_seconds)
        return lines

    def measure_pickling(self) -> Pickling | str:
        """Return what it costs to pickle a call, or why it is impossible."""
        number = next(iter(self.call_seconds))
        step = self.seconds * STEP_SHARE
        answer = self.ask(step, action="measure_pickling", number=number)
        if "reason" in answer:
            return str(answer["reason"])
        return Pickling(answer["size"], answer["seconds"])

    def open(self, model: str, workers: int, timeout: float) -> Started:
        """Start a model's workers; raises as `ProbeProcess.ask` does."""
        answer = self.ask(timeout, action="open", model=model, workers=workers)
        self.opened[model] = workers
        return Started(answer["seconds"], answer["bytes"])

    def close(self, model: str) -> None:
        """Shut down a model's workers, if it has any."""
        if self.opened.pop(model, None) and self.probe.is_idle:
            with suppress(ProbeLostError):  # a new one starts without them
                self.probe.ask(RESERVE, action="close", model=model)


def find_remark(
    first: float,
    seconds: float,
    cpu: float,
    is_lazy: bool,
    is_comparable: bool,
) -> str:
    """Return what is unusual about a call, or ""; see `Probe.call`."""
    if is_lazy:
        return "it returns a generator, whose code was not run"
    if not is_comparable:
        return (
            "its results differ from call to call or cannot be compared, "
            "so they are not checked"
        )
    if first < max(SLOW_FIRST_CALL, CACHED_RATIO * seconds):
        return ""
    factor = first / max(seconds, 1e-9)
    return (
        f"the first call took {factor:,.0f} times as long as a later one, "
        "and does not count"
    )
