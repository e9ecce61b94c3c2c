"""Which model suits a function: measured on a few of its own inputs.

The function runs in a child (see `probe`), which holds the workers of every
model at once: one round after the other each model runs a sample of tasks, so
that all of them see the same noise of the machine.
"""

import json
import math
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent import futures
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import cycle, islice
from random import Random
from statistics import geometric_mean, mean, median
from time import perf_counter, sleep
from typing import Any

import psutil
from tqdm import tqdm

from backstage.choose.probe import POOLS
from backstage.system import cpus

ROUNDS = 5  # samples of each model, at most
SAMPLE = 0.8  # seconds of one: a rented core may take half of them to wake
PEEK = 0.2  # seconds of a sample for one question of many
MOST_TASKS = 20_000  # in one sample
MOST_WORKERS = 100  # threads at a time
MOST_AWAITED = 1_000  # coroutines at a time
MOST_PROCESSES = 4  # of each core, at a time
CHUNK = 0.005  # seconds of work that a process is handed at a time
TRIAL = 0.25  # of all seconds, that one input may take the first time
CLIMB = 0.025  # of all seconds, that a call may take to look for workers
RUNGS = [2, 8, 32, 128, 512]  # workers that are tried
BUSY = 0.9  # of the time on a CPU: more workers than cores are of no use
EVEN = 4  # calls of each worker, that level inputs of twice the mean
RESERVE = 0.5  # seconds that are left for the end
LOOK = 0.1  # seconds between two looks at whether the child is alive
GRACE = 1.0  # seconds that a child may take to end, or to be gone when killed
SLACK = 1.5  # times what is expected, that there must be time for
COLD = 0.005  # seconds of a first call that are worth a word,
CACHED = 10  # and times those of a later one
FEW = 3  # remarks that are shown
TIE = 0.07  # of the time: models that near to each other are as good
NO_TIME = "no time was left to measure it"
MOST = 1_000_000  # tasks that any advice is for

# Of two that are as good, the first is taken: it asks less of its user.
MODELS = ["sequential", "asyncio", "threads", "processes", "interpreters"]
LAZY = {"threads", "interpreters"}  # they start as they are needed


@dataclass
class Model:
    """How a model did.

    `alone` is the seconds of a call by itself, `start` those that its workers
    took to start, `memory` the bytes of one, `chunk` the tasks that one is
    handed at a time, and `rounds` the seconds that a task took with all of
    them, one for each sample. `why` tells why the model is out of the
    question, or has not been measured.
    """

    name: str
    workers: int = 1
    alone: float = 0.0
    start: float = 0.0
    memory: float = 0.0
    chunk: int = 1
    rounds: list[float] = field(default_factory=list)
    why: str = ""

    def seconds(self, tasks: int) -> float:
        """Return how long so many tasks take, the start included.

        It is what the workers together take for them, or as long as one waits
        for its share of them, whichever is longer.
        """
        start, waves = self.start, math.ceil(tasks / self.workers)
        if self.name in LAZY:
            start *= min(1, tasks / self.workers)
        each = median(self.rounds)
        return start + max(waves * self.alone, tasks * each)

    def seconds_by_round(
        self, tasks: int, alone: Sequence[float]
    ) -> list[float]:
        """Return how long so many tasks take, by each round's figures.

        Arguments: `alone`, for each round the seconds of a call by itself.
        """
        return [
            replace(self, alone=call, rounds=[task]).seconds(tasks)
            for call, task in zip(alone, self.rounds, strict=True)
        ]


