"""Before the rounds: start workers, and find how many of them are useful."""

import math
from functools import partial
from statistics import median

from backstage.choose.models import Advice, Model
from backstage.choose.ranking import CLEAR_DIFFERENCE, MIN_DIFFERENCE
from backstage.choose.sampling import Sampler, Step

PEEK = 0.15  # seconds of a sample
MIN_SPEEDUP = 1.15  # of two threads: below it, threads are of no use
PAIRS = 3  # samples with one thread and with two, in turns
PAIRS_SHARE = 0.12  # of all seconds: what the pairs may take
MAX_THREADS = 100
MAX_COROUTINES = 1_000
MAX_PROCESSES = 4  # for each core
WORKER_COUNTS = [2, 8, 32, 128, 512]  # to try, if calls wait
SHORT_SHARE = 0.025  # of all seconds: calls for which counts are tried
COMPUTING = 0.9  # share of CPU time: more workers than cores are useless


class Preparation:
    """Starts the workers of each model, and takes a first sample."""

    def __init__(self, sampler: Sampler, advice: Advice, cores: int) -> None:
        """Prepare the models of an advice."""
        self.sampler = sampler
        self.session = sampler.session
        self.advice = advice
        self.cores = cores

    def run(self) -> None:
        """Prepare all models, except those that are excluded or cannot win."""
        for model in self.advice.models:
            model.call_seconds = self.advice.call_seconds
            if model.name == "sequential":
                self.sampler.task_seconds[model.name] = model.call_seconds
            elif model.name == "asyncio":
                self.find_worker_count(model, MAX_COROUTINES)
            elif model.name == "threads":
                self.prepare_threads(model)
            elif not model.excluded:
                self.prepare_processes(model)
        self.compare_interpreters()
        for model in self.advice.models:
            if model.name == "threads" and self.sampler.is_ready(model):
                self.sampler.attempt(model, 0, self.sampler.start)

    def prepare_threads(self, threads: Model) -> None:
        """Find a number of threads, if two are faster than one.

        Afterwards they are shut down: while processes are forked, there must
        be no other threads.
        """
        threads.workers = 2
        self.sampler.attempt(
            threads,
            threads.call_seconds + self.session.seconds * PAIRS_SHARE,
            self.measure_speedup,
        )
        if self.sampler.is_ready(threads):
            self.find_worker_count(threads, MAX_THREADS)
        self.session.close("threads")

    def measure_speedup(self, threads: Model) -> None:
        """Measure two threads beside one, and provoke races.

        Results that are wrong then exclude threads.
        """
        run, size = self.sampler.run, self.sampler.size
        self.sampler.start(threads)
        call_seconds = threads.call_seconds
        longest = self.session.seconds * PAIRS_SHARE
        pairs = int(longest / (2 * max(PEEK, call_seconds)))
        speedups = list[float]()
        order = [Model("sequential"), threads]
        for _ in range(min(pairs, PAIRS)):
            samples = {
                model.name: run(model, size(model, PEEK)) for model in order
            }
            speedups.append(samples["sequential"] / samples["threads"])
            order.reverse()
        if speedups:
            run(threads, size(threads, PEEK), provoke_races=True)
        else:  # calls are long, so the smallest sample is enough
            speedups = [call_seconds / self.sampler.task_seconds["threads"]]
        self.advice.speedup = median(speedups)
        if self.advice.speedup < MIN_SPEEDUP or min(speedups) < 1:
            threads.skipped = "two threads are not clearly faster than one"

    def find_worker_count(self, model: Model, limit: int) -> None:
        """Start a useful number of workers, at most the limit."""
        share, call_seconds = self.advice.cpu_share, model.call_seconds
        limit = min(limit, self.sampler.tasks)
        is_short = call_seconds <= self.session.seconds * SHORT_SHARE
        if is_short and share < COMPUTING:
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
        size = self.sampler.size(model, PEEK)
        if size > self.sampler.smallest_size(model):
            self.sampler.run(model, size)

    def prepare_processes(self, model: Model) -> None:
        """Start one process (or interpreter) for each core, or more.

        They are not started if they cannot be faster than a model in one
        process, whose workers start at once.
        """
        for rival in self.advice.models[:2]:
            if self.sampler.is_ready(rival) and self.is_unbeatable(rival):
                model.skipped = f"it cannot be faster than {rival.name}"
                return
        tasks = self.sampler.tasks
        self.start_processes(model, min(self.cores, tasks))
        if self.sampler.is_ready(model) and self.advice.cpu_share < COMPUTING:
            workers = self.find_process_count(model)
            if workers > model.workers:
                self.start_processes(model, workers)

    def is_unbeatable(self, rival: Model) -> bool:
        """Return whether processes cannot be faster than this model.

        However many there are, they cannot have more CPU time than there is.
        """
        least = max(
            self.advice.call_seconds / (MAX_PROCESSES * self.cores),
            self.advice.cpu_seconds / self.cores,
        )
        task_seconds = self.sampler.task_seconds[rival.name]
        return task_seconds <= least * MIN_DIFFERENCE

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
        least = self.advice.cpu_seconds / self.cores

        def estimate_total(workers: int) -> float:
            task_seconds = max(worker_seconds / workers, least)
            return workers * start_seconds + self.sampler.tasks * task_seconds

        counts = [2 * self.cores, MAX_PROCESSES * self.cores]
        possible = [count for count in counts if count <= self.sampler.tasks]
        best = min([current, *possible], key=estimate_total)
        gain = estimate_total(current) / estimate_total(best)
        return best if gain > CLEAR_DIFFERENCE else current

    def compare_interpreters(self) -> None:
        """Leave interpreters out if processes, which can do more, are as fast.

        One sample is enough for that, since the two are so similar.
        """
        *_, processes, interpreters = self.advice.models
        if interpreters.name != "interpreters":  # before Python 3.14
            return
        totals = [
            model.start_seconds
            + self.sampler.tasks * self.sampler.task_seconds[model.name]
            for model in (processes, interpreters)
            if self.sampler.is_ready(model)
        ]
        if len(totals) == 2 and totals[0] <= totals[1] * MIN_DIFFERENCE:
            interpreters.skipped = "processes are as fast"
            self.session.close(interpreters.name)
