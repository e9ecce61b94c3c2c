"""The models of concurrency, what was measured of them, and the advice."""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import NamedTuple

# The simplest first: of two that are equally fast, the first is chosen.
MODEL_NAMES = [
    "sequential",
    "asyncio",
    "threads",
    "processes",
    "interpreters",
    "cluster",
]
# Their classes in concurrent.futures. Interpreters exist from Python 3.14 on.
POOL_CLASSES = {
    "threads": "ThreadPoolExecutor",
    "processes": "ProcessPoolExecutor",
    "interpreters": "InterpreterPoolExecutor",
}
# These pools start a worker when it is needed, not all of them at once.
LAZY_MODELS = {"threads", "interpreters"}


@dataclass
class Model:
    """A model of concurrency, and what was measured of it.

    Attributes:
        name: One of MODEL_NAMES.
        workers: How many workers (or coroutines) run at the same time.
        chunk: How many tasks a worker gets at a time.
        call_seconds: Elapsed time of one call with nothing beside it.
        start_seconds: Elapsed time until all workers had started.
        worker_bytes: Memory of one worker.
        rounds: For each round, the elapsed seconds per task when all workers
            are busy. A model that was dropped has fewer rounds than others.
        excluded: Why the model cannot be used, or "".
        skipped: Why the model was not measured, or "".
    """

    name: str
    workers: int = 1
    chunk: int = 1
    call_seconds: float = 0.0
    start_seconds: float = 0.0
    worker_bytes: float = 0.0
    rounds: list[float] = field(default_factory=list)
    excluded: str = ""
    skipped: str = ""

    def total_seconds(self, tasks: int) -> float:
        """Return the elapsed time of all tasks, by the median round."""
        return self._total_seconds(tasks, median(self.rounds))

    def total_seconds_by_round(self, tasks: int) -> list[float]:
        """Return the elapsed time of all tasks, by each of the rounds."""
        return [self._total_seconds(tasks, each) for each in self.rounds]

    def _total_seconds(self, tasks: int, task_seconds: float) -> float:
        """Return the elapsed time of all tasks, with the start of workers.

        No worker can be faster than its share of the calls, one by one.
        """
        if self.workers == 1:
            return self.start_seconds + tasks * task_seconds
        start = self.start_seconds
        if self.name in LAZY_MODELS:
            start *= min(1, tasks / self.workers)
        share = math.ceil(tasks / self.workers)
        if self.name == "cluster":  # calls may be faster or slower there
            return start + share * self.workers * task_seconds
        longest_share = share * self.call_seconds
        return start + max(longest_share, tasks * task_seconds)


class Pickling(NamedTuple):
    """What it costs to send a call to a process, and its result back."""

    size: int  # bytes
    seconds: float


class BestModel(NamedTuple):
    """The model to use for this number of tasks and more."""

    tasks: int
    name: str


@dataclass
class Advice:
    """What was measured of a function, and which model is best.

    Attributes:
        function: "module:function".
        tasks: How many tasks the advice is for.
        is_async: Whether the function is a coroutine function.
        call_seconds: Elapsed time of one call.
        cpu_seconds: CPU time of one call.
        speedup: How many times as fast two threads (or many coroutines) are
            as one.
        pickling: What pickling costs, if a call can be pickled.
        remarks: What failed, or is unusual.
        models: All models that are possible for such a function.
        best: Name of the best model.
        second: Name of the second best model, or "".
        ratios: For each round that both took part in, how many times as long
            as `best` the model `second` took.
        is_clear: Whether the difference between `best` and `second` is
            outside the spread of the rounds.
        break_even: From how many tasks on `best` is clearly faster than
            sequential, if it is.
        ranges: The best model by the number of tasks.
        ranges_when_started: The same if all workers have started already.
    """

    function: str
    tasks: int
    is_async: bool = False
    call_seconds: float = 0.0
    cpu_seconds: float = 0.0
    speedup: float | None = None
    pickling: Pickling | None = None
    remarks: list[str] = field(default_factory=list)
    models: list[Model] = field(default_factory=list)
    best: str = ""
    second: str = ""
    ratios: list[float] = field(default_factory=list)
    is_clear: bool = False
    break_even: int | None = None
    ranges: list[BestModel] = field(default_factory=list)
    ranges_when_started: list[BestModel] = field(default_factory=list)

    @property
    def cpu_share(self) -> float:
        """The part of a call that is CPU time, 0 to 1."""
        return min(self.cpu_seconds / self.call_seconds, 1)

    def find(self, name: str) -> Model:
        """Return the model with this name."""
        return next(model for model in self.models if model.name == name)

    def json(self) -> str:
        """Return everything as JSON, in one line."""
        return json.dumps(asdict(self))


def measured(models: Iterable[Model]) -> list[Model]:
    """Return the models that have rounds and can be used."""
    return [model for model in models if model.rounds and not model.excluded]
