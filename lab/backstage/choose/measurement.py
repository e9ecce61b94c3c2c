"""Measure which model of concurrency suits a function.

The probe process holds the workers of all models at the same time. In each
round, every model runs a sample of tasks, one model after the other, so that
all of them see the same noise of the machine. Models that are far behind
leave early.
"""

from collections.abc import Sequence
from concurrent import futures
from time import perf_counter

from tqdm import tqdm

from backstage.choose.inputs import read_inputs
from backstage.choose.models import (
    POOL_CLASSES,
    Advice,
    Model,
    Pickling,
    measured,
)
from backstage.choose.preparation import Preparation
from backstage.choose.probe_process import ProbeLostError
from backstage.choose.ranking import decide, find_contenders
from backstage.choose.sampling import Sampler
from backstage.choose.session import Session
from backstage.errors import LabError
from backstage.system import cpus

SAMPLE = 0.2  # seconds of a sample
MAX_ROUNDS = 15


def measure(
    function: str,
    inputs: Sequence[str],
    tasks: int,
    seconds: float,
    scheduler: str = "",
) -> Advice:
    """Measure a function, and choose a model for it.

    In a terminal, a progress bar shows the time that is left at most.

    Args:
        function: "module:function".
        inputs: Expressions, or names of files; see `inputs.read_inputs`.
        tasks: How many tasks the advice is for.
        seconds: How long the measurement may take.
        scheduler: Address of the scheduler of a Dask cluster, which takes
            part as one more model.

    Raises:
        UsageError: If the function or an input cannot be loaded.
        LabError: If the function fails or takes too long to be measured, or
            if the cluster cannot be used.
    """
    expressions = read_inputs(inputs)
    start = perf_counter()
    with tqdm(
        total=seconds,
        desc="measuring",
        bar_format="{desc} {bar:30}",
        leave=False,
        disable=None,  # it is disabled where there is no terminal
    ) as bar:

        def show_progress() -> None:
            bar.n = min(perf_counter() - start, seconds)
            left = f"{seconds - bar.n:.0f} s left"
            bar.set_description_str(f"measuring, at most {left}")

        with Session(
            function, expressions, seconds, show_progress, scheduler
        ) as session:
            try:
                return Measurement(session, tasks).run()
            except ProbeLostError as lost:
                if session.time_left() > 0:
                    raise LabError(f"{function}: it {lost}") from None
                message = f"{function}: {seconds:g} s are not enough for it"
                raise LabError(message) from None


class Measurement:
    """The schedule: what is measured of a function, and in which order."""

    def __init__(self, session: Session, tasks: int) -> None:
        """Prepare to measure so many tasks."""
        self.session = session
        self.sampler = Sampler(session, tasks)
        self.advice = Advice(session.target, tasks)
        self.cores = max(1, int(cpus()))

    def run(self) -> Advice:
        """Measure what there is time for, and choose.

        Raises:
            UsageError: If the function or an input cannot be loaded.
            LabError: If no advice is possible.
            ProbeLostError: If the probe was lost before anything is known.
        """
        self.examine_function()
        Preparation(self.sampler, self.advice, self.cores).run()
        ready = filter(self.sampler.is_ready, self.advice.models)
        models = list(ready)
        for _ in range(MAX_ROUNDS):
            for model in models:
                seconds = self.sampler.expected_seconds(model, SAMPLE)
                self.sampler.attempt(model, seconds, self.run_sample)
            models = find_contenders(
                measured(self.advice.models), self.advice.tasks
            )
        for model in self.advice.models:
            if self.sampler.is_ready(model) and not model.rounds:
                # Calls are long: the sample before the rounds must suffice.
                model.rounds = [self.sampler.task_seconds[model.name]]
        decide(self.advice)
        return self.advice

    def examine_function(self) -> None:
        """Call the function with its inputs, and list the possible models."""
        advice = self.advice
        inputs = self.session.load()
        threads = self.count_cluster_threads()
        advice.remarks = self.session.try_inputs(inputs)
        advice.is_async = self.session.is_async
        advice.call_seconds = self.sampler.call_seconds()
        advice.cpu_seconds = self.session.cpu_seconds
        pickling = self.session.measure_pickling()
        other = "asyncio" if advice.is_async else "threads"
        advice.models = [Model("sequential"), Model(other)]
        for name in "processes", "interpreters":
            if hasattr(futures, POOL_CLASSES[name]):
                reason = pickling if isinstance(pickling, str) else ""
                advice.models.append(Model(name, excluded=reason))
        if threads:
            advice.models.append(Model("cluster", threads))
        if isinstance(pickling, Pickling):
            advice.pickling = pickling

    def count_cluster_threads(self) -> int:
        """Return how many threads the cluster has, or 0 without a cluster.

        Raises:
            LabError: If the cluster cannot be used.
        """
        scheduler = self.session.scheduler
        if not scheduler:
            return 0
        try:
            answer = self.session.ask(self.session.seconds, action="connect")
        except ProbeLostError as lost:  # something else has that address
            raise LabError(f"connecting to {scheduler} {lost}") from None
        return int(answer["threads"])

    def run_sample(self, model: Model) -> None:
        """Run a sample of a model, as its part of a round."""
        size = self.sampler.size(model, SAMPLE)
        model.rounds.append(self.sampler.run(model, size))
