"""Samples: tasks that a model runs together, to measure one task."""

import math
from collections import Counter
from collections.abc import Callable
from itertools import cycle, islice
from statistics import mean

from backstage.choose.models import POOL_CLASSES, Model
from backstage.choose.probe_process import FunctionError, ProbeLostError
from backstage.choose.session import STEP_SHARE, Session

MAX_SAMPLE = 20_000  # tasks
CHUNK = 0.005  # seconds of work that a process gets at a time
CHUNKS = 4  # for each worker, at least
SLACK = 1.5  # times the expected seconds: what a step may take
NO_TIME = "there was no time left"
# Calls of each worker that even out inputs, if one takes twice the mean.
EVENING_CALLS = 4

Step = Callable[[Model], object]  # what is done with a model


class Sampler:
    """Starts workers and runs samples of tasks.

    Attributes:
        session: The function that the tasks call.
        tasks: How many tasks the advice is for.
        task_seconds: By models, the elapsed seconds per task in the newest
            sample.
        cores_used: By models, the CPU seconds per elapsed second in the
            newest sample, without those of other processes.
    """

    def __init__(self, session: Session, tasks: int) -> None:
        """Sample a workload of so many tasks."""
        self.session = session
        self.tasks = tasks
        self.task_seconds = dict[str, float]()
        self.cores_used = dict[str, float]()
        self.tasks_run = Counter[str]()  # by models
        self.timeout = session.seconds  # of a request

    def is_ready(self, model: Model) -> bool:
        """Return whether a model was sampled and may still be measured."""
        unusable = model.excluded or model.skipped
        return model.name in self.task_seconds and not unusable

    def attempt(self, model: Model, seconds: float, step: Step) -> None:
        """Do a step with a model, and exclude the model if that fails.

        Args:
            model: It is skipped if it is not measured yet and the step would
                take longer than there is time.
            seconds: How long the step is expected to take.
            step: What to do.
        """
        reason = "" if model.name in self.task_seconds else NO_TIME
        if seconds * SLACK > self.session.time_left():
            model.skipped = reason
            return
        shortest = self.session.seconds * STEP_SHARE
        self.timeout = max(seconds * SLACK, shortest)
        try:
            step(model)
        except FunctionError as error:
            model.excluded = str(error)
        except ProbeLostError as lost:
            if self.session.time_left() > 0:
                model.excluded = f"it {lost}"
            else:
                model.skipped = reason
        if model.excluded:
            self.session.close(model.name)

    def start(self, model: Model) -> None:
        """Start a model's workers, and let them run a smallest sample.

        Raises as `run` does.
        """
        if model.name in {*POOL_CLASSES, "cluster"}:
            started = self.session.open(
                model.name, model.workers, self.timeout
            )
            model.start_seconds, model.worker_bytes = started
        if model.name in ("processes", "interpreters", "cluster"):
            chunks = CHUNKS * model.workers
            size = math.ceil(CHUNK / self.call_seconds())
            model.chunk = max(1, min(size, self.tasks // chunks))
        self.run(model, self.smallest_size(model))

    def call_seconds(self) -> float:
        """Return the elapsed seconds of a call, as a mean of all inputs."""
        return mean(self.session.call_seconds.values())

    def smallest_size(self, model: Model) -> int:
        """Return the smallest number of tasks that occupies all workers.

        If some inputs take longer than others, each worker needs several.
        """
        if model.workers == 1:
            return 1
        slowest = max(self.session.call_seconds.values())
        unevenness = slowest / self.call_seconds() - 1
        calls = math.ceil(EVENING_CALLS * unevenness)
        limit = self.tasks // model.workers
        return max(1, min(calls, limit)) * model.workers

    def size(self, model: Model, seconds: float) -> int:
        """Return how many tasks a sample of so many seconds has."""
        task_seconds = self.task_seconds[model.name]
        calls = round(seconds / (task_seconds * model.workers))
        limit = MAX_SAMPLE // model.workers
        size = min(calls, limit) * model.workers
        return max(size, self.smallest_size(model))

    def expected_seconds(self, model: Model, seconds: float) -> float:
        """Return how long a sample of about so many seconds will take."""
        return self.size(model, seconds) * self.task_seconds[model.name]

    def run(
        self, model: Model, tasks: int, provoke_races: bool = False
    ) -> float:
        """Run a sample, and return the elapsed seconds per task.

        They are scaled to the mean of all inputs: a sample that happens to
        have the slow ones counts less.

        Args:
            model: Its workers must have been started.
            tasks: How many tasks the sample has.
            provoke_races: Whether threads switch as often as possible.

        Raises:
            FunctionError: If the function raised an error, or results are
                wrong.
            ProbeLostError: If the probe is lost.
        """
        inputs = list(self.session.call_seconds.values())
        first = self.tasks_run[model.name] % len(inputs)
        self.tasks_run[model.name] += tasks
        answer = self.session.ask(
            self.timeout,
            action="run",
            model=model.name,
            workers=model.workers,
            tasks=tasks,
            chunk=model.chunk,
            first=first,
            provoke_races=provoke_races,
        )
        if answer["wrong"]:
            message = f"{answer['wrong']:,} of {tasks:,} results were wrong"
            raise FunctionError(message)
        self.cores_used[model.name] = answer["cpu"] / answer["seconds"]
        one_by_one = sum(islice(cycle(inputs), first, first + tasks))
        seconds = float(answer["seconds"]) / one_by_one * self.call_seconds()
        self.task_seconds[model.name] = seconds
        return seconds
