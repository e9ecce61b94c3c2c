"""How many workers of a model are useful."""

import math
from functools import partial

from backstage.choose.models import Advice, Model
from backstage.choose.ranking import CLEAR_DIFFERENCE, MIN_DIFFERENCE
from backstage.choose.sampling import Sampler, Step

PEEK = 0.15  # seconds of a sample
MAX_PROCESSES = 4  # for each core
WORKER_COUNTS = [2, 8, 32, 128, 512]  # to try, if calls wait
SHORT_SHARE = 0.025  # of all seconds: calls for which counts are tried
FULL_CPU_SHARE = 0.9  # share of CPU time: more workers than cores are useless


class WorkerSearch:
    """Starts the workers of a model, in a useful number."""

    def __init__(self, sampler: Sampler, advice: Advice, cores: int) -> None:
        """Search for the models of an advice."""
        self.sampler = sampler
        self.session = sampler.session
        self.advice = advice
        self.cores = cores

    def find_worker_count(self, model: Model, limit: int) -> None:
        """Start a useful number of workers, at most the limit."""
        share, call_seconds = self.advice.cpu_share, model.call_seconds
        limit = min(limit, self.sampler.tasks)
        is_short = call_seconds <= self.session.seconds * SHORT_SHARE
        if is_short and share < FULL_CPU_SHARE:
            count = sum(number < limit for number in WORKER_COUNTS) + 1
            seconds = 2 * max(PEEK, call_seconds) * count
            step: Step = partial(self.try_worker_counts, limit=limit)
        else:
            useful = round(self.cores / max(share, 0.001))
            model.workers = max(1, min(limit, useful))
            turns = max(1, model.workers * share / self.cores)
            seconds = turns * call_seconds + PEEK
            step = self.start
        self.sampler.attempt(model, seconds, step)

    def try_worker_counts(self, model: Model, limit: int) -> None:
        """Start the smallest number of workers that are as fast as more."""
        task_seconds = {1: model.call_seconds}
        counts = [count for count in WORKER_COUNTS if count < limit]
        for count in [*counts, limit]:
            before = task_seconds[max(task_seconds)]
            model.workers = count
            self.start(model)
            task_seconds[count] = self.sampler.task_seconds[model.name]
            if before < task_seconds[count] * MIN_DIFFERENCE:
                break
        enough = min(task_seconds.values()) * MIN_DIFFERENCE
        best = min(n for n in task_seconds if task_seconds[n] <= enough)
        if best not in (1, model.workers):
            model.workers = best
            self.start(model)

    def start(self, model: Model) -> None:
        """Start a model's workers, and run a sample of some length."""
        self.sampler.start(model)
        if self.sampler.size(model, PEEK) > self.sampler.smallest_size(model):
            self.peek(model)

    def peek(self, model: Model, provoke_races: bool = False) -> float:
        """Run a short sample; see `Sampler.run`."""
        size = self.sampler.size(model, PEEK)
        return self.sampler.run(model, size, provoke_races)

    def start_processes(self, model: Model, workers: int) -> None:
        """Start so many processes or interpreters, if there is time."""

        def start(model: Model) -> None:
            model.workers = workers
            self.start(model)

        # Each worker loads what the probe has loaded, and so does the server
        # from which workers are forked.
        loads = 1 + math.ceil(workers / self.cores)
        seconds = loads * self.session.load_seconds + model.call_seconds
        self.sampler.attempt(model, seconds, start)

    def find_process_count(self, model: Model) -> int:
        """Return how many processes pay, including their start."""
        current = model.workers
        start_seconds = model.start_seconds / current
        worker_seconds = self.sampler.task_seconds[model.name] * current
        minimum = self.advice.cpu_seconds / self.cores

        def estimate_total(workers: int) -> float:
            task_seconds = max(worker_seconds / workers, minimum)
            return workers * start_seconds + self.sampler.tasks * task_seconds

        counts = [2 * self.cores, MAX_PROCESSES * self.cores]
        possible = [count for count in counts if count <= self.sampler.tasks]
        best = min([current, *possible], key=estimate_total)
        gain = estimate_total(current) / estimate_total(best)
        return best if gain > CLEAR_DIFFERENCE else current
