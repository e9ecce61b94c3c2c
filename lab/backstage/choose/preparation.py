"""Before the rounds: start workers, and find how many of them are useful."""

import math
from statistics import median

from backstage.choose import worker_search
from backstage.choose.models import Advice, Model
from backstage.choose.ranking import MIN_DIFFERENCE
from backstage.choose.sampling import Sampler
from backstage.choose.worker_search import WorkerSearch

MIN_SPEEDUP = 1.15  # of two threads: below it, threads are of no use
PAIRS = 3  # samples with one thread and with two, in turns
PAIRS_SHARE = 0.12  # of all seconds: what the pairs may take
MAX_THREADS = 100
MAX_COROUTINES = 1_000
MOSTLY_COMPUTING = 0.5  # share of CPU time of such calls


class Preparation:
    """Starts the workers of each model, and takes a first sample."""

    def __init__(self, sampler: Sampler, advice: Advice, cores: int) -> None:
        """Prepare the models of an advice."""
        self.sampler = sampler
        self.session = sampler.session
        self.advice = advice
        self.cores = cores
        self.search = WorkerSearch(sampler, advice, cores)

    def run(self) -> None:
        """Prepare all models, except those that are excluded or cannot win."""
        for model in self.advice.models:
            model.call_seconds = self.advice.call_seconds
            if model.name == "sequential":
                self.sampler.task_seconds[model.name] = model.call_seconds
            elif model.name == "asyncio":
                self.search.find_worker_count(model, MAX_COROUTINES)
            elif model.name == "threads":
                self.prepare_threads(model)
            elif model.name == "cluster":
                self.prepare_cluster(model)
            elif not model.excluded:
                self.prepare_processes(model)
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
            self.search.find_worker_count(threads, MAX_THREADS)
        self.session.close("threads")

    def measure_speedup(self, threads: Model) -> None:
        """Measure two threads beside one, and provoke races.

        Results that are wrong then exclude threads. They are left out if they
        are no faster, or if calls compute and share a single core.
        """
        longest = self.session.seconds * PAIRS_SHARE
        pair_seconds = 2 * max(worker_search.PEEK, threads.call_seconds)
        pairs = min(PAIRS, int(longest / pair_seconds))
        order = [Model("sequential"), threads]
        self.sampler.start(threads)
        limits = [self.limit_speedup()]
        speedups = list[float]()
        while len(speedups) < pairs:
            samples = {model.name: self.search.peek(model) for model in order}
            order.reverse()
            speedups.append(samples["sequential"] / samples["threads"])
            limits.append(self.limit_speedup())
            cores_used = self.sampler.cores_used["sequential"]
            is_alone = cores_used >= worker_search.FULL_CPU_SHARE
            if is_alone and max(limits) < MIN_SPEEDUP:
                break  # other programs are not the reason
        if pairs:
            self.search.peek(threads, provoke_races=True)
        else:  # calls are long, so the smallest sample is enough
            task_seconds = self.sampler.task_seconds["threads"]
            speedups.append(threads.call_seconds / task_seconds)
        self.advice.speedup = min(median(speedups), median(limits))
        if self.advice.speedup < MIN_SPEEDUP:
            threads.skipped = "two threads are not clearly faster than one"

    def limit_speedup(self) -> float:
        """Return the largest speed-up that the newest sample allows.

        Calls that compute are not faster than the cores that they used, and
        other programs cannot increase the number of those.
        """
        share = self.advice.cpu_share
        if share < MOSTLY_COMPUTING:
            return math.inf
        return self.sampler.cores_used["threads"] / share

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
        self.search.start_processes(model, min(self.cores, tasks))
        if (
            self.sampler.is_ready(model)
            and self.advice.cpu_share < worker_search.FULL_CPU_SHARE
        ):
            workers = self.search.find_process_count(model)
            if workers > model.workers:
                self.search.start_processes(model, workers)

    def prepare_cluster(self, model: Model) -> None:
        """Connect to the cluster, if there is time.

        That is after all processes were forked, as it starts a thread.
        """
        # Its workers load what the probe has loaded.
        seconds = self.session.load_seconds + model.call_seconds
        seconds += worker_search.PEEK
        self.sampler.attempt(model, seconds, self.search.start)

    def is_unbeatable(self, rival: Model) -> bool:
        """Return whether processes cannot be faster than this model.

        However many there are, they cannot have more CPU time than there is.
        """
        task_seconds = self.sampler.task_seconds
        # A call in a sample can be shorter than one that is timed alone.
        call_seconds = min(rival.call_seconds, task_seconds["sequential"])
        minimum = max(
            call_seconds / (worker_search.MAX_PROCESSES * self.cores),
            call_seconds * self.advice.cpu_share / self.cores,
        )
        return task_seconds[rival.name] <= minimum * MIN_DIFFERENCE