@dataclass
class Advice:
    """What was found of a function, and which model is best.

    `seconds` and `cpu` are those of one call, `gain` is how many times as
    fast two threads, or many coroutines, are as one, `there` and `back` are
    the bytes that a call costs between processes and the seconds of pickling
    them, `remarks` what went wrong or looks odd. `from_tasks` is from how many
    tasks on `best` is faster than sequential, `ratios` has for each round how
    many times as long as `best` the model `second` took, `ranges` which model
    is best from how many tasks on, and `warm` the same where no worker has to
    start.
    """

    function: str
    tasks: int
    is_async: bool = False
    seconds: float = 0.0
    cpu: float = 0.0
    gain: float | None = None
    there: list[float] | None = None
    back: list[float] | None = None
    remarks: list[str] = field(default_factory=list)
    models: list[Model] = field(default_factory=list)
    best: str = ""
    second: str = ""
    from_tasks: int | None = None
    ratios: list[float] = field(default_factory=list)
    ranges: list[tuple[int, str]] = field(default_factory=list)
    warm: list[tuple[int, str]] = field(default_factory=list)

    @property
    def busy(self) -> float:
        """The share of the time that a call is on a CPU."""
        return min(self.cpu / self.seconds, 1)

    def json(self) -> str:
        """Return all of it as JSON, in one line."""
        return json.dumps(asdict(self))


Step = Callable[[Model], None]


class UsageError(Exception):
    """What the user asks for makes no sense; the text says why in one line."""


class MeasurementError(Exception):
    """The function cannot be measured; the text says why in one line."""


class SilenceError(Exception):
    """The child is no more; the text says what the function did."""


class Child:
    """A probe in a process of its own, until `end`.

    It is `idle` where it has answered all questions.
    """

    def __init__(self, target: str, words: Sequence[str]) -> None:
        # A process that is killed does not remove its temporary files.
        self.folder = tempfile.TemporaryDirectory(
            prefix="lab-", ignore_cleanup_errors=True
        )
        temporary = dict.fromkeys(["TMPDIR", "TEMP", "TMP"], self.folder.name)
        self.process = subprocess.Popen(
            # Not -m: interpreters would not find the functions of __main__.
            [
                sys.executable,
                "-c",
                "from backstage.choose.probe import main; main()",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ | temporary,
            start_new_session=True,  # Ctrl-C is for the parent
        )
        self.answers = queue.Queue[str]()
        self.idle = True
        threading.Thread(target=self._listen, daemon=True).start()
        self.first = {"target": target, "words": list(words)}

    def ask(self, seconds: float, **question: Any) -> dict[str, Any]:
        """Return the answer to a question; see `probe.main`.

        Raises SilenceError where none comes within so many seconds, or the
        child has died, and MeasurementError where the function failed.
        """
        self.idle = False
        with suppress(OSError):  # it has died
            print(json.dumps(question), file=self.process.stdin, flush=True)
        end, line = perf_counter() + seconds, ""
        while not line:
            alive = self.process.poll() is None
            try:
                line = self.answers.get(timeout=LOOK)
            except queue.Empty:
                if not alive:  # its workers may keep the pipe open
                    code = self.process.returncode
                    raise SilenceError(f"ended its process ({code})") from None
                if perf_counter() > end:
                    told = f"did not end in {seconds:.1f} s"
                    raise SilenceError(told) from None
        self.idle = True
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise MeasurementError(answer["error"])
        return answer

    def end(self) -> None:
        """Let the child shut down its workers, and kill what remains.

        A child that is busy may never end: it is killed at once.
        """
        family = self._family()
        try:
            with suppress(OSError):  # it has died
                if self.process.stdin:
                    self.process.stdin.close()
            if self.idle:
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(GRACE)
        finally:
            self._kill(family)
            self.folder.cleanup()

    def _family(self) -> list[psutil.Process]:
        """Return the child and its descendants, while it is alive."""
        with suppress(psutil.NoSuchProcess):
            child = psutil.Process(self.process.pid)
            return [child, *child.children(recursive=True)]
        return []

    def _group(self) -> list[psutil.Process]:
        """Return the processes of the child's group."""
        if not hasattr(os, "getpgid"):  # Windows has no groups
            return []
        group = []
        for pid in psutil.pids():
            with suppress(OSError, psutil.NoSuchProcess):  # it has just ended
                if os.getpgid(pid) == self.process.pid:
                    group.append(psutil.Process(pid))
        return group

    def _kill(self, family: Sequence[psutil.Process]) -> None:
        """Kill these processes and the group, until none of them is left."""
        deadline = perf_counter() + GRACE
        while perf_counter() < deadline:
            processes = [*family, *self._group()]
            remaining = [process for process in processes if kill(process)]
            if not remaining:
                break
            sleep(0.01)
        self.process.wait()

    def _listen(self) -> None:
        if self.process.stdout:
            with self.process.stdout as lines:
                for line in lines:
                    self.answers.put(line)


def kill(process: psutil.Process) -> bool:
    """Kill a process; tell whether it was still there.

    The resource tracker of multiprocessing is left alone: once all others
    have ended, it removes their semaphores, and ends too.
    """
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        command = " ".join(process.cmdline())
        if "multiprocessing.resource_tracker" not in command:
            process.kill()
    except psutil.Error:  # it has ended, or is not ours
        return False
    return True


class Measurement:
    """The measuring of one function, in a budget of seconds."""

    def __init__(
        self, target: str, words: Sequence[str], tasks: int, budget: float
    ) -> None:
        self.advice = Advice(target, tasks)
        self.words = words
        self.budget = budget
        self.begin = perf_counter()
        self.cores = max(1, int(cpus()))
        self.known = dict[int, float]()  # seconds by inputs that work
        self.each = dict[str, float]()  # seconds of a task, by models
        self.taken = Counter[str]()  # tasks so far, by models
        self.patience = budget
        self.child = Child(target, words)

    def left(self) -> float:
        """Return the seconds that are left."""
        return self.budget - RESERVE - (perf_counter() - self.begin)

    def wait(self) -> float:
        """Return the seconds that a model may take for what it is asked."""
        return min(self.left(), self.patience)

    def load(self) -> int:
        """Load the function in the child; return how many inputs it has.

        Raises UsageError where there is no such function, or it does not take
        its inputs, and else as `Child.ask` does.
        """
        about = self.child.ask(self.left(), **self.child.first)
        if "usage" in about:
            raise UsageError(about["usage"])
        self.advice.is_async = about["async"]
        return int(about["inputs"])

    def ask(self, seconds: float, **question: Any) -> dict[str, Any]:
        """Ask the child, or a new one if it is busy; see `Child.ask`."""
        if not self.child.idle:
            self.restart()
        return self.child.ask(seconds, **question)

    def restart(self) -> None:
        """Go on with a new child, and with what is known to work."""
        self.child.end()
        self.child = Child(self.advice.function, self.words)
        self.load()
        for number in self.known:
            self.child.ask(self.left(), do="once", number=number)
        for model in self.advice.models:
            if model.name in self.each and not model.why:
                self.open(model)

    def try_inputs(self, count: int) -> None:
        """Call with one input after the other, and keep those that work.

        They are shuffled, so that the first of them are like the others.

        Raises MeasurementError where there are none, and SilenceError where
        there is no time to call it.
        """
        cpu, told = 0.0, dict[int, str]()
        for number in Random(0).sample(range(count), count):
            most = self.budget * TRIAL
            if self.left() <= (self.budget - most if self.known else 0):
                break
            patience = min(most, self.left())
            try:
                found = self.ask(patience, do="once", number=number)
                self.known[number] = found["seconds"]
                cpu += found["cpu"]
                told[number] = odd(**found)
            except MeasurementError as error:
                told[number] = str(error)
            except SilenceError as silence:
                told[number] = f"it {silence}"
        self.advice.remarks += [
            f"input {number + 1}: {told[number]}"
            for number in sorted(told)
            if told[number]
        ]
        if not told:
            raise SilenceError("was not called at all")
        if not self.known:
            first, *more = self.advice.remarks
            others = f"; and {len(more):,} more" if more else ""
            raise MeasurementError(first + others)
        self.advice.seconds = mean(self.known.values())
        self.advice.cpu = cpu / len(self.known)

    def weigh(self) -> str:
        """Measure the pickling of a call; return why it cannot be, if so."""
        number = next(iter(self.known))
        found = self.ask(self.left(), do="weigh", number=number)
        self.advice.there = found.get("there")
        self.advice.back = found.get("back")
        return str(found.get("why", ""))

    def plan(self, pickling: str) -> None:
        """Decide which models to measure, and with how many workers.

        Arguments: `pickling`, why a call cannot be pickled, if so.
        """
        advice = self.advice
        most = {"sequential": 1}
        if advice.is_async:
            most["asyncio"] = MOST_AWAITED
        else:
            most["threads"] = MOST_WORKERS
        for name in "processes", "interpreters":
            if hasattr(futures, POOLS[name]):
                most[name] = MOST_PROCESSES * self.cores
        for name in sorted(most, key=MODELS.index):
            model = Model(name, min(most[name], advice.tasks))
            if not self.climbs():
                useful = round(self.cores / max(advice.busy, 1e-3))
                model.workers = min(model.workers, useful)
            if name in ("processes", "interpreters"):
                model.why = pickling
            advice.models.append(model)

    def climbs(self) -> bool:
        """Tell whether there is time to look for the number of workers."""
        short = self.advice.seconds <= self.budget * CLIMB
        return short and self.advice.busy < BUSY

    def open(self, model: Model) -> None:
        """Start a model's workers, and let each do some tasks."""
        if model.name in ("processes", "interpreters"):
            share = self.advice.tasks // (4 * model.workers)
            many = math.ceil(CHUNK / self.advice.seconds)
            model.chunk = max(1, min(share, many))
        question = {"do": "open", "model": model.name}
        found = self.ask(self.wait(), **question, workers=model.workers)
        model.start, model.memory = found["seconds"], found["memory"]
        self.each[model.name] = self.sample(model, self.fewest(model))

    def settle(self, model: Model) -> None:
        """Measure short tasks again, in a sample that lasts long enough."""
        tasks = self.size(model, self.each[model.name], PEEK)
        if tasks > self.fewest(model):
            self.each[model.name] = self.sample(model, tasks)

    def sample(self, model: Model, tasks: int, race: bool = False) -> float:
        """Run so many tasks; return the seconds that each took.

        They are those of a mean input: a sample of long ones counts less. A
        model whose results are wrong is out of the question. Raises as
        `Child.ask` does.
        """
        first = self.taken[model.name] % len(self.known)
        self.taken[model.name] += tasks
        found = self.ask(
            self.wait(),
            do="run",
            model=model.name,
            first=first,
            tasks=tasks,
            chunk=model.chunk,
            race=race,
        )
        if found["wrong"]:
            model.why = f"{found['wrong']} of {tasks} results were wrong"
        inputs = islice(cycle(self.known.values()), first, first + tasks)
        return float(found["seconds"]) / sum(inputs) * self.mean()

    def mean(self) -> float:
        """Return the seconds of a call with an input, on the average."""
        return mean(self.known.values())

    def fewest(self, model: Model) -> int:
        """Return the fewest tasks that keep all of its workers busy.

        That takes more of them where inputs differ in what they take.
        """
        uneven = max(self.known.values()) / self.mean() - 1
        most = self.advice.tasks // model.workers
        waves = min(math.ceil(EVEN * uneven), most) if model.workers > 1 else 1
        return max(waves, 1) * model.workers

    def size(self, model: Model, each: float, seconds: float) -> int:
        """Return how many tasks, of `each` seconds, last so many seconds."""
        waves = round(seconds / (each * model.workers))
        most = MOST_TASKS // model.workers
        return max(min(waves, most) * model.workers, self.fewest(model))

    def attempt(self, model: Model, seconds: float, *steps: Step) -> None:
        """Take these steps with a model, unless one proves it impossible.

        Arguments: `seconds`, what they should take; there must be more left.
        """
        if model.why:
            return
        if seconds * SLACK > self.left():
            if model.name not in self.each:
                model.why = NO_TIME
            return
        self.patience = max(seconds * SLACK, self.budget * TRIAL)
        try:
            for step in steps:
                if not model.why:
                    step(model)
        except MeasurementError as error:
            model.why = str(error)
        except SilenceError as silence:
            if self.left() > 0:
                model.why = f"it {silence}"
            elif model.name not in self.each:
                model.why = NO_TIME

    def pair(self, threads: Model) -> None:
        """Measure two threads against one, and look for a race.

        Where the results differ, threads are out of the question.
        """
        two, alone = Model("threads", 2), self.advice.seconds
        tasks = self.size(two, alone, PEEK)

        def compare(model: Model) -> None:
            one = Model("sequential")
            self.advice.gain = median(
                self.sample(one, tasks) / self.sample(model, tasks)
                for _ in range(3)
            )

        def race(model: Model) -> None:
            self.sample(model, tasks, race=True)

        def first(model: Model) -> None:
            self.advice.gain = alone / self.each.pop(model.name)

        each = alone * (1 + self.advice.busy) / 2
        steps, seconds = [self.open, first], self.fewest(two) * each
        more = tasks * (4 * each + 3 * alone)
        if tasks > self.fewest(two) and more < self.budget * TRIAL:
            steps += [compare, race]  # of long ones once will do
            seconds += more
        self.attempt(two, seconds, *steps)
        threads.why = two.why

    def round(self, model: Model) -> None:
        """Take a sample of a model."""
        tasks = self.size(model, self.each[model.name], SAMPLE)
        self.each[model.name] = self.sample(model, tasks)
        model.rounds.append(self.each[model.name])

    def measure(self) -> Advice:
        """Measure what there is time for, and choose.

        Raises UsageError where there is no such function or it does not take
        its inputs, and MeasurementError where it works with none of them.
        """
        advice = self.advice
        with tqdm(total=2 + ROUNDS, leave=False, disable=None) as bar:
            self.try_inputs(self.load())
            self.plan(self.weigh())
            bar.update()
            # Processes first: no thread is to be there when they fork.
            for name in reversed(MODELS):
                for model in advice.models:
                    if model.name == name:
                        self.prepare(model)
            bar.update()
            for _ in range(ROUNDS):
                for model in advice.models:
                    if not model.why:
                        each = self.each[model.name]
                        seconds = each * self.size(model, each, SAMPLE)
                        self.attempt(model, seconds, self.round)
                bar.update()
        for model in advice.models:
            if not (model.rounds or model.why):  # they are long
                model.rounds.append(self.each[model.name])
        decide(advice)
        return advice

    def prepare(self, model: Model) -> None:
        """Open a model, if there is time for it."""
        alone, busy = self.advice.seconds, self.advice.busy
        if model.name == "threads":
            self.pair(model)
        if model.name == "sequential" and not self.advice.is_async:
            self.each[model.name] = alone
        elif model.workers > 1 and self.climbs():
            self.climb(model)
        else:
            turns = max(1 / model.workers, busy / self.cores)
            seconds = self.fewest(model) * alone * turns
            self.attempt(model, seconds, self.open)

    def climb(self, model: Model) -> None:
        """Open a model with the fewest workers that are as good as more."""
        most, found = model.workers, {1: self.advice.seconds}
        for rung in [*(rung for rung in RUNGS if rung < most), most]:
            model.workers, before = rung, found[max(found)]
            seconds = self.fewest(model) * before  # where more do not help
            self.attempt(model, seconds, self.open, self.settle)
            if model.why:
                return
            found[rung] = self.each[model.name]
            if before < found[rung] * (1 + TIE):
                break
        last, enough = model.workers, min(found.values()) * (1 + TIE)
        model.workers = min(n for n in found if found[n] <= enough)
        model.workers = max(model.workers, min(RUNGS))
        if model.workers != last:
            seconds = self.fewest(model) * found[model.workers]
            self.attempt(model, seconds, self.open)


def advise(
    target: str, words: Sequence[str], tasks: int, seconds: float
) -> Advice:
    """Measure a function, and choose a model for it.

    Arguments: `target`, "module:function"; `words`, the sources of its inputs
    (see `probe.load`); `tasks`, how many there are to be; `seconds`, what it
    may take.

    Raises as `Measurement.measure` does.
    """
    measurement = Measurement(target, words, tasks, seconds)
    try:
        return measurement.measure()
    except SilenceError as silence:
        if measurement.left() > 0:
            raise MeasurementError(f"{target}: it {silence}") from None
        told = f"{target}: {seconds:g} s are too few to measure it in"
        raise MeasurementError(told) from None
    finally:
        measurement.child.end()


def odd(
    first: float, seconds: float, cpu: float, lazy: bool, comparable: bool
) -> str:
    """Return what is odd about a call, if anything; see `Probe.once`."""
    if lazy:
        return "it returns a generator, which nothing has run"
    if not comparable:
        return (
            "results of repeated calls differ, or cannot be compared: "
            "none is checked"
        )
    if first < max(COLD, CACHED * seconds):
        return ""
    return f"the first call took {span(first)}, a later one {span(seconds)}"


def order(models: Sequence[Model], tasks: int) -> list[Model]:
    """Return the models, the best one for so many tasks first.

    Of those that are as good as the fastest the first in MODELS is the best.
    """
    ranked = sorted(models, key=lambda model: model.seconds(tasks))
    most = ranked[0].seconds(tasks) * (1 + TIE)
    near = [model for model in ranked if model.seconds(tasks) <= most]
    best = min(near, key=lambda model: MODELS.index(model.name))
    return [best, *(model for model in ranked if model is not best)]


def decide(advice: Advice) -> None:
    """Choose among the models that were measured.

    Raises MeasurementError where not even one task after the other was.
    """
    models = [one for one in advice.models if not one.why]
    if not models or models[0].name != "sequential":
        told = "; ".join(f"{one.name}: {one.why}" for one in advice.models)
        raise MeasurementError(f"no advice: {told}")
    level(models)
    alone = median(models[0].rounds)  # more of them than of the first calls
    advice.cpu *= alone / advice.seconds
    advice.seconds = alone
    for model in models:
        model.alone = alone
    if advice.is_async and len(models) > 1 and models[1].name == "asyncio":
        advice.gain = alone / median(models[1].rounds)
    best, *others = order(models, advice.tasks)
    advice.best = best.name
    if others:
        second = others[0]
        advice.second = second.name
        calls = models[0].rounds
        pairs = zip(
            second.seconds_by_round(advice.tasks, calls),
            best.seconds_by_round(advice.tasks, calls),
            strict=True,
        )
        advice.ratios = [longer / shorter for longer, shorter in pairs]
    advice.ranges = ranges(models)
    advice.warm = ranges([replace(model, start=0.0) for model in models])
    advice.from_tasks = break_even(best, models[0])  # that is sequential


def level(models: Sequence[Model]) -> None:
    """Take out of the rounds what was slow for all models in a round.

    A round's level is the geometric mean of its samples: each sample is put
    to the median of all levels. Rounds that not all models took part in are
    left out.
    """
    whole = min(len(model.rounds) for model in models)
    for model in models:
        del model.rounds[whole:]
    rounds = zip(*(model.rounds for model in models), strict=True)
    levels = [geometric_mean(samples) for samples in rounds]
    middle = median(levels)
    for model in models:
        pairs = zip(model.rounds, levels, strict=True)
        model.rounds = [each / own * middle for each, own in pairs]


def break_even(model: Model, alone: Model) -> int | None:
    """Return from how many tasks on a model is faster than one worker alone.

    None where it is not with up to MOST. The figure is right to 2 %.
    """
    tasks = 1
    while tasks < MOST:
        if model.seconds(tasks) < alone.seconds(tasks):
            return tasks
        tasks += math.ceil(tasks / 50)
    return None


def ranges(models: Sequence[Model]) -> list[tuple[int, str]]:
    """Return which model is the best from how many tasks on, up to MOST.

    From 50 tasks on the figure is right to 2 %.
    """
    found = [(1, order(models, 1)[0].name)]
    tasks = 1
    while tasks < MOST:
        tasks += math.ceil(tasks / 50)
        best = order(models, tasks)[0].name
        if best != found[-1][1]:
            found.append((tasks, best))
    return found


def few(lines: Sequence[str]) -> list[str]:
    """Return the first of these lines, and how many more there are."""
    more = len(lines) - FEW
    return [*lines[:FEW], *([f"and {more:,} more"] if more > 0 else [])]


def span(seconds: float) -> str:
    """Return a span of time with its unit."""
    units = {"s": 1, "ms": 1e3, "us": 1e6}
    unit = next((u for u in units if seconds * units[u] >= 1), "us")
    number = seconds * units[unit]
    return f"{number:,.{0 if number >= 100 else 2}f} {unit}"
